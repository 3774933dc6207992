"""Secrets never reach the logs."""

import json
import logging
import threading
from collections.abc import Callable, Iterator

import pytest
import structlog

from config.logs import configure_logs, traced, without_secrets

Configure = Callable[[], None]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """Set logging up, in the test itself: pytest replaces stderr between a fixture and its test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield configure_logs
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "secret",
    ["xoxb-1-abc", "xapp-1-A-2-ffff", "sk-abcdefghijkl", "postgresql://bob:hunter2@host/db"],
)
def test_cuts_secrets_out_of_every_value(secret: str) -> None:
    line = without_secrets(None, "", {"event": f"failed with {secret} at noon", "api_key": "plain"})

    assert secret not in str(line)
    assert "hunter2" not in str(line)
    assert line["api_key"] == "***"
    assert "at noon" in line["event"]


def test_prints_a_failure_without_the_values_of_its_variables(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure()
    held = "a-very-private-value"
    try:
        assert held == ""
    except AssertionError:
        structlog.get_logger().exception("it_failed", token="xoxb-1-abc")

    printed = capsys.readouterr().err
    assert "it_failed" in printed
    assert "xoxb-1-abc" not in printed


def test_every_line_is_json_those_of_libraries_too(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger().info("ours", source="line-1")
    logging.getLogger("a.library").warning("theirs, with %s", "xoxb-1-abc")

    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())

    assert (ours["event"], ours["source"], ours["level"]) == ("ours", "line-1", "info")
    assert (theirs["event"], theirs["level"]) == ("theirs, with ***", "warning")
    assert theirs["timestamp"].endswith("Z")


def test_a_line_names_the_frame_it_is_about(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    logger = structlog.get_logger()

    def elsewhere() -> None:
        logger.info("elsewhere")

    with traced(7):
        logger.info("within")
        with traced(None):
            logger.info("still")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    logger.info("after")
    logger.info("named", frame=8)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["event"]: line.get("trace") for line in lines} == {
        "within": 7,
        "still": 7,
        "elsewhere": None,
        "after": None,
        "named": 8,
    }
