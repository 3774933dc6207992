"""The whole service on a disk that really fills up: people are told, alerts go on, and it recovers by itself."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select, update

from agent.talk import utc_now
from config.settings import Settings
from storage.blobs import BlobError, BlobStore
from storage.database import Database
from storage.models import FrameRow
from tests.factories_agent import Plant
from tests.journeys.commands import Running, wait_until
from tests.journeys.slack.conftest import tokens
from tests.journeys.slack.reading import roots, words
from tests.plates import make_plate
from tests.servers.slack import LocalSlack
from tests.servers.small_disk import small_disk

MEGABYTES = 120
NORMALS = 8
PATIENCE = 120.0


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(FrameRow.state).order_by(FrameRow.id)))


def said(slack: LocalSlack, text: str) -> Callable[[], bool]:
    return lambda: any(text in words(message) for message in roots(slack))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_tells_goes_on_and_recovers_by_itself(slack: LocalSlack, fitted_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(fitted_home, tmp_path / "home", ignore=shutil.ignore_patterns("data")))
    (home / "data").mkdir()
    with small_disk(home / "data", megabytes=MEGABYTES) as disk:
        shutil.copytree(fitted_home / "data", home / "data", dirs_exist_ok=True)
        settings = {
            "sources": {"line-1": {"path": "incoming"}},
            "storage": {"data_dir": "data"},
            "detector": {"preset": "fast", "workers": 1},
            "slack": tokens(slack),
        }
        (home / "oddspot.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        database, blobs = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}"), BlobStore(home / "data")
        with Running("run", cwd=home) as service:
            slack.wait_for_socket()
            for seed in range(NORMALS):
                make_plate(seed).resize((900, 900)).save(home / "incoming" / f"good-{seed}.bmp")
            wait_until(lambda: states(database) == ["scored"] * NORMALS, seconds=PATIENCE)

            disk.fill(0.92)
            slack.wait_for(said(slack, "The disk is 92 % full."), PATIENCE)
            disk.fill(0.975)
            slack.wait_for(
                said(slack, "The disk is 97 % full: no new images are taken in until there is room."), PATIENCE
            )
            before = len(roots(slack))
            make_plate(77, has_scratch=True).save(home / "incoming" / "odd.png")
            plant = Plant(database, blobs, Settings())
            plant.anomaly("line-2", at=utc_now())
            slack.wait_for(said(slack, "line-2"), PATIENCE)
            assert len(roots(slack)) == before + 1

            disk.fill_up()
            with pytest.raises(BlobError, match="No space left"):
                blobs.put(bytes(100_000))
            disk.fill(0.975)
            assert states(database) == ["scored"] * (NORMALS + 1)

            with database.transaction() as session:  # a day goes by
                earlier = utc_now() - timedelta(days=2)
                session.execute(update(FrameRow).where(FrameRow.id <= NORMALS).values(received_at=earlier))
            slack.wait_for(said(slack, "New images are taken in again"), PATIENCE)
            slack.wait_for(said(slack, "odd.png"), PATIENCE)
            assert disk.share < 0.97
            assert service.process.poll() is None
        database.close()
