"""conversations.*, users.info and reactions.*: what can be read, and small marks."""

from typing import Any, TypeVar

from tests.servers.slack.records import Channel, Json, Message
from tests.servers.slack.wire import channel_json, is_true, message_json, person_json
from tests.servers.slack.workspace import BOT_USER, ApiError, Workspace

T = TypeVar("T")
PAGE = 100
TYPES = {"channels": "public_channel", "groups": "private_channel", "im": "im"}


def history(workspace: Workspace, args: Json) -> Json:
    """Return a channel's messages, newest first, replies left out."""
    channel = _readable(workspace, args)
    roots = [m for m in _alive(workspace, channel) if m.thread_ts is None]
    return _page(workspace, [m for m in reversed(roots) if _is_inside(m, args)], args)


def replies(workspace: Workspace, args: Json) -> Json:
    """Return a thread: its parent first, then the replies in order."""
    channel = _readable(workspace, args)
    try:
        asked = workspace.message(channel, args.get("ts"))
    except ApiError as error:
        raise ApiError("thread_not_found") from error
    root = asked.thread_ts or asked.ts
    thread = [m for m in _alive(workspace, channel) if root in {m.ts, m.thread_ts}]
    return _page(workspace, [m for m in thread if m.ts == root or _is_inside(m, args)], args)


def info(workspace: Workspace, args: Json) -> Json:
    """Return one conversation."""
    channel = _by_id(workspace, args.get("channel"))
    need_scope(workspace, f"{channel.kind}:read")
    return {"channel": channel_json(channel)}


def list_all(workspace: Workspace, args: Json) -> Json:
    """Return the conversations of the asked types."""
    types = str(args.get("types") or "public_channel").replace(" ", "").split(",")
    for kind, name in TYPES.items():
        if name in types:
            need_scope(workspace, f"{kind}:read")
    found = [c for c in workspace.channels.values() if TYPES[c.kind] in types]
    if is_true(args.get("exclude_archived")):
        found = [c for c in found if not c.is_archived]
    shown, cursor = _slice(found, args)
    return {"channels": [channel_json(c) for c in shown], "response_metadata": {"next_cursor": cursor}}


def open_direct(workspace: Workspace, args: Json) -> Json:
    """Open a direct conversation with one person."""
    users = str(args.get("users") or "").split(",")
    if args.get("channel"):
        return {"channel": channel_json(_by_id(workspace, args["channel"]))}
    if len(users) != 1 or users[0] not in workspace.people:
        raise ApiError("user_not_found")
    return {"channel": channel_json(workspace.direct(users[0]))}


def join(workspace: Workspace, args: Json) -> Json:
    """Let the app join a public channel."""
    channel = _by_id(workspace, args.get("channel"))
    if channel.kind != "channels":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    channel.is_member = True
    return {"channel": channel_json(channel)}


def user_info(workspace: Workspace, args: Json) -> Json:
    """Return one person."""
    if args.get("user") not in workspace.people:
        raise ApiError("user_not_found")
    return {"user": person_json(workspace.people[args["user"]])}


def add_reaction(workspace: Workspace, args: Json) -> Json:
    """Put the app's emoji on a message."""
    users = _reacting(workspace, args)
    if BOT_USER in users:
        raise ApiError("already_reacted")
    users.append(BOT_USER)
    return {}


def remove_reaction(workspace: Workspace, args: Json) -> Json:
    """Take the app's emoji off a message."""
    users = _reacting(workspace, args)
    if BOT_USER not in users:
        raise ApiError("no_reaction")
    users.remove(BOT_USER)
    return {}


def need_scope(workspace: Workspace, scope: str | None) -> None:
    """Raise ApiError unless the token has a scope."""
    if scope is not None and scope not in workspace.scopes:
        raise ApiError("missing_scope", needed=scope, provided=",".join(workspace.scopes))


def _reacting(workspace: Workspace, args: Json) -> list[str]:
    channel = _by_id(workspace, args.get("channel"))
    message = workspace.message(channel, args.get("timestamp"))
    name = str(args.get("name") or "").strip(":")
    if not name:
        raise ApiError("invalid_name")
    return message.reactions.setdefault(name, [])


def _readable(workspace: Workspace, args: Json) -> Channel:
    channel = _by_id(workspace, args.get("channel"))
    need_scope(workspace, f"{channel.kind}:history")
    if not channel.is_member:
        raise ApiError("not_in_channel")
    return channel


def _by_id(workspace: Workspace, channel_id: Any) -> Channel:
    if channel_id not in workspace.channels:
        raise ApiError("channel_not_found")
    return workspace.channels[channel_id]


def _alive(workspace: Workspace, channel: Channel) -> list[Message]:
    return [m for m in workspace.messages if m.channel == channel.id and not m.is_deleted]


def _is_inside(message: Message, args: Json) -> bool:
    ts = float(message.ts)
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    return oldest <= ts <= latest if is_true(args.get("inclusive")) else oldest < ts < latest


def _page(workspace: Workspace, found: list[Message], args: Json) -> Json:
    shown, cursor = _slice(found, args)
    has_metadata = is_true(args.get("include_all_metadata"))
    messages = [message_json(m, workspace, has_metadata=has_metadata) for m in shown]
    body: Json = {"messages": messages, "has_more": bool(cursor)}
    return body | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _slice(found: list[T], args: Json) -> tuple[list[T], str]:
    cursor = str(args.get("cursor") or "0")
    if not cursor.isdigit():
        raise ApiError("invalid_cursor")
    start, size = int(cursor), min(int(args.get("limit") or PAGE), 999)
    return found[start : start + size], str(start + size) if start + size < len(found) else ""


METHODS = {
    "conversations.history": (None, history),
    "conversations.replies": (None, replies),
    "conversations.info": (None, info),
    "conversations.list": (None, list_all),
    "conversations.open": ("im:write", open_direct),
    "conversations.join": ("channels:join", join),
    "users.info": ("users:read", user_info),
    "reactions.add": ("reactions:write", add_reaction),
    "reactions.remove": ("reactions:write", remove_reaction),
}
