"""What `oddspot doctor` says of the database and the data folder."""

import shutil
from collections.abc import Iterator

from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import current, head, migrate
from storage.records import Check
from storage.repositories.frames import queue_depth

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
