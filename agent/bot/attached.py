"""Files that came with a question: what cannot be looked at is said kindly."""

from agent.bot.question import Question
from agent.messages.safe_text import safe

KINDS = {"pdf": "PDF files", "xlsx": "spreadsheets", "csv": "tables", "mp4": "films", "zip": "archives"}
PICTURES = {"png", "jpg", "jpeg", "tiff", "tif", "bmp", "webp", "heic", "gif"}


def answer_to_attached(question: Question) -> str | None:
    """Return what is said of files that are no pictures; None where there are none of them."""
    others = [kind for kind in question.attached if kind not in PICTURES]
    if not others:
        return None
    named = KINDS.get(others[0], f"{safe(others[0], most=10) or 'such'} files")
    return f"I cannot read {named}, so I have not looked at what you attached; I answer from what the cameras recorded."
