from datetime import timedelta

import pytest

from agent.bot import acts, looking
from storage.queries.inspections import get_inspection
from storage.records import IncidentState, LabelKind, SourceState
from storage.repositories.incidents import incident_by_id, set_message
from storage.repositories.labels import UnknownInspectionError, labels_of
from storage.repositories.silences import active_silences
from tests.factories_agent import NOON, Plant
from tests.unit.agent.conftest import Rounds


def act(value: object, user: str = "U0ANNA", *, seconds: float = 0) -> acts.Act:
    return acts.Act(user, str(value), NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("value", ["", "A-1", "-1", "1 ", "9" * 19, "one", "²"])
def test_refuses_a_button_without_an_id(plant: Plant, value: str) -> None:
    with pytest.raises(acts.BadValueError):
        acts.label(plant.database, plant.settings, act(value), LabelKind.DEFECT)


def test_labels_once_however_often_it_is_pressed(plant: Plant) -> None:
    anomaly = plant.anomaly()
    for seconds in (0, 1, 30):
        acts.label(plant.database, plant.settings, act(anomaly.id, seconds=seconds), LabelKind.DEFECT)

    with plant.database.reading() as session:
        (label,) = labels_of(session, anomaly.id)
    assert (label.author, label.kind) == ("slack:U0ANNA", LabelKind.DEFECT)
    assert [row.actor for row in plant.audit() if row.action == "label"] == ["slack:U0ANNA"]


def test_says_so_where_no_message_will_show_it(plant: Plant, rounds: Rounds) -> None:
    anomaly = plant.anomaly(pages=False)
    rounds.run(1)
    first = acts.label(plant.database, plant.settings, act(anomaly.id), LabelKind.FALSE_ALARM)
    with plant.database.transaction() as session:
        set_message(session, 1, channel="C1", message_ts="1.0")
    second = acts.label(plant.database, plant.settings, act(anomaly.id), LabelKind.DEFECT)

    assert (first.words, first.is_shown) == ("Noted: A-1 is a false alarm.", False)
    assert second.is_shown


def test_knows_no_inspection_that_is_not_there(plant: Plant) -> None:
    with pytest.raises(UnknownInspectionError):
        acts.label(plant.database, plant.settings, act(999), LabelKind.DEFECT)


def test_silences_once_for_a_double_click_and_again_for_a_later_one(plant: Plant, rounds: Rounds) -> None:
    plant.anomaly()
    rounds.run(2)
    for seconds in (0, 1, 600):
        acts.silence(plant.database, plant.settings, act(1, seconds=seconds))
    acts.silence(plant.database, plant.settings, act(1, user="U0BEN", seconds=600))

    with plant.database.reading() as session:
        silences = active_silences(session, now=NOON + timedelta(seconds=600))
    assert [(one.author, one.until - NOON) for one in silences] == [
        ("slack:U0ANNA", timedelta(minutes=60)),
        ("slack:U0ANNA", timedelta(minutes=70)),
        ("slack:U0BEN", timedelta(minutes=70)),
    ]


def test_takes_an_incident_up_once_and_gives_it_back(plant: Plant, rounds: Rounds) -> None:
    plant.anomaly()
    rounds.run(2)
    for user in ("U0ANNA", "U0ANNA"):
        acts.acknowledge(plant.database, plant.settings, act(1, user))
    (taken,) = [row for row in plant.audit() if row.action == "incident_acknowledged"]
    for _ in range(2):
        acts.undo(plant.database, plant.settings, act(taken.id, "U0BEN"))

    with plant.database.reading() as session:
        assert incident_by_id(session, 1).state is IncidentState.OPEN
    assert [row.actor for row in plant.audit() if row.action == "undo"] == ["slack:U0BEN"]


def test_gives_a_defect_the_class_its_button_names(plant: Plant, rounds: Rounds) -> None:
    known = plant.anomaly(looks=(1.0, 0.0))
    rounds.run(1)
    said = acts.Said("scratch", "deep", (1, 2, 3, 4))
    acts.label(plant.database, plant.settings, act(known.id), LabelKind.DEFECT, said)
    again = plant.anomaly(looks=(1.0, 0.1), at=NOON + timedelta(hours=3))
    rounds.clock.forward(3 * 3600)
    rounds.run(1)
    acts.label(plant.database, plant.settings, act(again.id, seconds=10801), LabelKind.DEFECT)

    with plant.database.reading() as session:
        (first,), (second,) = labels_of(session, known.id), labels_of(session, again.id)
    assert (first.defect_class, first.note, first.region) == ("scratch", "deep", (1, 2, 3, 4))
    assert second.defect_class == "scratch"


def test_silences_things_like_one_and_nothing_else(plant: Plant, rounds: Rounds) -> None:
    anomaly = plant.anomaly(looks=(1.0, 0.0))
    rounds.run(1)
    for seconds in (0, 2):
        done = acts.silence_like(plant.database, plant.settings, act(anomaly.id, seconds=seconds))

    with plant.database.reading() as session:
        (silence,) = active_silences(session, now=NOON + timedelta(seconds=2))
    assert silence.like_inspection_id == anomaly.id
    assert "Things like A-1 on line-1 are silenced until 2026-11-30" in done.words


def test_finds_what_is_similar_most_alike_first(plant: Plant, rounds: Rounds) -> None:
    for looks in ((1.0, 0.0), (0.0, 1.0), (1.0, 0.1), (1.0, 0.5)):
        plant.anomaly(looks=looks)
    plant.anomaly("line-2", looks=(1.0, 0.0))
    rounds.run(1)
    with plant.database.reading() as session:
        inspection = get_inspection(session, 1)
        assert inspection is not None
        found = looking.similar_to(session, inspection)

    assert [one for one, _ in found] == [3, 4, 2]
    assert found[0][1] > 0.99


def test_makes_a_source_live_with_one_audit_row(plant: Plant) -> None:
    source_id = plant.source(state=SourceState.COMMISSIONING)
    for _ in range(2):
        done = acts.go_live(plant.database, act(source_id))

    assert done.words.startswith("line-1 is live")
    assert [row.action for row in plant.audit() if row.actor == "slack:U0ANNA"] == ["source_live"]
