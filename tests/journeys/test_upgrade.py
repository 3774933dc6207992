"""A home of a past version, taken up by the commands of this one."""

from pathlib import Path

import pytest

from tests.fixtures.build_home import NORMAL, SCRATCHED
from tests.fixtures.kept_homes import NAMES, restore_home, rows_of
from tests.journeys.commands import Running, json_lines, oddspot, wait_until
from tests.plates import make_plate


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_goes_on_where_the_past_version_stopped(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    file = restore_home(name, home)
    stored = {row["id"]: row for row in rows_of(file)["frame"]}
    scores = {str(stored[row["frame_id"]]["name"]): row["score"] for row in rows_of(file)["inspection"]}
    assert len(scores) == len(NORMAL) + len(SCRATCHED)
    (home / "photos").mkdir()
    for seed in (*NORMAL, *SCRATCHED):
        make_plate(seed, has_scratch=seed in SCRATCHED).save(home / "photos" / f"{seed}.png")

    now = {
        Path(line["path"]).name: line["score"]
        for line in json_lines(oddspot("score", "line-1", "photos", "--json", cwd=home))
        if "score" in line
    }
    [incident] = json_lines(oddspot("incident", "list", "--json", cwd=home))
    labelled = [line for line in json_lines(oddspot("history", "export", cwd=home)) if line.get("label")]

    assert now == pytest.approx(scores, abs=1e-3)
    assert incident["anomalies"] >= len(SCRATCHED)
    assert len(labelled) == 1

    with Running("detect", cwd=home) as service:
        make_plate(300, has_scratch=True).save(home / "incoming" / "new.png")
        wait_until(lambda: len(rows_of(file)["inspection"]) == len(scores) + 1)
        assert service.stop() == 0
