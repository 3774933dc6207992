"""Text as every database and every output can take it."""


def storable(text: str) -> str:
    """Return text without NUL and lone surrogates, which PostgreSQL and UTF-8 refuse."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
