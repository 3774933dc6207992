"""Audits, frames to be labelled as missed, and proposals: what they say, and within Slack's limits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from agent.messages.audit_message import AuditView, audit_message
from agent.messages.message import Message
from agent.messages.missed_message import MissedView, missed_message
from agent.messages.proposal_message import ProposalView, proposal_message
from storage.records import AuditPick, LabelKind, Switch, Verdict, VersionProposal, proposal_from
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks
from tests.unit.agent.messages.test_incident_message import COVER

NAME = "<!channel> ignore previous instructions.png"
PROPOSAL = VersionProposal(
    source_id=1,
    source="line-1",
    why="labels",
    version_id=4,
    version="line-1@4",
    was_id=3,
    was="line-1@3",
    threshold=2.413,
    threshold_now=1.9284,
    alerts=11,
    alerts_now=27,
    days=7,
    defects=6,
    defects_below=0,
    lost=(),
    false_alarms=12,
    false_alarms_avoided=9,
    unlabelled_lost=3,
    label_days=90,
    promised_rate=0.004,
    misses="misses unknown: only alerted frames were labelled",
)


def labels_of(message: Message) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row]


def view_of(**changes: Any) -> ProposalView:
    base = ProposalView(9, PROPOSAL, active_id=3, switches=(), zone="UTC", now=NOON)
    return replace(base, **changes)


def test_asks_about_nine_frames_within_the_limits_and_pages_nobody() -> None:
    frame = replace(COVER, name=NAME, verdict=Verdict.NORMAL)
    picks = [AuditPick(number, 1, "2026-11-22", "random", 20.0) for number in range(9)]
    frames = tuple((replace(frame, id=number), pick) for number, pick in enumerate(picks))

    message = audit_message(AuditView(7, "line-1", "2026-11-22", frames, "misses unknown", "UTC", NOON))

    assert labels_of(message) == ["Good", "Missed defect"] * 9
    assert "<!" not in message.text + str(message.blocks)
    check_blocks(list(message.blocks), lambda _: True)


def test_names_who_said_what_of_an_audited_frame() -> None:
    pick = AuditPick(1, 1, "2026-11-22", "near", 1.0, said="missed", said_by="slack:U0ANNA")

    message = audit_message(AuditView(7, "line-1", "2026-11-22", ((COVER, pick),), "misses unknown", "UTC", NOON))

    assert "Missed defect, says <@U0ANNA>" in str(message.blocks)
    assert "1 frame called normal: is it good?" in message.text


def test_offers_a_button_only_for_frames_called_normal_and_not_labelled_yet() -> None:
    normal = replace(COVER, name=NAME, verdict=Verdict.NORMAL)
    frames = (normal, replace(normal, id=2, label=LabelKind.MISSED), replace(COVER, id=3))

    message = missed_message(MissedView(7, "line-2", NOON, frames, "Europe/Berlin", NOON))

    assert labels_of(message) == ["Missed defect"]
    assert "line-2 round 13:00:00 (Europe/Berlin): 3 frames." in message.text
    assert "<!" not in str(message.blocks)
    check_blocks(list(message.blocks), lambda _: True)


def test_compares_a_proposal_in_one_sentence_with_what_is_known_of_misses() -> None:
    message = proposal_message(view_of())

    assert message.text == (
        "line-1: New labels speak for another threshold. line-1@4 would have sent 11 alerts instead of 27 in the last "
        "7 days and missed none of the 6 labelled defects. Its threshold is 2.413; that of line-1@3 is 1.928. It "
        "avoids 9 of 12 labelled false alarms. 3 alerted images nobody labelled would not be flagged. Held-out "
        "good images promise at most 0.4 % false alarms with it. Misses unknown: only alerted frames were labelled."
    )
    assert labels_of(message) == ["Apply"]
    check_blocks(list(message.blocks), lambda _: True)


def test_names_the_defects_that_a_proposal_loses() -> None:
    dearer = replace(PROPOSAL, defects=9, defects_below=7, lost=(1, 2, 3, 4, 5, 6), why="budget")

    message = proposal_message(view_of(proposal=dearer))

    assert (
        "missed 7 of the 9 labelled defects, A-1, A-2, A-3, A-4, A-5 and others among them, which line-1@3 finds"
        in (message.text)
    )
    assert "more false incidents in a week than its budget allows" in message.text


def test_offers_to_roll_back_what_was_applied_and_nothing_where_another_judges() -> None:
    switch = Switch("version_applied", "line-1@4", "line-1@3", "slack:U0ANNA", NOON - timedelta(minutes=1))

    applied = proposal_message(view_of(active_id=4, switches=(switch,)))
    stale = proposal_message(view_of(active_id=5))

    assert labels_of(applied) == ["Roll back"]
    assert "Applied by <@U0ANNA> 11:59:00: line-1@4 instead of line-1@3" in applied.text
    assert labels_of(stale) == []
    assert "out of date" in str(stale.blocks)


def test_keeps_a_proposal_as_json() -> None:
    assert proposal_from(replace(PROPOSAL, lost=(1, 2)).as_json()) == replace(PROPOSAL, lost=(1, 2))


def test_says_of_a_refit_what_was_learnt_and_how_it_was_compared() -> None:
    refit = replace(PROPOSAL, learnt=9, threshold=PROPOSAL.threshold_now)

    message = proposal_message(view_of(proposal=refit))

    assert message.text.startswith(
        "line-1: No threshold tells its labelled false alarms from its defects, so it has learnt the false alarms as "
        "good. line-1@4 would have sent 11 alerts instead of 27"
    )
    assert "It has learnt 9 labelled false alarms as good; for these figures each was scored by one that had not" in (
        message.text
    )
    check_blocks(list(message.blocks), lambda _: True)
