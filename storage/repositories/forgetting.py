"""Forgetting one image: the rows that show it, and what has to be removed with them. Counts, scores and words stay."""

import re
import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import String, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from storage.blobs import SHA256
from storage.errors import StorageError
from storage.models import (
    DeliveryRow,
    DetectorVersionRow,
    FrameRow,
    IncidentRow,
    InspectionRow,
    JobRow,
    LabelRow,
    PinRow,
)
from storage.models.open import IS_ANOMALOUS
from storage.records import (
    DeliveryKind,
    DeliveryState,
    EventKind,
    Forgotten,
    FrameState,
    JobKind,
    JobState,
    KnownImage,
    Unlearnt,
)
from storage.repositories import roll_ups
from storage.repositories.audit import write_audit
from storage.repositories.events import add_event
from storage.repositories.versions import as_version

FORGOTTEN = "(forgotten)"
IMAGE_FORGOTTEN = "image_forgotten"
SHOWN_ID = re.compile(r"([AF])-?(\d{1,18})", re.IGNORECASE)
# Of a picture's delivery: what it shows, in each of the ways there are.
SHEETS = ("sheet", "sheet_of", "report_shows")
LOOK_PICTURE = "look_picture"
FILE, BLOB, IS_USABLE = "file", "blob", "is_usable"
OPEN_JOBS = (JobState.PENDING, JobState.LEASED)


class UnknownImageError(StorageError):
    """Nothing on record is called that."""

    def __init__(self, text: str) -> None:
        super().__init__(f"No image is called {text!r}; name an inspection, as A-12, a frame, as F-34, or a sha256.")


class ImageInUseError(StorageError):
    """Somebody works on the image just now."""

    permanent = False

    def __init__(self, shown_as: str, doing: str) -> None:
        super().__init__(f"{shown_as} is {doing} just now, so nothing was changed; try again in a minute.")


@dataclass
class Removal:
    """What has to go with the rows: blobs by their sha256, files of channels, incidents that have to be shown anew."""

    blobs: set[str] = field(default_factory=set)
    files: list[tuple[str, str]] = field(default_factory=list)
    incidents: set[int] = field(default_factory=set)


def known_image(session: Session, text: str) -> KnownImage:
    """Find an image by an inspection's id, a frame's or its sha256; raise UnknownImageError."""
    sha256 = _sha256_of(session, text.strip())
    frames = session.execute(select(FrameRow.id, FrameRow.name).where(FrameRow.sha256 == sha256)).all()
    versions = session.scalars(
        select(DetectorVersionRow)
        .join(PinRow, PinRow.detector_version_id == DetectorVersionRow.id)
        .where(PinRow.sha256 == sha256)
    ).all()
    looks = session.scalars(_looks_at(sha256)).all()
    if sha256 is None or not (frames or versions or looks):
        raise UnknownImageError(text)
    ids = [frame_id for frame_id, _ in frames]
    named = SHOWN_ID.fullmatch(text.strip())
    return KnownImage(
        sha256=sha256,
        shown_as=f"{named[1].upper()}-{int(named[2])}" if named else sha256[:12],
        frames=tuple(ids),
        inspections=tuple(session.scalars(select(InspectionRow.id).where(InspectionRow.frame_id.in_(ids)))),
        looks=tuple(look.id for look in looks),
        names=frozenset({PurePath(name).name for _, name in frames} | {sha256}),
        versions=tuple(as_version(row) for row in versions),
    )


def require_free(session: Session, image: KnownImage) -> None:
    """Raise ImageInUseError while the image is being scored, judged or sent: what comes of it would stay."""
    leased = select(FrameRow.id).where(FrameRow.id.in_(image.frames), FrameRow.state == FrameState.LEASED)
    if session.scalar(leased.limit(1)) is not None:
        raise ImageInUseError(image.shown_as, "being scored")
    if session.scalar(_looks_at(image.sha256).where(JobRow.state.in_(OPEN_JOBS)).limit(1)) is not None:
        raise ImageInUseError(image.shown_as, "being judged for somebody")
    if any(row.state == DeliveryState.SENDING for row in _pictures(session, image.inspections, image.looks)):
        raise ImageInUseError(image.shown_as, "being sent")


