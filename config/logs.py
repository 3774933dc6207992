"""One structlog line an event, on stderr: for people at a terminal, JSON elsewhere; secrets are cut out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config.printable import UNPRINTABLE

SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|sk-[\w-]{8,}|(?<=://)[^/@\s]+:[^/@\s]+(?=@)")
SECRET_KEYS = ("token", "secret", "password", "api_key")


def configure_logs() -> None:
    """Set logging up for this process."""
    is_terminal = sys.stderr.isatty()
    plain = structlog.dev.plain_traceback  # rich ones print local variables, and with them a token
    last: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain) if is_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # before secrets are cut out: an exception may say one
            without_secrets,
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Clean())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for noisy in ("apscheduler", "httpx", "watchfiles", "slack_bolt", "slack_sdk", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def without_secrets(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut tokens and passwords out of every value of a log line."""
    for key, value in event.items():
        if any(word in key.lower() for word in SECRET_KEYS):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = clean(value)
    return event


def clean(text: str) -> str:
    """Return text without secrets, and with what a terminal would obey written out."""
    return UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", SECRET.sub("***", text))


class Clean(logging.Formatter):
    """Writes what libraries log as cleanly as what we do."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return clean(super().format(record))
