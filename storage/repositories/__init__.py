"""Writes, one repository a table or two; every function runs inside the caller's transaction."""
