"""files.*: the three steps of an upload, which ends some time after it was accepted, as Slack's does."""

import mimetypes
from functools import partial
from typing import Any
from uuid import uuid4

from tests.servers.slack.chat import announce
from tests.servers.slack.records import Channel, Json, StoredFile
from tests.servers.slack.wire import file_json, parsed
from tests.servers.slack.workspace import BOT, BOT_USER, ApiError, Workspace

ALT_TEXT = 1000


def get_upload_url(workspace: Workspace, args: Json) -> Json:
    """Promise a place for a file's bytes."""
    name, length = str(args.get("filename") or ""), int(args.get("length") or 0)
    alt_text = str(args.get("alt_txt") or "")
    if not name or length <= 0 or len(alt_text) > ALT_TEXT:
        raise ApiError("invalid_arguments")
    stored = StoredFile(new_file_id(), name, length, BOT_USER, alt_text=alt_text)
    workspace.files[stored.id] = stored
    return {"upload_url": f"{workspace.base_url}/upload/v1/{stored.id}", "file_id": stored.id}


def complete_upload(workspace: Workspace, args: Json) -> Json:
    """Accept uploaded files; type, shares and the message in the channel follow a little later."""
    stored = [_uploaded(workspace, item) for item in _listed(args)]
    names = [args.get("channel_id"), *str(args.get("channels") or "").split(",")]
    channels = [_writable(workspace, name) for name in names if name]
    thread_ts = args.get("thread_ts") or None
    if thread_ts:
        for channel in channels:
            workspace.message(channel, thread_ts)
    for one in stored:
        one.is_completed = True
    finish = partial(_finish, workspace, stored, channels, str(args.get("initial_comment") or ""), thread_ts)
    workspace.later(workspace.file_delay_seconds, finish)
    return {"files": [{"id": one.id, "title": one.title} for one in stored]}


def info(workspace: Workspace, args: Json) -> Json:
    """Return a file as far as it has come."""
    stored = workspace.files.get(str(args.get("file")))
    if stored is None or not stored.is_completed:
        raise ApiError("file_not_found")
    return {"file": file_json(stored, workspace), "comments": [], "response_metadata": {"next_cursor": ""}}


def delete(workspace: Workspace, args: Json) -> Json:
    """Take a file of the app's own away: its bytes, and its place in every message."""
    stored = workspace.files.get(str(args.get("file")))
    if stored is None or not stored.is_completed:
        raise ApiError("file_not_found")
    if stored.user != BOT_USER:
        raise ApiError("cant_delete_file")
    del workspace.files[stored.id]
    for message in workspace.messages:
        message.files = [one for one in message.files if one != stored.id]
    return {}


def new_file_id() -> str:
    """Return an id no other file has."""
    return f"F{uuid4().hex[:10].upper()}"


def mimetype_of(name: str, content: bytes) -> str:
    """Return a file's type from its bytes, else from its name."""
    if content.startswith(b"\x89PNG"):
        return "image/png"
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _listed(args: Json) -> list[Json]:
    try:
        items = parsed(args.get("files"))
    except ValueError as error:
        raise ApiError("invalid_arguments") from error
    if not isinstance(items, list) or not items:
        raise ApiError("invalid_arguments")
    return items


def _uploaded(workspace: Workspace, item: Any) -> StoredFile:
    stored = workspace.files.get(str(item.get("id")))
    if stored is None or stored.content is None:
        raise ApiError("file_not_found")
    if stored.is_completed:
        raise ApiError("file_already_completed")
    stored.title = str(item.get("title") or stored.name)
    return stored


def _writable(workspace: Workspace, name: Any) -> Channel:
    channel = workspace.channels.get(str(name))
    if channel is None or not channel.is_member:
        raise ApiError("channel_not_found")
    return channel


def _finish(
    workspace: Workspace, stored: list[StoredFile], channels: list[Channel], comment: str, thread_ts: str | None
) -> None:
    with workspace.changing():
        for one in stored:
            one.mimetype, one.is_ready = mimetype_of(one.name, one.content or b""), True
        for channel in channels:
            values = {"subtype": "file_share", "bot_id": BOT, "files": [one.id for one in stored]}
            message = workspace.add_message(channel, BOT_USER, comment, thread_ts=thread_ts, **values)
            for one in stored:
                one.shares.append((channel.id, message.ts, thread_ts))
            announce(workspace, message, channel)


METHODS = {
    "files.getUploadURLExternal": ("files:write", get_upload_url),
    "files.completeUploadExternal": ("files:write", complete_upload),
    "files.info": ("files:read", info),
    "files.delete": ("files:write", delete),
}
