"""chat.*: posting, editing and deleting messages."""

import time
from typing import Any
from uuid import uuid4

from tests.servers.slack.blocks import BlockError, check_blocks
from tests.servers.slack.records import Channel, Json, Message
from tests.servers.slack.wire import message_json, parsed
from tests.servers.slack.workspace import BOT, BOT_USER, TEAM, ApiError, RateLimitedError, Workspace

POST_TEXT = 40_000
UPDATE_TEXT = 4_000
METADATA_BYTES = 16_000


def post_message(workspace: Workspace, args: Json) -> Json:
    """Store a message of the app and tell everybody, the app included."""
    channel = _writable(workspace, args.get("channel"))
    text, blocks = _content(workspace, args, POST_TEXT)
    if not text and not blocks and not args.get("attachments"):
        raise ApiError("no_text")
    thread_ts = _thread(workspace, channel, args.get("thread_ts"))
    metadata = _metadata(args.get("metadata"))
    _keep_pace(workspace, channel)
    given = {key: value for key, value in args.items() if key not in {"text", "blocks"}}
    values = {"blocks": blocks or [], "thread_ts": thread_ts, "metadata": metadata, "bot_id": BOT, "arguments": given}
    message = workspace.add_message(channel, BOT_USER, text, **values)
    announce(workspace, message, channel)
    shown = message_json(message, workspace, has_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def update(workspace: Workspace, args: Json) -> Json:
    """Give a message of the app new content; without `blocks` the old ones stay."""
    channel, message = _own(workspace, args, "cant_update_message")
    text, blocks = _content(workspace, args, UPDATE_TEXT)
    if not text and blocks is None:
        raise ApiError("no_text")
    metadata = _metadata(args.get("metadata"))
    before = message_json(message, workspace)
    message.rewrite(text or message.text, message.blocks if blocks is None else blocks, time.monotonic())
    message.metadata = metadata or message.metadata
    after = message_json(message, workspace)
    event = {"subtype": "message_changed", "hidden": True, "message": after, "previous_message": before}
    workspace.publish(_event(workspace, channel) | event)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": after}


def delete(workspace: Workspace, args: Json) -> Json:
    """Take a message of the app away."""
    channel, message = _own(workspace, args, "cant_delete_message")
    message.is_deleted = True
    event = {"subtype": "message_deleted", "hidden": True, "deleted_ts": message.ts}
    workspace.publish(_event(workspace, channel) | event)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, args: Json) -> Json:
    """Show something to one person only."""
    channel = _writable(workspace, args.get("channel"))
    if args.get("user") not in workspace.people:
        raise ApiError("user_not_in_channel")
    text, blocks = _content(workspace, args, POST_TEXT)
    if not text and not blocks:
        raise ApiError("no_text")
    thread_ts = _thread(workspace, channel, args.get("thread_ts"))
    ts = workspace.next_ts()
    shown = {"channel": channel.id, "user": args["user"], "text": text, "blocks": blocks or [], "ts": ts}
    workspace.ephemerals.append(shown | {"thread_ts": thread_ts})
    return {"message_ts": ts}


def get_permalink(workspace: Workspace, args: Json) -> Json:
    """Return a message's address."""
    channel = workspace.channel(args.get("channel"))
    message = workspace.message(channel, args.get("message_ts"))
    link = f"{workspace.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def announce(workspace: Workspace, message: Message, channel: Channel) -> None:
    """Tell subscribers of a message, as Slack tells an app of its own messages too."""
    workspace.publish(_event(workspace, channel) | message_json(message, workspace) | {"event_ts": message.ts})


def with_block_ids(blocks: list[Json]) -> list[Json]:
    """Give every block the id Slack gives those that came without one."""
    return [block | {"block_id": block.get("block_id") or uuid4().hex[:5]} for block in blocks]


def checked_blocks(workspace: Workspace, value: Any) -> list[Json] | None:
    """Return blocks that keep the limits, None where none were given; raise ApiError."""
    try:
        blocks = parsed(value)
    except ValueError as error:
        raise ApiError("invalid_blocks_format") from error
    if blocks is None or blocks == "":
        return None
    try:
        check_blocks(blocks, workspace.has_file)
    except BlockError as error:
        reasons = [str(error)]
        details = {"messages": [f"[ERROR] {error}"]}
        raise ApiError("invalid_blocks", errors=reasons, response_metadata=details) from error
    return with_block_ids(blocks)


def _content(workspace: Workspace, args: Json, most: int) -> tuple[str, list[Json] | None]:
    text = str(args.get("text") or args.get("markdown_text") or "")
    if len(text) > most:
        raise ApiError("msg_too_long")
    return text, checked_blocks(workspace, args.get("blocks"))


def _writable(workspace: Workspace, name: Any) -> Channel:
    channel = workspace.channel(name)
    if channel.is_archived:
        raise ApiError("is_archived")
    if not channel.is_member:
        raise ApiError("not_in_channel")
    return channel


def _own(workspace: Workspace, args: Json, refusal: str) -> tuple[Channel, Message]:
    if args.get("channel") not in workspace.channels:
        raise ApiError("channel_not_found")
    channel = workspace.channels[args["channel"]]
    message = workspace.message(channel, args.get("ts"))
    if message.bot_id != BOT:
        raise ApiError(refusal)
    return channel, message


def _thread(workspace: Workspace, channel: Channel, thread_ts: Any) -> str | None:
    if not thread_ts:
        return None
    try:
        parent = workspace.message(channel, thread_ts)
    except ApiError as error:
        raise ApiError("thread_not_found") from error
    return parent.thread_ts or parent.ts


def _metadata(value: Any) -> Json | None:
    try:
        metadata = parsed(value)
    except ValueError as error:
        raise ApiError("invalid_metadata_format") from error
    if not metadata:
        return None
    if not isinstance(metadata, dict) or not {"event_type", "event_payload"} <= metadata.keys():
        raise ApiError("invalid_metadata_format")
    if not isinstance(metadata["event_payload"], dict):
        raise ApiError("invalid_metadata_format")
    if len(str(metadata)) > METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return metadata


def _keep_pace(workspace: Workspace, channel: Channel) -> None:
    own = [m.posted_at for m in workspace.messages if m.channel == channel.id and m.is_from_bot]
    gap = time.monotonic() - own[-1] if own else 1.0
    if gap >= 1.0:
        return
    if workspace.enforces_rate:
        raise RateLimitedError(1)
    workspace.rate_breaches.append((channel.id, gap))


def _event(workspace: Workspace, channel: Channel) -> Json:
    kind = {"im": "im", "groups": "group", "channels": "channel"}[channel.kind]
    ts = workspace.next_ts()
    return {"type": "message", "channel": channel.id, "channel_type": kind, "ts": ts, "event_ts": ts, "team": TEAM}


METHODS = {
    "chat.postMessage": ("chat:write", post_message),
    "chat.update": ("chat:write", update),
    "chat.delete": ("chat:write", delete),
    "chat.postEphemeral": ("chat:write", post_ephemeral),
    "chat.getPermalink": (None, get_permalink),
}
