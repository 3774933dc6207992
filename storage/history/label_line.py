"""One line of a file of labels, as a report of scores saves it, read and checked."""

from dataclasses import dataclass
from datetime import datetime

from storage.history.fields import (
    read_choice,
    read_figure,
    read_moment,
    read_name,
    read_object,
    read_optional_text,
    read_sha256,
    read_source,
)
from storage.history.line import HistoryLine
from storage.records import LabelKind, Verdict


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A person's word on one photo, and what the detector had said of it; captured_at is None where nobody knows."""

    number: int
    source: str
    sha256: str
    detector: str
    path: str
    captured_at: datetime | None
    score: float
    threshold: float
    verdict: Verdict
    fault: str | None
    kind: LabelKind
    defect_class: str | None

    def as_history(self, *, now: datetime) -> HistoryLine:
        """Return the inspection of a photo that was never recorded, yet without its label."""
        return HistoryLine(
            number=self.number,
            source=self.source,
            captured_at=self.captured_at or now,
            score=self.score,
            threshold=self.threshold,
            verdict=self.verdict,
            detector=self.detector,
            path=self.path,
            label=None,
            defect_class=None,
            regions=(),
            attributes={},
            incident=None,
            fault=self.fault,
            sha256=self.sha256,
        )


def parse_label_line(number: int, text: str) -> LabelLine:
    """Read one line; raise BadLineError saying what is wrong with it."""
    values = read_object(text)
    return LabelLine(
        number=number,
        source=read_source(values),
        sha256=read_sha256(values),
        detector=read_name(values, "detector"),
        path=read_optional_text(values, "path") or "",
        captured_at=read_moment(values, "captured_at") if values.get("captured_at") else None,
        score=read_figure(values, "score"),
        threshold=read_figure(values, "threshold"),
        verdict=Verdict(read_choice(values, "verdict", Verdict)),
        fault=read_optional_text(values, "fault"),
        kind=LabelKind(read_choice(values, "label", LabelKind)),
        defect_class=read_optional_text(values, "defect_class"),
    )
