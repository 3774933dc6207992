"""What `oddspot doctor` says of the database and the data folder."""

import shutil
from collections.abc import Iterator

from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import current, head, migrate
from storage.reader import role_of
from storage.records import Check
from storage.repositories.frames import queue_depth
from storage.upkeep.reading_role import shortcomings

LEAST_FREE_BYTES = 1_000_000_000


def checks(settings: Settings) -> Iterator[Check]:
    """Look at the database, its version, the data folder and the queue."""
    try:
        database = Database(settings.database_url)
        migrate(database)
        yield Check("database", is_ok=True, found=f"{database.dialect}, version {current(database)} of {head()}")
        with database.reading() as session:
            yield Check("queue", is_ok=True, found=f"{queue_depth(session)} frames wait")
    except StorageError as error:
        yield Check("database", is_ok=False, found=str(error), fix="Look at storage.database_url and its server.")
    yield _data_dir(settings)
    if settings.storage.reader_url is not None:
        yield _reader(settings, settings.storage.reader_url.get_secret_value())


def _reader(settings: Settings, url: str) -> Check:
    """Look at what the role that reads for the assistant may do beyond reading."""
    try:
        role, _ = role_of(url, settings.database_url)
        with Database(settings.database_url).reading() as session:
            beyond = shortcomings(session.connection(), role)
    except StorageError as error:
        return Check("reader", is_ok=False, found=str(error), fix="Look at storage.reader_url.")
    found = f"{role} {', '.join(beyond) if beyond else 'can only SELECT from views'}"
    return Check("reader", is_ok=not beyond, found=found, fix="Run `oddspot db reader`.")


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
