"""What `oddspot doctor` says of the database, the data folder, and of what runs and waits."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database, Session, database_now
from storage.errors import StorageError
from storage.leader import somebody_leads
from storage.migrate import current, head, migrate
from storage.queries.operations import operations
from storage.reader import role_of
from storage.records import Check, Operations
from storage.repositories.alarms import open_alarms
from storage.upkeep.reading_role import shortcomings

LEAST_FREE_BYTES = 1_000_000_000
MOST_SKEW = timedelta(seconds=5)
WAITS_LONG_SECONDS = 300
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def checks(settings: Settings) -> Iterator[Check]:
    """Look at the database, its version and clock, the data folder, the queue and the outbox."""
    try:
        yield from _database(settings)
    except StorageError as error:
        yield Check("database", is_ok=False, found=str(error), fix="Look at storage.database_url and its server.")
    yield _data_dir(settings)
    yield _modes(settings)
    if settings.storage.reader_url is not None:
        yield _reader(settings, settings.storage.reader_url.get_secret_value())


def _reader(settings: Settings, url: str) -> Check:
    """Look at what the role that reads for the assistant may do beyond reading."""
    try:
        role, _ = role_of(url, settings.database_url)
        with closing(Database(settings.database_url)) as database, database.reading() as session:
            beyond = shortcomings(session.connection(), role)
    except StorageError as error:
        return Check("reader", is_ok=False, found=str(error), fix="Look at storage.reader_url.")
    found = f"{role} {', '.join(beyond) if beyond else 'can only SELECT from views'}"
    return Check("reader", is_ok=not beyond, found=found, fix="Run `oddspot db reader`.")


def _database(settings: Settings) -> Iterator[Check]:
    database = Database(settings.database_url)
    try:
        migrate(database)
        yield Check("database", is_ok=True, found=f"{database.dialect}, version {current(database)} of {head()}")
        with database.reading() as session:
            now = datetime.now(UTC)
            yield _clock(session, now)
            is_led = somebody_leads(database, session, settings.storage.data_dir)
            found = operations(session, now=now)
            troubles = [alarm.reason for alarm in open_alarms(session)]
        yield _queue(found, is_led=is_led)
        yield _outbox(found, troubles)
    finally:
        database.close()


def _clock(session: Session, now: datetime) -> Check:
    ahead = now - database_now(session)
    is_ok = abs(ahead) <= MOST_SKEW
    off = f"this machine's is {abs(ahead.total_seconds()):.0f} s {'ahead of' if ahead > timedelta(0) else 'behind'} it"
    fix = "Let both machines keep their time by NTP."
    return Check("database clock", is_ok=is_ok, found="as this machine's" if is_ok else off, fix=fix)


def _queue(found: Operations, *, is_led: bool) -> Check:
    waits = f"{found.frames_waiting} frames wait"
    if found.oldest_frame_seconds > WAITS_LONG_SECONDS:
        waits += f", the oldest for {found.oldest_frame_seconds / 60:.0f} min"
        if not is_led:
            return Check("queue", is_ok=False, found=f"{waits}; no `oddspot detect` runs", fix="Start `oddspot run`.")
    return Check("queue", is_ok=True, found=f"{waits}; {'`oddspot detect` runs' if is_led else 'nothing runs'}")


def _outbox(found: Operations, troubles: list[str]) -> Check:
    said = f"{found.unsent} to be sent, {found.given_up} given up"
    fix = "See `oddspot outbox`."
    if troubles:
        return Check("outbox", is_ok=False, found=f"{said}; {'; '.join(troubles)}", fix=fix)
    if max(found.oldest_event_seconds, found.oldest_unsent_seconds) > WAITS_LONG_SECONDS:
        return Check("outbox", is_ok=False, found=f"{said}; the oldest waits for minutes", fix="Is `oddspot talk` up?")
    return Check("outbox", is_ok=True, found=said, fix=fix)


def _data_dir(settings: Settings) -> Check:
    folder = settings.storage.data_dir
    try:
        blobs = BlobStore(folder)
        blobs.remove(blobs.put(b"oddspot doctor"))
        free = shutil.disk_usage(folder).free
    except (OSError, StorageError) as error:
        fix = "Make storage.data_dir a folder this user can write."
        return Check("data folder", is_ok=False, found=f"{folder}: {error}", fix=fix)
    found = f"{folder}, {free / 1e9:.1f} GB free"
    return Check("data folder", is_ok=free > LEAST_FREE_BYTES, found=found, fix="Free some disk space.")


def _modes(settings: Settings) -> Check:
    """Say whether other users of this machine can look into the data folder."""
    folder = settings.storage.data_dir
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        return Check("file modes", is_ok=False, found=f"{folder}: {error.strerror}", fix="See the data folder.")
    found = f"{folder} is {mode:04o}" + ("" if not mode & OTHERS else ": other users of this machine may look into it")
    return Check("file modes", is_ok=not mode & OTHERS, found=found, fix=f"chmod go-rwx {folder}")
