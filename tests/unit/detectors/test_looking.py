"""Images people ask about, judged by a worker with the real decoder and a detector whose scores the test chooses."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from config.settings import Settings
from config.sources import LimitSettings
from detectors.bundle import BundleError
from detectors.camera.knowledge import NOTHING
from detectors.decode import Decoder
from detectors.looking import marked
from detectors.scoring import ScoredImage
from detectors.worker import Worker
from storage.blobs import BlobError
from storage.models import DetectorVersionRow, EventRow, FrameRow, InspectionRow, SourceRow
from storage.opening import Stores
from storage.records import (
    DetectorVersion,
    JobState,
    Look,
    NewFrame,
    NewLook,
    Region,
    RejectReason,
    SourceState,
    Verdict,
)
from storage.repositories.frames import receive_frame
from storage.repositories.looks import MOST_TRIES, add_look, look_by_id
from storage.repositories.sources import source_by_name
from tests.factories import NOON, make_source, make_version

REGION = Region(1, 2, 3, 4, 12, 2.0)


class FakeDetector:
    """Says what it was told to say, writes down what it looked at, and fails on the images it was told to."""

    embedding_space = "space"
    camera = NOTHING

    def __init__(
        self,
        *,
        score: float = 2.0,
        fails_on: int | None = None,
        bit_depth: int | None = None,
        error: Exception | None = None,
    ) -> None:
        self.score, self.fails_on, self.bit_depth = score, fails_on, bit_depth
        self.error = error or RuntimeError()
        self.seen: list[int] = []

    def inspect(self, pixels: np.ndarray[Any, Any], *, names_oddest: bool = False) -> ScoredImage:
        value = int(pixels[0, 0, 0])
        self.seen.append(value)
        if value == self.fails_on:
            raise self.error
        is_odd = self.score > 1
        return ScoredImage(
            score=self.score,
            threshold=1.0,
            p_value=0.005,
            verdict=Verdict.ANOMALOUS if is_odd else Verdict.NORMAL,
            fault=None,
            anomaly_map=np.full((8, 8), self.score, np.float32),
            map_threshold=1.0,
            regions=(REGION,) if is_odd or names_oddest else (),
            vectors=np.ones((int(is_odd), 4), np.float16),
            milliseconds=1.0,
        )

    def good_one(self, scored: ScoredImage) -> bytes | None:
        assert scored.regions
        return None


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
    with Decoder(LimitSettings(max_pixels=100_000)) as opened:
        yield opened


def png(value: int, *, side: int = 40) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (side, 30), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def make_worker(stores: Stores, decoder: Decoder, detector: FakeDetector | BundleError, **source: object) -> Worker:
    settings = Settings.model_validate({"sources": {"line-1": {"path": "in", **source}}})
    return Worker(
        "worker",
        stores,
        settings,
        decoders=lambda _: decoder,
        detectors=FakeDetectors(detector),  # type: ignore[arg-type]  # the same `get`
        clock=lambda: NOON,
    )


def prepare(stores: Stores, *frames: bytes, state: SourceState = SourceState.LIVE) -> None:
    with stores.database.transaction() as session:
        source = make_source(session, state=state)
        make_version(session, source)
        for number, content in enumerate(frames):
            frame = NewFrame(source.id, stores.blobs.put(content), NOON, "mtime", NOON, f"{number}.png", 1)
            receive_frame(session, frame)


def ask(stores: Stores, content: bytes) -> int:
    with stores.database.transaction() as session:
        source = source_by_name(session, "line-1")
        look = NewLook(source.id, source.name, stores.blobs.put(content), "part.png", "slack:U1", ("C1", "1.5"))
        return add_look(session, look, now=NOON)


def found(stores: Stores, look_id: int) -> Look:
    with stores.database.reading() as session:
        return look_by_id(session, look_id)


def rows(stores: Stores, kind: type[Any]) -> list[Any]:
    with stores.database.reading() as session:
        return list(session.scalars(select(kind)).all())


@pytest.mark.parametrize("state", [SourceState.LIVE, SourceState.PAUSED, SourceState.NOT_JUDGED])
def test_judges_an_image_whatever_its_source_is_at_and_records_no_frame(
    stores: Stores, decoder: Decoder, state: SourceState
) -> None:
    prepare(stores, state=state)
    look_id = ask(stores, png(7))

    assert make_worker(stores, decoder, FakeDetector()).work() == 1

    result = found(stores, look_id).result
    assert result is not None
    assert (result.verdict, result.score, result.threshold, result.detector) == ("anomalous", 2.0, 1.0, "line-1@1")
    assert (result.regions, result.width, result.height, result.good_ones) == ((REGION,), 40, 30, 200)
    for sha256 in result.pictures:
        with Image.open(BytesIO(stores.blobs.get(sha256))) as picture:
            picture.load()
            assert picture.info["oddspot"] == f"look {look_id}"
    assert len(result.pictures) == 2
    assert rows(stores, FrameRow) == rows(stores, InspectionRow) == []
    assert [event.payload["job"] for event in rows(stores, EventRow)] == [look_id]


def test_shows_the_oddest_place_of_a_normal_image_but_names_no_region(stores: Stores, decoder: Decoder) -> None:
    prepare(stores)
    look_id = ask(stores, png(7))

    make_worker(stores, decoder, FakeDetector(score=0.4)).work()

    result = found(stores, look_id).result
    assert result is not None
    assert (result.verdict, result.regions, len(result.pictures)) == ("normal", (), 2)


def test_judges_one_question_between_two_frames_so_that_none_waits_for_more(stores: Stores, decoder: Decoder) -> None:
    prepare(stores, *(png(value) for value in (1, 2, 3)))
    for value in (101, 102, 103, 104, 105):
        ask(stores, png(value))
    detector = FakeDetector(score=0.4)
    worker = make_worker(stores, decoder, detector)

    assert worker.work() == 6
    assert detector.seen == [1, 101, 2, 102, 3, 103]
    assert (worker.work(), worker.work(), worker.work()) == (1, 1, 0)
    assert detector.seen[6:] == [104, 105]
    assert {row.state for row in rows(stores, FrameRow)} == {"scored"}


def test_a_question_that_breaks_the_detector_is_told_and_costs_no_frame(stores: Stores, decoder: Decoder) -> None:
    prepare(stores, png(1), png(2))
    look_id = ask(stores, png(66))
    worker = make_worker(stores, decoder, FakeDetector(fails_on=66))

    while worker.work():
        pass

    look = found(stores, look_id)
    assert (look.state, look.attempt) == (JobState.FAILED, MOST_TRIES)
    assert [(row.state, row.attempt) for row in rows(stores, FrameRow)] == [("scored", 1), ("scored", 1)]
    assert [event.payload["job"] for event in rows(stores, EventRow) if event.kind == "job_done"] == [look_id]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", RejectReason.FORMAT_NOT_ALLOWED),
        (png(7)[:60], RejectReason.TRUNCATED),
        (png(7, side=20_000), RejectReason.TOO_MANY_PIXELS),
    ],
)
def test_says_why_an_image_cannot_be_opened(
    stores: Stores, decoder: Decoder, content: bytes, reason: RejectReason
) -> None:
    prepare(stores)
    look_id = ask(stores, content)

    make_worker(stores, decoder, FakeDetector()).work()

    look = found(stores, look_id)
    assert look.result is not None
    assert (look.result.rejected, look.result.verdict, look.state) == (reason, None, JobState.DONE)


def test_refuses_where_the_settings_read_images_otherwise_than_at_the_fit(stores: Stores, decoder: Decoder) -> None:
    prepare(stores)
    look_id = ask(stores, png(7))

    make_worker(stores, decoder, FakeDetector(bit_depth=12)).work()

    result = found(stores, look_id).result
    assert result is not None
    assert result.rejected is RejectReason.SETTINGS_MISMATCH


def test_says_that_a_detector_cannot_be_used_and_leaves_the_source_as_it_is(stores: Stores, decoder: Decoder) -> None:
    prepare(stores)
    look_id = ask(stores, png(7))

    make_worker(stores, decoder, BundleError("its bank was changed")).work()

    result = found(stores, look_id).result
    assert result is not None
    assert result.failure == "The detector of line-1 cannot be used now; `oddspot doctor` says why."
    assert [(row.state, row.fault) for row in rows(stores, SourceRow)] == [("live", None)]


def test_says_that_a_source_lost_its_detector(stores: Stores, decoder: Decoder) -> None:
    prepare(stores)
    look_id = ask(stores, png(7))
    with stores.database.transaction() as session:
        session.execute(update(DetectorVersionRow).values(bundle=None))

    make_worker(stores, decoder, FakeDetector()).work()

    result = found(stores, look_id).result
    assert result is not None
    assert result.failure == "line-1 has no fitted detector now."


def test_leaves_a_question_for_later_while_the_disk_is_away(stores: Stores, decoder: Decoder) -> None:
    prepare(stores)
    look_id = ask(stores, png(7))
    away = BlobError("full", permanent=False)

    with pytest.raises(BlobError):
        make_worker(stores, decoder, FakeDetector(fails_on=7, error=away)).work()

    assert found(stores, look_id).state is JobState.PENDING


def test_marks_pictures_so_that_no_two_are_one_file() -> None:
    looks = [
        Look(number, 1, "line-1", "0" * 64, "a.png", "x", None, JobState.LEASED, 1, NOON, None) for number in (1, 2)
    ]
    pictures = [marked(png(7), look) for look in looks]

    assert pictures[0] != pictures[1]
    for picture in pictures:
        with Image.open(BytesIO(picture)) as image:
            image.verify()
