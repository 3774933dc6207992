"""`oddspot compare`: which method suits these images; fits them all, records nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from config.load import load_settings
from config.settings import Settings
from config.sources import DetectorSettings
from detectors.commands.evaluate import parse_names
from detectors.commands.fit import StageProgress, progress_bars
from detectors.commands.options import choose_settings
from storage.commands.options import ConfigOption, JsonOption, plain, print_json, print_table, say

if TYPE_CHECKING:
    from detectors.dataset import Category
    from detectors.evaluation import EvaluationLine

COLUMNS = ("method", "AUROC", "95 % interval", "false alarms", "recall", "ms p50", "fit s")


@dataclass(frozen=True, slots=True)
class _Failure:
    """A method that could not be tried, and why."""

    method: str
    reason: str


def compare(
    folder: Annotated[Path, typer.Argument(help="A folder in MVTec layout, or a folder of good photos.")],
    config: ConfigOption = None,
    *,
    methods: Annotated[str | None, typer.Option(help="Which, as patchcore,padim; else every quick one.")] = None,
    preset: Annotated[str | None, typer.Option(help="fast or default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="Images of each kind at most.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit and judge several methods on the same photos, and recommend one from what was measured."""
    settings = load_settings(config)
    given = {"preset": preset, "seed": seed, "threads": threads}
    names = parse_names(methods, None) if methods is not None else _quick_methods()
    choices = [choose_settings(settings.detector, given | {"method": name}) for name in names]
    with _categories(folder, settings, seed) as (categories, is_made_up):
        for category in categories:
            tried = list(_try(category, choices, settings, limit, is_made_up=is_made_up))
            (_print_lines if as_json else _tell)(category.name, tried, is_made_up=is_made_up)


def _quick_methods() -> list[str | None]:
    from detectors.methods.registry import METHODS  # noqa: PLC0415 - torch is loaded only when there is work for it

    return [*METHODS]


@contextmanager
def _categories(folder: Path, settings: Settings, seed: int) -> "Iterator[tuple[list[Category], bool]]":
    """Give the categories of a folder, and whether their defects are made up: a folder of photos has only good ones."""
    from detectors.comparison import hold_out  # noqa: PLC0415 - the same
    from detectors.dataset import find_categories, list_images  # noqa: PLC0415 - the same
    from detectors.decode import Decoder  # noqa: PLC0415 - the same

    images = list_images(folder)
    if not images:
        yield find_categories(folder), False
        return
    with TemporaryDirectory(prefix="oddspot-compare-") as made_up, Decoder(settings.limits) as decoder:
        yield [hold_out(folder, images, decoder=decoder, into=Path(made_up), seed=seed)], True


def _try(
    category: "Category",
    choices: Sequence[DetectorSettings],
    settings: Settings,
    limit: int | None,
    *,
    is_made_up: bool,
) -> "Iterator[EvaluationLine | _Failure]":
    from detectors.comparison import without_trivial  # noqa: PLC0415 - the same
    from detectors.errors import DetectorError  # noqa: PLC0415 - the same
    from detectors.evaluation import evaluate_category  # noqa: PLC0415 - the same
    from detectors.methods.port import MethodError  # noqa: PLC0415 - the same

    for chosen in choices:
        try:
            with progress_bars() as bars:
                line = evaluate_category(
                    category,
                    settings=chosen,
                    limits=settings.limits,
                    limit=limit,
                    weights_dir=settings.storage.data_dir / "weights",
                    progress=StageProgress(bars),
                )
        except (DetectorError, MethodError) as error:
            # One method may need more images than there are; the others still have their say.
            yield _Failure(str(chosen.method), str(error))
            continue
        yield without_trivial(line) if is_made_up else line


def _print_lines(category: str, tried: "Sequence[EvaluationLine | _Failure]", *, is_made_up: bool) -> None:
    for one in tried:
        if isinstance(one, _Failure):
            print_json({"category": category, "method": one.method, "failed": one.reason})
        else:
            print_json(asdict(one) | {"defects": "made-up" if is_made_up else "labelled"})
    advice = _recommend(tried, is_made_up=is_made_up)
    print_json({"category": category, "recommended": advice[0], "reason": advice[1]})


def _tell(category: str, tried: "Sequence[EvaluationLine | _Failure]", *, is_made_up: bool) -> None:
    lines = [one for one in tried if not isinstance(one, _Failure)]
    say(plain(category))
    print_table(COLUMNS, [_row(line) for line in lines], empty="No method could be tried.")
    for one in tried:
        if isinstance(one, _Failure):
            say(f"{one.method} could not be tried: {one.reason}")
    if is_made_up:
        say(
            "There are only good photos: a part of them was held out for the false alarms, and AUROC and recall are "
            "about defects made up on them, which say little about real ones."
        )
    say(_recommend(tried, is_made_up=is_made_up)[1])


def _recommend(tried: "Sequence[EvaluationLine | _Failure]", *, is_made_up: bool) -> tuple[str | None, str]:
    from detectors.comparison import recommend  # noqa: PLC0415 - the same

    lines = [one for one in tried if not isinstance(one, _Failure)]
    if not lines:
        return None, "Nothing can be recommended: no method could be tried."
    advice = recommend(lines, is_made_up=is_made_up)
    return advice.method, advice.reason


def _row(line: "EvaluationLine") -> tuple[str, ...]:
    has_interval = line.image_auroc_low is not None and line.image_auroc_high is not None
    return (
        line.method,
        _figure(line.image_auroc),
        f"{line.image_auroc_low:.3f} to {line.image_auroc_high:.3f}" if has_interval else "-",
        _figure(line.false_alarm_rate),
        _figure(line.recall),
        f"{line.milliseconds_p50:.1f}",
        f"{line.fit_seconds:.1f}",
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
