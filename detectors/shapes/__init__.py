"""What the bytes of one image format tell before any decoder sees them: one format a file."""
