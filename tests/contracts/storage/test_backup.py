"""A backup made while the database is in use, and back into its place; on both databases."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from storage.blobs import BlobStore
from storage.database import Database
from storage.leader import Leadership
from storage.migrate import current, downgrade, head, migrate
from storage.models import AuditRow, FrameRow, InspectionRow, SourceRow
from storage.records import LabelKind
from storage.repositories.labels import add_label, last_label
from storage.upkeep.backup import back_up, restore
from storage.upkeep.inspecting import inspect_database
from storage.upkeep.manifest import BackupError, BackupManifest
from tests.factories import NOON, make_inspection, make_source, make_version

LATER = NOON + timedelta(hours=3)


class House:
    """A database with its folder: frames with originals, and a bundle."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self.database, self.data_dir, self.blobs = database, data_dir, BlobStore(data_dir)

    def fill(self, frames: int = 4) -> None:
        with self.database.transaction() as session:
            source = make_source(session)
            version = make_version(session, source)
            for number in range(frames):
                make_inspection(session, source, version, number, score=0.5 + number)
            for frame in session.scalars(select(FrameRow).order_by(FrameRow.id)):
                frame.sha256 = self.blobs.put(f"frame {frame.id}".encode())
            add_label(session, 1, LabelKind.MISSED, author="ada", now=NOON)
            session.execute(text("UPDATE detector_version SET bundle = 'bundles/line-1@1'"))
        bundle = self.data_dir / "bundles" / "line-1@1"
        bundle.mkdir(parents=True)
        (bundle / "manifest.json").write_text("{}")

    def back_up(self, folder: Path, *, with_blobs: bool = True) -> BackupManifest:
        return back_up(
            self.database, self.blobs, self.data_dir, folder, with_blobs=with_blobs, actor="terminal:ada", now=NOON
        )

    def restore(
        self, folder: Path, *, replaces: bool = False, now: datetime = LATER
    ) -> tuple[BackupManifest, Path | None]:
        return restore(
            folder, self.database, self.blobs, self.data_dir, replaces=replaces, actor="terminal:ada", now=now
        )

    def counts(self) -> tuple[int, int, int]:
        with self.database.reading() as session:
            return tuple(  # type: ignore[return-value]  # three of them
                session.scalar(select(func.count()).select_from(row)) or 0
                for row in (SourceRow, FrameRow, InspectionRow)
            )

    def wrong(self) -> list[str]:
        found = inspect_database(self.database, self.blobs, self.data_dir)
        return [f"{check.name}: {check.found}" for check in found if not check.is_ok]


ROLL_UPS = ("roll_up", "captured_roll_up", "attribute_roll_up")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "data")


