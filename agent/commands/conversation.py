"""A conversation on the terminal: follow-ups, choices by number, files, and a yes or no before a change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.assistant.answer import Answer, AnswerStatus
from agent.bot import acts
from agent.bot.acts import Act
from agent.bot.asking import Asker
from agent.bot.exporting import take_export
from agent.commands.terminal import Terminal, ask_patiently, shown, write_file
from agent.errors import AgentError
from config.errors import OddspotError
from storage.commands.options import now_utc, person
from storage.records import Feedback
from storage.repositories.feedback import keep_feedback

PROMPT = "oddspot> "
ENDS = {"exit", "quit", "/quit", "/exit", "bye"}
WELCOME = "Ask what the cameras saw. /help says what else there is; Ctrl-D ends."
HELP = (
    "Ask in plain words, and go on: 'and yesterday?', 'only line-2', 'show the second one'.\n"
    "A number takes one of the readings offered. 'silence line-1 for 2 hours', 'acknowledge I-3',\n"
    "'label A-12 as scratch', 'set the threshold of line-1 to 0.8' and 'refit line-1' are done once you say yes.\n"
    "/csv [FILE] and /chart [FILE] write the last answer's table and picture, /undo takes the last change back,\n"
    "/good and /bad say whether the last answer helped, /quit or Ctrl-D ends."
)
FILES_TRIED = 1000


class NoAnswerYetError(AgentError):
    """Something was wanted of the last answer, and there is none."""

    def __init__(self) -> None:
        super().__init__("There is no answer yet; ask something first.")


class NothingToUndoError(AgentError):
    """Nothing was changed in this conversation."""

    def __init__(self) -> None:
        super().__init__("Nothing that can be taken back was changed in this conversation.")


@dataclass
class Chat:
    """One conversation; folder: where files are written that were given no name."""

    assistant: Asker
    terminal: Terminal
    read_line: Callable[[str], str]
    thread: str
    folder: Path
    clock: Callable[[], datetime] = now_utc
    last: Answer | None = None
    last_question: str = ""
    answers: int = 0
    undoable: int | None = None
    _commands: dict[str, Callable[[str], None]] = field(init=False)

    def __post_init__(self) -> None:
        """Know the commands."""
        self._commands = {
            "/help": lambda _: self._say(HELP),
            "/csv": self._write_table,
            "/chart": self._write_picture,
            "/undo": lambda _: self._undo(),
            "/good": lambda _: self._judge(is_helpful=True),
            "/bad": lambda _: self._judge(is_helpful=False),
        }

    def run(self) -> None:
        """Talk until the person ends it; Ctrl-C only drops the line that is being typed."""
        self._say(WELCOME)
        while True:
            try:
                line = self.read_line(PROMPT).strip()
            except EOFError:
                self._say("")
                return
            except KeyboardInterrupt:
                self._say("")
                continue
            if line.lower() in ENDS:
                return
            if line:
                self._take(line)

    def _take(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        try:
            if word.lower() in self._commands:
                self._commands[word.lower()](rest.strip())
            elif word.startswith("/"):
                self._say(f"There is no {word}; /help says what there is.")
            else:
                chosen = self._chosen(line)
                if chosen != line:
                    self._say(f"> {chosen}", style="dim")
                self._ask(chosen)
        except OddspotError as error:
            self._say(str(error))
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _chosen(self, line: str) -> str:
        """Return the reading a number stands for, else the line."""
        choices = self.last.choices if self.last else ()
        digits = line.rstrip(".")
        if digits.isascii() and digits.isdigit() and 1 <= int(digits) <= len(choices):
            return choices[int(digits) - 1]
        return line

    def _ask(self, text: str) -> None:
        wanted = take_export(text)
        question = wanted.text or self.last_question
        if not question:
            raise NoAnswerYetError
        now = self.clock()
        answer = ask_patiently(lambda: self.assistant.ask(question, now=now, thread=self.thread), self.terminal.console)
        self.last, self.last_question, self.answers = answer, question, self.answers + 1
        self.terminal.show(answer)
        if wanted.is_file:
            self._write_table("")
        if answer.proposal is not None:
            done = self.terminal.confirm(answer.proposal)
            self.undoable = self.undoable if done is None else done.undo

    def _write_table(self, name: str) -> None:
        file = Path(name) if name else self._free("oddspot", ".csv")
        self.terminal.write_table(self._last(), file)

    def _write_picture(self, name: str) -> None:
        found = self.terminal.pictures(self._last(), now=self.clock())
        if not found:
            self._say("The last answer has no chart or picture.")
            return
        for picture in found[:1] if name else found:
            file = Path(name) if name else self._free(f"oddspot-{Path(picture.name).stem}", ".png")
            write_file(file, picture.content)
            self._say(f"Written: {file} ({picture.title})")

    def _free(self, stem: str, ending: str) -> Path:
        names = (f"{stem}{f'-{number}' if number else ''}{ending}" for number in range(FILES_TRIED))
        return next((self.folder / name for name in names if not (self.folder / name).exists()), self.folder / stem)

    def _undo(self) -> None:
        if self.undoable is None:
            raise NothingToUndoError
        act = Act(person(), str(self.undoable), self.clock(), through="")
        done = acts.undo(self.terminal.stores.database, self.terminal.settings, act)
        self.undoable = None
        self._say(done.words)

    def _judge(self, *, is_helpful: bool) -> None:
        answer = self._last()
        tools = tuple(tool.name for tool in answer.tools)
        said = Feedback(
            f"{self.thread}:{abs(hash(answer.text))}",
            person(),
            is_helpful,
            self.last_question,
            answer.text,
            tools,
            self.clock(),
        )
        with self.terminal.stores.database.transaction() as session:
            keep_feedback(session, said)
        self._say("Thank you, noted.")

    def _last(self) -> Answer:
        if self.last is None or self.last.status is AnswerStatus.ASKED_BACK:
            raise NoAnswerYetError
        return self.last

    def _say(self, words: str, *, style: str = "") -> None:
        self.terminal.console.print(shown(words, style=style))
