"""The budget of false incidents: how many there were, and what is to be expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import IncidentRow, InspectionRow
from storage.queries.selection import is_anomaly, is_counted, is_judged
from storage.records import DEFECTS, DetectorVersion, LabelKind, Scored, Window
from storage.repositories.roll_ups import frames_a_day

DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class BudgetOutlook:
    """Whether a source's budget can be promised; expected: false alarms a week, None while its pace is not known."""

    budget: float
    promised_rate: float
    frames_a_week: float | None

    @property
    def expected(self) -> float | None:
        """At most so many false alarms a week, by the promise of held-out good images."""
        return None if self.frames_a_week is None else self.promised_rate * self.frames_a_week

    @property
    def is_kept(self) -> bool:
        """Whether the promise keeps the budget."""
        return self.expected is not None and self.expected <= self.budget

    @property
    def sentence(self) -> str:
        """What can be promised, in words."""
        budget = f"At most {self.budget:g} false incidents a week"
        if self.expected is None:
            return f"{budget}: whether that can be promised is not known, for no frame has come in the last 7 days."
        words = (
            f"at {self.frames_a_week:,.0f} frames a week and a promised rate of {100 * self.promised_rate:.2g} %,"
            f" expect up to {_few_digits(self.expected)} false alarms a week"
        )
        return (
            f"{'' if self.is_kept else 'Not yet: '}{budget} {'can' if self.is_kept else 'cannot'} be promised; {words}."
        )


def _few_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"  # noqa: PLR2004 - of more, a part is nothing


@dataclass(frozen=True, slots=True)
class Commissioned:
    """What a source's commissioning can promise of its budget.

    images: judged since the active version's first frame; one more odder than all of them has a chance of
    1 / (images + 1). frames_a_week: None while its pace is not known.
    """

    images: int
    weeks: float
    frames_a_week: float | None
    budget: float

    @property
    def can_promise(self) -> bool:
        """Whether so many images have been judged that the budget can be promised by their scores."""
        return self.frames_a_week is not None and self.frames_a_week / (self.images + 1) <= self.budget

    @property
    def allowed(self) -> int:
        """How many false alerts the budget allows in the time that was watched."""
        return int(self.budget * self.weeks)


def commissioned(session: Session, version: DetectorVersion, *, budget: float, now: datetime) -> Commissioned:
    """Return how far the commissioning of a version has come."""
    own = InspectionRow.detector_version_id == version.id
    count, first = session.execute(
        select(func.count(InspectionRow.id), func.min(InspectionRow.captured_at)).where(is_counted, is_judged, own)
    ).one()
    pace = frames_a_day(session, version.source_id, now=now)
    weeks = 0.0 if first is None else max(0.0, (now - first) / timedelta(days=DAYS_A_WEEK))
    return Commissioned(int(count), weeks, None if pace is None else DAYS_A_WEEK * pace, budget)


def budget_outlook(session: Session, version: DetectorVersion, *, budget: float, now: datetime) -> BudgetOutlook:
    """Return what a version promises at its source's pace."""
    pace = frames_a_day(session, version.source_id, now=now)
    return BudgetOutlook(budget, version.promised_rate, None if pace is None else DAYS_A_WEEK * pace)


def false_incidents(
    session: Session, *, source_id: int, window: Window, version_ids: Sequence[int] | None = None
) -> list[tuple[Scored, ...]]:
    """Return the anomalies of each incident opened in a window that people call false, and nobody a defect.

    version_ids: only of those detector versions.
    """
    query = (
        select(
            InspectionRow.incident_id,
            InspectionRow.id,
            InspectionRow.captured_at,
            InspectionRow.score,
            InspectionRow.label,
        )
        .join(IncidentRow, IncidentRow.id == InspectionRow.incident_id)
        .where(is_counted, is_anomaly, IncidentRow.source_id == source_id)
        .where(IncidentRow.opened_at >= window.start, IncidentRow.opened_at < window.end)
        .order_by(InspectionRow.incident_id, InspectionRow.id)
    )
    if version_ids is not None:
        query = query.where(InspectionRow.detector_version_id.in_(version_ids))
    incidents: dict[int, list[Scored]] = {}
    for incident_id, row_id, captured_at, score, label in session.execute(query):
        word = LabelKind(label) if label else None
        incidents.setdefault(incident_id or 0, []).append(Scored(row_id, captured_at, score, word, incident_id))
    return [tuple(members) for members in incidents.values() if _is_false(members)]


def _is_false(members: list[Scored]) -> bool:
    labels = {one.label for one in members}
    return LabelKind.FALSE_ALARM in labels and not labels & DEFECTS
