"""Whoever asked about an image that nobody takes up is told so, once, after a short while."""

from datetime import datetime, timedelta

import structlog

from agent.alerts.thread_notices import say_in_thread
from agent.messages.look_message import NOBODY_SCORES
from agent.messages.message import message, section
from storage.database import Database
from storage.repositories.looks import has_look, take_untaken_looks

logger = structlog.get_logger()
# One that scores takes a look up within the time of an image; one that loads its detector has taken it up.
SHORT, LONG = timedelta(seconds=5), timedelta(seconds=30)


def tell_untaken_looks(database: Database, *, now: datetime) -> int:
    """Tell in their threads of the images nobody has taken up, and return how many."""
    with database.reading() as session:
        if not has_look(session):
            return 0
    with database.transaction() as session:
        looks = take_untaken_looks(session, asked_before=now - SHORT, long_before=now - LONG)
        for thread in {look.thread for look in looks if look.thread is not None}:
            say_in_thread(session, thread, message(NOBODY_SCORES, [section(NOBODY_SCORES)]), now=now)
    if looks:
        logger.warning("nobody_scores", looks=[look.id for look in looks])
    return len(looks)
