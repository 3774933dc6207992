"""An answer on the terminal: its words, its choices, its files, and a yes or no before anything changes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from agent.assistant.answer import Answer
from agent.assistant.assistant import Assistant
from agent.assistant.proposals import Proposal
from agent.bot.acts import Act
from agent.bot.answer_files import AnswerFile, Desk, pictures_of, tables_of
from agent.bot.confirmed import Confirmed, StaleProposalError, carry_out
from agent.errors import AgentError
from agent.reports.standing_words import as_plain_words
from config.printable import printable
from config.settings import Settings
from storage.blobs import write_durably
from storage.commands.options import now_utc, person
from storage.opening import Stores

SLOW_SECONDS = 2.0
LOADING = "Getting ready to answer ..."
LEARNING = "Learning how people ask: once on this machine, half a minute ..."
WAITING = "Reading the record ..."
YES = {"y", "yes"}
NOT_HERE = "Nothing was changed: a person has to confirm it, on a terminal or with the button in Slack."
ReadLine = Callable[[str], str]


class NothingToWriteError(AgentError):
    """An answer has no such file."""

    def __init__(self, what: str) -> None:
        super().__init__(f"This answer has no {what}, so no file was written.")


class AnswerFileError(AgentError):
    """A file cannot be written."""

    def __init__(self, file: Path, reason: str | None) -> None:
        super().__init__(f"{file} cannot be written: {reason}.")


def prepared(assistant: Assistant) -> Assistant:
    """Return an assistant that is ready to answer, telling whoever waits for it."""
    with Console(stderr=True).status(LOADING if assistant.is_prepared else LEARNING):
        assistant.prepare()
    return assistant


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where answers are shown; read_line None: nobody is there to say yes."""

    stores: Stores
    settings: Settings
    console: Console
    read_line: ReadLine | None = None

    def repeat(self, question: str) -> None:
        """Print a question that was read from a file above its answer."""
        self.console.print(shown(f"\n> {question}", style="bold"))

    def show(self, answer: Answer) -> None:
        """Print an answer, and what could be meant by number."""
        self.console.print(shown(answer.text))
        if answer.usage is not None:
            self.console.print(shown(answer.footnote, style="dim"))
        for number, choice in enumerate(answer.choices, 1):
            self.console.print(shown(f"  {number}. {choice}"))

    def confirm(self, proposal: Proposal) -> Confirmed | None:
        """Ask, and do it on a yes; None where nothing was done."""
        if self.read_line is None:
            self.console.print(Text(NOT_HERE))
            return None
        try:
            said = self.read_line("Do it? [y/N] ").strip().lower()
        except (EOFError, KeyboardInterrupt):
            said = ""
        if said not in YES:
            self.console.print(Text("Nothing was changed."))
            return None
        act = Act(person(), "", now_utc(), through="")
        try:
            done = carry_out(self.stores.database, self.settings, act, proposal)
        except StaleProposalError as error:
            self.console.print(shown(f"Nothing was changed: {error}"))
            return None
        self.console.print(shown(as_plain_words(done.words.replace("told here", "told in the source's channel"))))
        return done

    def pictures(self, answer: Answer, *, now: datetime) -> list[AnswerFile]:
        """Make an answer's pictures; what Slack may see does not count on one's own terminal."""
        return list(pictures_of(answer, Desk(self.stores.database, self.stores.blobs, all_shown(self.settings), now)))

    def write_picture(self, answer: Answer, file: Path, *, now: datetime) -> None:
        """Write the first picture of an answer; raise NothingToWriteError or AnswerFileError."""
        found = self.pictures(answer, now=now)
        if not found:
            raise NothingToWriteError("chart or picture")
        self._write(file, found[0].content)

    def write_table(self, answer: Answer, file: Path) -> None:
        """Write the first table of an answer; raise NothingToWriteError or AnswerFileError."""
        found = next(tables_of(answer), None)
        if found is None:
            raise NothingToWriteError("table")
        self._write(file, found.content)

    def _write(self, file: Path, content: bytes) -> None:
        write_file(file, content)
        Console(stderr=True).print(shown(f"Written: {file}"))


def shown(words: str, *, style: str = "") -> Text:
    """Return words for a terminal, whatever data stands in them."""
    return Text(printable(words), style=style)


def ask_patiently(ask: Callable[[], Answer], console: Console, *, slow_seconds: float = SLOW_SECONDS) -> Answer:
    """Ask, and show a spinner once it takes long; Ctrl-C stops waiting."""
    done = threading.Event()
    pool = ThreadPoolExecutor(1, thread_name_prefix="asking")
    try:
        future = pool.submit(ask)
        future.add_done_callback(lambda _: done.set())
        if not done.wait(slow_seconds):
            with console.status(WAITING):
                done.wait()
        return future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def all_shown(settings: Settings) -> Settings:
    """Return the settings as if everything might be seen."""
    sources = {name: source.model_copy(update={"images": None}) for name, source in settings.sources.items()}
    slack = settings.slack.model_copy(update={"images": "full"})
    return settings.model_copy(update={"slack": slack, "sources": sources})


def write_file(file: Path, content: bytes) -> None:
    """Write a file whole or not at all; raise AnswerFileError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, content)
    except OSError as error:
        raise AnswerFileError(file, error.strerror) from error
