"""Where images come from: one port, one source a file."""
