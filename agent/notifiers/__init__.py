"""Ways to tell the team: a port, and one adapter a file."""
