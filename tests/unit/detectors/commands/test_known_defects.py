"""Photos given as good that people called a defect are left out of what is learnt."""

from pathlib import Path

import pytest

from detectors.commands.known_defects import OnlyDefectsError, leave_out_defects
from detectors.weights_file import sha256_of
from storage.database import Database
from tests.histories import fill, line, normal


def photos(folder: Path, *names: str) -> list[Path]:
    made = [folder / name for name in names]
    for file in made:
        file.write_bytes(file.name.encode())
    return made


def test_leaves_out_what_was_labelled_a_defect_of_this_source(
    tmp_path: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    given = photos(tmp_path, "defect.png", "missed.png", "false.png", "good.png", "elsewhere.png")
    hashes = [sha256_of(file) for file in given]
    labels = [
        line(1, sha256=hashes[0], label="defect"),
        normal(2, sha256=hashes[1], label="missed"),
        line(3, sha256=hashes[2], label="false_alarm"),
        line(4, sha256=hashes[4], label="defect", source="line-2"),
    ]
    fill(sqlite_database, labels)

    kept = leave_out_defects([*given, tmp_path / "gone.png"], "line-1", sqlite_database)

    assert [file.name for file in kept] == ["false.png", "good.png", "elsewhere.png", "gone.png"]
    assert capsys.readouterr().err == "2 photos are labelled as a defect, and left out: defect.png, missed.png\n"
    assert leave_out_defects(given, "line-9", sqlite_database) == given


def test_refuses_to_learn_from_defects_alone(tmp_path: Path, sqlite_database: Database) -> None:
    given = photos(tmp_path, "defect.png")
    fill(sqlite_database, [line(1, sha256=sha256_of(given[0]), label="defect")])

    with pytest.raises(OnlyDefectsError):
        leave_out_defects(given, "line-1", sqlite_database)
