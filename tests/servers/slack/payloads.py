"""What Slack sends when somebody does something: pure functions from records to payloads."""

import time
from uuid import uuid4

from tests.servers.slack.records import Channel, Json
from tests.servers.slack.workspace import APP, BOT_USER, TEAM

TEAM_JSON = {"id": TEAM, "domain": "oddspot-works"}
COMMON = {"token": "verification", "api_app_id": APP, "enterprise": None, "is_enterprise_install": False}


def event_payload(event: Json) -> Json:
    """Return the callback around one event."""
    authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
    return {
        "token": "verification",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": int(time.time()),
        "authorizations": [authorization | {"is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": f"4-{uuid4().hex}",
    }


def user_part(user: str, name: str) -> Json:
    """Return how an interaction names a person."""
    return {"user": {"id": user, "username": name, "name": name, "team_id": TEAM}, "team": TEAM_JSON}


def action_part(element: Json, block: Json, value: str | None) -> Json:
    """Return the action of a pressed button or a chosen option."""
    action = {key: item for key, item in element.items() if key in {"type", "action_id", "text", "value", "style"}}
    action |= {"block_id": block["block_id"], "action_ts": f"{time.time():.6f}"}
    if element["type"] == "feedback_buttons":
        pressed = element["negative_button"] if value == "negative" else element["positive_button"]
        return action | {"text": pressed["text"], "value": pressed["value"]}
    if "options" in element:
        chosen = next(option for option in element["options"] if option["value"] == value)
        return action | {"selected_option": chosen}
    return action


def actions_payload(channel: Channel, message: Json, person: Json, action: Json, links: Json) -> Json:
    """Return a block_actions payload; links holds trigger_id and response_url."""
    container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": False}
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    place = {"container": container, "channel": {"id": channel.id, "name": channel.name}, "message": message}
    rest = {"type": "block_actions", "state": {"values": {}}, "actions": [action]}
    return COMMON | person | place | rest | links


def command_payload(channel: Channel, user: str, name: str, command: str, text: str, links: Json) -> Json:
    """Return a slash command's form."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "team_domain": "oddspot-works",
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user,
        "user_name": name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        **links,
    }


def submission_payload(view: Json, person: Json, values: Json, trigger_id: str) -> Json:
    """Return a view_submission payload; values maps block_id to action_id to state."""
    shown = {key: item for key, item in view.items() if key != "user"} | {"state": {"values": values}}
    rest = {"type": "view_submission", "view": shown, "trigger_id": trigger_id, "response_urls": []}
    return COMMON | person | rest


def shortcut_payload(person: Json, callback_id: str, trigger_id: str) -> Json:
    """Return a global shortcut's payload."""
    rest = {"type": "shortcut", "callback_id": callback_id, "trigger_id": trigger_id}
    return COMMON | person | rest | {"action_ts": f"{time.time():.6f}"}


def message_action_payload(channel: Channel, message: Json, person: Json, callback_id: str, links: Json) -> Json:
    """Return a message shortcut's payload."""
    place = {"channel": {"id": channel.id, "name": channel.name}, "message": message, "message_ts": message["ts"]}
    rest = {"type": "message_action", "callback_id": callback_id, "action_ts": f"{time.time():.6f}"}
    return COMMON | person | place | rest | links
