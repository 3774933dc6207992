"""npm `emulate`: an independent Slack Web API that enforces scopes, seeded with the manifest's."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.servers.free_port import free_port
from tests.servers.manifest import bot_scopes
from tests.servers.node import FOLDER, find_node, install_packages

SEED_FILE = FOLDER / "seed.yaml"
READY_SECONDS = 20.0
POLL_SECONDS = 0.05
STOP_SECONDS = 5.0


class EmulateError(Exception):
    """The emulator did not start; the message holds what it said."""

    def __init__(self, said: str) -> None:
        super().__init__(f"emulate did not start: {said[-800:]}")


@dataclass(frozen=True, slots=True)
class Emulate:
    """A running emulator; api_url goes into `slack.api_url`, channel holds the id of #oddspot, with the bot in it."""

    api_url: str
    bot_token: str
    signing_secret: str
    channel: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)


def start_emulate(folder: Path, port: int | None = None, *, scopes: tuple[str, ...] | None = None) -> Emulate:
    """Start the emulator with a bot whose token has exactly these scopes (None: the manifest's)."""
    node = find_node()
    program = install_packages(node) / "emulate" / "dist" / "index.js"
    port = port or free_port()
    seed = write_seed(folder, bot_scopes() if scopes is None else scopes)
    api_url = f"http://localhost:{port}/api/"
    log = folder / "emulate.log"
    command = [*node.node, str(program), "start", "-s", "slack", "-p", str(port), "--seed", str(folder / "seed.yaml")]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    bot, person = (token["token"] for token in seed["tokens"])
    try:
        _wait(api_url, process, log)
        channel = _invite(api_url, person, seed["oauth_apps"][0]["bot_user_id"])
    except (EmulateError, httpx.HTTPError):
        process.kill()
        process.wait(STOP_SECONDS)
        raise
    return Emulate(api_url, bot, str(seed["signing_secret"]), channel, process)


def write_seed(folder: Path, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Write tests/node/seed.yaml, with these scopes for the bot, to a folder and return its Slack part."""
    seed = yaml.safe_load(SEED_FILE.read_text(encoding="utf-8"))
    slack: dict[str, Any] = seed["slack"]
    slack["oauth_apps"][0]["scopes"] = list(scopes)
    slack["tokens"][0]["scopes"] = list(scopes)
    (folder / "seed.yaml").write_text(yaml.safe_dump(seed), encoding="utf-8")
    return slack


def _wait(api_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.post(f"{api_url}api.test", timeout=1)
        except httpx.TransportError:
            time.sleep(POLL_SECONDS)
        else:
            return
    raise EmulateError(log.read_text(errors="replace"))


def _invite(api_url: str, token: str, bot_user: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    listed = httpx.post(f"{api_url}conversations.list", headers=headers).json()
    channel = next(str(c["id"]) for c in listed.get("channels", []) if c["name"] == "oddspot")
    form = {"channel": channel, "users": bot_user}
    answer = httpx.post(f"{api_url}conversations.invite", headers=headers, data=form).json()
    if not answer["ok"]:
        raise EmulateError(f"the bot could not be invited: {answer}")
    return channel
