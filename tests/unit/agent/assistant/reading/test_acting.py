from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.alerts.route import route_events
from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.assistant import Assistant
from agent.assistant.proposals import ProposedAct, proposal_of
from storage.models import FrameRow
from storage.records import LabelKind
from storage.repositories.labels import add_label
from storage.repositories.silences import active_silences
from tests.factories_agent import NOON, Plant, make_plant

HOUR = timedelta(hours=1)
NO_CLASS = {"defect_class": None}


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Three sources; I-1 with two anomalies of line-1, I-2 on press; it is noon UTC, 13:00 in Berlin, on a Monday."""
    places = {name: {"path": str(tmp_path), "time_zone": zone} for name, zone in ZONES.items()}
    made = make_plant(tmp_path, sources=places, storage={"data_dir": str(tmp_path)})
    for source in ("line-1", "line-1", "press"):
        made.anomaly(source, at=NOON - 2 * HOUR)
    made.source("line-2")
    route(made)
    return made


ZONES = {"line-1": "UTC", "press": "Europe/Berlin", "line-2": "UTC"}


def route(plant: Plant) -> None:
    route_events(plant.database, plant.settings, now=NOON - 2 * HOUR)


def ask(plant: Plant, text: str, *, thread: str = "", allowed: tuple[str, ...] | None = None) -> Answer:
    return Assistant(plant.database, plant.settings).ask(text, now=NOON, thread=thread, source_limit=allowed)


@pytest.mark.parametrize(
    ("text", "act", "parameters"),
    [
        ("acknowledge I-1", ProposedAct.ACKNOWLEDGE, {"incident": "I-1"}),
        ("ack incident 2 please", ProposedAct.ACKNOWLEDGE, {"incident": "I-2"}),
        ("Could you please acknowledge the incident on press?", ProposedAct.ACKNOWLEDGE, {"incident": "I-2"}),
        ("acknowledge A-1", ProposedAct.ACKNOWLEDGE, {"incident": "I-1"}),
        ("resolve I-1", ProposedAct.RESOLVE, {"incident": "I-1"}),
        ("close incident I-2", ProposedAct.RESOLVE, {"incident": "I-2"}),
        ("label A-2 as scratch", ProposedAct.LABEL, {"anomaly": "A-2", "label": "defect", "defect_class": "scratch"}),
        ("label A-2 as a false alarm", ProposedAct.LABEL, {"anomaly": "A-2", "label": "false_alarm"} | NO_CLASS),
        ("mark A-2 as defect", ProposedAct.LABEL, {"anomaly": "A-2", "label": "defect", "defect_class": None}),
        ("A-2 is a false alarm", ProposedAct.LABEL, {"anomaly": "A-2", "label": "false_alarm"} | NO_CLASS),
        ("A-2 was actually not a defect.", ProposedAct.LABEL, {"anomaly": "A-2", "label": "false_alarm"} | NO_CLASS),
        ("tag a-3 unsure", ProposedAct.LABEL, {"anomaly": "A-3", "label": "unsure", "defect_class": None}),
        ("set the threshold of line-1 to 0.8", ProposedAct.THRESHOLD, {"source": "line-1", "threshold": 0.8}),
        ("raise line-1's threshold to 2", ProposedAct.THRESHOLD, {"source": "line-1", "threshold": 2.0}),
    ],
)  # fmt: skip
def test_reads_what_shall_be_changed(plant: Plant, text: str, act: ProposedAct, parameters: dict[str, object]) -> None:
    answer = ask(plant, text)

    assert answer.proposal is not None, answer.text
    assert (answer.proposal.action, answer.proposal.parameters) == (act, parameters)
    assert answer.text == f"{answer.proposal.words} Nothing has changed yet: a person has to confirm it."


@pytest.mark.parametrize(
    ("text", "source", "until", "words"),
    [
        ("silence line-1 for 2 hours", "line-1", "2026-11-23T14:00:00Z", "Silence line-1 until 14:00 (2 h)?"),
        ("silence line-1 until 14:30", "line-1", "2026-11-23T14:30:00Z", "Silence line-1 until 14:30 (2.5 h)?"),
        ("snooze line-1 for half an hour", "line-1", "2026-11-23T12:30:00Z", "Silence line-1 until 12:30 (30 min)?"),
        ("mute press until tomorrow 6am", "press", "2026-11-24T05:00:00Z",
         "Silence press until Tue 2026-11-24 06:00 (17 h)?"),
        ("mute press until 6am", "press", "2026-11-24T05:00:00Z", "Silence press until Tue 2026-11-24 06:00 (17 h)?"),
        ("mute line-1 until Monday", "line-1", "2026-11-30T06:00:00Z",
         "Silence line-1 until Mon 2026-11-30 06:00 (6.8 days)?"),
        ("silence line-1 until the end of the shift", "line-1", "2026-11-23T14:00:00Z",
         "Silence line-1 until 14:00 (2 h)?"),
        ("please silence line-1", "line-1", "2026-11-23T13:00:00Z", "Silence line-1 until 13:00 (1 h)?"),
        ("silence I-2 for 90 minutes", "press", "2026-11-23T13:30:00Z", "Silence press until 14:30 (1.5 h)?"),
        ("mute everything for an hour", None, "2026-11-23T13:00:00Z", "Silence every source until 13:00 (1 h)?"),
    ],
)  # fmt: skip
def test_reads_until_when_a_source_is_silenced(plant: Plant, text: str, source: str, until: str, words: str) -> None:
    answer = ask(plant, text)

    assert answer.proposal is not None, answer.text
    assert (answer.proposal.parameters["source"], answer.proposal.parameters["until"]) == (source, until)
    assert answer.proposal.words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("acknowledge I-99", "There is no incident I-99. Nothing was changed."),
        ("label A-99 as scratch", "There is no inspection A-99. Nothing was changed."),
        ("silence line-9 for 2 hours",
         "There is no source 'line-9'; the nearest: line-1, line-2. Nothing was changed."),
        ("silence line-1 until 2026-11-22",
         "That time has passed already, so there is nothing to silence. Nothing was changed."),
        ("silence line-1 for 900 days", "A silence lasts a year at most. Nothing was changed."),
        ("silence line-1 until the cows come home",
         "I cannot read until when: 'the cows come home'. Say it as 'until tomorrow 6am'. Nothing was changed."),
        ("set the threshold of line-1 to 1", "The threshold of line-1 is 1 already. Nothing was changed."),
        ("lower the threshold of line-1", "To which value? The threshold of line-1 is 1 now. Nothing was changed."),
        ("set the threshold of line-1 to -3", "A threshold is a number above 0. Nothing was changed."),
        ("refit line-1", "line-1 has 0 labelled false alarms to learn from; a refit needs 5. Nothing was changed."),
    ],
)  # fmt: skip
def test_says_why_something_cannot_be_proposed(plant: Plant, text: str, words: str) -> None:
    answer = ask(plant, text)

    assert answer.proposal is None
    assert answer.text == words


@pytest.mark.parametrize(
    "text",
    [
        "is A-2 a false alarm?",
        "A-2 is a false alarm?",
        "do not silence line-1",
        "unmute line-1",
        "who acknowledged I-1?",
        "what if the threshold of line-1 were 2?",
        "how many false alarms on line-1?",
        "which incidents were resolved yesterday?",
        "when was line-1 silenced?",
    ],
)
def test_takes_no_question_for_a_wish(plant: Plant, text: str) -> None:
    assert ask(plant, text).proposal is None


def test_offers_what_could_be_meant(plant: Plant) -> None:
    which = ask(plant, "acknowledge the open incidents")
    bare = ask(plant, "silence for 2 hours")

    assert (which.status, which.choices) == (AnswerStatus.REFUSED, ("acknowledge I-2", "acknowledge I-1"))
    assert bare.choices[0] == "silence line-1 for 2 hours"


def test_knows_which_one_a_thread_speaks_of(plant: Plant) -> None:
    assistant = Assistant(plant.database, plant.settings)
    assistant.ask("show A-3", now=NOON, thread="t")
    answer = assistant.ask("label it as scratch", now=NOON, thread="t")

    assert answer.proposal is not None, answer.text
    assert answer.proposal.parameters["anomaly"] == "A-3"


def test_proposes_nothing_about_what_may_not_be_seen(plant: Plant) -> None:
    for text in ("acknowledge I-2", "label A-3 as scratch", "silence press for 2 hours", "mute everything for an hour"):
        answer = ask(plant, text, allowed=("line-1",))
        assert answer.proposal is None
        assert "anomal" not in answer.text.replace("A-3", "")


def test_changes_nothing_by_itself(plant: Plant) -> None:
    before = len(plant.audit())
    for text in ("silence line-1 for 2 hours", "acknowledge I-1", "label A-1 as scratch"):
        assert ask(plant, text).proposal is not None

    with plant.database.reading() as session:
        assert active_silences(session, now=NOON) == []
    assert len(plant.audit()) == before


def test_stands_in_the_json_and_reads_back(plant: Plant) -> None:
    answer = ask(plant, "acknowledge I-1")

    assert answer.proposal is not None
    assert proposal_of(answer.as_json()["proposal"]) == answer.proposal
    assert "results" not in answer.as_json()


def test_proposes_a_refit_once_there_is_enough_to_learn(plant: Plant) -> None:
    for _ in range(5):
        one = plant.anomaly("line-2", at=NOON - HOUR)
        with plant.database.transaction() as session:
            add_label(session, one.id, LabelKind.FALSE_ALARM, author="ann", now=NOON - HOUR)
    keep_originals(plant)
    answer = ask(plant, "retrain line-2")

    assert answer.proposal is not None, answer.text
    assert answer.proposal.words.startswith("Let line-2's detector learn its 5 labelled false alarms as good")


def keep_originals(plant: Plant) -> None:
    with plant.database.transaction() as session:
        for row in session.scalars(select(FrameRow)):
            row.has_blob = True
