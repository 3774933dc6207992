"""The commands of the storage, one topic a file."""
