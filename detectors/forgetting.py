"""Forget one image for good: rows, blobs, and what detectors learnt from it, in an order no crash can spoil.

Bundles are written anew first, beside the old ones. Then one transaction names them, clears the rows and lets Slack's
files be removed; blobs go just before it commits. Old bundles go last: what no row names is swept by the next try too.
"""

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from detectors.bundle import BundleError, read_manifest
from detectors.errors import DetectorError
from detectors.fit_lock import alone
from detectors.unlearning import number_of, unlearn
from storage.opening import Stores
from storage.records import DetectorVersion, Forgotten, KnownImage, Unlearnt
from storage.repositories.forgetting import forget_image, known_image, require_free
from storage.repositories.sources import list_sources
from storage.repositories.versions import list_versions


class LearntAloneError(DetectorError):
    """A detector in use would have nothing left to judge by."""

    def __init__(self, image: KnownImage, version: DetectorVersion) -> None:
        super().__init__(
            f"{version.name} judges by {image.shown_as} alone, so nothing was changed: fit it again without it first."
        )


class StillLearntError(DetectorError):
    """Versions learnt from the image and cannot tell which of their photos it is."""

    def __init__(self, image: KnownImage, versions: Iterable[DetectorVersion]) -> None:
        names = ", ".join(version.name for version in versions)
        super().__init__(
            f"{image.shown_as} is forgotten but for {names}, fitted before Oddspot noted which photo is which:"
            " fit again without it, and run this again once another version judges."
        )


def forget(text: str, stores: Stores, *, data_dir: Path, actor: str, now: datetime) -> Forgotten:
    """Forget the image somebody named; raise UnknownImageError, ImageInUseError, LearntAloneError, StillLearntError."""
    with alone(data_dir):
        with stores.database.reading() as session:
            image = known_image(session, text)
            require_free(session, image)
            versions = [version for version in list_versions(session) if version.bundle is not None]
            active = {source.active_version_id for source in list_sources(session)}
        unlearnt = [done for version in versions if (done := _unlearn(version, image, data_dir)) is not None]
        alone_in = [one.version for one in unlearnt if one.bundle is None and one.version.id in active]
        if alone_in:
            _sweep(versions, data_dir, kept={version.bundle for version in versions})
            raise LearntAloneError(image, alone_in[0])
        unknown = [one for one in image.versions if one.bundle and one.id not in {done.version.id for done in unlearnt}]
        dropped = [Unlearnt(one, -1, 0, "", None, None) for one in unknown if one.id not in active]
        with stores.database.transaction() as session:
            require_free(session, image)
            result, blobs = forget_image(session, image, [*unlearnt, *dropped], actor=actor, now=now)
            for sha256 in blobs:
                stores.blobs.remove(sha256)
        with stores.database.reading() as session:
            _sweep(versions, data_dir, kept={version.bundle for version in list_versions(session)})
    standing = [one for one in unknown if one.id in active]
    if standing:
        raise StillLearntError(image, standing)
    return result


def _unlearn(version: DetectorVersion, image: KnownImage, data_dir: Path) -> Unlearnt | None:
    """Take the image out of a version's bundle; None where it is not in there."""
    folder = data_dir / (version.bundle or "")
    try:
        manifest = read_manifest(folder)
    except BundleError:
        return None  # gone or damaged: it is not loaded either, and its folder is named where that is said
    is_pinned = any(one.id == version.id for one in image.versions)
    number = number_of(manifest, image.sha256, image.names if is_pinned else frozenset())
    if number is None:
        return None
    left = unlearn(folder, number)
    bundle = None if left.folder is None else str(left.folder.relative_to(data_dir))
    return Unlearnt(version, number, left.rows, manifest.images[number], bundle, left.manifest_sha256)


def _sweep(versions: Iterable[DetectorVersion], data_dir: Path, *, kept: set[str | None]) -> None:
    """Remove the folders of these versions that no row names: those from before, and those of a try that died."""
    for version in versions:
        base = data_dir / (version.bundle or "").partition("+")[0]
        for folder in [base, *base.parent.glob(f"{base.name}+*")]:
            if str(folder.relative_to(data_dir)) not in kept:
                shutil.rmtree(folder, ignore_errors=True)
