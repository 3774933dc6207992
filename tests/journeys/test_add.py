"""More good photos for a fitted detector: a version of its own, active at once."""

from pathlib import Path

from tests.journeys.commands import json_lines, oddspot
from tests.journeys.conftest import write_settings
from tests.plates import make_plate, write_plates


def test_adds_photos_and_scores_by_the_grown_detector(home: Path) -> None:
    write_plates(home / "more", 6, first_seed=700)

    [added] = json_lines(oddspot("add", "line-1", "--good", "more", "--json", cwd=home))

    assert (added["detector"], added["training_images"]) == ("line-1@2", 22)
    make_plate(901, has_scratch=True).save(home / "odd.png")
    [scored] = json_lines(oddspot("score", "line-1", "odd.png", "--json", cwd=home))
    assert (scored["detector"], scored["verdict"]) == ("line-1@2", "anomalous")


def test_says_in_words_what_it_did(home: Path) -> None:
    write_plates(home / "more", 6, first_seed=700)

    done = oddspot("add", "line-1", "--good", "more", cwd=home)

    assert done.returncode == 0, done.stderr
    assert "line-1@2 is fitted on 22 good photos and is active." in done.stdout


def test_refuses_a_source_that_has_no_detector_and_a_folder_that_is_not_there(home: Path) -> None:
    write_plates(home / "more", 1)
    write_settings(home, sources={name: {"path": "incoming"} for name in ("line-1", "line-2")})

    unknown = oddspot("add", "line-9", "--good", "more", cwd=home)
    unfitted = oddspot("add", "line-2", "--good", "more", cwd=home)
    missing = oddspot("add", "line-1", "--good", "nowhere", cwd=home)

    assert unknown.returncode == unfitted.returncode == 1
    assert "There is no source 'line-9'; known sources: line-1." in unknown.stderr
    assert "line-2 has no fitted detector; run `oddspot fit line-2 --good FOLDER` first." in unfitted.stderr
    assert missing.returncode in {1, 2}
    assert "nowhere" in missing.stderr
