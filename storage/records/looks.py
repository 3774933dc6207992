"""An image somebody asks about: who asked, of which source, and what its detector said. It is never counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from storage.records.asked import JobState
from storage.records.found import Region, Verdict
from storage.records.seen import RejectReason

Thread = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NewLook:
    """An image to be judged for a source, its bytes already in the blob store.

    thread: the channel and the message in whose thread the answer shall stand; None where whoever asked waits for it.
    """

    source_id: int
    source: str
    sha256: str
    name: str
    requested_by: str
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class LookResult:
    """What a detector said of the image, or why it said nothing: rejected, or a failure in words.

    regions: where it is odd, in pixels of the upright original; of a normal image none. picture, crop: sha256 of our
    own PNGs: the heatmap beside the good image most like it, and the oddest place alone.
    """

    detector: str | None = None
    verdict: Verdict | None = None
    score: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    good_ones: int = 0
    may_alert: bool = True
    fault: str | None = None
    width: int = 0
    height: int = 0
    regions: tuple[Region, ...] = ()
    picture: str | None = None
    crop: str | None = None
    rejected: RejectReason | None = None
    failure: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what a row keeps of it."""
        return asdict(self) | {"regions": [asdict(region) | {"nearest": None} for region in self.regions]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what a row keeps."""
        values = dict(kept)
        values["regions"] = tuple(Region(**region) for region in values.get("regions", ()))
        values["verdict"] = Verdict(values["verdict"]) if values.get("verdict") else None
        values["rejected"] = RejectReason(values["rejected"]) if values.get("rejected") else None
        return cls(**values)

    @property
    def pictures(self) -> tuple[str, ...]:
        """The pictures made for it, by their sha256."""
        return tuple(one for one in (self.picture, self.crop) if one is not None)


@dataclass(frozen=True, slots=True)
class Look:
    """An image that was asked about, and how far it has come; result: once it has ended."""

    id: int
    source_id: int
    source: str
    sha256: str
    name: str
    requested_by: str
    thread: Thread | None
    state: JobState
    attempt: int
    created_at: datetime
    result: LookResult | None


@dataclass(frozen=True, slots=True)
class LookLease:
    """A look in a worker's hands; owner and attempt are its fence."""

    look: Look
    owner: str
    attempt: int
