"""What a threshold does with scores that are on record, and which one would do better; pure functions."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from storage.records import LabelKind, Scored, ScoredHistory, WhatIf, Window

WEEK = timedelta(days=7)
SHORTEST = timedelta(days=1)
SHARES_KEPT = (0.75, 0.5, 0.25, 0.1)
DIGITS = 4
FEWEST_AVOIDED = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold that labels speak for, and why; None where they speak for the one in use."""

    threshold: float | None
    reason: str


def compare_thresholds(
    history: ScoredHistory, threshold: float, *, now: float, window: Window, join: timedelta
) -> WhatIf:
    """Return what a threshold would have done in a window, against the one in use `now`.

    The history has to reach down to the lower of the two. A score above a threshold is an anomaly.
    """
    before = [one for one in history.scores if one.score > now]
    after = [one for one in history.scores if one.score > threshold]
    lost = [one for one in before if one.score <= threshold]
    found = [one for one in after if one.score <= now]
    defects = [one for one in history.scores if one.is_defect]
    began = max(window.start, history.began_at or window.start)
    return WhatIf(
        threshold_now=now,
        threshold=threshold,
        judged=history.judged,
        not_comparable=history.not_comparable,
        weeks=max(window.end - began, SHORTEST) / WEEK,
        anomalies_now=len(before),
        anomalies=len(after),
        alerts_now=count_alerts(before, join),
        alerts=count_alerts(after, join),
        defects=len(defects),
        defects_lost=_ids(one for one in lost if one.is_defect),
        defects_found=_ids(one for one in found if one.is_defect),
        defects_below=sum(one.score <= threshold for one in defects),
        false_alarms=sum(one.label is LabelKind.FALSE_ALARM for one in before),
        false_alarms_avoided=_ids(one for one in lost if one.label is LabelKind.FALSE_ALARM),
        false_alarms_added=_ids(one for one in found if one.label is LabelKind.FALSE_ALARM),
        unlabelled_lost=sum(one.label is None for one in lost),
    )


def count_alerts(anomalies: Sequence[Scored], join: timedelta) -> int:
    """Count the messages that anomalies make: one an incident; those in none are joined where they lie near in time.

    What was held back made none.
    """
    incidents = {one.incident_id for one in anomalies if one.incident_id is not None}
    loose = sorted(one.captured_at for one in anomalies if one.incident_id is None and not one.is_held)
    starts = sum(place == 0 or moment - loose[place - 1] > join for place, moment in enumerate(loose))
    return len(incidents) + starts


def candidate_thresholds(scores: Sequence[Scored], now: float) -> tuple[float, ...]:
    """Return thresholds worth comparing, in order: the one in use, and those that keep some of its anomalies.

    With labelled defects also the highest that loses none of them, and with misses the highest that finds one.
    """
    flagged = sorted(one.score for one in scores if one.score > now)
    chosen = {now}
    for share in SHARES_KEPT:
        dropped = len(flagged) - round(share * len(flagged))
        if 0 < dropped < len(flagged):
            chosen.add(just_above(flagged[dropped - 1], below=flagged[dropped]))
    caught = [one.score for one in scores if one.is_defect and one.score > now]
    missed = [one.score for one in scores if one.is_defect and one.score <= now]
    chosen |= {max(now, just_below(min(caught)))} if caught else set()
    chosen |= {just_below(max(missed))} if missed else set()
    return tuple(sorted(chosen))


def propose_threshold(scores: Sequence[Scored], now: float) -> Proposal:
    """Propose the lowest threshold that avoids the most labelled false alarms and loses no labelled defect.

    Where it can avoid none, propose the highest that finds the labelled misses just below; else leave it as it is.
    """
    caught = [one.score for one in scores if one.is_defect and one.score > now]
    ceiling = min(caught, default=math.inf)
    false = [one.score for one in scores if one.label is LabelKind.FALSE_ALARM and now < one.score < ceiling]
    if len(false) >= FEWEST_AVOIDED:
        return Proposal(just_above(max(false), below=ceiling), f"it avoids {len(false)} labelled false alarms")
    missed = [one.score for one in scores if one.is_defect and one.score <= now]
    if missed:
        threshold = just_below(min(missed))
        good = sum(threshold < one.score <= now and one.label is LabelKind.FALSE_ALARM for one in scores)
        if not good:
            return Proposal(threshold, f"it finds {len(missed)} defects that were missed")
    return Proposal(None, f"fewer than {FEWEST_AVOIDED} labelled false alarms score below every labelled defect")


def threshold_for_budget(false_incidents: Sequence[Sequence[float]], allowed: int, *, now: float) -> float | None:
    """Return the lowest threshold at which at most so many false incidents are left; None where they are so few now.

    false_incidents: the scores of each one's anomalies; it is left while one of them is above the threshold.
    """
    tops = sorted(max(scores) for scores in false_incidents if max(scores, default=now) > now)
    if len(tops) <= allowed:
        return None
    kept = tops[len(tops) - allowed] if allowed else math.inf
    return just_above(tops[len(tops) - allowed - 1], below=kept)


def threshold_for_commissioning(scores: Sequence[Scored], allowed: int, *, now: float, join: timedelta) -> float:
    """Return the lowest threshold above which at most so many alerts lie, were all but labelled defects false.

    It may lie below the one in use, `now`, only as low as the scores reach: they are of images above a bound.
    """
    good = sorted((one for one in scores if not one.is_defect), key=lambda one: one.score)
    above: list[Scored] = []
    while good and count_alerts([*above, good[-1]], join) <= allowed:
        above.append(good.pop())
    below = min((one.score for one in above), default=math.inf)
    return just_above(good[-1].score, below=below) if good else now


def just_below(score: float) -> float:
    """Return a threshold of four digits, so that it can be typed, that a score is above."""
    return -_just_above(-score, is_strict=True)


def just_above(score: float, *, below: float = math.inf) -> float:
    """Return a threshold of four digits that a score is not above, and `below` is; the score itself where none is."""
    threshold = _just_above(score, is_strict=False)
    return threshold if threshold < below else score


def _just_above(score: float, *, is_strict: bool) -> float:
    if score == 0:
        return 10.0**-DIGITS if is_strict else 0.0
    places = DIGITS - 1 - math.floor(math.log10(abs(score)))
    step = 10.0**-places
    threshold = round(math.ceil(score / step) * step, places)
    while threshold < score or (is_strict and threshold == score):
        threshold = round(threshold + step, places)
    return threshold


def _ids(found: Iterable[Scored]) -> tuple[int, ...]:
    return tuple(sorted(one.inspection_id for one in found))
