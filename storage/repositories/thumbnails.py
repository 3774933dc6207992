"""Thumbnails of frames called normal: none is kept until somebody asks, and then it is made from the original."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow


def without_thumbnail(session: Session, inspection_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Return (inspection, sha256 of its original) of those that have no thumbnail and whose original is kept."""
    query = (
        select(InspectionRow.id, FrameRow.sha256)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .where(InspectionRow.id.in_(inspection_ids), InspectionRow.thumbnail.is_(None), FrameRow.has_blob)
        .order_by(InspectionRow.id)
    )
    return [(inspection_id, sha256) for inspection_id, sha256 in session.execute(query)]


def set_thumbnails(session: Session, thumbnails: Mapping[int, str]) -> None:
    """Put thumbnails, our own PNGs by their sha256, on inspections that have none."""
    for inspection_id, sha256 in thumbnails.items():
        own = (InspectionRow.id == inspection_id) & InspectionRow.thumbnail.is_(None)
        session.execute(update(InspectionRow).where(own).values(thumbnail=sha256))