def empty(house: House) -> None:
    """Lose the database and the folder."""
    with house.database.engine.begin() as connection:
        if house.database.dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for table in (*ROLL_UPS, "event", "label", "inspection", "frame", "detector_version", "source", "audit"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        else:
            connection.exec_driver_sql("TRUNCATE source, audit RESTART IDENTITY CASCADE")
    for name in list(house.blobs.names()):
        house.blobs.remove(name)
    (house.data_dir / "bundles" / "line-1@1" / "manifest.json").unlink()
    (house.data_dir / "bundles" / "line-1@1").rmdir()


def test_brings_everything_back(house: House, tmp_path: Path) -> None:
    house.fill()
    before = house.counts()
    made = house.back_up(tmp_path / "kept")
    empty(house)
    assert house.counts() == (0, 0, 0)

    _, kept = house.restore(tmp_path / "kept")

    assert kept is None
    assert house.counts() == before == (1, 4, 4)
    assert house.wrong() == []
    assert (made.blobs, made.bundles, made.missing) == (4, ("bundles/line-1@1",), ())
    assert (house.data_dir / "bundles" / "line-1@1" / "manifest.json").read_text() == "{}"
    with house.database.transaction() as session:
        assert set(session.scalars(select(AuditRow.action))) >= {"database_backed_up", "database_restored"}
        source = make_source(session, "line-2")
        make_inspection(session, source, make_version(session, source), 9)


def test_keeps_what_a_restore_replaces(house: House, tmp_path: Path) -> None:
    house.fill()
    house.back_up(tmp_path / "kept")
    with house.database.transaction() as session:
        make_source(session, "line-2")

    with pytest.raises(BackupError, match="--replace"):
        house.restore(tmp_path / "kept")
    assert house.counts()[0] == 2
    _, kept = house.restore(tmp_path / "kept", replaces=True)

    assert house.counts()[0] == 1
    assert kept is not None
    house.restore(kept, replaces=True, now=LATER + timedelta(hours=1))
    assert house.counts()[0] == 2


def test_is_private_and_leaves_nothing_half_made(house: House, tmp_path: Path) -> None:
    house.fill()

    house.back_up(tmp_path / "kept", with_blobs=False)

    with pytest.raises(BackupError, match="there already"):
        house.back_up(tmp_path / "kept")
    assert not (tmp_path / "kept" / "blobs").exists()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []
    assert json.loads((tmp_path / "kept" / "manifest.json").read_text())["blobs"] is None


def test_names_what_was_not_there_to_be_copied(house: House, tmp_path: Path) -> None:
    house.fill()
    (house.data_dir / "bundles" / "line-1@1" / "manifest.json").unlink()
    (house.data_dir / "bundles" / "line-1@1").rmdir()

    assert house.back_up(tmp_path / "kept").missing == ("bundles/line-1@1",)


def test_refuses_a_damaged_backup_and_changes_nothing(house: House, tmp_path: Path) -> None:
    house.fill()
    made = house.back_up(tmp_path / "kept")
    file = tmp_path / "kept" / made.database
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    before = house.counts()

    with pytest.raises(BackupError, match="damaged"):
        house.restore(tmp_path / "kept", replaces=True)

    assert house.counts() == before


@pytest.mark.parametrize("harm", ["changed", "gone", "bundle"])
def test_refuses_a_backup_with_a_damaged_file_before_anything_is_changed(
    house: House, tmp_path: Path, harm: str
) -> None:
    house.fill()
    house.back_up(tmp_path / "kept")
    blob = next((tmp_path / "kept" / "blobs").glob("*/*"))
    if harm == "changed":
        blob.write_bytes(blob.read_bytes() + b"!")
    elif harm == "gone":
        blob.unlink()
    else:
        (tmp_path / "kept" / "bundles" / "line-1@1").rename(tmp_path / "elsewhere")
    with house.database.transaction() as session:
        add_label(session, 2, LabelKind.DEFECT, author="ada", now=NOON)

    with pytest.raises(BackupError, match="damaged"):
        house.restore(tmp_path / "kept", replaces=True)

    with house.database.reading() as session:
        assert last_label(session, 2) is not None
    assert house.wrong() == []
    assert not list(house.data_dir.glob("before-restore-*"))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("version", "9999", "newer version"),
        ("format", 2, "another format"),
        ("database", "../../etc/passwd", "outside of itself"),
        ("dialect", "oracle", "is of oracle"),
    ],
)
def test_refuses_a_backup_it_does_not_know(house: House, tmp_path: Path, key: str, value: object, words: str) -> None:
    house.fill()
    house.back_up(tmp_path / "kept")
    manifest = tmp_path / "kept" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {key: value}))

    with pytest.raises(BackupError, match=words):
        house.restore(tmp_path / "kept", replaces=True)


def test_refuses_to_restore_while_oddspot_runs(house: House, tmp_path: Path) -> None:
    house.fill()
    house.back_up(tmp_path / "kept")
    running = Leadership(house.database, house.data_dir)
    assert running.is_leader()

    with pytest.raises(BackupError, match="stop it first"):
        house.restore(tmp_path / "kept", replaces=True)

    running.release()


def test_restores_an_older_version_and_brings_it_up(house: House, tmp_path: Path) -> None:
    house.fill()
    downgrade(house.database, "0010")
    made = house.back_up(tmp_path / "kept")
    migrate(house.database)

    house.restore(tmp_path / "kept", replaces=True)

    assert made.version == "0010"
    assert current(house.database) == head()
    assert house.wrong() == []
