"""Rows about what people asked the assistant, and what they thought of its answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import AUTOINCREMENT, Base, BigId


class FeedbackRow(Base):
    """Whether an answer helped a person; one row an answer and person, the last word counts."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("place", "author"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    place: Mapped[str]
    author: Mapped[str]
    is_helpful: Mapped[bool]
    question: Mapped[str]
    answer: Mapped[str]
    tools: Mapped[list[Any]]
    at: Mapped[datetime] = mapped_column(index=True)
