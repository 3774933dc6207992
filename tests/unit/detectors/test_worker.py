"""A worker, with the real decoder and a detector whose scores the test chooses."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update
from structlog.testing import capture_logs

from config.settings import Settings
from config.sources import LimitSettings
from detectors import worker
from detectors.bundle import BundleError
from detectors.camera.knowledge import NOTHING
from detectors.decode import Decoder
from detectors.scoring import ScoredImage
from detectors.worker import Worker
from storage.blobs import BlobError
from storage.database import DatabaseError
from storage.models import DetectorVersionRow, EventRow, FrameRow, InspectionRow
from storage.opening import Stores
from storage.records import DetectorVersion, Finding, NearestNormal, NewFrame, Region, SourceState, Verdict
from storage.repositories.frames import receive_frame
from storage.repositories.inspections import NotFiniteError, Recording
from storage.repositories.sources import source_by_name
from tests.factories import NOON, make_source, make_version

NEAREST = NearestNormal("good-7.png", 7, 0.5, (0.25, 0.5, 0.125, 0.125))


class FakeDetector:
    """Says what it was told to say, or fails as often as it was told to."""

    embedding_space = "space"
    camera = NOTHING

    def __init__(self, *, score: float = 2.0, failures: int = 0, bit_depth: int | None = None) -> None:
        self.score, self.failures, self.bit_depth = score, failures, bit_depth

    def inspect(self, pixels: np.ndarray[Any, Any]) -> ScoredImage:
        assert pixels.shape == (30, 40, 3)
        if self.failures:
            self.failures -= 1
            raise RuntimeError
        is_odd = self.score > 1
        return ScoredImage(
            score=self.score,
            threshold=1.0,
            p_value=0.005,
            verdict=Verdict.ANOMALOUS if is_odd else Verdict.NORMAL,
            fault=None,
            anomaly_map=np.full((8, 8), self.score, np.float32),
            map_threshold=1.0,
            regions=(Region(1, 2, 3, 4, 12, self.score, NEAREST),) if is_odd else (),
            vectors=np.ones((int(is_odd), 4), np.float16),
            milliseconds=1.0,
        )

    def good_one(self, scored: ScoredImage) -> bytes | None:
        assert scored.score == self.score
        return None


class FailingOn(FakeDetector):
    """Fails on every image whose first pixel has this value."""

    def __init__(self, value: int) -> None:
        super().__init__()
        self._value = value

    def inspect(self, pixels: np.ndarray[Any, Any]) -> ScoredImage:
        if pixels[0, 0, 0] == self._value:
            raise RuntimeError
        return super().inspect(pixels)


class FakeDetectors:
    def __init__(self, detector: FakeDetector | BundleError) -> None:
        self._detector = detector

    def get(self, version: DetectorVersion) -> FakeDetector:
        assert version.bundle
        if isinstance(self._detector, BundleError):
            raise self._detector
        return self._detector


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LimitSettings()) as opened:
        yield opened


def png(value: int = 90) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def make_worker(
    stores: Stores,
    decoder: Decoder,
    detector: FakeDetector | BundleError,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    **source: Any,
) -> Worker:
    settings = Settings.model_validate({"sources": {"line-1": {"path": "in", **source}}})
    return Worker(
        "worker",
        stores,
        settings,
        decoders=lambda _: decoder,
        detectors=FakeDetectors(detector),  # type: ignore[arg-type]  # the same `get`
        clock=lambda: NOON,
        is_stopping=is_stopping,
    )


def receive(stores: Stores, *contents: bytes, state: SourceState = SourceState.LIVE, late: bool = False) -> None:
    captured_at = NOON - timedelta(hours=2 if late else 0)
    with stores.database.transaction() as session:
        source = make_source(session, state=state)
        make_version(session, source)
        for number, content in enumerate(contents):
            frame = NewFrame(source.id, stores.blobs.put(content), captured_at, "mtime", NOON, f"{number}.png", 1)
            receive_frame(session, frame)


def rows(stores: Stores, kind: type[Any]) -> list[Any]:
    with stores.database.reading() as session:
        return list(session.scalars(select(kind)).all())


def test_ends_the_frame_at_hand_and_hands_back_the_rest_once_it_is_to_stop(stores: Stores, decoder: Decoder) -> None:
    receive(stores, *(png(value) for value in range(90, 94)))
    stop = threading.Event()

    class StoppedMeanwhile(FakeDetector):
        def inspect(self, pixels: np.ndarray[Any, Any]) -> ScoredImage:
            stop.set()
            return super().inspect(pixels)

    make_worker(stores, decoder, StoppedMeanwhile(score=0.5), is_stopping=stop.is_set).work()

    found = [(row.state, row.attempt, row.lease_owner) for row in rows(stores, FrameRow)]
    assert found == [("scored", 1, None), *[("pending", 0, None)] * 3]
    assert len(rows(stores, InspectionRow)) == 1


def test_records_score_regions_vectors_and_pictures_of_an_anomaly(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png())

    assert make_worker(stores, decoder, FakeDetector()).work() == 1

    [inspection] = rows(stores, InspectionRow)
    assert (inspection.score, inspection.verdict, inspection.width, inspection.height) == (2.0, "anomalous", 40, 30)
    region = {"x": 1, "y": 2, "width": 3, "height": 4, "area": 12, "peak": 2.0}
    assert inspection.regions == [region | {"nearest": asdict(NEAREST) | {"box": list(NEAREST.box or ())}}]
    assert np.frombuffer(inspection.vectors, np.float16).shape == (4,)
    for sha256 in (inspection.heatmap, inspection.thumbnail, *inspection.crops):
        assert stores.blobs.get(sha256).startswith(b"\x89PNG")
    assert [event.payload for event in rows(stores, EventRow)] == [{"pages": True}]


def test_tells_nothing_of_a_normal_frame(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png())

    make_worker(stores, decoder, FakeDetector(score=0.4)).work()

    assert [row.verdict for row in rows(stores, InspectionRow)] == ["normal"]
    assert rows(stores, EventRow) == []


def test_scores_silently_while_commissioning(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png(), state=SourceState.COMMISSIONING)

    make_worker(stores, decoder, FakeDetector()).work()

    assert [row.verdict for row in rows(stores, InspectionRow)] == ["anomalous"]
    assert rows(stores, EventRow) == []


def test_scores_silently_by_a_detector_that_was_judged_not_fit(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png())
    with stores.database.transaction() as session:
        session.execute(update(DetectorVersionRow).values(details={"fitness": {"word": "not fit"}}))

    make_worker(stores, decoder, FakeDetector()).work()

    assert [row.verdict for row in rows(stores, InspectionRow)] == ["anomalous"]
    assert rows(stores, EventRow) == []


@pytest.mark.parametrize(("late", "source"), [(True, {}), (False, {"mode": "batch"})])
def test_pages_nobody_for_late_frames_and_batches(
    stores: Stores,
    decoder: Decoder,
    late: bool,  # noqa: FBT001 - a parameter of the table above
    source: dict[str, Any],
) -> None:
    receive(stores, png(), late=late)

    make_worker(stores, decoder, FakeDetector(), **source).work()

    assert [event.payload for event in rows(stores, EventRow)] == [{"pages": False}]


def test_rejects_what_cannot_be_decoded_and_goes_on(stores: Stores, decoder: Decoder) -> None:
    receive(stores, b"this is no picture", png()[:40], png())

    with capture_logs() as logged:
        make_worker(stores, decoder, FakeDetector()).work()

    ends = [(row.state, row.reason, row.name) for row in rows(stores, FrameRow)]
    assert [state for state, _, _ in ends] == ["rejected", "rejected", "scored"]
    assert ends[0][1] == "not_an_image"
    told = [(line["file"], str(line["reason"])) for line in logged if line["event"] == "frame_rejected"]
    assert told == [(name, reason) for state, reason, name in ends if state == "rejected"]


def test_rejects_images_read_at_another_depth_than_those_of_the_fit(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png())

    make_worker(stores, decoder, FakeDetector(bit_depth=12)).work()

    assert [row.reason for row in rows(stores, FrameRow)] == ["settings_mismatch"]


def test_tries_again_after_a_failure(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png())
    worker = make_worker(stores, decoder, FakeDetector(failures=4))

    while worker.work():
        pass

    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("scored", 5)]
    assert len(rows(stores, InspectionRow)) == 1


def test_gives_a_frame_up_after_five_failures_and_scores_the_others(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png(90), png(91))
    worker = make_worker(stores, decoder, FailingOn(90))

    while worker.work():
        pass

    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("dead_letter", 5), ("scored", 1)]


def test_hands_frames_back_unharmed_while_the_disk_is_full(
    stores: Stores,
    decoder: Decoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receive(stores, png(), png(91))
    worker = make_worker(stores, decoder, FakeDetector())

    def full(_content: bytes) -> str:
        raise BlobError("No space left on device", permanent=False)

    with monkeypatch.context() as patched:
        patched.setattr(stores.blobs, "put", full)
        for _ in range(7):
            with pytest.raises(BlobError):
                worker.work()
    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("pending", 0), ("pending", 0)]

    worker.work()
    assert [row.state for row in rows(stores, FrameRow)] == ["scored", "scored"]


def test_hands_back_what_was_leased_with_a_slow_frame(
    stores: Stores, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(stores, png(), png(91), png(92))
    monkeypatch.setattr(worker, "HOLD_SECONDS", 0.0)

    make_worker(stores, decoder, FakeDetector()).work()

    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [
        ("scored", 1),
        ("pending", 0),
        ("pending", 0),
    ]


@pytest.mark.parametrize("error", [NotFiniteError("score"), RuntimeError("unforeseen")])
def test_records_what_was_found_together_and_each_alone_where_that_fails(
    stores: Stores, decoder: Decoder, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    receive(stores, png(90), png(91), png(92))

    class Failing(Recording):
        def add(self, finding: Finding) -> None:
            if finding.lease.frame.name == "1.png":
                raise error
            super().add(finding)

    monkeypatch.setattr(worker, "Recording", Failing)

    make_worker(stores, decoder, FakeDetector(score=0.4)).work()

    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [
        ("scored", 1),
        ("pending", 1),
        ("scored", 1),
    ]
    assert len(rows(stores, InspectionRow)) == 2


def test_stops_judging_a_source_whose_bundle_cannot_be_trusted_and_keeps_its_frames(
    stores: Stores,
    decoder: Decoder,
    tmp_path: Path,
) -> None:
    receive(stores, png(), png(91))
    worker = make_worker(stores, decoder, BundleError(f"{tmp_path} is damaged"))

    assert worker.work() == 2
    assert worker.work() == 0

    with stores.database.reading() as session:
        source = source_by_name(session, "line-1")
    assert source.state is SourceState.NOT_JUDGED
    assert "damaged" in str(source.fault)
    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("pending", 0), ("pending", 0)]


def test_hands_back_what_it_held_once_the_database_is_there_again(
    stores: Stores, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(stores, b"this is no picture", png(91))
    worker_of_two = make_worker(stores, decoder, FakeDetector())

    def away(*_: object, **__: object) -> bool:
        raise DatabaseError("it is away", permanent=False)

    with monkeypatch.context() as patched:
        for name in ("finish_frame", "give_back_frame"):
            patched.setattr(worker, name, away)
        with pytest.raises(DatabaseError):
            worker_of_two.work()
        with pytest.raises(DatabaseError):
            worker_of_two.work()
    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("leased", 1), ("leased", 1)]

    worker_of_two.work()

    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("rejected", 1), ("scored", 1)]


def test_takes_up_a_bundle_that_was_replaced_under_its_hands(stores: Stores, decoder: Decoder) -> None:
    receive(stores, png(), png(91))
    worker = make_worker(stores, decoder, FakeDetector())

    class Replaced(FakeDetectors):
        def get(self, version: DetectorVersion) -> FakeDetector:
            if version.bundle == "bundles/line-1@1":
                with stores.database.transaction() as session:
                    session.execute(update(DetectorVersionRow).values(bundle="bundles/line-1@1+new"))
                raise BundleError("bundles/line-1@1 is missing.")
            return super().get(version)

    worker._detectors = Replaced(FakeDetector())  # type: ignore[assignment]
    worker.work()
    worker.work()

    with stores.database.reading() as session:
        assert source_by_name(session, "line-1").state is SourceState.LIVE
    assert [row.state for row in rows(stores, FrameRow)] == ["scored", "scored"]
