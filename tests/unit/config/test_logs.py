"""Secrets never reach the logs."""

import io
import logging

import pytest
import structlog

from config.logs import Clean, configure_logs, without_secrets


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


def test_prints_a_failure_without_the_values_of_its_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    held = "a-very-private-value"
    try:
        assert held == ""
    except AssertionError:
        structlog.get_logger().exception("it_failed", token="xoxb-1-abc")
    structlog.reset_defaults()

    printed = capsys.readouterr().err
    assert "it_failed" in printed
    assert "xoxb-1-abc" not in printed


def test_writes_out_what_a_terminal_would_obey() -> None:
    line = without_secrets(None, "", {"event": "file", "name": "a\x1b]0;owned\x07\u202eb"})

    assert line["name"] == "a\\x1b]0;owned\\x07\\x202eb"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_cuts_secrets_and_control_codes_out_of_a_failures_words(
    stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = stream()
    monkeypatch.setattr("sys.stderr", printed)
    configure_logs()
    try:
        int("xoxb-1-abc \x1b[2J gone")
    except ValueError:
        structlog.get_logger().exception("it_failed")
    structlog.reset_defaults()

    assert "it_failed" in printed.getvalue()
    assert "gone" in printed.getvalue()
    assert "xoxb-1-abc" not in printed.getvalue()
    assert "\x1b[2J" not in printed.getvalue()


def test_cleans_what_libraries_log() -> None:
    record = logging.LogRecord("library", logging.ERROR, "", 0, "xoxb-1-abc \x1b[2J %s", ("postgresql://a:b@h",), None)

    assert Clean().format(record) == "*** \\x1b[2J postgresql://***@h"
