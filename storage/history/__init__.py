"""Inspections in and out as JSON lines."""
