"""The same image scores the same: alone or among others, with other threads, by another process or runtime."""

from pathlib import Path

import pytest

from tests.journeys.commands import json_lines, oddspot
from tests.plates import make_plate, write_plates

CLOSE = 1e-4


@pytest.mark.timeout(300)
def test_scores_agree_however_they_are_made(home: Path) -> None:
    write_plates(home / "today", 7, first_seed=1058)
    make_plate(800, has_scratch=True).save(home / "today" / "odd.png")

    def scores(path: str, **changes: str) -> dict[str, tuple[float, str]]:
        env = {f"ODDSPOT__DETECTOR__{key.upper()}": value for key, value in changes.items()}
        lines = json_lines(oddspot("score", "line-1", path, "--json", cwd=home, env=env))
        return {Path(line["path"]).name: (line["score"], line["verdict"]) for line in lines}

    usual = scores("today")
    for other in (
        scores("today"),
        scores("today", threads="1"),
        scores("today", runtime="torch"),
        scores("today/odd.png"),
    ):
        for name, (score, verdict) in other.items():
            assert score == pytest.approx(usual[name][0], rel=CLOSE)
            assert verdict == usual[name][1]
    assert usual["odd.png"][1] == "anomalous"
