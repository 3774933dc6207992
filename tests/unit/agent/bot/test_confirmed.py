from datetime import timedelta

import pytest

from agent.assistant.proposals import Proposal, ProposedAct
from agent.bot import acts
from agent.bot.acts import Act
from agent.bot.confirmed import StaleProposalError, carry_out
from storage.records import JobKind
from storage.repositories.incidents import incident_by_id
from storage.repositories.jobs import job_by_id
from storage.repositories.silences import active_silences
from tests.factories_agent import NOON, Plant
from tests.unit.agent.conftest import Rounds

ANN = Act("ann", "", NOON, through="terminal:")


def silence(**parameters: object) -> Proposal:
    until = (NOON + timedelta(hours=2)).isoformat()
    return Proposal(ProposedAct.SILENCE, {"source": "line-1", "until": until} | parameters, "Silence?")


def test_silences_a_class_of_a_source_until_the_moment_that_was_shown(plant: Plant) -> None:
    plant.source()
    done = carry_out(plant.database, plant.settings, ANN, silence(defect_class="scratch"))

    with plant.database.reading() as session:
        (found,) = active_silences(session, now=NOON)
    assert (found.source, found.defect_class, found.author) == ("line-1", "scratch", "terminal:ann")
    assert found.until == NOON + timedelta(hours=2)
    assert done.words == "line-1 is silenced until 15:00:00."
    assert done.undo is not None
    acts.undo(plant.database, plant.settings, Act("ben", str(done.undo), NOON + timedelta(minutes=1)))
    with plant.database.reading() as session:
        assert active_silences(session, now=NOON + timedelta(minutes=2)) == []


def test_silences_every_source(plant: Plant) -> None:
    carry_out(plant.database, plant.settings, ANN, silence(source=None))

    with plant.database.reading() as session:
        assert [one.source for one in active_silences(session, now=NOON)] == [None]


def test_refuses_what_is_over_by_now(plant: Plant, rounds: Rounds) -> None:
    plant.anomaly()
    rounds.run(1)
    late = Act("ann", "", NOON + timedelta(hours=3), through="terminal:")
    resolve = Proposal(ProposedAct.RESOLVE, {"incident": "I-1"}, "Over?")

    with pytest.raises(StaleProposalError, match="has passed"):
        carry_out(plant.database, plant.settings, late, silence())
    carry_out(plant.database, plant.settings, ANN, resolve)
    with pytest.raises(StaleProposalError, match="I-1 is resolved by now"):
        carry_out(plant.database, plant.settings, ANN, resolve)
    with plant.database.reading() as session:
        assert incident_by_id(session, 1).state == "resolved"


def test_leaves_versions_to_the_detectors_with_an_audit_row(plant: Plant) -> None:
    plant.source()
    for act, parameters in ((ProposedAct.THRESHOLD, {"threshold": 0.8}), (ProposedAct.REFIT, {})):
        proposal = Proposal(act, {"source": "line-1"} | parameters, "?")
        done = carry_out(plant.database, plant.settings, ANN, proposal, channel="C1")
        assert done.undo is None

    with plant.database.reading() as session:
        jobs = [job_by_id(session, number) for number in (1, 2)]
    assert [(job.kind, job.requested_by, job.arguments.get("channel")) for job in jobs] == [
        (JobKind.THRESHOLD, "terminal:ann", "C1"),
        (JobKind.REFIT, "terminal:ann", "C1"),
    ]
    assert [row.action for row in plant.audit() if row.actor == "terminal:ann"] == ["threshold_asked", "refit_asked"]
