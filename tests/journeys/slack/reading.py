"""What a person sees in the local Slack, and whether everything was told."""

from typing import Any

from agent.talk import utc_now
from storage.records import DeliveryState
from storage.repositories.deliveries import list_unsent
from storage.repositories.sending import has_work
from tests.factories_agent import Plant
from tests.servers.slack import LocalSlack, Message, Version


def roots(slack: LocalSlack, channel: str = "oddspot") -> list[Message]:
    return [message for message in slack.bot_messages(channel) if message.thread_ts is None]


def pictures(message: Message | Version) -> list[dict[str, Any]]:
    return [block for block in message.blocks if block["type"] == "image"]


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row if element["type"] == "button"]


def words(message: Message | Version) -> str:
    parts = []
    for block in message.blocks:
        parts += [block["text"]] if isinstance(block.get("text"), dict) else []
        parts += block.get("fields", []) + (block["elements"] if block["type"] == "context" else [])
    return "\n".join(part["text"] for part in parts)


def settled(plant: Plant) -> bool:
    """Whether every event was taken and every delivery sent or given up."""
    with plant.database.reading() as session:
        waits = has_work(session, now=utc_now(), started_before=utc_now())
        unsent = [one for one in list_unsent(session, limit=50) if one.state is not DeliveryState.FAILED]
    return not waits and not unsent
