from dataclasses import replace
from datetime import timedelta

from agent.messages.escalation import escalation_message
from agent.messages.incident_message import IncidentView
from agent.messages.message import Message
from storage.records import IncidentState
from tests.factories_agent import NOON
from tests.servers.slack.blocks import check_blocks
from tests.unit.agent.messages.test_summaries import COVER, incident


def make(*, is_reply: bool = True, channel: str | None = "C0ODDSPOT", waits: bool = True) -> Message:
    told = replace(incident(5, state=IncidentState.OPEN), channel=channel, message_ts="1.0")
    view = IncidentView(told, COVER, 40, "Europe/Berlin", 60, NOON)
    since = NOON - timedelta(minutes=15) if waits else None
    shown = escalation_message(view, ["U0BEN", "<!channel>"], waits_since=since, is_reply=is_reply)
    check_blocks(list(shown.blocks), lambda _: True)
    return shown


def test_says_who_is_called_what_it_is_and_since_when_nobody_acts() -> None:
    assert make().text == (
        "<@U0BEN> I-5 is open and nobody has acted on it for 15 min.\n"
        "line-1: 3 alike; 2.3x the threshold; top left, 34x20 px at (120, 40); last 13:00:00 (Europe/Berlin) (A-7)."
    )


def test_says_in_another_channel_where_the_message_is() -> None:
    assert make(is_reply=False).text.endswith("Its message is in <#C0ODDSPOT>.")
    assert "Its message" not in make(is_reply=False, channel="console").text
    assert "Its message" not in make(is_reply=False, channel="C1> <!channel").text


def test_says_that_it_became_worse() -> None:
    assert make(waits=False).text.startswith("<@U0BEN> I-5 has become worse.\n")
