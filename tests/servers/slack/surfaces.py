"""views.*, assistant.threads.*, auth.test: the surfaces beside messages."""

import time
from uuid import uuid4

from tests.servers.slack.blocks import VIEW_BLOCKS, BlockError, check_blocks
from tests.servers.slack.chat import with_block_ids
from tests.servers.slack.records import Json
from tests.servers.slack.wire import parsed
from tests.servers.slack.workspace import APP, BOT, BOT_USER, TEAM, ApiError, Workspace

VIEW_TITLE = 24
PRIVATE_METADATA = 3000


def auth_test(workspace: Workspace, _: Json) -> Json:
    """Say whose token it is."""
    names = {"url": f"{workspace.base_url}/", "team": "Oddspot Works", "user": "oddspot"}
    return names | {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False}


def open_view(workspace: Workspace, args: Json) -> Json:
    """Open a modal for the person behind a trigger id."""
    view = _checked(workspace, args, "modal")
    user = workspace.use_trigger(args.get("trigger_id"))
    return {"view": _keep(workspace, view | {"id": f"V{uuid4().hex[:10].upper()}"}, user)}


def update_view(workspace: Workspace, args: Json) -> Json:
    """Give an open modal new content."""
    old = workspace.views.get(str(args.get("view_id")))
    if old is None:
        raise ApiError("not_found")
    if args.get("hash") and args["hash"] != old["hash"]:
        raise ApiError("hash_conflict")
    return {"view": _keep(workspace, _checked(workspace, args, "modal") | {"id": old["id"]}, old["user"])}


def publish_view(workspace: Workspace, args: Json) -> Json:
    """Set one person's Home tab."""
    user = str(args.get("user_id"))
    if user not in workspace.people:
        raise ApiError("invalid_arguments")
    view = _checked(workspace, args, "home")
    kept = _keep(workspace, view | {"id": f"V{uuid4().hex[:10].upper()}"}, user)
    workspace.homes[user] = kept
    return {"view": kept}


def list_group(workspace: Workspace, args: Json) -> Json:
    """List the members of a user group."""
    group = str(args.get("usergroup"))
    if group not in workspace.groups:
        raise ApiError("no_such_subteam")
    return {"users": workspace.groups[group]}


def set_status(workspace: Workspace, args: Json) -> Json:
    """Show what the app is doing in a thread."""
    channel = workspace.channel(args.get("channel_id"))
    workspace.message(channel, args.get("thread_ts"))
    status = {"channel": channel.id, "thread_ts": args["thread_ts"], "status": str(args.get("status") or "")}
    workspace.statuses.append(status | {"at": time.monotonic()})
    return {}


def set_prompts(workspace: Workspace, args: Json) -> Json:
    """Suggest questions in a direct conversation."""
    channel = workspace.channel(args.get("channel_id"))
    try:
        prompts = parsed(args.get("prompts"))
    except ValueError as error:
        raise ApiError("invalid_arguments") from error
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise ApiError("invalid_arguments")
    if not all(isinstance(p, dict) and p.get("title") and p.get("message") for p in prompts):
        raise ApiError("invalid_arguments")
    workspace.prompts.append({"channel": channel.id, "prompts": prompts, "title": args.get("title")})
    return {}


def set_title(workspace: Workspace, args: Json) -> Json:
    """Name a thread."""
    workspace.channel(args.get("channel_id"))
    return {}


def _checked(workspace: Workspace, args: Json, kind: str) -> Json:
    try:
        view = parsed(args.get("view"))
        check_blocks(view["blocks"], workspace.has_file, most=VIEW_BLOCKS)
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError("invalid_arguments") from error
    except BlockError as error:
        details = {"messages": [f"[ERROR] {error}"]}
        raise ApiError("invalid_arguments", response_metadata=details) from error
    title = (view.get("title") or {}).get("text") or ""
    is_titled = kind == "home" or 0 < len(title) <= VIEW_TITLE
    if view.get("type") != kind or not is_titled or len(view.get("private_metadata") or "") > PRIVATE_METADATA:
        raise ApiError("invalid_arguments")
    checked: Json = view
    return checked


def _keep(workspace: Workspace, view: Json, user: str) -> Json:
    names = {"team_id": TEAM, "app_id": APP, "bot_id": BOT, "hash": uuid4().hex, "user": user}
    state = {"state": view.get("state") or {"values": {}}, "private_metadata": view.get("private_metadata") or ""}
    kept = view | names | state | {"blocks": with_block_ids(view["blocks"]), "callback_id": view.get("callback_id", "")}
    workspace.views[kept["id"]] = kept
    return kept


METHODS = {
    "auth.test": (None, auth_test),
    "usergroups.users.list": ("usergroups:read", list_group),
    "views.open": (None, open_view),
    "views.update": (None, update_view),
    "views.publish": (None, publish_view),
    "assistant.threads.setStatus": ("assistant:write", set_status),
    "assistant.threads.setSuggestedPrompts": ("assistant:write", set_prompts),
    "assistant.threads.setTitle": ("assistant:write", set_title),
}
