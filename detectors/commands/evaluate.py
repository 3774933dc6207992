"""`oddspot evaluate`: fit and judge on labelled folders in MVTec layout; records nothing."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.load import load_settings
from config.settings import DetectorSettings, Settings
from detectors.commands.fit import StageProgress, progress_bars
from detectors.commands.options import choose_settings
from storage.commands.options import ConfigOption, JsonOption, print_json, print_table

if TYPE_CHECKING:
    from detectors.evaluation import EvaluationLine

SHOWN = ("image_auroc", "image_ap", "pixel_auroc", "aupro", "false_alarm_rate", "recall")


def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder in MVTec layout, or a folder of such folders.")],
    config: ConfigOption = None,
    *,
    preset: Annotated[str | None, typer.Option(help="fast or default.")] = None,
    method: Annotated[str | None, typer.Option(help="The method, as patchcore.")] = None,
    backbone: Annotated[str | None, typer.Option(help="A timm name.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the square, px.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="Images of each kind at most.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit on train/good, score test, and print the figures of each category and their mean."""
    settings = load_settings(config)
    given = {"preset": preset, "method": method, "backbone": backbone, "image_size": image_size}
    chosen = choose_settings(settings.detector, {"seed": seed, "threads": threads} | given)
    lines = []
    for line in _lines(folder, settings, chosen, limit):
        lines.append(line)
        if as_json:
            print_json(asdict(line))
    if not as_json:
        _tell(lines)


def _lines(
    folder: Path,
    settings: Settings,
    chosen: DetectorSettings,
    limit: int | None,
) -> "Iterator[EvaluationLine]":
    from detectors.evaluation import evaluate_category, find_categories, mean_line  # noqa: PLC0415 - torch loads late

    lines = []
    for category in find_categories(folder):
        with progress_bars() as bars:
            line = evaluate_category(
                category,
                settings=chosen,
                limits=settings.limits,
                limit=limit,
                weights_dir=settings.storage.data_dir / "weights",
                progress=StageProgress(bars),
            )
        lines.append(line)
        yield line
    if len(lines) > 1:
        yield mean_line(lines)


def _tell(lines: "list[EvaluationLine]") -> None:
    rows = [
        (
            line.category,
            *(_figure(getattr(line, name)) for name in SHOWN),
            f"{line.fit_seconds:.1f}",
            f"{line.milliseconds_p50:.1f}",
        )
        for line in lines
    ]
    columns = ("category", *(name.replace("_", " ") for name in SHOWN), "fit s", "ms p50")
    print_table(columns, rows, empty="Nothing was evaluated.")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
