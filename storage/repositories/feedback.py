"""What people thought of the assistant's answers."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import FeedbackRow
from storage.records import Feedback
from storage.text import storable

LONGEST = 4000


def keep_feedback(session: Session, feedback: Feedback) -> None:
    """Remember whether an answer helped; of one person about one answer the last word counts, whichever comes first."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {
        "place": feedback.place,
        "author": feedback.author,
        "is_helpful": feedback.is_helpful,
        "question": storable(feedback.question)[:LONGEST],
        "answer": storable(feedback.answer)[:LONGEST],
        "tools": list(feedback.tools),
        "at": feedback.at,
    }
    changed = {"is_helpful": feedback.is_helpful, "at": feedback.at}
    statement = insert(FeedbackRow).values(**values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["place", "author"],
            set_=changed,
            where=(FeedbackRow.is_helpful != feedback.is_helpful) & (FeedbackRow.at <= feedback.at),
        )
    )


def list_feedback(session: Session, *, limit: int) -> list[Feedback]:
    """Return what people thought, newest first."""
    rows = session.scalars(select(FeedbackRow).order_by(FeedbackRow.at.desc(), FeedbackRow.id.desc()).limit(limit))
    return [
        Feedback(row.place, row.author, row.is_helpful, row.question, row.answer, tuple(row.tools), row.at)
        for row in rows
    ]
