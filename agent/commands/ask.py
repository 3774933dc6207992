"""`oddspot ask`: a question about the record, answered on the terminal."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from agent.errors import AgentError
from config.load import load_settings
from config.logs import configure_logs
from config.printable import printable
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json
from storage.opening import open_reader, open_stores

FROM_INPUT = "-"
PROMPT = "oddspot> "


class BadNowError(AgentError):
    """--now is no moment."""

    def __init__(self, text: str) -> None:
        super().__init__(f"--now {text!r} is not a date and time with a zone, as 2026-11-23T08:00:00Z.")


class OneFileError(AgentError):
    """One file cannot hold the answers to several questions."""

    def __init__(self) -> None:
        super().__init__("--chart and --csv write the answer to one question; give it instead of -.")


def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads one a line from standard input.")],
    config: ConfigOption = None,
    *,
    now: Annotated[str | None, typer.Option(help="Answer as at this moment, RFC 3339.")] = None,
    thread: Annotated[str, typer.Option(help="Name of a conversation to go on with.")] = "",
    chart: Annotated[Path | None, typer.Option(help="Write the answer's chart or picture, a PNG.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the answer's table for spreadsheets.")] = None,
    image: Annotated[Path | None, typer.Option(help="An image to ask about; `oddspot detect` has to run.")] = None,
    heatmap: Annotated[Path | None, typer.Option(help="With --image: PNG file for the heatmap.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask what the cameras saw, or whether an image is normal; a change is made only once you say yes on a terminal."""
    if image is not None:
        _ask_of(image, question, heatmap, config, as_json=as_json)
        return
    from agent.assistant.assistant import Assistant  # noqa: PLC0415 - loaded only once the options are good
    from agent.bot.exporting import take_export  # noqa: PLC0415 - the same
    from agent.commands.terminal import Terminal, prepared  # noqa: PLC0415 - the same

    if question == FROM_INPUT and (chart or csv):
        raise OneFileError
    configure_logs()  # to stderr: what a script reads on stdout is the answer
    moment = moment_of(now) if now else None
    settings = load_settings(config)
    stores = open_stores(settings)
    assistant = prepared(Assistant(open_reader(settings), settings))
    is_there = sys.stdin.isatty() and sys.stdout.isatty() and question != FROM_INPUT and moment is None
    terminal = Terminal(stores, settings, Console(), input if is_there else None)
    for text in _questions(question):
        at = moment or now_utc()
        with Console(stderr=True).status("Reading the record ..."):
            answer = assistant.ask(take_export(text).text or text, now=at, thread=thread)
        if as_json:
            print_json(answer.as_json())
        else:
            if question == FROM_INPUT and not sys.stdin.isatty() and text.strip():
                terminal.repeat(text)
            terminal.show(answer)
        if chart is not None:
            terminal.write_picture(answer, chart, now=at)
        if csv is not None:
            terminal.write_table(answer, csv)
        if answer.proposal is not None and not as_json:
            terminal.confirm(answer.proposal)


def _ask_of(image: Path, question: str, heatmap: Path | None, config: Path | None, *, as_json: bool) -> None:
    from agent.commands import ask_image  # noqa: PLC0415 - only a question with an image needs it

    settings = load_settings(config)
    stores = open_stores(settings)
    with Console(stderr=True).status("Looking at the image ..."):
        look = ask_image.ask_of_image(stores, settings, image, question)
    if heatmap is not None:
        ask_image.save_picture(stores, look, heatmap)
    if as_json:
        print_json(ask_image.as_json(look))
    else:
        Console().print(Text(printable(ask_image.in_words(look))))


def _questions(question: str) -> Iterator[str]:
    if question != FROM_INPUT:
        yield question
        return
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    while True:
        try:
            text = input(PROMPT)
        except EOFError:
            return
        if text.strip().lower() in {"exit", "quit"}:
            return
        if text.strip():
            yield text


def moment_of(text: str) -> datetime:
    """Read the moment a command shall be run as at; raise BadNowError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadNowError(text) from error
    if moment.tzinfo is None:
        raise BadNowError(text)
    return moment.astimezone(UTC)
