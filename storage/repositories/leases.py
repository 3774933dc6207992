"""What leases of frames, jobs and looks have in common: when one has run out, and whose holder is gone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.models import FrameRow, JobRow
from storage.models.open import FRAME_IS_OPEN, JOB_IS_OPEN

# No lease lasts so long: one that seems to was made before the clock was set back.
LONGEST_LEASE = timedelta(minutes=30)


def has_run_out(lease_until: InstrumentedAttribute[datetime | None], clock: datetime) -> ColumnElement[bool]:
    """Say that a lease is over by the database's clock, or was made by a clock that has been set back since."""
    return is_outside(lease_until, clock, clock + LONGEST_LEASE)


def is_outside(lease_until: Any, clock: Any, latest: Any) -> ColumnElement[bool]:
    """Say the same of a clock and a latest end that are known when the statement is run."""
    return or_(lease_until < clock, lease_until > latest)


def owners_of_leases(session: Session, *, chosen: Callable[[str], bool]) -> list[str]:
    """Return the chosen ones of those who hold a frame or a job."""
    frames = select(FrameRow.lease_owner).where(FRAME_IS_OPEN, FrameRow.lease_owner.is_not(None)).distinct()
    jobs = select(JobRow.lease_owner).where(JOB_IS_OPEN, JobRow.lease_owner.is_not(None)).distinct()
    owners = {*session.scalars(frames), *session.scalars(jobs)}
    return sorted(owner for owner in owners if owner is not None and chosen(owner))
