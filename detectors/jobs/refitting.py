"""Learn labelled false alarms as good images, and compare the grown detector on what people labelled, in shadow."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from config.settings import Settings
from detectors.adding import add_images
from detectors.decode import DecodeError, Decoder
from detectors.fitted_detector import FittedDetector
from detectors.jobs.proposing import ALERT_DAYS, LABEL_DAYS, PERSON, Found
from detectors.registering import register_idle
from detectors.scoring import Detector, load_detector
from storage.opening import Stores
from storage.queries.labelled_frames import FEWEST_FALSE_ALARMS, LabelledFrame, labelled_frames
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.queries.thresholds import count_alerts
from storage.records import DetectorVersion, LabelKind, Scored, VersionProposal, Window
from storage.repositories.sources import source_by_id


class Refit:
    """One refit: what is shared by its growing and its scoring."""

    def __init__(
        self, version: DetectorVersion, source: str, stores: Stores, settings: Settings, decoder: Decoder
    ) -> None:
        self._version = version
        self._stores = stores
        self._settings = settings
        self._decoder = decoder
        self._data_dir = Path(settings.storage.data_dir)
        self._own = settings.detector_of(source)

    def grow(self, frames: Sequence[LabelledFrame]) -> FittedDetector:
        """Return the detector with these frames learnt as good; raise AddError where its method cannot."""
        return add_images(
            self._data_dir / (self._version.bundle or ""),
            self.originals(frames),
            details=self._version.details,
            decoder=self._decoder,
            settings=self._own,
            weights_dir=self._data_dir / "weights",
            progress=lambda _stage, _done, _total: None,
            keeps_threshold=True,
        )

    def originals(self, frames: Sequence[LabelledFrame]) -> list[Path]:
        """Return where the frames' originals are."""
        return [self._stores.blobs.path(frame.sha256) for frame in frames]

    def score(self, fitted: FittedDetector, frames: Sequence[LabelledFrame]) -> list[Scored]:
        """Return the frames as a grown detector scores them; nothing of it is recorded."""
        with tempfile.TemporaryDirectory() as folder:
            fitted.save(Path(folder) / "grown")
            detector = load_detector(
                Path(folder) / "grown",
                weights_dir=self._data_dir / "weights",
                threads=self._own.threads,
                runtime=self._own.runtime,
            )
            scored = [self._score(detector, frame) for frame in frames]
        return [one for one in scored if one is not None]

    def _score(self, detector: Detector, frame: LabelledFrame) -> Scored | None:
        try:
            pixels = self._decoder.decode(self._stores.blobs.path(frame.sha256)).pixels
        except DecodeError:
            return None
        return replace(frame.scored, score=detector.inspect(pixels).score)


def refit(version: DetectorVersion, stores: Stores, settings: Settings, *, now: datetime) -> Found:
    """Register a version that has learnt the labelled false alarms; raise AddError, BundleError or WeightsError.

    For the comparison each false alarm is scored by a detector that has learnt only the other half of them.
    """
    with stores.database.reading() as session:
        source = source_by_id(session, version.source_id)
        frames = labelled_frames(session, version, now=now)
        known = misses(session, selection=Selection(window=_last(LABEL_DAYS, now), sources=(source.name,)))
    false = [frame for frame in frames if frame.is_false_alarm and frame.scored.score > version.threshold]
    if len(false) < FEWEST_FALSE_ALARMS:
        return Found(None, f"fewer than {FEWEST_FALSE_ALARMS} labelled false alarms have their originals")
    others = [frame for frame in frames if frame not in false]
    limits, bit_depth = settings.limits_of(source.name), settings.bit_depth_of(source.name)
    with Decoder(limits, bit_depth=bit_depth) as decoder:
        work = Refit(version, source.name, stores, settings, decoder)
        halves = false[::2], false[1::2]
        whole = work.grow(false)
        after = work.score(whole, others)
        for learnt, unseen in (halves, halves[::-1]):
            after += work.score(work.grow(learnt), unseen)
        grown = register_idle(
            whole, version, stores, data_dir=Path(settings.storage.data_dir), images=work.originals(false), now=now
        )
    join = timedelta(minutes=settings.alerts.join_minutes)
    proposal = _compared([frame.scored for frame in frames], after, version, grown, join=join, now=now)
    return Found(replace(proposal, source=source.name, misses=known.sentence, learnt=len(false)), "")


def _compared(
    before: Sequence[Scored],
    after: Sequence[Scored],
    version: DetectorVersion,
    grown: DetectorVersion,
    *,
    join: timedelta,
    now: datetime,
) -> VersionProposal:
    found = {one.inspection_id for one in before if one.score > version.threshold}
    flagged = [one for one in after if one.score > grown.threshold]
    kept = {one.inspection_id for one in flagged}
    since = now - timedelta(days=ALERT_DAYS)
    defects = [one for one in after if one.is_defect]
    false = [one for one in after if one.label is LabelKind.FALSE_ALARM and one.inspection_id in found]
    return VersionProposal(
        source_id=version.source_id,
        source="",
        why=PERSON,
        version_id=grown.id,
        version=grown.name,
        was_id=version.id,
        was=version.name,
        threshold=grown.threshold,
        threshold_now=version.threshold,
        alerts=count_alerts([one for one in flagged if one.captured_at >= since], join),
        alerts_now=count_alerts(
            [one for one in before if one.inspection_id in found and one.captured_at >= since], join
        ),
        days=ALERT_DAYS,
        defects=len(defects),
        defects_below=sum(one.inspection_id not in kept for one in defects),
        lost=tuple(
            sorted(o.inspection_id for o in defects if o.inspection_id in found and o.inspection_id not in kept)
        ),
        false_alarms=len(false),
        false_alarms_avoided=sum(one.inspection_id not in kept for one in false),
        unlabelled_lost=sum(
            one.label is None and one.inspection_id in found and one.inspection_id not in kept for one in after
        ),
        label_days=LABEL_DAYS,
        promised_rate=grown.promised_rate,
        misses="",
    )


def _last(days: int, now: datetime) -> Window:
    return Window(now - timedelta(days=days), now)