def forget_image(
    session: Session, image: KnownImage, unlearnt: Sequence[Unlearnt], *, actor: str, now: datetime
) -> tuple[Forgotten, set[str]]:
    """Take an image out of every row, with an audit row that does not say what it showed.

    Return what was removed, and the blobs that nothing needs any more. Files of a channel go through the outbox.
    """
    removal = Removal({image.sha256})
    rows = session.scalars(select(InspectionRow).where(InspectionRow.id.in_(image.inspections))).all()
    beside = [row for one in unlearnt for row in _showing(session, one)]
    for row in beside:
        _take_heatmap(row, removal)
    for row in rows:
        _clear(session, row, removal)
    _clear_looks(session, image, removal)
    shown = {*image.inspections, *(row.id for row in beside)}
    for delivery in _pictures(session, shown, image.looks):
        _take_back(delivery, shown, removal)
    _clear_frames(session, image)
    for one in unlearnt:
        _replace_bundle(session, one)
    session.execute(delete(PinRow).where(PinRow.sha256 == image.sha256))
    session.flush()
    result = Forgotten(
        frames=len(image.frames),
        inspections=len(rows),
        blobs=len(removal.blobs),
        slack_files=len(removal.files),
        bank_rows={one.version.name: one.rows for one in unlearnt},
    )
    _tell(session, image, unlearnt, removal, now)
    detail: dict[str, Any] = {"frames": result.frames, "inspections": result.inspections, "blobs": result.blobs}
    detail |= {"slack_files": result.slack_files, "bank_rows": dict(result.bank_rows)}
    write_audit(session, actor=actor, action=IMAGE_FORGOTTEN, subject=image.shown_as, detail=detail, now=now)
    return result, removal.blobs - _still_shown(session, removal.blobs)


def _sha256_of(session: Session, text: str) -> str | None:
    if SHA256.fullmatch(text.lower()):
        return text.lower()
    named = SHOWN_ID.fullmatch(text)
    if named is None:
        return None
    query = select(FrameRow.sha256)
    if named[1].upper() == "A":
        query = query.join(InspectionRow, InspectionRow.frame_id == FrameRow.id)
        return session.scalar(query.where(InspectionRow.id == int(named[2])))
    return session.scalar(query.where(FrameRow.id == int(named[2])))


def _looks_at(sha256: str | None) -> Any:
    return select(JobRow).where(JobRow.kind == JobKind.LOOK, JobRow.arguments["sha256"].as_string() == sha256)


def _pictures(session: Session, inspections: Collection[int], looks: Collection[int]) -> Iterator[DeliveryRow]:
    """Yield the pictures that were, or will be, put into a channel and show one of these."""
    wanted, asked = set(inspections), set(looks)
    incidents = select(InspectionRow.incident_id).where(InspectionRow.id.in_(wanted))
    may_show = or_(
        DeliveryRow.inspection_id.in_(wanted), DeliveryRow.incident_id.in_(incidents), DeliveryRow.incident_id.is_(None)
    )
    for row in session.scalars(select(DeliveryRow).where(DeliveryRow.kind == DeliveryKind.PICTURE, may_show)):
        sheets = {int(one) for key in SHEETS for one in row.payload.get(key) or ()}
        is_look = int(row.payload.get(LOOK_PICTURE, 0)) in asked
        if is_look or sheets & wanted or (not sheets and row.inspection_id in wanted):
            yield row


def _showing(session: Session, unlearnt: Unlearnt) -> list[InspectionRow]:
    """Return a version's anomalies that were compared with the image, their regions no longer naming it."""
    own = select(InspectionRow).where(InspectionRow.detector_version_id == unlearnt.version.id)
    found = []
    for row in session.scalars(own.where(IS_ANOMALOUS)):
        near = [(region.get("nearest") or {}).get("number") for region in row.regions]
        if unlearnt.number in near:
            row.regions = [_without_nearest(region, unlearnt.number) for region in row.regions]
            found.append(row)
    return found


def _without_nearest(region: dict[str, Any], number: int) -> dict[str, Any]:
    nearest = region.get("nearest") or {}
    return region | {"nearest": None} if nearest.get("number") == number else region


def _take_heatmap(row: InspectionRow, removal: Removal) -> None:
    """Take away a heatmap beside which the image may stand."""
    removal.blobs |= {row.heatmap} if row.heatmap else set()
    removal.incidents |= {row.incident_id} if row.incident_id else set()
    row.heatmap = None


def _clear(session: Session, row: InspectionRow, removal: Removal) -> None:
    _take_heatmap(row, removal)
    removal.blobs |= {*row.crops, *([row.thumbnail] if row.thumbnail else [])}
    incident = session.get(IncidentRow, row.incident_id) if row.incident_id else None
    if incident is not None and incident.likeness and row.vectors:
        incident.likeness = _less(incident.likeness, row.vectors)
    row.thumbnail, row.crops, row.vectors, row.signs = None, [], None, None
    row.regions = [region | {"nearest": None} for region in row.regions]
    session.execute(update(LabelRow).where(LabelRow.inspection_id == row.id).values(note=None))


