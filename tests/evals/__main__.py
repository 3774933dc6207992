"""Run the question bank without a model: `python -m tests.evals [--half seen|unseen] [--json] [--failures] [--check]`.

Of the half that is only run nothing but totals is printed, so that nobody can develop on it.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.assistant.assistant import Assistant
from config.settings import Settings
from storage.database import Database
from tests.evals.asking import Ask, Asker, Judged
from tests.evals.cases import DEVELOPED_ON, HALVES, files_of, load_half
from tests.evals.checking import mistakes_of, sha256_of
from tests.evals.judge import Json
from tests.evals.tables import failures_of, summary, table_of
from tests.evals.truth import Truth
from tests.evals.world import GLOBAL_ZONE, NOW, PLACES
from tests.evals.world_file import NAME, world_folder

WARM_UP = ("how many anomalies yesterday?", "what is open?", "what is the weather?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    wanted = _wanted(arguments)
    if wanted.failures and wanted.half not in DEVELOPED_ON:
        print("--failures shows the seen half only.", file=sys.stderr)
        return 2
    folder = world_folder()
    if wanted.check:
        return check(folder)
    judged = list(run(folder, wanted.half))
    result = {"half": wanted.half, **summary(judged, resident_mb=resident_mb(), has_torch="torch" in sys.modules)}
    print(json.dumps(result, indent=2) if wanted.json else table_of(result))
    if wanted.failures:
        print(f"\n{failures_of(judged)}")
    return 0


def check(folder: Path) -> int:
    """Check the bank itself and return 1 where it has mistakes; the assistant is not asked."""
    truth, is_well = Truth(folder), True
    for half in HALVES:
        mistakes = list(mistakes_of(half, truth))
        is_well = is_well and not mistakes
        questions = sum(len(thread.turns) for thread in load_half(half))
        print(f"{half}: {questions} questions, {len(mistakes)} mistakes, sha256 {sha256_of(half)}")
        print("".join(f"  {mistake}\n" for mistake in mistakes), end="")
    return 0 if is_well else 1


def run(folder: Path, half: str) -> Iterator[Judged]:
    """Ask a half of the bank in this process and judge every answer; stop where a question changed anything."""
    truth = Truth(folder)
    with asking(folder) as ask:
        for question in WARM_UP:
            ask(question, "")
        asker, before = Asker(ask, truth), truth.fingerprint()
        for thread in (thread for name in files_of(half) for thread in load_half(name)):
            yield from asker.judge_thread(thread)
            if truth.fingerprint() != before:
                message = "a question changed the database"
                raise RuntimeError(message)


@contextmanager
def asking(folder: Path) -> Iterator[Ask]:
    """Open an assistant over the history, as `oddspot ask --json` does, with a memory of its own."""
    database = Database(f"sqlite:///{folder / NAME}")
    with tempfile.TemporaryDirectory(prefix="oddspot-evals-threads-") as data_dir:
        assistant = Assistant(database, _settings(Path(data_dir)))

        def ask(question: str, thread: str) -> Json:
            answer: Json = assistant.ask(question, now=NOW, thread=thread).as_json()
            return answer

        yield ask
    database.close()


def resident_mb() -> float:
    """Return how much memory this process holds, in MB (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _settings(data_dir: Path) -> Settings:
    sources = {place.name: {"path": str(data_dir), "time_zone": place.zone} for place in PLACES}
    values = {"storage": {"data_dir": str(data_dir)}, "time_zone": GLOBAL_ZONE, "sources": sources}
    return Settings.model_validate(values)


def _wanted(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.evals", description=__doc__)
    parser.add_argument(
        "--half", choices=sorted(HALVES), default="seen", help="which half; seen: spent and practice too"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--failures", action="store_true", help="print each question that was not right (seen only)")
    parser.add_argument("--check", action="store_true", help="check the bank itself, and ask nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
