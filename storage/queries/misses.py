"""How much is missed: the rate from the daily audit, or the word that nobody looked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import AuditPickRow, InspectionRow
from storage.queries.counting import count_inspections
from storage.queries.exact_interval import exact_interval
from storage.queries.selection import Selection, conditions
from storage.records import DEFECTS, LabelKind, MissRate
from storage.repositories.audit_picks import GOOD, NEAR, RANDOM


def misses(session: Session, *, selection: Selection) -> MissRate:
    """Return the share of a selection's frames called normal that were defects, by what people said in the audit.

    Only random picks count, three a day and source, so that each audited day counts alike.
    """
    query = (
        select(AuditPickRow.stratum, AuditPickRow.said, InspectionRow.label)
        .join(InspectionRow, InspectionRow.id == AuditPickRow.inspection_id)
        .where(*conditions(selection))
    )
    answers: dict[str, list[bool]] = {RANDOM: [], NEAR: []}
    for stratum, said, label in session.execute(query):
        is_missed = _is_missed(said, label)
        if is_missed is not None:
            answers[stratum].append(is_missed)
    looked_at, missed = len(answers[RANDOM]), sum(answers[RANDOM])
    low, high = exact_interval(missed, looked_at) or (None, None)
    return MissRate(
        looked_at=looked_at,
        missed=missed,
        near_looked_at=len(answers[NEAR]),
        near_missed=sum(answers[NEAR]),
        low=low,
        high=high,
        reported=count_inspections(session, selection=selection).missed,
    )


def _is_missed(said: str | None, label: str | None) -> bool | None:
    """Say what a person's last word makes of a frame called normal; None where there is none, or they are unsure."""
    if label in DEFECTS:
        return True
    return False if said == GOOD or label == LabelKind.FALSE_ALARM else None
