"""The demo from start to end: fit, serve, stream, ask, sum up."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from config.load import load_settings
from detectors.demo.cells import CellSplit, choose_cells
from detectors.demo.children import Service, command_line, run_json
from detectors.demo.picture import picture_of
from detectors.demo.stream import drop_cells
from storage.opening import Stores, open_stores
from storage.repositories.tallies import Tally, oddest_heatmap, scores_by_name

SOURCE = "cells"
GOOD, UNSEEN, DEFECTIVE = 200, 40, 12
QUESTIONS = (
    "How many anomalies were there on cells today?",
    "Show me the worst 3 anomalies",
    "Which detector judges cells, and what does it promise?",
)
PICTURE_COLUMNS = 56


@dataclass(slots=True)
class Outcome:
    """What the demo saw."""

    tally: Tally
    truth: dict[str, bool]
    scores: dict[str, float]
    answers: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def demo(
    *,
    chat: Annotated[bool, typer.Option("--chat/--no-chat", help="Open a chat prompt at the end.")] = True,
    channel: Annotated[
        str | None, typer.Option(help="Slack channel; with SLACK_BOT_TOKEN and SLACK_APP_TOKEN.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where a fresh data folder is made.")] = Path("demo-data"),
    as_json: Annotated[bool, typer.Option("--json", help="One object at the end, for scripts.")] = False,
) -> None:
    """Learn 200 good solar cells, watch 40 unseen ones arrive, tell what is odd, answer questions."""
    console = Console(stderr=as_json)
    started = time.perf_counter()
    cells = choose_cells(good=GOOD, unseen=UNSEEN, defective=DEFECTIVE)
    home = _fresh_home(folder)
    config = _write_settings(home, channel)
    console.print(Panel.fit("Oddspot: 200 good solar cells to learn from, 40 unseen ones to judge", style="bold"))
    console.print("Photographs: elpv-dataset, CC BY-NC-SA 4.0, non-commercial use only.")
    outcome = _run(cells, home, config, console)
    outcome.seconds["total"] = round(time.perf_counter() - started, 2)
    summary = _summary(outcome)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        _tell(summary, config, console)
    if chat and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        subprocess.run(command_line("ask", "-", "--thread", "demo", "--config", str(config)), check=False)  # noqa: S603


def _run(cells: CellSplit, home: Path, config: Path, console: Console) -> Outcome:
    seconds = {}
    clock = time.perf_counter()
    console.rule("1. Learning what a good cell looks like")
    _copy_good(cells, home)
    [fitted] = run_json(config, "fit", SOURCE, "--good", str(home / "good"), "--live")
    seconds["fit"] = round(time.perf_counter() - clock, 2)
    rate = f"{fitted['promised_rate']:.1%}"
    console.print(f"{fitted['detector']}: threshold {fitted['threshold']:.4g}, at most {rate} false alarms promised.")
    clock = time.perf_counter()
    console.rule("2. Cells arrive")
    outcome = _stream(cells, home, config, console)
    seconds["stream"] = round(time.perf_counter() - clock, 2)
    clock = time.perf_counter()
    console.rule("3. The team asks")
    outcome.answers = run_json(config, "ask", "-", "--thread", "demo", lines=QUESTIONS)
    for question, answer in zip(QUESTIONS, outcome.answers, strict=True):
        console.print(Text(f"> {question}", style="bold cyan"))
        console.print(Text(answer["answer"]))
    seconds["ask"] = round(time.perf_counter() - clock, 2)
    outcome.seconds = seconds
    return outcome


def _stream(cells: CellSplit, home: Path, config: Path, console: Console) -> Outcome:
    stores = open_stores(load_settings(config))
    incoming = home / "incoming"
    with Live(_progress(None), console=console, refresh_per_second=8, transient=False) as live:
        service = Service(
            config,
            home / "service.log",
            lambda line: console.print(Text.from_ansi(line)),
            has_colour=console.is_terminal,
        )
        try:
            truth = drop_cells(
                cells.unseen,
                incoming,
                stores.database,
                service,
                lambda now: live.update(_progress(now)),
            )
        finally:
            service.stop()
    outcome = _outcome(stores, truth)
    _show_heatmap(stores, console)
    return outcome


def _outcome(stores: Stores, truth: dict[str, bool]) -> Outcome:
    from storage.repositories.tallies import tally  # noqa: PLC0415 - the name is also a field here

    with stores.database.reading() as session:
        return Outcome(tally=tally(session), truth=truth, scores=scores_by_name(session))


def _show_heatmap(stores: Stores, console: Console) -> None:
    with stores.database.reading() as session:
        sha256 = oddest_heatmap(session)
    if sha256 is None:
        return
    file = stores.blobs.path(sha256)
    if console.is_terminal and console.color_system == "truecolor":
        console.print(picture_of(file, columns=PICTURE_COLUMNS))
    console.print(Text(f"Heatmap of the oddest cell: {file}"))


def _copy_good(cells: CellSplit, home: Path) -> None:
    for number, cell in enumerate(cells.good, 1):
        shutil.copyfile(cell.path, home / "good" / f"good-{number:03d}.png")


def _fresh_home(folder: Path) -> Path:
    home = (folder / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}").absolute()
    for part in ("good", "incoming", "data"):
        (home / part).mkdir(parents=True)
    return home


def _write_settings(home: Path, channel: str | None) -> Path:
    settings: dict[str, Any] = {
        "sources": {SOURCE: {"kind": "folder", "path": str(home / "incoming")}},
        "storage": {"data_dir": str(home / "data")},
    }
    if channel:
        settings["slack"] = {"channel": channel}
    config = home / "oddspot.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config


def _progress(now: Tally | None) -> Table:
    table = Table.grid(padding=(0, 2))
    frames, anomalies, incidents = (now.frames, now.anomalies, now.incidents) if now else (0, 0, 0)
    table.add_row(
        Text(f"cells scored {frames}/{UNSEEN}", style="bold"),
        Text(f"anomalies {anomalies}", style="bold red" if anomalies else ""),
        Text(f"incidents {incidents}"),
    )
    return table


def _summary(outcome: Outcome) -> dict[str, Any]:
    from detectors.metrics import bootstrap_interval, image_auroc  # noqa: PLC0415 - scikit-learn loads late

    names = sorted(outcome.truth)
    labels = [outcome.truth[name] for name in names]
    scores = [outcome.scores[name] for name in names]
    low, high = bootstrap_interval(labels, scores, seed=0)
    return {
        "frames": outcome.tally.frames,
        "anomalies": outcome.tally.anomalies,
        "incidents": outcome.tally.incidents,
        "image_auroc": round(image_auroc(labels, scores), 4),
        "image_auroc_interval": [round(low, 4), round(high, 4)],
        "answers": outcome.answers,
        "seconds": outcome.seconds,
    }


def _tell(summary: dict[str, Any], config: Path, console: Console) -> None:
    low, high = summary["image_auroc_interval"]
    seconds = ", ".join(f"{stage} {spent:.0f} s" for stage, spent in summary["seconds"].items())
    console.rule("Summary")
    console.print(
        f"{summary['frames']} cells scored, {summary['anomalies']} anomalies in {summary['incidents']} incidents.\n"
        f"Image AUROC {summary['image_auroc']:.3f} (95 % interval {low:.3f} to {high:.3f}, {UNSEEN} cells).\n"
        f"Time: {seconds}.",
    )
    console.print(Text(f'Ask more: oddspot ask "..." --config {config}'))
