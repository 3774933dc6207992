"""Reads: pure functions of a session, keyword-only and bounded, that give frozen records."""
