"""Frames recorded as a worker records them: which are faulty, and when a source counts as not judged."""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config.settings import Settings
from detectors.camera.checks import CameraChecks, Usual
from detectors.camera_watch import CameraWatch
from storage.models import EventRow, InspectionRow
from storage.opening import Stores
from storage.records import (
    DetectorVersion,
    Fault,
    Finding,
    FrameState,
    NewFrame,
    NewInspection,
    Outage,
    Source,
    SourceState,
)
from storage.repositories.frames import finish_frame, receive_frame
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.inspections import Recording
from storage.repositories.outages import list_outages, open_outage
from tests.factories import NOON, found, lease_one, make_source, make_version

NAMES = ("mean", "median", "upper", "fine", "texture", "down", "across", "coherence", "likeness", "gain")
WELL = dict.fromkeys(NAMES, 0.0)
DARK = WELL | dict.fromkeys(("mean", "median", "upper"), -1.0)
CHECKS = CameraChecks(
    200,
    {name: Usual(0.0, 0.1) for name in NAMES},
    {Fault.EXPOSURE: 1.0, Fault.BLURRED: 1.0, Fault.MOVED: 1.0},
    {"fine": 0.5, "texture": 0.5, "coherence": 0.1},
)


# Bytes, age, and what was found.
Taken = tuple[str, timedelta, NewInspection]


