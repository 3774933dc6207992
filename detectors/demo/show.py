"""What a person sees of the demo, with rich."""

import shutil
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from detectors.demo.picture import picture_of
from storage.opening import Stores
from storage.repositories.tallies import Tally, oddest_heatmap

PICTURE_COLUMNS = 56


def show_start(console: Console, *, good: int, unseen: int) -> None:
    """Say what is about to happen, and whose photographs these are."""
    console.print(
        Panel.fit(f"Oddspot: {good} good solar cells to learn from, {unseen} unseen ones to judge", style="bold")
    )
    console.print("Photographs: elpv-dataset (Buerhop-Lutz et al. 2018), CC BY-NC-SA 4.0, non-commercial use only.")


def show_fit(console: Console, fitted: dict[str, Any]) -> None:
    """Say what the detector promises."""
    console.print(
        f"{fitted['detector']}: threshold {fitted['threshold']:.4g}, "
        f"at most {fitted['promised_rate']:.1%} of good cells will raise a false alarm.",
    )


def progress_of(now: Tally | None, unseen: int) -> Table:
    """Return the live line under the alerts."""
    frames, anomalies, incidents = (now.frames, now.anomalies, now.incidents) if now else (0, 0, 0)
    table = Table.grid(padding=(0, 2))
    table.add_row(
        Text(f"cells scored {frames}/{unseen}", style="bold"),
        Text(f"anomalies {anomalies}", style="bold red" if anomalies else ""),
        Text(f"incidents {incidents}"),
    )
    return table


def show_heatmap(console: Console, stores: Stores, folder: Path) -> None:
    """Put the oddest cell's heatmap where a person finds it, and draw it where the terminal can."""
    with stores.database.reading() as session:
        found = oddest_heatmap(session)
    if found is None:
        return
    inspection_id, sha256 = found
    file = folder / f"A-{inspection_id}.png"
    shutil.copyfile(stores.blobs.path(sha256), file)
    if console.is_terminal and console.color_system == "truecolor":
        console.print(picture_of(file, columns=PICTURE_COLUMNS))
    console.print(Text(f"Heatmap of the oddest cell, A-{inspection_id}: {file}"), soft_wrap=True)


def show_answer(console: Console, question: str, answer: dict[str, Any]) -> None:
    """Print a question and its answer."""
    console.print(Text(f"> {question}", style="bold cyan"))
    console.print(Text(answer["answer"]))


def show_summary(console: Console, summary: dict[str, Any], config: Path) -> None:
    """Print what the demo found, and how to go on."""
    low, high = summary["image_auroc_interval"]
    seconds = ", ".join(f"{stage} {spent:.0f} s" for stage, spent in summary["seconds"].items())
    anomalies, incidents = summary["anomalies"], summary["incidents"]
    console.rule("Summary")
    console.print(
        f"{summary['frames']} cells scored, {anomalies} anomal{'y' if anomalies == 1 else 'ies'} "
        f"in {incidents} incident{'' if incidents == 1 else 's'}.\n"
        f"Image AUROC {summary['image_auroc']:.3f} (95 % interval {low:.3f} to {high:.3f}).\n"
        f"Time: {seconds}.",
    )
    console.print(Text(f'Ask more: .venv/bin/oddspot ask "..." --config {config}'), soft_wrap=True)
