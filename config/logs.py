"""One structured line an event, on stderr: for people at a terminal, JSON elsewhere; secrets are cut out.

A line about a frame names it as `trace`, in every process the same: from received to told.
"""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from config.printable import UNPRINTABLE

SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|sk-[\w-]{8,}|(?<=://)[^/@\s]+:[^/@\s]+(?=@)")
SECRET_KEYS = ("token", "secret", "password", "api_key")


def configure_logs() -> None:
    """Set logging up for this process, libraries that log by themselves included."""
    is_terminal = sys.stderr.isatty()
    plain = structlog.dev.plain_traceback  # rich ones print local variables, and with them a token
    last: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain) if is_terminal else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        with_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # before secrets are cut out: an exception may say one
        without_secrets,
    ]
    structlog.configure(
        processors=[*shared, last],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[strip, last]))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for noisy in ("apscheduler", "httpx", "watchfiles", "slack_bolt", "slack_sdk", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


@contextmanager
def traced(frame_id: int | None) -> Iterator[None]:
    """Let every line logged in the block by this thread name the frame it is about; None: it is about none."""
    if frame_id is None:
        yield
        return
    with structlog.contextvars.bound_contextvars(trace=frame_id):
        yield


def with_trace(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let a line that names its frame be found by its trace."""
    if event.get("frame") is not None:
        event["trace"] = event["frame"]
    return event


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
