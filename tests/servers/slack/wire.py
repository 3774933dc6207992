"""How Slack writes its records as JSON."""

import json
from typing import Any

from tests.servers.slack.records import Channel, Json, Message, Person, StoredFile
from tests.servers.slack.workspace import APP, BOT, BOT_USER, TEAM, Workspace


def message_json(message: Message, workspace: Workspace, *, has_metadata: bool = False) -> Json:
    """Return a message as conversations.history shows it."""
    body: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": TEAM}
    if message.blocks:
        body["blocks"] = message.blocks
    if message.bot_id:
        profile = {"id": BOT, "app_id": APP, "user_id": BOT_USER, "name": "Oddspot", "team_id": TEAM}
        body |= {"bot_id": message.bot_id, "app_id": APP, "bot_profile": profile}
    if message.subtype:
        body["subtype"] = message.subtype
    if message.files:
        body["files"] = [file_json(workspace.files[name], workspace) for name in message.files]
    if message.edits:
        body["edited"] = {"user": message.user, "ts": f"{message.edits[-1].wall.timestamp():.6f}"}
    if message.reactions:
        body["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items() if u]
    if has_metadata and message.metadata:
        body["metadata"] = message.metadata
    return body | _thread(message, workspace)


def person_json(person: Person) -> Json:
    """Return a user as users.info shows them."""
    return {
        "id": person.id,
        "team_id": "T0ELSEWHERE" if person.is_stranger else TEAM,
        "name": person.name,
        "real_name": person.name.title(),
        "deleted": person.is_deleted,
        "tz": person.time_zone,
        "profile": {"real_name": person.name.title(), "display_name": person.name},
        "is_bot": person.is_bot,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_stranger": person.is_stranger,
        "is_app_user": False,
    }


def channel_json(channel: Channel) -> Json:
    """Return a conversation as conversations.info shows it."""
    body: Json = {
        "id": channel.id,
        "is_im": channel.is_im,
        "is_channel": channel.kind == "channels",
        "is_group": channel.kind == "groups",
        "is_private": channel.is_private or channel.is_im,
        "is_archived": channel.is_archived,
        "is_mpim": False,
    }
    if channel.is_im:
        return body | {"user": channel.user}
    return body | {"name": channel.name, "name_normalized": channel.name, "is_member": channel.is_member}


def file_json(stored: StoredFile, workspace: Workspace) -> Json:
    """Return a file as files.info shows it: without type and shares until it is ready."""
    body: Json = {
        "id": stored.id,
        "name": stored.name,
        "title": stored.title or stored.name,
        "user": stored.user,
        "size": stored.length,
        "mimetype": stored.mimetype if stored.is_ready else "",
        "filetype": stored.mimetype.rpartition("/")[2] if stored.is_ready else "",
        "mode": "hosted",
        "is_external": False,
        "url_private": workspace.file_url(stored),
        "url_private_download": workspace.file_url(stored),
        "permalink": workspace.permalink(stored),
        "alt_txt": stored.alt_text,
        "shares": {},
        "channels": [],
        "groups": [],
        "ims": [],
    }
    for channel_id, ts, thread_ts in stored.shares if stored.is_ready else []:
        channel = workspace.channels[channel_id]
        share = {"ts": ts, "channel_name": channel.name} | ({"thread_ts": thread_ts} if thread_ts else {})
        visibility = "public" if channel.kind == "channels" else "private"
        body["shares"].setdefault(visibility, {}).setdefault(channel_id, []).append(share)
        body["ims" if channel.is_im else channel.kind].append(channel_id)
    return body


def parsed(value: Any) -> Any:
    """Return a nested argument that may have come as JSON text in a form; raise ValueError."""
    return json.loads(value) if isinstance(value, str) and value.strip() else value


def is_true(value: Any) -> bool:
    """Tell whether an argument is one of Slack's ways to say yes."""
    return str(value).lower() in {"1", "true"}


def _thread(message: Message, workspace: Workspace) -> Json:
    replies = [m for m in workspace.messages if m.thread_ts == message.ts and m.channel == message.channel]
    replies = [m for m in replies if not m.is_deleted]
    if message.thread_ts:
        return {"thread_ts": message.thread_ts}
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
        "reply_users_count": len(users),
    }
