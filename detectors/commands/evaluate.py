"""`oddspot evaluate`: fit and judge on labelled folders in MVTec layout; records nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.load import load_settings
from config.settings import Settings
from config.sources import DetectorSettings
from detectors.commands.fit import StageProgress, progress_bars
from detectors.commands.options import choose_settings
from storage.blobs import write_durably
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json, print_table, say

if TYPE_CHECKING:
    from detectors.dataset import Category
    from detectors.evaluation import EvaluationLine, Judged

SHOWN = {
    "image_auroc": "AUROC",
    "aupro": "AUPRO",
    "peak_inside": "peak",
    "false_alarm_rate": "false",
    "recall": "recall",
    "best_trivial": "trivial",
}


@dataclass
class _Run:
    """What is judged, and what has been so far; judged keeps what a report needs, where one was asked for."""

    settings: Settings
    limit: int | None
    is_drawn: bool
    judged: "list[Judged]" = field(default_factory=list)

    def lines(
        self, categories: "Sequence[Category]", choices: Sequence[DetectorSettings]
    ) -> "Iterator[EvaluationLine]":
        """Yield a line a category and seed, then the mean where there are several; choices differ in their seed."""
        from detectors.evaluation import mean_line  # noqa: PLC0415 - torch is loaded only when there is work for it

        lines = []
        for category in categories:
            for chosen in choices:
                judged = self._judge(category, chosen, is_drawn=self.is_drawn and chosen is choices[0])
                if self.is_drawn:
                    self.judged.append(judged)
                lines.append(judged.line)
                yield judged.line
        if len(lines) > 1:
            yield mean_line(lines)

    def _judge(self, category: "Category", chosen: DetectorSettings, *, is_drawn: bool) -> "Judged":
        from detectors.evaluation import judge_category  # noqa: PLC0415 - the same

        with progress_bars() as bars:
            return judge_category(
                category,
                settings=chosen,
                limits=self.settings.limits,
                limit=self.limit,
                weights_dir=self.settings.storage.data_dir / "weights",
                progress=StageProgress(bars),
                is_drawn=is_drawn,
            )


def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder in MVTec layout, or a folder of such folders.")],
    config: ConfigOption = None,
    *,
    preset: Annotated[str | None, typer.Option(help="fast or default.")] = None,
    method: Annotated[str | None, typer.Option(help="The method, as patchcore.")] = None,
    methods: Annotated[str | None, typer.Option(help="Several, as patchcore,padim.")] = None,
    backbone: Annotated[str | None, typer.Option(help="A timm name.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the square, px.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    seeds: Annotated[str | None, typer.Option(help="Several, as 0,1,2.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="Images of each kind at most.")] = None,
    report: Annotated[Path | None, typer.Option(dir_okay=False, help="HTML file with curves and heatmaps.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit on train/good, score test, and print the figures of each category, method and seed and their means."""
    settings = load_settings(config)
    given = {"preset": preset, "threads": threads, "backbone": backbone, "image_size": image_size}
    grid = [
        [choose_settings(settings.detector, given | {"method": one, "seed": each}) for each in parse_seeds(seeds, seed)]
        for one in parse_names(methods, method)
    ]
    from detectors.dataset import find_categories  # noqa: PLC0415 - after the options were found good

    categories = find_categories(folder)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)  # now rather than after minutes of fitting
    run = _Run(settings, limit, is_drawn=report is not None)
    lines = []
    for choices in grid:
        for line in run.lines(categories, choices):
            lines.append(line)
            if as_json:
                print_json(asdict(line))
    if report is not None:
        _write_report(report, run.judged)
    if not as_json:
        _tell(lines, report)


def parse_names(given: str | None, one: str | None) -> list[str | None]:
    """Return the names in a comma-separated list, each once; without a list, the one."""
    if given is None:
        return [one]
    names = list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    if not names:
        raise typer.BadParameter("--methods names no method.")
    return [*names]


def parse_seeds(given: str | None, one: int) -> list[int]:
    """Return the seeds in a comma-separated list, each once; without a list, the one."""
    if given is None:
        return [one]
    words = [word.strip() for word in given.split(",") if word.strip()]
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise typer.BadParameter(f"--seeds takes whole numbers from 0, as 0,1,2 (got {given!r}).")
    return list(dict.fromkeys(int(word) for word in words))


def _write_report(path: Path, judged: "Sequence[Judged]") -> None:
    from detectors.reports.evaluation_page import render_evaluation  # noqa: PLC0415 - torch is loaded by then

    write_durably(path, render_evaluation(judged, made_at=now_utc()).encode())


def _tell(lines: "list[EvaluationLine]", report: Path | None) -> None:
    """Print what differs between lines, and the figures; a terminal is narrow."""
    named = ["category", *(name for name in ("method", "seed") if len({getattr(line, name) for line in lines}) > 1)]
    rows = [
        (
            *(_word(getattr(line, name)) for name in named),
            *(_figure(getattr(line, name)) for name in SHOWN),
            f"{line.fit_seconds:.1f}",
            f"{line.milliseconds_p50:.1f}",
        )
        for line in lines
    ]
    print_table((*named, *SHOWN.values(), "fit s", "ms p50"), rows, empty="Nothing was evaluated.")
    if report is not None:
        say(f"The report is in {report}.")


def _word(value: object) -> str:
    return "-" if value is None else str(value)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
