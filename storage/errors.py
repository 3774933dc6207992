"""The base of every error of the storage."""

from config.errors import OddspotError


class StorageError(OddspotError):
    """Something the storage could not do."""
