"""Typed, bounded, read-only tools over `storage.queries`; all the assistant can know comes from them."""