@dataclass
class Camera:
    """A source whose frames come a second apart."""

    stores: Stores
    source: Source
    version: DetectorVersion
    settings: Settings
    frames: int = field(default=0)

    def take(
        self,
        signs: dict[str, float] | None = None,
        *,
        fault: str | None = None,
        content: str = "",
        late: bool = False,
        score: float = 0.5,
    ) -> None:
        """Take one frame, and record it."""
        found_in_it = found(score, fault=fault, signs=signs or WELL)
        self.take_as_they_are([(content, timedelta(hours=2 if late else 0), found_in_it)])

    def take_all(self, signs: list[dict[str, float]]) -> None:
        """Take several frames, and record them in one transaction."""
        self.take_as_they_are([("", timedelta(0), found(0.5, signs=one)) for one in signs])

    def take_as_they_are(self, taken: list[Taken]) -> None:
        """Record frames in one transaction."""
        now = NOON + timedelta(seconds=self.frames + len(taken))
        with self.stores.database.transaction() as session, Recording(session, now=now) as recording:
            watch = CameraWatch(session, self.settings, [self.source.id], recording, now=now)
            for content, age, inspection in taken:
                self.frames += 1
                at = NOON + timedelta(seconds=self.frames)
                name = content or f"{self.frames}"
                assert receive_frame(session, NewFrame(self.source.id, name, at - age, "mtime", at, "a.png", 1))
                lease = lease_one(session)
                assert finish_frame(session, lease, FrameState.SCORED)
                watched = watch.judge(self.source, self.version, lease.frame, inspection, CHECKS)
                pages = not watched.is_inhibited
                recording.add(Finding(lease, self.version, watched.found, is_told=True, pages=pages))
                watch.follow(watched)

    @property
    def faults(self) -> list[str | None]:
        """The fault of every frame, as it is on record now."""
        with self.stores.database.reading() as session:
            own = select(InspectionRow.fault).where(InspectionRow.source_id == self.source.id)
            return list(session.scalars(own.order_by(InspectionRow.id)))

    @property
    def outages(self) -> list[Outage]:
        """Every outage, the newest first."""
        with self.stores.database.reading() as session:
            return list_outages(session, limit=20, source=self.source.name)

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Every event: kind and payload."""
        with self.stores.database.reading() as session:
            own = select(EventRow).where(EventRow.source_id == self.source.id).order_by(EventRow.id)
            return [(row.kind, row.payload) for row in session.scalars(own)]


def make_camera(stores: Stores, name: str = "line-1", *, state: SourceState = SourceState.LIVE, **own: Any) -> Camera:
    settings = Settings.model_validate({"sources": {name: {"path": "in", **own}}})
    with stores.database.transaction() as session:
        source = make_source(session, name, state=state)
        return Camera(stores, source, make_version(session, source), settings)


def test_the_fourth_frame_blames_the_camera_for_those_before_it_too(stores: Stores) -> None:
    camera = make_camera(stores)
    for signs in (WELL, WELL, DARK, DARK, DARK, DARK):
        camera.take(signs)

    assert camera.faults == [None, None, *["exposure"] * 4]
    [outage] = camera.outages
    assert (outage.kind, outage.frames, outage.is_open) == ("exposure", 4, True)
    assert outage.started_at == NOON + timedelta(seconds=3)
    assert outage.last_at == NOON + timedelta(seconds=6)
    assert camera.told == [("outage", {"outage_id": outage.id})]


def test_opens_with_the_run_though_its_first_frames_were_told_of_as_odd_parts(stores: Stores) -> None:
    camera = make_camera(stores)
    for _ in range(3):
        camera.take(DARK, score=2.0)
    with stores.database.transaction() as session:
        for inspection_id in session.scalars(select(InspectionRow.id)).all():
            join_incident(session, inspection_id, Joining(timedelta(minutes=30)), now=NOON)

    camera.take(DARK, score=2.0)

    assert camera.faults == [None, None, None, "exposure"]
    [outage] = camera.outages
    assert (outage.started_at, outage.frames) == (NOON + timedelta(seconds=1), 1)


def test_ends_after_five_good_frames_with_the_first_of_them(stores: Stores) -> None:
    camera = make_camera(stores)
    for _ in range(3):
        camera.take(fault=Fault.BLACK)
    for _ in range(4):
        camera.take()
    assert camera.outages[0].is_open

    camera.take()

    [outage] = camera.outages
    assert outage.ended_at == NOON + timedelta(seconds=4)
    assert outage.frames == 3
    assert [kind for kind, _ in camera.told] == ["outage", "outage"]


def test_flapping_is_one_outage(stores: Stores) -> None:
    camera = make_camera(stores)
    for _ in range(5):
        for _ in range(3):
            camera.take(fault=Fault.BLACK)
        for _ in range(4):
            camera.take()

    [outage] = camera.outages
    assert (outage.frames, outage.is_open) == (15, True)
    assert len(camera.told) == 1


def test_one_black_frame_is_faulty_and_no_outage(stores: Stores) -> None:
    camera = make_camera(stores)
    for _ in range(4):
        camera.take()
        camera.take(fault=Fault.BLACK)
        for _ in range(3):
            camera.take()

    assert camera.faults.count("black") == 4
    assert camera.outages == []


def test_parts_page_nobody_while_it_goes_on(stores: Stores) -> None:
    camera = make_camera(stores)
    camera.take(score=2.0)
    for _ in range(3):
        camera.take(fault=Fault.BLACK, score=2.0)
    camera.take(score=2.0)
    for _ in range(4):
        camera.take()
    camera.take(score=2.0)

    anomalies = [payload["pages"] for kind, payload in camera.told if kind == "anomaly"]
    assert anomalies == [True, False, True]


def test_a_frozen_picture_is_named_at_its_second_repeat(stores: Stores) -> None:
    camera = make_camera(stores)
    camera.take()
    for _ in range(4):
        camera.take(content="same")

    assert camera.faults == [None, None, "frozen", "frozen", "frozen"]
    [outage] = camera.outages
    assert (outage.kind, outage.frames) == ("frozen", 3)


@pytest.mark.parametrize("own", [{"mode": "batch"}, {"active": {"start": "14:00", "end": "22:00"}}])
def test_the_same_bytes_are_no_fault_of_a_batch_or_outside_active_hours(stores: Stores, own: dict[str, Any]) -> None:
    camera = make_camera(stores, **own)
    for _ in range(5):
        camera.take(content="same")

    assert camera.faults == [None] * 5


def test_another_fault_takes_over_the_same_outage(stores: Stores) -> None:
    camera = make_camera(stores)
    for _ in range(4):
        camera.take(DARK)
    camera.take(fault=Fault.BLACK)
    assert camera.outages[0].kind == "exposure"

    for _ in range(2):
        camera.take(fault=Fault.BLACK)

    [outage] = camera.outages
    assert (outage.kind, outage.frames) == ("black", 7)


@pytest.mark.parametrize("own", [{"mode": "batch"}, {"late_after_seconds": 60}])
def test_old_frames_say_nothing_of_now(stores: Stores, own: dict[str, Any]) -> None:
    camera = make_camera(stores, **own)
    for _ in range(5):
        camera.take(fault=Fault.BLACK, late=True)

    assert camera.faults == ["black"] * 5
    assert camera.outages == []


def test_keeps_an_outage_to_itself_in_commissioning(stores: Stores) -> None:
    camera = make_camera(stores, state=SourceState.COMMISSIONING)
    for _ in range(3):
        camera.take(fault=Fault.BLACK)

    assert len(camera.outages) == 1
    assert camera.told == []


def test_a_frame_ends_a_silence_and_may_page(stores: Stores) -> None:
    camera = make_camera(stores)
    with stores.database.transaction() as session:
        open_outage(
            session,
            source_id=camera.source.id,
            kind="silent",
            started_at=NOON - timedelta(hours=3),
            last_at=NOON,
            frames=0,
            is_told=True,
            now=NOON,
        )

    camera.take(score=2.0)

    [outage] = camera.outages
    assert outage.ended_at == NOON + timedelta(seconds=1)
    assert ("anomaly", {"pages": True}) in camera.told


def test_a_late_frame_is_held_against_those_of_its_time(stores: Stores) -> None:
    camera = make_camera(stores)
    for _ in range(4):
        camera.take(DARK)

    camera.take(DARK, late=True)
    camera.take(DARK)

    assert camera.faults[4:] == [None, "exposure"]


def test_one_transaction_of_many_frames_says_the_same(stores: Stores) -> None:
    camera = make_camera(stores)
    camera.take()
    camera.take_all([WELL, DARK, DARK, DARK, DARK, WELL])

    assert camera.faults == [None, None, *["exposure"] * 4, None]
    [outage] = camera.outages
    assert (outage.frames, outage.good) == (4, 1)


def test_a_late_frame_is_held_against_those_recorded_with_it(stores: Stores) -> None:
    camera = make_camera(stores)
    on_time, late = timedelta(0), timedelta(seconds=1.5)
    signs = [*([(on_time, DARK)] * 3), (on_time, WELL), (late, DARK)]
    camera.take_as_they_are([("", age, found(0.5, signs=one)) for age, one in signs])

    assert camera.faults == [*["exposure"] * 3, None, "exposure"]


@pytest.mark.parametrize("seed", range(6))
def test_frames_recorded_together_say_what_they_say_one_by_one(stores: Stores, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same frames each time
    taken: list[Taken] = []
    for number in range(40):
        is_dark = number // 8 % 2 == 1 and chance.random() < 0.95
        age = timedelta(seconds=chance.choice((0,) * 8 + (3.5, 7200)))
        content = chance.choice((f"{number}", f"{number}", f"{number}", "the same"))
        fault = Fault.BLACK if chance.random() < 0.06 else None
        score = chance.choice((0.5, 2.0))
        taken.append((content, age, found(score, fault=fault, signs=DARK if is_dark else WELL)))
    together, alone = make_camera(stores), make_camera(stores, "line-2")

    for first in range(0, len(taken), 10):
        together.take_as_they_are(taken[first : first + 10])
        for one in taken[first : first + 10]:
            alone.take_as_they_are([one])

    assert together.faults == alone.faults
    assert told_of(together) == told_of(alone)
    assert [of_outage(one) for one in together.outages] == [of_outage(one) for one in alone.outages]
    assert {Fault.EXPOSURE, Fault.BLACK} <= set(together.faults)


def of_outage(outage: Outage) -> tuple[object, ...]:
    return outage.kind, outage.started_at, outage.last_at, outage.frames, outage.good, outage.ended_at


def told_of(camera: Camera) -> list[tuple[str, object]]:
    return [(kind, payload.get("pages")) for kind, payload in camera.told]
