"""Keeping a database: copies of it and back, what is wrong in it, and the role that may only read it."""
