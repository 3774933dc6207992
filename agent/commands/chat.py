"""`oddspot chat`: a conversation on the terminal."""

import sys
import uuid
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.load import load_settings
from storage.commands.options import ConfigOption
from storage.opening import open_reader, open_stores


def chat(
    config: ConfigOption = None,
    *,
    thread: Annotated[str, typer.Option(help="Name of a conversation to go on with; else a new one.")] = "",
) -> None:
    """Talk with the record: questions, follow-ups, and changes that are made once you say yes."""
    from agent.assistant.assistant import Assistant  # noqa: PLC0415 - loaded only once the options are good
    from agent.commands.conversation import Chat  # noqa: PLC0415 - the same
    from agent.commands.lines import LineReader  # noqa: PLC0415 - the same
    from agent.commands.terminal import Terminal, prepared  # noqa: PLC0415 - the same

    settings = load_settings(config)
    stores = open_stores(settings)
    lines = LineReader(settings.storage.data_dir / "chat_history")
    is_there = sys.stdin.isatty() and sys.stdout.isatty()
    terminal = Terminal(stores, settings, Console(), lines.read if is_there else None)
    name = thread or f"chat:{uuid.uuid4().hex[:12]}"
    with lines:
        assistant = prepared(Assistant(open_reader(settings), settings))
        Chat(assistant, terminal, lines.read, name, Path.cwd()).run()
