"""Whether the bot can speak in every channel that the settings name."""

from collections.abc import Iterator
from typing import Any

from slack_sdk import WebClient

from agent.notifiers.slack_errors import SlackTrouble, explain
from config.settings import Settings
from storage.records import Check

PAGE = 200
MOST_PAGES = 25
NAME = "slack channels"


def channels_named(settings: Settings) -> list[str]:
    """Return every channel that alerts may go to, each once."""
    routes = settings.routes
    wanted = [settings.slack.channel, *(source.channel for source in settings.sources.values())]
    wanted += [rule.channel for rule in routes]
    wanted += [rule.escalate.channel for rule in routes if rule.escalate]
    return list(dict.fromkeys(channel for channel in wanted if channel))


def check_channels(settings: Settings, client: WebClient) -> Check:
    """Look every channel up; it is well where the bot may speak in all of them."""
    try:
        known = {key: channel for channel in _all(client) for key in (channel["id"], channel.get("name"))}
    except SlackTrouble as error:
        return Check(NAME, is_ok=False, found=explain("Slack", error).reason, fix="Look at the bot's scopes.")
    wanted = channels_named(settings)
    troubles = [f"{one}: {why}" for one in wanted if (why := _trouble(known.get(one.removeprefix("#"))))]
    if troubles:
        return Check(NAME, is_ok=False, found="; ".join(troubles), fix="Write /invite @oddspot there, or change it.")
    return Check(NAME, is_ok=True, found=", ".join(wanted))


def _trouble(channel: dict[str, Any] | None) -> str | None:
    if channel is None:
        return "there is none, or it is private and the bot is not in it"
    if channel.get("is_archived"):
        return "it is archived"
    return None if channel.get("is_member") else "the bot is not in it"


def _all(client: WebClient) -> Iterator[dict[str, Any]]:
    cursor = None
    for _ in range(MOST_PAGES):
        response = client.conversations_list(types="public_channel,private_channel", limit=PAGE, cursor=cursor)
        yield from response["channels"]
        cursor = (response.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
