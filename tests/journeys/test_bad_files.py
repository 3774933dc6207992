"""A folder of bad files among good ones: each ends, with the reason it should, and the good ones wait for none."""

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from storage.records import RejectReason
from tests.bad_files.names import NAMES
from tests.bad_files.pack import write_bad_files
from tests.bad_files.special import write_special_files
from tests.journeys.commands import Running, json_lines, oddspot, wait_until
from tests.plates import make_plate, write_plates

SCORED = "scored"
LONG_AGO = time.time() - 3600


def fill(folder: Path) -> dict[str, str]:
    """Write every bad file, odd name and thing that is no file; return how each ends, by its path as it is shown."""
    ends = {path.name: str(bad.reason or SCORED) for path, bad in write_bad_files(folder).items()}
    ends |= {name: str(reason) for name, reason in write_special_files(folder).items()}
    for seed, name in enumerate(NAMES):
        make_plate(seed).save(folder / os.fsdecode(name), format="PNG")
        ends[shown(name)] = SCORED
    return ends


def shown(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8")


def test_scores_or_rejects_each_of_them(home: Path) -> None:
    ends = fill(home / "today")

    done = oddspot("score", "line-1", "today", "--heatmaps", "out", "--json", cwd=home)
    told = oddspot("score", "line-1", "today", "--report", "report.html", cwd=home)

    lines = json_lines(done)
    found = {line["path"].removeprefix("today/"): line.get("reason", SCORED) for line in lines}
    assert found == ends
    assert len(list((home / "out").iterdir())) == sum(end == SCORED for end in found.values())
    assert told.returncode == 0, told.stderr
    assert "\x1b[31mred" not in told.stdout
    assert "\u202e" not in told.stdout
    assert (home / "report.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_learns_from_the_good_ones_among_them(home: Path) -> None:
    ends = fill(home / "mixed")
    write_plates(home / "mixed", 12)

    done = oddspot("fit", "line-1", "--good", "mixed", "--json", cwd=home)

    assert done.returncode == 0, done.stderr
    skipped = {Path(name).name: reason for name, reason in json.loads(done.stdout)["skipped"]}
    assert skipped == {name: end for name, end in ends.items() if end != SCORED}


def test_the_service_ends_each_of_them_and_holds_up_nobody(home: Path) -> None:
    ends = fill(home / "incoming")
    for number, path in enumerate((home / "incoming").iterdir()):
        # Each at a time of its own: the same bytes at the same time are one frame.
        os.utime(path, (LONG_AGO + number, LONG_AGO + number), follow_symlinks=False)
    database = home / "data" / "oddspot.db"
    with Running("detect", cwd=home) as detect:
        detect.wait_for("frame_received")
        write_plates(home / "incoming" / "late", 3, first_seed=2000)
        wait_until(lambda: len(ended(database)) == len(ends) + 3)
        found = ended(database)

    late = {f"late/plate-{number:03d}.png" for number in range(3)}
    assert found == ends | dict.fromkeys(late, SCORED)
    assert set(found.values()) <= {SCORED, *RejectReason}
    assert oddspot("source", "list", cwd=home).returncode == 0


def ended(database: Path) -> dict[str, str]:
    """Return how every frame ended, by its name; none of them may be a dead letter."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT name, state, reason FROM frame WHERE state NOT IN ('pending', 'leased')")
        return {name: state if reason is None else reason for name, state, reason in rows}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(b"-")])
def test_a_name_that_begins_like_an_option_is_a_name(home: Path, name: bytes) -> None:
    [good] = write_plates(home, 1, first_seed=1058)
    good.rename(home / os.fsdecode(name))

    [line] = json_lines(oddspot("score", "line-1", "--json", "--", os.fsdecode(name), cwd=home))

    assert line["verdict"] == "normal"
