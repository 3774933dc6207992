"""Which stored bytes are still needed by anything."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import FrameRow, PinRow
from storage.repositories.looks import images_asked_about


def unneeded_originals(session: Session, hashes: Iterable[str]) -> set[str]:
    """Return those originals that no frame keeps, no fit was made from and nobody asked about."""
    asked = set(hashes)
    frames = select(FrameRow.sha256).where(FrameRow.sha256.in_(asked), FrameRow.has_blob)
    pins = select(PinRow.sha256).where(PinRow.sha256.in_(asked))
    return asked - {*session.scalars(frames), *session.scalars(pins)} - images_asked_about(session, asked)
