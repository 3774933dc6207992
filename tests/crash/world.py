"""A plant to be broken: two lines, their cameras' folders, a database of either kind, a Slack that remembers."""

import io
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, PngImagePlugin

from storage.database import Database
from storage.models import InspectionRow
from storage.records import LabelKind, SourceState
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from storage.repositories.sources import set_source_state, source_by_name
from tests.crash.postgres import MortalPostgres
from tests.crash.processes import Service
from tests.journeys.commands import oddspot, wait_until
from tests.plates import make_plate, write_plates
from tests.servers.slack import LocalSlack

OPEN_LINE, SILENCED_LINE = "line-1", "line-2"
LINES = (OPEN_LINE, SILENCED_LINE)
GOOD_PLATES = 16
KNOWN_DEFECT = 501
FIRST_SEED = 1000
# Broken, good and odd ones, more of the odd than any line has: they take the longest way.
KINDS = ("good", "odd", "odd", "known", "broken")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that was laid into a line's folder."""

    source: str
    name: str
    kind: str


@dataclass
class World:
    """One home with its database, its Slack and all that was dropped."""

    home: Path
    url: str
    slack: LocalSlack
    database: Database
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """What the service is told beside its settings file."""
        return {
            "ODDSPOT__STORAGE__DATABASE_URL": self.url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "ODDSPOT__SLACK__API_URL": self.slack.api_url,
        }

    def start(self, **env: str) -> Service:
        return Service(self.home, self.env | env)

    def drop(self, kind: str, source: str = OPEN_LINE) -> Dropped:
        """Lay a file of its own bytes into a line's folder, whole at once."""
        number = FIRST_SEED + len(self.dropped)
        one = Dropped(SILENCED_LINE if kind == "known" else source, f"{number}-{kind}.png", kind)
        hidden = self.home / "incoming" / one.source / f".{one.name}"
        hidden.write_bytes(picture(kind, number))
        hidden.rename(hidden.with_name(one.name))
        self.dropped.append(one)
        return one

    def drop_some(self, count: int, chance: random.Random) -> None:
        for _ in range(count):
            self.drop(chance.choice(KINDS), chance.choice(LINES))


def picture(kind: str, number: int) -> bytes:
    """Return a PNG that no other number has; known: like the defect that people have labelled."""
    seed = KNOWN_DEFECT if kind == "known" else number
    image = make_plate(seed, has_scratch=kind in {"odd", "known"})
    if kind == "known":  # another shot of the same part
        noise = np.random.default_rng(number).integers(-2, 3, (image.height, image.width, 3))
        image = Image.fromarray(np.clip(np.asarray(image, np.int16) + noise, 0, 255).astype(np.uint8))
    text = PngImagePlugin.PngInfo()
    text.add_text("number", str(number))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=text)
    content = buffer.getvalue()
    return content[: len(content) // 2] + b"\0" * 40 + b"IEND\xaeB`\x82" if kind == "broken" else content


@dataclass(frozen=True, slots=True)
class Template:
    """A fitted home on one kind of database, to be copied; server: where it is PostgreSQL's."""

    home: Path
    server: MortalPostgres | None = None

    def copy(self, folder: Path, slack: LocalSlack) -> World:
        """Return a world of one's own."""
        home = Path(shutil.copytree(self.home, folder / "home"))
        url = sqlite_url(home)
        if self.server is not None:
            self.server.drop_database("crashing")
            url = self.server.copy_database("crashing", "fitted")
        return World(home, url, slack, Database(url))


def make_template(folder: Path, server: MortalPostgres | None = None, **settings: Mapping[str, object]) -> Template:
    """Fit both lines; on the second one a defect is labelled, and everything is silenced for days."""
    home = folder / ("sqlite" if server is None else "postgresql")
    write_plates(home / "good", GOOD_PLATES)
    sections = {
        "sources": {name: {"kind": "folder", "path": f"incoming/{name}"} for name in LINES},
        "storage": {"data_dir": "data"},
        "detector": {"preset": "fast", "workers": 2},
        "alerts": {"edit_every_seconds": 1},
        "reports": {"daily": False},
    }
    (home / "oddspot.yaml").write_text(yaml.safe_dump(sections | settings), encoding="utf-8")
    url = sqlite_url(home) if server is None else server.copy_database("fitted")
    env = {"ODDSPOT__STORAGE__DATABASE_URL": url}
    for name in LINES:
        (home / "incoming" / name).mkdir(parents=True)
        done = oddspot("fit", name, "--good", "good", cwd=home, env=env)
        assert done.returncode == 0, done.stderr
    _learn(home, url)
    return Template(home, server)


def sqlite_url(home: Path) -> str:
    return f"sqlite:///{home / 'data' / 'oddspot.db'}"


def _learn(home: Path, url: str) -> None:
    """Let people label a defect of the second line before it is live, and silence that line."""
    database = Database(url)
    (home / "incoming" / SILENCED_LINE / "labelled.png").write_bytes(picture("known", 0))
    with Service(home, {"ODDSPOT__STORAGE__DATABASE_URL": url}, halves=("detect",)):
        wait_until(lambda: _inspected(database) is not None, seconds=120)
    inspection_id, now = _inspected(database), datetime.now(UTC)
    assert inspection_id is not None
    with database.transaction() as session:
        add_label(session, inspection_id, LabelKind.DEFECT, author="anna", defect_class="scratch", now=now)
        line = source_by_name(session, SILENCED_LINE)
        until = now + timedelta(days=3)
        add_silence(session, source_id=line.id, until=until, author="ben", comment="", now=now)
        for name in LINES:
            set_source_state(session, name, SourceState.LIVE, actor="anna", now=now)
    database.close()


def _inspected(database: Database) -> int | None:
    with database.reading() as session:
        row = session.query(InspectionRow.id).one_or_none()
    return None if row is None else int(row[0])
