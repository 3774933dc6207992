"""A real Chromium without a window, driven over its debugging pipe: open a page, press keys, read what it says."""

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
PATIENCE_SECONDS = 60.0
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-pipe",
)
TO_BROWSER, FROM_BROWSER = 3, 4  # the file descriptors Chromium expects its commands on and answers by
# Keys that are no letter: the code of each, as keyboards send it.
NAMED_KEYS = {"ArrowDown": 40, "ArrowUp": 38, "Backspace": 8, "Enter": 13, "Escape": 27}


class ChromiumMissingError(Exception):
    """There is no Chromium; tests that need it must not pass without."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Chromium is needed by the tests: {reason}. Install the system package chromium.")


class ChromiumError(Exception):
    """Chromium did not do what it was asked to."""


def find_chromium(path: str | None = None) -> Path:
    """Return Chromium from PATH (or `path`), installing the system package where we are root.

    Raise ChromiumMissingError where there is none and none can be had.
    """
    found = _on_path(path)
    if found is None and os.geteuid() == 0:
        _install(path)
        found = _on_path(path)
    if found is None:
        raise ChromiumMissingError("it is not on PATH")
    return found


class Browser:
    """One Chromium with one page; a context manager that ends it."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.downloads = folder / "downloads"
        self.downloads.mkdir(parents=True)
        command = [str(program), *OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        hears, self._write = os.pipe()
        self._read, speaks = os.pipe()

        def hand_over() -> None:
            # From a copy: `hears` may itself be 3, and would then be closed as the program starts.
            os.dup2(os.dup(hears), TO_BROWSER)
            os.dup2(os.dup(speaks), FROM_BROWSER)

        self._process = subprocess.Popen(
            command,
            preexec_fn=hand_over,  # noqa: PLW1509 - two calls, before any thread of the child
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(hears)
        os.close(speaks)
        self._unread = b""
        self._number = 0
        self._session: str | None = None

    def __enter__(self) -> Self:
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def open(self, url: str, *, width: int = 1280, height: int = 900) -> None:
        """Go to a page and wait until it is whole."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", **size)
        self._ask("Page.navigate", url=url)
        self.wait_for(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            code = NAMED_KEYS.get(key)
            typed = {"key": key, "windowsVirtualKeyCode": code or ord(key.upper())}
            text = {"text": "\r"} if key == "Enter" else {} if code else {"text": key}
            self._ask("Input.dispatchKeyEvent", type="keyDown", **typed, **text)
            self._ask("Input.dispatchKeyEvent", type="keyUp", **typed)

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression gives on the page."""
        given = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in given:
            raise ChromiumError(str(given["exceptionDetails"]))
        return given["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Look again and again until an expression is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.value(expression):
            if time.monotonic() > deadline:
                raise ChromiumError(f"it never came to be that {expression}")

    def _ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass  # an event, not the answer
        if "error" in answer:
            raise ChromiumError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._read], [], [], PATIENCE_SECONDS)
            piece = os.read(self._read, 1 << 16) if ready else b""
            if not piece:
                raise ChromiumError("it is silent" if not ready else "it has ended")
            self._unread += piece
        text, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


def _on_path(path: str | None) -> Path | None:
    return next((Path(found) for name in NAMES if (found := shutil.which(name, path=path))), None)


def _install(path: str | None) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in INSTALL:
        if shutil.which(command[0], path=path) is None:
            raise ChromiumMissingError("it is not on PATH and apt-get is not here to install it")
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise ChromiumMissingError(f"{' '.join(command)} failed: {done.stderr[-500:]}")
