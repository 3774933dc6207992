"""The thread of an image somebody asked about: the verdict, then its picture, and each of them once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from agent.alerts.outgoing import Outgoing
from agent.alerts.untaken_looks import tell_untaken_looks
from agent.notifiers.port import NotifyError, Place
from storage.models import AlarmRow
from storage.records import DeliveryState, LookResult, NewLook, Region, Verdict
from storage.repositories.deliveries import list_unsent
from storage.repositories.looks import add_look, claim_look, finish_look
from tests.factories_agent import Clock, Plant, make_png
from tests.factories_learning import run_jobs
from tests.unit.agent.conftest import Rounds
from tests.unit.agent.fakes import FakeNotifier

THREAD = Place("C1", "1.5")


@pytest.fixture
def asked(plant: Plant, notifier: FakeNotifier, clock: Clock) -> int:
    """An image asked about in a thread that is there."""
    notifier.messages[THREAD] = []
    source_id = plant.source("line-1")
    image = plant.blobs.put(make_png(3))
    with plant.database.transaction() as session:
        look = NewLook(source_id, "line-1", image, "part.png", "slack:U1", (THREAD.channel, THREAD.ts))
        return add_look(session, look, now=clock())


def judge(plant: Plant, clock: Clock, **changes: Any) -> LookResult:
    values: dict[str, Any] = {
        "detector": "line-1@1",
        "verdict": Verdict.ANOMALOUS,
        "score": 2.3,
        "threshold": 1.0,
        "width": 300,
        "height": 300,
        "regions": (Region(1, 2, 3, 4, 12, 2.3),),
        "picture": plant.blobs.put(make_png(1)),
        "crop": plant.blobs.put(make_png(2)),
    }
    result = LookResult(**(values | changes))
    with plant.database.transaction() as session:
        lease = claim_look(session, owner="w", lease_seconds=60, now=clock())
        assert lease is not None
        assert finish_look(session, lease, result, now=clock())
    return result


def said(notifier: FakeNotifier) -> list[str]:
    return [notifier.messages[place][-1].text for place, under in notifier.replies.items() if under == THREAD]


@pytest.mark.usefixtures("asked")
def test_says_the_verdict_first_and_shows_the_heatmap_after_it(
    plant: Plant, notifier: FakeNotifier, clock: Clock, rounds: Rounds
) -> None:
    result = judge(plant, clock)

    rounds.run(1)
    assert said(notifier) == ["Anomalous for line-1: 2.3x the threshold, top left"]
    assert notifier.uploads == {}
    rounds.run(5)

    [(place, upload)] = notifier.uploads.values()
    assert (place, upload.path) == (THREAD, plant.blobs.path(result.picture or ""))
    assert upload.alt_text == (
        "Heatmap of part.png beside the good image most like it. Anomalous for line-1: 2.3x the threshold, top left"
    )
    assert len(said(notifier)) == 1


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("images", "shown"), [("full", "picture"), ("crop", "crop"), ("none", None)])
def test_shows_slack_no_more_than_the_settings_of_the_source_let_it(
    plant: Plant, notifier: FakeNotifier, clock: Clock, images: str, shown: str | None
) -> None:
    plant.reconfigure(sources={"line-1": {"path": "in", "images": images}})
    result = judge(plant, clock)

    deliver(plant, notifier, clock)

    wanted = [plant.blobs.path(getattr(result, shown))] if shown else []
    assert [upload.path for _, upload in notifier.uploads.values()] == wanted


def deliver(plant: Plant, notifier: FakeNotifier, clock: Clock) -> None:
    """Go round with the plant's present settings."""
    from agent.alerts.deliver import Deliverer  # noqa: PLC0415 - only here
    from tests.unit.agent.conftest import make_chance  # noqa: PLC0415 - the same
    from tests.unit.agent.fakes import InlineExecutor  # noqa: PLC0415 - the same

    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    Rounds(plant, clock, Deliverer(out, InlineExecutor(), chance=make_chance())).run(6)


@pytest.mark.usefixtures("asked")
def test_looks_for_a_verdict_and_a_picture_that_may_have_arrived_before_it_sends_them_again(
    plant: Plant, notifier: FakeNotifier, clock: Clock, rounds: Rounds
) -> None:
    notifier.lost.append(NotifyError("C1", "the connection died", ambiguous=True))
    notifier.lost_uploads.append(NotifyError("C1", "the connection died", ambiguous=True))
    judge(plant, clock)

    rounds.run(30, seconds=10)

    assert len(said(notifier)) == 1
    assert len(notifier.uploads) == 1
    with plant.database.reading() as session:
        assert list_unsent(session, limit=9) == []


@pytest.mark.usefixtures("asked")
def test_gives_up_a_picture_that_was_forgotten_meanwhile(
    plant: Plant, notifier: FakeNotifier, clock: Clock, rounds: Rounds
) -> None:
    result = judge(plant, clock)
    plant.blobs.remove(result.picture or "")

    rounds.run(10)

    assert (len(said(notifier)), notifier.uploads) == (1, {})
    with plant.database.reading() as session:
        assert [one.state for one in list_unsent(session, limit=9)] == [DeliveryState.FAILED]


@pytest.mark.usefixtures("asked")
def test_a_question_that_was_deleted_holds_up_nothing_else(
    plant: Plant, notifier: FakeNotifier, clock: Clock, rounds: Rounds
) -> None:
    notifier.delete(THREAD)
    judge(plant, clock)
    found = plant.anomaly(at=clock())

    rounds.run(5)

    [told] = [message[-1].text for message in notifier.messages.values()]
    assert found.shown_id in told
    with plant.database.reading() as session:
        assert [one.state for one in list_unsent(session, limit=9)] == [DeliveryState.FAILED]
        assert session.scalars(select(AlarmRow)).all() == []


def test_says_once_that_nobody_scores_and_only_after_a_short_while(
    asked: int, plant: Plant, notifier: FakeNotifier, clock: Clock, rounds: Rounds
) -> None:
    assert asked
    assert tell_untaken_looks(plant.database, now=clock.forward(4)) == 0
    assert tell_untaken_looks(plant.database, now=clock.forward(2)) == 1
    assert tell_untaken_looks(plant.database, now=clock.forward(600)) == 0
    rounds.run(3)
    assert said(notifier)[0].startswith("Nobody is scoring just now: is `oddspot detect` running?")

    judge(plant, clock)
    rounds.run(5)

    assert said(notifier)[1:] == ["Anomalous for line-1: 2.3x the threshold, top left"]


def test_says_nothing_where_the_image_was_taken_up(asked: int, plant: Plant, clock: Clock) -> None:
    assert asked
    with plant.database.transaction() as session:
        claim_look(session, owner="w", lease_seconds=600, now=clock())

    assert tell_untaken_looks(plant.database, now=clock.forward(timedelta(hours=1).total_seconds())) == 0


def test_is_left_alone_by_those_who_run_other_jobs(asked: int, plant: Plant, clock: Clock) -> None:
    assert asked
    assert run_jobs(plant, clock) == 0
    judge(plant, clock)
