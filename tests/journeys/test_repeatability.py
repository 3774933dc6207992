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
        scores("today/odd.png"),
    ):
        for name, (score, verdict) in other.items():
            assert score == pytest.approx(usual[name][0], rel=CLOSE)
            assert verdict == usual[name][1]
    assert usual["odd.png"][1] == "anomalous"


@pytest.mark.timeout(300)
def test_scores_by_torch_what_was_fitted_in_floats_and_refuses_what_was_not(home: Path, tmp_path: Path) -> None:
    plates = write_plates(tmp_path / "today", 4, first_seed=1058)
    torch = {"ODDSPOT__DETECTOR__RUNTIME": "torch"}

    refused = oddspot("score", "line-1", plates[0], "--json", cwd=home, env=torch)
    fitted = oddspot("fit", "line-1", "--good", "good", cwd=home, env={"ODDSPOT__DETECTOR__PRECISION": "float32"})
    usual, other = (json_lines(oddspot("score", "line-1", *plates, "--json", cwd=home, env=e)) for e in ({}, torch))

    assert refused.returncode == 1
    assert fitted.returncode == 0, fitted.stderr
    assert "was fitted in int8, and float32 is used here" in refused.stderr
    for one, same in zip(usual, other, strict=True):
        assert same["score"] == pytest.approx(one["score"], rel=CLOSE)
        assert same["verdict"] == one["verdict"]
