import json

import pytest

from agent.assistant.proposals import Proposal, ProposedAct, proposal_of
from agent.messages.confirm_message import confirm_message, settled_message
from tests.servers.slack.blocks import check_blocks

PROPOSAL = Proposal(
    ProposedAct.SILENCE,
    {"source": "s" * 63, "until": "2026-11-25T12:00:00Z", "defect_class": "<é>" * 13, "time_zone": "Europe/Berlin"},
    f"Silence <!channel> everything like a {'é' * 40} on {'s' * 63}?",
)


def test_asks_and_carries_what_would_be_done() -> None:
    shown = confirm_message(PROPOSAL.words, PROPOSAL.as_json())
    check_blocks(list(shown.blocks), lambda _: False)
    confirm, cancel = shown.blocks[-1]["elements"]

    assert "<!channel>" not in shown.text + json.dumps(shown.blocks[0])
    assert proposal_of(json.loads(confirm["value"])) == PROPOSAL
    assert (confirm["action_id"], cancel["action_id"]) == ("proposal_confirm", "proposal_cancel")


def test_says_what_became_of_it_and_offers_to_take_it_back() -> None:
    done = settled_message(PROPOSAL.words, "Confirmed by <@U1>.", undo=12)
    dropped = settled_message(PROPOSAL.words, "Cancelled by <@U1>.")
    check_blocks(list(done.blocks), lambda _: False)

    assert done.blocks[-1]["elements"][0]["value"].startswith("12:Silence")
    assert "Confirmed by <@U1>." in done.text
    assert [block["type"] for block in dropped.blocks] == ["section", "context"]


@pytest.mark.parametrize(
    "values",
    [{}, {"action": "drop", "parameters": {}, "words": ""}, {"action": "refit", "parameters": [], "words": ""}],
)
def test_reads_nothing_else_as_a_proposal(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        proposal_of(values)
