"""The fitted detector that a command is about."""

from config.settings import Settings
from detectors.errors import DetectorError
from storage.opening import Stores
from storage.records import DetectorVersion
from storage.repositories.sources import list_sources, source_by_name
from storage.repositories.versions import active_version


class NotFittedError(DetectorError):
    """A source has no fitted detector."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} has no fitted detector; run `oddspot fit {source} --good FOLDER` first.")


def fitted_version(source: str, settings: Settings, stores: Stores) -> DetectorVersion:
    """Return a source's active version that has a bundle; raise NotFittedError, or what an unknown source raises."""
    with stores.database.reading() as session:
        if source in settings.sources and source not in {each.name for each in list_sources(session)}:
            raise NotFittedError(source)
        version = active_version(session, source_by_name(session, source))
    if version is None or version.bundle is None:
        raise NotFittedError(source)
    return version
