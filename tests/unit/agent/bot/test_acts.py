from datetime import timedelta

import pytest

from agent.bot import acts
from storage.records import LabelKind, SourceState
from storage.repositories.incidents import set_message
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


def test_makes_a_source_live_with_one_audit_row(plant: Plant) -> None:
    source_id = plant.source(state=SourceState.COMMISSIONING)
    for _ in range(2):
        done = acts.go_live(plant.database, act(source_id))

    assert done.words.startswith("line-1 is live")
    assert [row.action for row in plant.audit() if row.actor == "slack:U0ANNA"] == ["source_live"]
