"""Whoever asked about an image that nobody takes up is told so, once, after a short while."""

from datetime import datetime, timedelta

import structlog

from agent.alerts.thread_notices import say_in_thread
from agent.messages.look_message import NOBODY_SCORES
from agent.messages.message import message, section
from storage.database import Database
from storage.repositories.looks import has_untold_look, take_untaken_threads

logger = structlog.get_logger()
# One that scores takes a look up within the time of an image; one that loads its detector has taken it up.
SHORT, LONG = timedelta(seconds=5), timedelta(seconds=30)


def tell_untaken_looks(database: Database, *, now: datetime) -> int:
    """Tell in their threads of the images nobody has taken up, and return how many threads that were."""
    with database.reading() as session:
        if not has_untold_look(session):
            return 0
    with database.transaction() as session:
        threads = take_untaken_threads(session, asked_before=now - SHORT, long_before=now - LONG)
        for thread in threads:
            say_in_thread(session, thread, message(NOBODY_SCORES, [section(NOBODY_SCORES)]), now=now)
    if threads:
        logger.warning("nobody_scores", threads=len(threads))
    return len(threads)
