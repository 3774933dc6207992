"""The demo from start to end: fit, serve, stream, ask, sum up."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from config.load import load_settings
from detectors.demo.cells import CellSplit, choose_cells
from detectors.demo.children import Service, command_line, run_json
from detectors.demo.home import SOURCE, make_home, settings_file
from detectors.demo.show import progress_of, show_answer, show_fit, show_heatmap, show_start, show_summary
from detectors.demo.stream import drop_cells
from storage.opening import Stores, open_stores
from storage.repositories.tallies import scores_by_name, tally

GOOD, UNSEEN, DEFECTIVE = 200, 40, 12
QUESTIONS = (
    "How many anomalies were there on cells today?",
    "Show me the worst 3 anomalies",
    "Which detector judges cells, and what does it promise?",
)


def demo(
    *,
    chat: Annotated[bool, typer.Option("--chat/--no-chat", help="Open a chat prompt at the end.")] = True,
    channel: Annotated[str | None, typer.Option(help="Slack channel; needs the two Slack tokens.")] = None,
    folder: Annotated[Path, typer.Option(help="Where a fresh data folder is made.")] = Path("demo-data"),
    as_json: Annotated[bool, typer.Option("--json", help="One object at the end, for scripts.")] = False,
) -> None:
    """Learn 200 good solar cells, watch 40 unseen ones arrive, tell what is odd, answer questions."""
    console = Console(stderr=as_json)
    seconds: dict[str, float] = {}
    with _timed(seconds, "total"):
        cells = choose_cells(good=GOOD, unseen=UNSEEN, defective=DEFECTIVE)
        show_start(console, good=GOOD, unseen=UNSEEN)
        home = make_home(folder, cells.good, channel=channel)
        config = settings_file(home)
        with _timed(seconds, "fit"):
            console.rule("1. Learning what a good cell looks like")
            [fitted] = run_json(config, "fit", SOURCE, "--good", str(home / "good"), "--live")
            show_fit(console, fitted)
        stores = open_stores(load_settings(config))
        with _timed(seconds, "stream"):
            console.rule("2. Cells arrive")
            truth = _stream(cells, home, stores, console)
            console.print()
            show_heatmap(console, stores, home / "heatmaps")
        with _timed(seconds, "ask"):
            console.rule("3. The team asks")
            answers = run_json(config, "ask", "-", "--thread", "demo", lines=QUESTIONS)
            for question, answer in zip(QUESTIONS, answers, strict=True):
                show_answer(console, question, answer)
    summary = _summary(stores, truth, answers, seconds)
    if as_json:
        typer.echo(json.dumps(summary))
        return
    show_summary(console, summary, config)
    if chat and sys.stdin.isatty() and sys.stdout.isatty():
        subprocess.run(command_line("ask", "-", "--thread", "demo", "--config", str(config)), check=False)  # noqa: S603


def _stream(cells: CellSplit, home: Path, stores: Stores, console: Console) -> dict[str, bool]:
    with Live(progress_of(None, UNSEEN), console=console, refresh_per_second=8) as live:
        service = Service(
            settings_file(home),
            home / "service.log",
            lambda line: console.print(Text.from_ansi(line)),
            has_colour=console.is_terminal,
        )
        try:
            return drop_cells(
                cells.unseen,
                home / "incoming",
                stores.database,
                service,
                lambda now: live.update(progress_of(now, UNSEEN)),
            )
        finally:
            service.stop()


def _summary(
    stores: Stores,
    truth: dict[str, bool],
    answers: list[dict[str, Any]],
    seconds: dict[str, float],
) -> dict[str, Any]:
    from detectors.metrics import bootstrap_interval, image_auroc  # noqa: PLC0415 - scikit-learn loads late

    with stores.database.reading() as session:
        counts, scores = tally(session), scores_by_name(session)
    labels = [truth[name] for name in sorted(truth)]
    raw = [scores[name] for name in sorted(truth)]
    low, high = bootstrap_interval(labels, raw, seed=0)
    return {
        "frames": counts.frames,
        "anomalies": counts.anomalies,
        "incidents": counts.incidents,
        "image_auroc": round(image_auroc(labels, raw), 4),
        "image_auroc_interval": [round(low, 4), round(high, 4)],
        "answers": answers,
        "seconds": seconds,
    }


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - started, 2)
