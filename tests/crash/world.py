"""A plant to be broken: two lines, their cameras' folders, a database of either kind, a Slack that remembers."""

import io
import random
import shutil
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, PngImagePlugin
from sqlalchemy import insert, select, text

from storage.database import Database
from storage.migrate import migrate
from storage.models import Base, InspectionRow
from storage.records import LabelKind, SourceState
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from storage.repositories.sources import activate_version, ensure_source, set_source_state, source_by_name
from storage.repositories.versions import NewVersion, active_version, register_version
from tests.crash.postgres import MortalPostgres
from tests.crash.processes import Service
from tests.journeys.commands import oddspot, wait_until
from tests.plates import make_plate, write_plates
from tests.servers.slack import LocalSlack

OPEN_LINE, SILENCED_LINE = "line-1", "line-2"
LINES = (OPEN_LINE, SILENCED_LINE)
GOOD_PLATES = 16
KNOWN_DEFECT = 501
LABELLED = "labelled.png"
# A file that lay there when the clock jumped by an hour is to be told all the same.
LATE_SECONDS = 7200
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
    lines: tuple[str, ...] = LINES
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
        kinds = [kind for kind in KINDS if kind != "known" or SILENCED_LINE in self.lines]
        for _ in range(count):
            self.drop(chance.choice(kinds), chance.choice(self.lines))


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
    """A fitted home with its SQLite database, to be copied."""

    home: Path
    lines: tuple[str, ...] = LINES

    def copy(self, folder: Path, slack: LocalSlack, server: MortalPostgres | None = None) -> World:
        """Return a world of one's own, on the server where one is given."""
        home = Path(shutil.copytree(self.home, folder))
        url = sqlite_url(home)
        if server is not None:
            server.drop_database("crashing")
            url = copy_rows(url, server.create_database("crashing"))
        return World(home, url, slack, Database(url), self.lines)


def make_template(folder: Path) -> Template:
    """Fit both lines; on the second one a defect is labelled, and everything is silenced for days."""
    home = folder / "template"
    write_plates(home / "good", GOOD_PLATES)
    sections = {
        "sources": {name: {"path": f"incoming/{name}", "late_after_seconds": LATE_SECONDS} for name in LINES},
        "storage": {"data_dir": "data"},
        "detector": {"preset": "fast", "workers": 2},
        "alerts": {"edit_every_seconds": 1, "alike": 0.97, "storm_incidents": 1000},  # most get a message of their own
        "reports": {"daily": False},
    }
    (home / "oddspot.yaml").write_text(yaml.safe_dump(sections), encoding="utf-8")
    for name in LINES:
        (home / "incoming" / name).mkdir(parents=True)
    done = oddspot("fit", OPEN_LINE, "--good", "good", cwd=home)
    assert done.returncode == 0, done.stderr
    _learn(home)
    return Template(home)


def sqlite_url(home: Path) -> str:
    return f"sqlite:///{home / 'data' / 'oddspot.db'}"


def copy_rows(url: str, to: str) -> str:
    """Copy every row of a database into an empty one, and return that one's URL."""
    given, taking = Database(url), Database(to)
    migrate(taking)
    with given.reading() as old, taking.transaction() as new:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in old.execute(select(table))]
            if rows:
                new.execute(insert(table), rows)
            if rows and "id" in table.c and isinstance(rows[0]["id"], int):
                last = max(row["id"] for row in rows)
                new.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))
    given.close()
    taking.close()
    return to


def _learn(home: Path) -> None:
    """Let the second line share the first one's detector, label a defect there, silence it, and let both be live."""
    database, now = Database(sqlite_url(home)), datetime.now(UTC)
    with database.transaction() as session:
        version = active_version(session, source_by_name(session, OPEN_LINE))
        assert version is not None
        line = ensure_source(session, SILENCED_LINE, now=now)
        values = {field.name: getattr(version, field.name) for field in fields(NewVersion)}
        shared = register_version(session, line, 1, NewVersion(**values), now=now)
        activate_version(session, line.id, shared.id, expected=None)
    (home / "incoming" / SILENCED_LINE / LABELLED).write_bytes(picture("known", 0))
    with Service(home, {}, halves=("detect",)):
        wait_until(lambda: _inspected(database) is not None, seconds=120)
    inspection_id = _inspected(database)
    assert inspection_id is not None
    with database.transaction() as session:
        add_label(session, inspection_id, LabelKind.DEFECT, author="anna", defect_class="scratch", now=now)
        until = now + timedelta(days=3)
        add_silence(session, source_id=line.id, until=until, author="ben", comment="", now=now)
        for name in LINES:
            set_source_state(session, name, SourceState.LIVE, actor="anna", now=now)
    database.close()


def _inspected(database: Database) -> int | None:
    with database.reading() as session:
        return session.scalar(select(InspectionRow.id))
