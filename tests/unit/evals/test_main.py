"""The command keeps the unseen half unseen."""

import pytest

from tests.evals.__main__ import main


def test_shows_no_failures_of_the_half_that_is_only_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--half", "unseen", "--failures"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "--failures shows the seen half only.\n"
