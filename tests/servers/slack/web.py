"""The Web API over HTTP: arguments, tokens, scopes, faults and the log of calls around every method."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.servers.listener import cut
from tests.servers.slack import chat, conversations, files, surfaces
from tests.servers.slack.faults import Fault, Faults
from tests.servers.slack.records import Call, Json
from tests.servers.slack.workspace import ApiError, RateLimitedError, Workspace

Method = Callable[[Workspace, Json], Json]
METHODS: dict[str, tuple[str | None, Method]] = {
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **surfaces.METHODS,
}


class WebApi:
    """Answers /api/METHOD."""

    def __init__(self, workspace: Workspace, faults: Faults, *, bot_token: str, app_token: str) -> None:
        self._workspace = workspace
        self._faults = faults
        self._tokens = {bot_token: "bot", app_token: "app"}
        self.open_link: Callable[[], Json] = dict

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of a method."""
        method = request.match_info["method"]
        args = await read_arguments(request)
        token = take_token(request, args)
        fault = self._faults.take(method)
        if self._faults.seconds:
            await asyncio.sleep(self._faults.seconds)
        response = self._faulty(method, args, fault)
        if response is None:
            response = self._answer(method, token, args)
            if fault is not None and fault.drop_after_accept:
                return cut(request)
        elif fault is not None and fault.drop_before:
            return cut(request)
        response.headers["x-oauth-scopes"] = ",".join(self._workspace.scopes)
        return response

    def _faulty(self, method: str, args: Json, fault: Fault | None) -> web.Response | None:
        if fault is None or fault.drop_after_accept:
            return None
        if fault.drop_before:
            self._log(method, args, "dropped")
            return web.Response()
        if fault.status is not None:
            self._log(method, args, f"http_{fault.status}")
            return web.Response(status=fault.status, text="upstream trouble")
        if fault.rate_limited is not None:
            return self._slow_down(method, args, fault.rate_limited)
        self._log(method, args, fault.error)
        return web.json_response({"ok": False, "error": fault.error})

    def _answer(self, method: str, token: str, args: Json) -> web.Response:
        try:
            with self._workspace.changing():
                body = {"ok": True, **self._run(method, token, args)}
        except ApiError as error:
            body = error.body
        except RateLimitedError as error:
            return self._slow_down(method, args, error.seconds)
        except ValueError:
            body = {"ok": False, "error": "invalid_arguments"}
        self._log(method, args, body.get("error"))
        return web.json_response(body)

    def _run(self, method: str, token: str, args: Json) -> Json:
        if method == "api.test":
            return _echo(args)
        owner = self._tokens.get(token)
        if method not in METHODS and method != "apps.connections.open":
            raise ApiError("unknown_method", req_method=method)
        if owner is None:
            raise ApiError("invalid_auth" if token else "not_authed")
        if (owner == "app") != (method == "apps.connections.open"):
            raise ApiError("not_allowed_token_type")
        if owner == "app":
            return self.open_link()
        scope, run = METHODS[method]
        conversations.need_scope(self._workspace, scope)
        return run(self._workspace, args)

    def _slow_down(self, method: str, args: Json, seconds: int) -> web.Response:
        self._log(method, args, "ratelimited")
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})

    def _log(self, method: str, args: Json, error: str | None) -> None:
        with self._workspace.changing():
            self._workspace.calls.append(Call(method, args, time.monotonic(), error))


async def read_arguments(request: web.Request) -> Json:
    """Return a call's arguments from its query and its form or JSON body."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json() if request.can_read_body else {}
        return args | (body if isinstance(body, dict) else {})
    return args | dict(await request.post())


def take_token(request: web.Request, args: Json) -> str:
    """Take the token out of the header or the arguments."""
    named = str(args.pop("token", "") or "")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else named


def _echo(args: Json) -> Json:
    if args.get("error"):
        raise ApiError(str(args["error"]), args=args)
    echoed: dict[str, Any] = {"args": args} if args else {}
    return echoed
