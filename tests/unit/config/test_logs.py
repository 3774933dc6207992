"""Secrets never reach the logs."""

import pytest

from config.logs import configure_logs, without_secrets


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
    import structlog  # noqa: PLC0415 - configured by the call below

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
