"""Open what every process needs: the database, brought to this version, and the blobs."""

from dataclasses import dataclass

from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from storage.reader import ReadingDatabase, role_of


@dataclass(frozen=True, slots=True)
class Stores:
    """The database and the blobs of one installation."""

    database: Database
    blobs: BlobStore


def open_stores(settings: Settings) -> Stores:
    """Open the stores that the settings name; raise a StorageError where they cannot be used."""
    blobs = BlobStore(settings.storage.data_dir)
    database = Database(settings.database_url)
    migrate(database)
    return Stores(database, blobs)


def open_reader(settings: Settings) -> Database:
    """Open what the assistant reads through, which can change nothing; raise a StorageError where it cannot be used."""
    secret = settings.storage.reader_url
    if secret is None:
        return ReadingDatabase(settings.database_url, is_role=False)
    url = secret.get_secret_value()
    role_of(url, settings.database_url)
    return ReadingDatabase(url, is_role=True)
