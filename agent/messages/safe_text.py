"""Text from data, made safe to stand in a message: nothing in it pages, links, formats or hides."""

import unicodedata

MOST_CHARACTERS = 80
ELLIPSIS = "…"
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
SLACK_AUTHOR = "slack:"


def clean(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Strip control and bidirectional characters, join white space and cap the length."""
    spaced = " ".join(text.split())
    shown = "".join(character for character in spaced if unicodedata.category(character) not in HIDDEN_CATEGORIES)
    return cut(shown, most)


def escape(text: str) -> str:
    """Write & < > as Slack wants them, so that `<!channel>` is only text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def safe(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Return text from data as it may stand in mrkdwn."""
    return escape(clean(text, most=most).replace("`", "'"))


def cut(text: str, most: int) -> str:
    """Cut a text to its limit, saying that it was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS


def who(author: str) -> str:
    """Name the author of an act: a mention for a person of Slack, else the plain name."""
    user = author.removeprefix(SLACK_AUTHOR)
    if author.startswith(SLACK_AUTHOR) and user.isascii() and user.isalnum():
        return f"<@{user}>"
    return safe(author)
