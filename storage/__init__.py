"""What was seen, found, said and still has to be told: the database and the blobs."""
