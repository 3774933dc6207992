"""Ten times too much work for some seconds: the short form of the benchmark `overload`."""

from pathlib import Path

import pytest

from tests.benchmarks.overload import MOST_WAITING, measure


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_times_the_load_loses_no_file_and_drops_only_what_was_overtaken(tmp_path: Path) -> None:
    outcome = measure(tmp_path, seconds=10)

    assert outcome.missed == []
    assert outcome.by_end["files scored"] == outcome.files_sent
    assert outcome.most_waiting_files <= MOST_WAITING
    assert outcome.by_end["pictures dropped (overtaken)"] > outcome.by_end["pictures scored"]
