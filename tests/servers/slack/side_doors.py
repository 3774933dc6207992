"""Addresses beside the Web API: uploads, downloads and response URLs."""

import time

from aiohttp import web

from tests.servers.listener import cut
from tests.servers.slack.chat import announce, checked_blocks
from tests.servers.slack.faults import Faults
from tests.servers.slack.records import Json
from tests.servers.slack.web import read_arguments, take_token
from tests.servers.slack.workspace import BOT, BOT_USER, ApiError, Workspace

UPLOAD = "upload"
DOWNLOAD = "download"


class SideDoors:
    """Answers what is reached by a URL the Web API or a payload gave away."""

    def __init__(self, workspace: Workspace, faults: Faults, *, bot_token: str) -> None:
        self._workspace = workspace
        self._faults = faults
        self._token = bot_token

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take a file's bytes, raw or as a form."""
        content = await _content(request)
        fault = self._faults.take(UPLOAD)
        if fault is not None and fault.status is not None:
            return web.Response(status=fault.status)
        if fault is not None and fault.drop_before:
            return cut(request)
        with self._workspace.changing():
            stored = self._workspace.files.get(request.match_info["file"])
            if stored is None or len(content) != stored.length:
                return web.Response(status=400, text="unknown file or wrong length")
            stored.content = content
        return cut(request) if fault is not None else web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Give a file's bytes to the holder of the token; anybody else gets a page, as at Slack."""
        if take_token(request, {}) != self._token:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        fault = self._faults.take(DOWNLOAD)
        if fault is not None and fault.status is not None:
            return web.Response(status=fault.status)
        if fault is not None and fault.redirect is not None:
            return web.Response(status=302, headers={"Location": fault.redirect})
        stored = self._workspace.files.get(request.match_info["file"])
        if stored is None or not stored.is_ready:
            return web.Response(status=404)
        return web.Response(body=stored.content, content_type=stored.mimetype)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Take a post to a response URL."""
        body = await read_arguments(request)
        with self._workspace.changing():
            place = self._workspace.response_urls.get(request.match_info["key"])
            if place is None or place["left"] <= 0:
                return web.json_response({"ok": False, "error": "used_url"}, status=404)
            place["left"] -= 1
            try:
                self._apply(place, body)
            except ApiError as error:
                return web.json_response(error.body, status=400)
        return web.Response(text="ok")

    def _apply(self, place: Json, body: Json) -> None:
        channel = self._workspace.channels[place["channel"]]
        text, blocks = str(body.get("text") or ""), checked_blocks(self._workspace, body.get("blocks"))
        if body.get("delete_original") or body.get("replace_original"):
            message = self._workspace.message(channel, place["ts"])
            message.is_deleted = bool(body.get("delete_original"))
            message.rewrite(text or message.text, message.blocks if blocks is None else blocks, time.monotonic())
        elif body.get("response_type") == "in_channel":
            values = {"blocks": blocks or [], "bot_id": BOT, "thread_ts": body.get("thread_ts")}
            announce(self._workspace, self._workspace.add_message(channel, BOT_USER, text, **values), channel)
        else:
            shown = {"channel": channel.id, "user": place["user"], "text": text, "blocks": blocks or []}
            self._workspace.ephemerals.append(shown | {"ts": self._workspace.next_ts(), "thread_ts": None})


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
