"""A count as people say it."""

CONSONANT_Y = ("ly", "ry", "ty", "dy", "cy")


def several(count: int, word: str) -> str:
    """Return a count with its word in the right number, as in `1 photo` and `2 anomalies`."""
    if count == 1:
        return f"{count} {word}"
    return f"{count} {word[:-1]}ies" if word.endswith(CONSONANT_Y) else f"{count} {word}s"
