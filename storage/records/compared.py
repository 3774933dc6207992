"""What two thresholds would have done with the same stored scores, and how much was missed by what people looked at."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from config.counting import several
from storage.records.found import LabelKind

CONFIDENCE = 0.95
DEFECTS = frozenset({LabelKind.DEFECT, LabelKind.MISSED})


@dataclass(frozen=True, slots=True)
class Scored:
    """One inspection as a threshold sees it: its raw score, and what people said of it.

    is_held: it was told to nobody, being like a false alarm.
    """

    inspection_id: int
    captured_at: datetime
    score: float
    label: LabelKind | None = None
    incident_id: int | None = None
    is_held: bool = False

    @property
    def is_defect(self) -> bool:
        """Whether people called it a defect, found or missed."""
        return self.label in DEFECTS


@dataclass(frozen=True, slots=True)
class ScoredHistory:
    """Scores of a window that may be compared: those of one fit, whatever its threshold was.

    scores: all above `above`, and all that are labelled; judged counts every one. not_comparable: judged in the window
    by a detector that was fitted otherwise. began_at: the first comparable image's time, None where there is none.
    """

    scores: tuple[Scored, ...]
    above: float
    judged: int
    not_comparable: int
    began_at: datetime | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What another threshold would have done in a window.

    An alert is one message: an incident on record, or anomalies without one that lie near in time. Ids are inspections.
    defects: labelled ones in the window. defects_lost were above the threshold and would not be; defects_found the
    other way round; likewise for what people called false alarms. unlabelled_lost: anomalies nobody labelled that would
    not be flagged.
    """

    threshold_now: float
    threshold: float
    judged: int
    not_comparable: int
    weeks: float
    anomalies_now: int
    anomalies: int
    alerts_now: int
    alerts: int
    defects: int
    defects_lost: tuple[int, ...]
    defects_found: tuple[int, ...]
    defects_below: int
    false_alarms: int
    false_alarms_avoided: tuple[int, ...]
    false_alarms_added: tuple[int, ...]
    unlabelled_lost: int

    @property
    def alerts_saved(self) -> int:
        """How many alerts fewer; negative where there would be more."""
        return self.alerts_now - self.alerts

    @property
    def alerts_a_week(self) -> float:
        """Alerts a week with the other threshold."""
        return self.alerts / self.weeks

    @property
    def alerts_a_week_now(self) -> float:
        """Alerts a week with the threshold in use."""
        return self.alerts_now / self.weeks


def misses_unknown(reported: int) -> str:
    """Say that nobody knows how much is missed, and what people reported of themselves."""
    if not reported:
        return "misses unknown: only alerted frames were labelled"
    return f"misses unknown: {reported} {'was' if reported == 1 else 'were'} reported, but no audit was answered"


@dataclass(frozen=True, slots=True)
class MissRate:
    """How many images called normal were defects, by the audit.

    looked_at: randomly picked ones a person answered for; missed: defects among them; low and high: the exact 95 %
    interval of their share, each audited day counting alike. near_looked_at, near_missed: those picked for being
    nearest below the threshold, which say nothing of the rate. None figures: nothing random was looked at.
    """

    looked_at: int
    missed: int
    near_looked_at: int = 0
    near_missed: int = 0
    low: float | None = None
    high: float | None = None
    reported: int = 0

    @property
    def rate(self) -> float | None:
        """The share of images called normal that were defects, None where nothing random was looked at."""
        return self.missed / self.looked_at if self.looked_at else None

    @property
    def sentence(self) -> str:
        """What is known of misses, in one sentence."""
        if not self.looked_at or self.low is None or self.high is None:
            return misses_unknown(self.reported)
        looked = "1 audited frame" if self.looked_at == 1 else f"{self.looked_at} audited frames"
        return (
            f"misses: {self.missed} of {looked} called normal {'was a defect' if self.missed == 1 else 'were defects'},"
            f" so between {100 * self.low:.2g} % and {100 * self.high:.2g} % of them are, 95 % of the time"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "audited": self.looked_at,
            "audited_missed": self.missed,
            "miss_rate": self.rate,
            "miss_rate_low": self.low,
            "miss_rate_high": self.high,
            "missed_reported": self.reported,
            "confidence": CONFIDENCE,
        }


@dataclass(frozen=True, slots=True)
class AuditPick:
    """One frame called normal that a person is asked about; weight: how many frames a random one stands for."""

    inspection_id: int
    source_id: int
    day: str
    stratum: str
    weight: float
    said: str | None = None
    said_by: str | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """The swap of a source's active detector version by a person: applied or rolled back."""

    action: str
    version: str
    was: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionProposal:
    """A version that could take the active one's place, and how both fare on record.

    It differs in its threshold, or has learnt so many labelled false alarms as good images. why: labels, budget or
    person. alerts: in the last `days`; the labels: of `label_days`. lost: inspections labelled defects that only the
    active version finds. What it has learnt was scored by one that had not.
    """

    source_id: int
    source: str
    why: str
    version_id: int
    version: str
    was_id: int
    was: str
    threshold: float
    threshold_now: float
    alerts: int
    alerts_now: int
    days: int
    defects: int
    defects_below: int
    lost: tuple[int, ...]
    false_alarms: int
    false_alarms_avoided: int
    unlabelled_lost: int
    label_days: int
    promised_rate: float
    misses: str
    learnt: int = 0

    @property
    def sentence(self) -> str:
        """What the proposed version would have done, in words."""
        alerts = "1 alert" if self.alerts == 1 else f"{self.alerts} alerts"
        return (
            f"{self.version} would have sent {alerts} instead of {self.alerts_now} in the last {self.days} days"
            f" and {self._missed}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before applying it, one sentence each."""
        found = [self._made]
        if self.false_alarms:
            found.append(
                f"It avoids {self.false_alarms_avoided} of {several(self.false_alarms, 'labelled false alarm')}."
            )
        if self.unlabelled_lost:
            found.append(f"{several(self.unlabelled_lost, 'alerted image')} nobody labelled would not be flagged.")
        found.append(f"Held-out good images promise at most {100 * self.promised_rate:.2g} % false alarms with it.")
        return (*found, f"{self.misses[0].upper()}{self.misses[1:]}.")

    @property
    def _made(self) -> str:
        if not self.learnt:
            return f"Its threshold is {self.threshold:.4g}; that of {self.was} is {self.threshold_now:.4g}."
        learnt = several(self.learnt, "labelled false alarm")
        return f"It has learnt {learnt} as good; for these figures each was scored by one that had not learnt it."

    @property
    def _missed(self) -> str:
        if not self.defects:
            return "nobody knows what it would miss: no defect is labelled."
        defects = "the 1 labelled defect" if self.defects == 1 else f"the {self.defects} labelled defects"
        if not self.defects_below:
            return f"missed none of {defects}."
        lost = ", ".join(f"A-{one}" for one in self.lost[:5]) + (" and others" if len(self.lost) > 5 else "")  # noqa: PLR2004 - as many as one reads
        known = f", {lost} among them, which {self.was} finds" if self.lost else f", as {self.was} does"
        return f"missed {self.defects_below} of {defects}{known}."

    def as_json(self) -> dict[str, Any]:
        """Return the proposal as JSON values."""
        return asdict(self) | {"lost": list(self.lost)}


def proposal_from(values: dict[str, Any]) -> VersionProposal:
    """Read a proposal from JSON values."""
    return VersionProposal(**values | {"lost": tuple(values["lost"])})
