"""Secrets never reach the logs."""

import io
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


def test_writes_out_what_a_terminal_would_obey() -> None:
    line = without_secrets(None, "", {"event": "file", "name": "a\x1b]0;owned\x07\u202eb"})

    assert line["name"] == "a\\x1b]0;owned\\x07\\x202eb"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_cuts_secrets_and_control_codes_out_of_a_failures_words(
    stream: type[io.StringIO], configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = stream()
    monkeypatch.setattr("sys.stderr", printed)
    configure()
    try:
        int("xoxb-1-abc \x1b[2J gone")
    except ValueError:
        structlog.get_logger().exception("it_failed")
    structlog.reset_defaults()

    assert "it_failed" in printed.getvalue()
    assert "gone" in printed.getvalue()
    assert "xoxb-1-abc" not in printed.getvalue()
    assert "\x1b[2J" not in printed.getvalue()


def test_cleans_what_libraries_log(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    logging.getLogger("a.library").error("xoxb-1-abc \x1b[2J %s", "postgresql://a:b@h")

    printed = capsys.readouterr().err

    assert "*** \\\\x1b[2J postgresql://***@h" in printed
    assert "xoxb" not in printed
    assert "\x1b" not in printed
