"""Looking for what may have arrived before it is sent again."""

from collections.abc import Callable

import structlog

from agent.notifiers.port import Found, NotifyError

logger = structlog.get_logger()


def search(channel: str, look: Callable[[], Found | None]) -> Found | None:
    """Look for what may have arrived; raise NotifyError where that can be tried again.

    Where looking is not allowed at all, an alert told twice is better than one never told.
    """
    try:
        return look()
    except NotifyError as error:
        if not error.permanent:
            raise
        logger.warning("alert_not_looked_for", channel=channel, reason=error.reason)
        return None