def _less(likeness: bytes, vectors: bytes) -> bytes:
    """Return an incident's sum of unit vectors (float32) without an anomaly's first one (float16)."""
    size = len(likeness) // 4
    if len(vectors) < 2 * size:
        return likeness
    pairs = zip(struct.unpack(f"<{size}f", likeness), struct.unpack(f"<{size}e", vectors[: 2 * size]), strict=True)
    return struct.pack(f"<{size}f", *(total - own for total, own in pairs))


def _clear_looks(session: Session, image: KnownImage, removal: Removal) -> None:
    for row in session.scalars(select(JobRow).where(JobRow.id.in_(image.looks))):
        kept = row.result or {}
        removal.blobs |= {kept[part] for part in ("picture", "crop") if kept.get(part)}
        # The row stays, as messages refer to it; the answer that was given has no picture any more.
        row.arguments = row.arguments | {"name": FORGOTTEN}
        row.result = kept | {"picture": None, "crop": None} if kept else None


def _take_back(row: DeliveryRow, shown: Collection[int], removal: Removal) -> None:
    """Let a picture's file be removed from its channel, and its delivery say that it is gone."""
    payload = dict(row.payload)
    file, blob = payload.pop(FILE, None), payload.pop(BLOB, None)
    payload.pop(IS_USABLE, None)
    for key in SHEETS:
        if key in payload:
            payload[key] = [one for one in payload[key] if int(one) not in shown]
    row.payload = payload
    if file:
        removal.files.append((row.channel, str(file)))
    if blob and SHA256.fullmatch(str(blob)):
        removal.blobs.add(str(blob))
    if row.state == DeliveryState.PENDING and not any(payload.get(key) for key in SHEETS):
        row.state, row.error = DeliveryState.DROPPED, "the image was forgotten"


def _clear_frames(session: Session, image: KnownImage) -> None:
    for row in session.scalars(select(FrameRow).where(FrameRow.id.in_(image.frames))):
        row.name, row.attributes, row.has_blob = FORGOTTEN, {}, False
        if row.state == FrameState.PENDING:
            row.state, row.reason = FrameState.DROPPED, "forgotten"
            roll_ups.count(session, row.source_id, row.received_at, dropped=1)


def _replace_bundle(session: Session, one: Unlearnt) -> None:
    row = session.get_one(DetectorVersionRow, one.version.id)
    row.bundle, row.manifest_sha256 = one.bundle, one.manifest_sha256
    row.details = {name: _without_name(value, one.name) for name, value in row.details.items()}


def _without_name(value: Any, name: str) -> Any:
    """Return a list of a fit's photos without one of them; anything else as it is."""
    if not isinstance(value, list):
        return value
    return [each for each in value if PurePath(str(each[0] if isinstance(each, list) and each else each)).name != name]


def _tell(session: Session, image: KnownImage, unlearnt: Sequence[Unlearnt], removal: Removal, now: datetime) -> None:
    for incident_id in sorted(removal.incidents):
        row = session.get_one(IncidentRow, incident_id)
        payload = {"incident_id": incident_id}
        add_event(session, EventKind.CHANGED, source_id=row.source_id, payload=payload, now=now)
    if removal.files:
        source_id = session.scalar(select(FrameRow.source_id).where(FrameRow.id.in_(image.frames)).limit(1))
        source_id = source_id or (unlearnt[0].version.source_id if unlearnt else None)
        source_id = source_id or session.scalar(select(DetectorVersionRow.source_id).limit(1))
        files = [list(one) for one in removal.files]
        add_event(session, EventKind.FORGOTTEN, source_id=source_id or 0, payload={"files": files}, now=now)


def _still_shown(session: Session, blobs: set[str]) -> set[str]:
    """Return those of the pictures that other inspections show too: two black frames have one thumbnail."""
    some = or_(InspectionRow.heatmap.in_(blobs), InspectionRow.thumbnail.in_(blobs), *_in_crops(blobs))
    query = select(InspectionRow.heatmap, InspectionRow.thumbnail, InspectionRow.crops).where(some)
    kept: set[str] = set()
    for heatmap, thumbnail, crops in session.execute(query):
        kept |= {one for one in (heatmap, thumbnail, *crops) if one in blobs}
    return kept


def _in_crops(blobs: Collection[str]) -> list[Any]:
    return [cast(InspectionRow.crops, String).contains(blob) for blob in sorted(blobs)]
