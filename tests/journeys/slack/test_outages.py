"""A camera at fault, from the frames a worker records to the one message a person sees."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.talk import utc_now
from detectors.camera.knowledge import NOTHING
from detectors.camera_watch import CameraWatch
from detectors.silence_watch import watch_silence
from storage.records import Fault, Finding, FrameState, NewFrame
from storage.repositories.frames import claim_frames, finish_frame, receive_frame
from storage.repositories.inspections import Recording
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version
from tests.factories import found
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import Start
from tests.journeys.slack.reading import buttons, roots, settled, words
from tests.servers.slack import ANNA, GUEST, LocalSlack


@dataclass
class Camera:
    """A live source of the plant, whose frames are recorded as a worker records them."""

    plant: Plant
    frames: int = 0

    def take(self, *, fault: str | None = None, score: float = 0.5, at: datetime | None = None) -> None:
        self.plant.source("line-1")
        self.frames += 1
        now = at or utc_now()
        with self.plant.database.transaction() as session, Recording(session, now=now) as recording:
            source = source_by_name(session, "line-1")
            receive_frame(session, NewFrame(source.id, f"{self.frames:064x}", now, "mtime", now, "a.png", 1))
            (lease,) = claim_frames(session, owner="test", limit=1, lease_seconds=60)
            version = active_version(session, source)
            assert version is not None
            assert finish_frame(session, lease, FrameState.SCORED)
            watch = CameraWatch(session, self.plant.settings, [source.id], recording, now=now)
            watched = watch.judge(source, version, lease.frame, found(score, fault=fault), NOTHING.checks)
            pages = not watched.is_inhibited
            recording.add(Finding(lease, version, watched.found, is_told=True, pages=pages))
            watch.follow(watched)


def said(slack: LocalSlack) -> str:
    """Return what the first message says now."""
    return words(roots(slack)[0])


def watched(plant: Plant, **own: Any) -> Camera:
    plant.reconfigure(
        sources={"line-1": {"path": "in", **own}}, alerts={"edit_every_seconds": 2, "outage_edit_seconds": 0}
    )
    return Camera(plant)


def test_one_message_says_that_a_camera_is_black_and_that_it_sees_again(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    camera = watched(plant)
    start()
    for _ in range(3):
        camera.take(fault=Fault.BLACK)
    (message,) = slack.wait_for(lambda: roots(slack))
    assert "*line-1: not judged since " in words(message)
    assert "(the camera shows black)*" in words(message)

    for _ in range(409):
        camera.take(fault=Fault.BLACK)
    camera.take(score=2.3)
    slack.wait_for(lambda: "412 frames" in said(slack), timeout=30)
    for _ in range(4):
        camera.take()
    slack.wait_for(lambda: "judged again since" in said(slack))
    slack.wait_for(lambda: settled(plant))

    (message,) = roots(slack)
    assert "Not judged from" in words(message)
    assert slack.workspace.rate_breaches == []
    block_ids = [block["block_id"] for version in message.versions for block in version.blocks]
    assert len(block_ids) == len(set(block_ids))


def test_tells_of_parts_again_once_the_camera_is_well(slack: LocalSlack, plant: Plant, start: Start) -> None:
    camera = watched(plant)
    start()
    for _ in range(3):
        camera.take(fault=Fault.SATURATED)
    camera.take(score=2.3)
    for _ in range(4):
        camera.take()
    camera.take(score=2.3)

    slack.wait_for(lambda: len(roots(slack)) == 2 and "judged again since" in said(slack))
    slack.wait_for(lambda: settled(plant))

    assert len(roots(slack)) == 2
    assert "2.3x the threshold" in words(roots(slack)[1])


def test_says_that_a_source_fell_silent_and_that_frames_come_again(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    camera = watched(plant, silent_after_seconds=600)
    start()
    hour = timedelta(hours=1)
    camera.take(at=utc_now() - hour)

    silent = watch_silence(plant.database, plant.settings, since=utc_now() - 2 * hour, now=utc_now())
    (message,) = slack.wait_for(lambda: roots(slack))
    assert silent == ["line-1"]
    assert "(source silent)" in words(message)

    camera.take()
    slack.wait_for(lambda: "frames come again" in said(slack))
    slack.wait_for(lambda: settled(plant))
    assert len(roots(slack)) == 1


def test_a_person_lets_the_new_view_of_a_moved_camera_be_used(slack: LocalSlack, plant: Plant, start: Start) -> None:
    camera = watched(plant)
    start()
    for _ in range(3):
        camera.take(fault=Fault.MOVED)
    (message,) = slack.wait_for(lambda: roots(slack))
    assert buttons(message.blocks) == ["Use the new view"]

    slack.click(message, "use_new_view", user=GUEST)
    slack.wait_for(lambda: slack.workspace.ephemerals)
    slack.click(message, "use_new_view", user=ANNA)
    slack.click(message, "use_new_view", user=ANNA)
    slack.wait_for(lambda: f"New view wanted by <@{ANNA}>: its frames are being collected." in said(slack))
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes) and settled(plant))

    assert buttons(roots(slack)[0].blocks) == []
    wishes = [(row.actor, row.subject) for row in plant.audit() if row.action == "new_view_wanted"]
    assert wishes == [(f"slack:{ANNA}", "line-1")]
    assert [shown["user"] for shown in slack.workspace.ephemerals] == [GUEST]
