"""The console as a channel: alerts as they would stand in Slack, for development and for use without Slack."""

import threading
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from agent.messages.message import Block, Message
from agent.notifiers.port import SLACK_STAMP, Found, MessageGoneError, Place, Upload
from config.printable import printable

PLACE = "console"


class ConsoleNotifier:
    """Prints messages, and what becomes of them: of one that an earlier run printed the present state."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._shown: dict[str, Message] = {}
        self._uploads: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def post(self, channel: str, message: Message, *, key: str, under: Place | None = None) -> Place:
        """Print a message; raise MessageGoneError for a reply to one that stood in Slack."""
        with self._lock:
            if under is not None:
                _need_printed(under)
            self._shown[key] = message
            self._print(channel, message, subtitle="reply" if under else "new")
        return Place(PLACE, key)

    def edit(self, place: Place, message: Message) -> None:
        """Print a message again if its words changed, of an earlier run always; raise MessageGoneError of Slack's."""
        with self._lock:
            _need_printed(place)
            before = self._shown.get(place.ts)
            self._shown[place.ts] = message
            if before is None or before.text != message.text:
                self._print(place.channel, message, subtitle="changed")

    def upload(self, place: Place, upload: Upload) -> str:
        """Print where the picture is; raise MessageGoneError."""
        with self._lock:
            _need_printed(place)
            self._uploads[place.ts, upload.name] = str(upload.path)
            what = "heatmap of " if upload.name.endswith(".png") else ""
            self._console.print(f"  [dim]{what}{escape(upload.title)}:[/] {escape(str(upload.path))}", soft_wrap=True)
        return str(upload.path)

    def is_usable(self, place: Place, file: str) -> bool:
        """Say yes of what was printed: what is on disk can be seen at once."""
        with self._lock:
            return place.ts not in self._shown or file in self._uploads.values()

    def remove(self, channel: str, file: str) -> None:
        """Forget a picture: what was printed is a path, and the file there is removed by who forgets the image."""
        del channel
        with self._lock:
            self._uploads = {where: kept for where, kept in self._uploads.items() if kept != file}

    def find(self, channel: str, key: str, *, since: datetime, under: Place | None = None) -> Found | None:
        """Look among what this process printed."""
        del channel, since, under
        return Found(Place(PLACE, key)) if key in self._shown else None

    def find_upload(self, place: Place, name: str) -> Found | None:
        """Look among what this process printed."""
        file = self._uploads.get((place.ts, name))
        return None if file is None else Found(place, file)

    def _print(self, channel: str, message: Message, *, subtitle: str) -> None:
        parts = [part for block in message.blocks for part in _rendered(block)] or [_plain(message.text)]
        panel = Panel(Group(*parts), title=escape(channel), subtitle=subtitle, border_style="red", width=88)
        self._console.print(panel)


def _need_printed(place: Place) -> None:
    if SLACK_STAMP.fullmatch(place.ts):  # told in Slack before it was taken away
        raise MessageGoneError(place.channel, "it never stood on the console")


def _rendered(block: Block) -> list[RenderableType]:
    if block["type"] == "section" and "fields" in block:
        return [_plain(field["text"].replace("\n", "  ")) for field in block["fields"]]
    if block["type"] in {"section", "header"}:
        return [_plain(block["text"]["text"])]
    if block["type"] == "context":
        return [Text(_words(element["text"]), style="dim") for element in block["elements"]]
    if block["type"] == "actions":
        return [Text("  ".join(f"[ {_label(element)} ]" for element in block["elements"]), style="bold")]
    return []


def _plain(text: str) -> Text:
    shown = Text()
    for number, part in enumerate(_words(text).split("*")):
        shown.append(part, style="bold" if number % 2 else "")
    return shown


def _label(element: dict[str, Any]) -> str:
    return str(element["text"]["text"]) if "text" in element else "..."


def _words(text: str) -> str:
    return printable(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
