"""One image as it stands on record, and what is left to say once it is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.records.seen import DetectorVersion


@dataclass(frozen=True, slots=True)
class KnownImage:
    """One image, by its bytes, wherever it stands; shown_as: how the person named it.

    names: what its files were called. looks: times somebody asked about it. versions: those that have pinned it.
    """

    sha256: str
    shown_as: str
    frames: tuple[int, ...]
    inspections: tuple[int, ...]
    looks: tuple[int, ...]
    names: frozenset[str]
    versions: tuple[DetectorVersion, ...]


@dataclass(frozen=True, slots=True)
class Unlearnt:
    """A version's bundle without one image: where it lies now, as a path under data_dir, and what was taken out.

    number: the image's place in the bundle's lists. rows: of the bank. bundle, manifest_sha256: None where nothing was
    left to judge by.
    """

    version: DetectorVersion
    number: int
    rows: int
    name: str
    bundle: str | None
    manifest_sha256: str | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, in numbers; bank_rows: of each detector version that had learnt from it."""

    frames: int
    inspections: int
    blobs: int
    slack_files: int
    bank_rows: Mapping[str, int] = field(default_factory=dict)
