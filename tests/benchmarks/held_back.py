"""Measure what ten labelled false alarms hold back: `python -m tests.benchmarks.held_back`.

A detector whose threshold lies at the 70th percentile of held-out good images cries too often. Of the good images it
has not learnt from, the first ten it flags are labelled false alarms, and half of the defects it flags (or --defects, a
share or a number) are labelled defects; a share of all labels may be wrong. Then it sees the other good images, the
labelled defects again in another shot, and the defects nobody labelled; beside what is held back of these stands what a
threshold raised until as few false alarms are left would lose of them. Prints a table, then one JSON object; returns 1
where a wanted figure is missed.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import numpy as np

from agent.alerts.evidence import recall
from config.team import AlertSettings
from detectors.dataset import Category, find_categories
from storage.records import LabelKind, Likeness, Remembered
from tests.benchmarks.few_labels import over_seeds
from tests.benchmarks.scored_images import Fitted, fitted

ROOT = Path(__file__).resolve().parents[2]
LABELLED, FURTHER = 10, 100
TOO_OFTEN = 0.3
WANTED_FALL, MOST_LOST = 0.5, 0.02
SAID_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """An image's score; likeness is None where it was not flagged."""

    score: float
    likeness: Likeness | None


@dataclass(frozen=True, slots=True)
class Line:
    """One fit; false alarms among further good images flagged and told, and the same of labelled and other defects.

    others_above: of the other defects, those above a threshold that leaves as few false alarms.
    """

    category: str
    seed: int
    defects: float
    wrong: float
    good: int
    false_flagged: int
    false_told: int
    labelled: int
    labelled_told: int
    others: int
    others_told: int
    others_above: int


def main() -> int:
    """Measure every category and seed; return 1 where a wanted figure is missed."""
    options = _options()
    lines: list[Line] = []
    for category in find_categories(options.data):
        if category.name in (options.categories or [category.name]):
            for seed in options.seeds:
                for line in _measure(options, category, seed):
                    print(line, file=sys.stderr, flush=True)
                    lines.append(line)
    missed = _print_table(lines)
    print(json.dumps({"lines": [asdict(line) for line in lines], "missed": missed, "load": os.getloadavg()}))
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--weights-dir", type=Path, default=Path(tempfile.gettempdir()) / "oddspot-weights")
    parser.add_argument("--categories", nargs="*")
    parser.add_argument("--preset", default="fast", choices=("fast", "default"))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--wrong", nargs="*", type=float, default=[0.0, 0.1])
    parser.add_argument("--defects", nargs="*", type=float, default=[0.5])
    parser.add_argument("--rate", type=float, default=TOO_OFTEN)
    parser.add_argument("--alike", type=float, default=AlertSettings().alike)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _measure(options: argparse.Namespace, category: Category, seed: int) -> Iterator[Line]:
    chance = np.random.default_rng(seed)
    train = [category.train[place] for place in chance.permutation(len(category.train))]
    half = max(len(train) // 2, min(len(train), 20))
    with fitted(
        train[:half],
        preset=options.preset,
        seed=seed,
        threads=options.threads,
        weights_dir=options.weights_dir,
        rate=options.rate,
    ) as judge:
        good = [*train[half:], *(image.path for image in category.test if not image.is_defect)]
        good = [good[place] for place in chance.permutation(len(good))]
        wanted = round((LABELLED + FURTHER / 2) / options.rate)
        shots = [(path, False) for path in good] + [(good[one % len(good)], True) for one in range(wanted - len(good))]
        numbers = iter(range(1, 10**6))
        normals = [_see(judge, path, next(numbers), chance if again else None) for path, again in shots]
        bad = [image.path for image in category.test if image.is_defect]
        bad = [bad[place] for place in chance.permutation(len(bad))]
        firsts = [_see(judge, path, next(numbers)) for path in bad]
        caught = [place for place, one in enumerate(firsts) if one.likeness]
        taught = {wanted: caught[: _how_many(wanted, len(caught))] for wanted in options.defects}
        shown_again = max(taught.values(), key=len)
        again = {place: _see(judge, bad[place], next(numbers), chance) for place in shown_again}
    for defects, labelled in taught.items():
        for wrong in options.wrong:
            yield _line(options, (category.name, seed, defects, wrong), normals, firsts, labelled, again)


def _how_many(wanted: float, caught: int) -> int:
    """Return how many of the caught defects are labelled: a share below 1, else a number."""
    return int(wanted * caught) if wanted < 1 else min(int(wanted), caught)


def _see(judge: Fitted, path: Path, number: int, chance: np.random.Generator | None = None) -> Seen:
    _, scored = judge.look(path, chance)
    if scored.score <= scored.threshold:
        return Seen(scored.score, None)
    regions, vectors = len(scored.regions), scored.vectors.tobytes()
    return Seen(scored.score, Likeness(number, scored.score, regions, vectors, judge.detector.embedding_space))


def _line(
    options: argparse.Namespace,
    what: tuple[str, int, float, float],
    normals: Sequence[Seen],
    firsts: Sequence[Seen],
    labelled: Sequence[int],
    again: dict[int, Seen],
) -> Line:
    name, seed, defects_taught, wrong = what
    flagged = [place for place, one in enumerate(normals) if one.likeness]
    first, further = flagged[:LABELLED], normals[flagged[LABELLED - 1] + 1 :] if len(flagged) >= LABELLED else []
    swapped = round(wrong * len(labelled))
    alarms = [normals[place] for place in first[: LABELLED - round(wrong * LABELLED)]]
    alarms += [firsts[place] for place in labelled[:swapped]]
    defects = [firsts[place] for place in labelled[swapped:]]
    defects += [normals[place] for place in first[len(alarms) - swapped :]]
    memory = [*_remember(alarms, LabelKind.FALSE_ALARM), *_remember(defects, LabelKind.DEFECT)]

    def told(seen: Sequence[Seen]) -> int:
        flagged = [one.likeness for one in seen if one.likeness is not None]
        return sum(recall(one, memory, alike=options.alike).false_alarm is None for one in flagged)

    known = [again[place] for place in labelled[swapped:]]
    others = [one for place, one in enumerate(firsts) if place not in labelled]
    false_told = told(further)
    return Line(
        category=name,
        seed=seed,
        defects=defects_taught,
        wrong=wrong,
        good=len(further),
        false_flagged=sum(one.likeness is not None for one in further),
        false_told=false_told,
        labelled=sum(one.likeness is not None for one in known),
        labelled_told=told(known),
        others=sum(one.likeness is not None for one in others),
        others_told=told(others),
        others_above=_above_as_few(further, others, false_told),
    )


def _above_as_few(good: Sequence[Seen], others: Sequence[Seen], left: int) -> int:
    """Count the flagged defects above a threshold that leaves so many false alarms."""
    falling = sorted((one.score for one in good if one.likeness), reverse=True)
    threshold = falling[left] if left < len(falling) else -np.inf
    return sum(one.score > threshold for one in others if one.likeness)


def _remember(seen: Sequence[Seen], kind: LabelKind) -> list[Remembered]:
    return [Remembered(one.likeness, kind, None, "benchmark", SAID_AT) for one in seen if one.likeness is not None]


def _print_table(lines: Sequence[Line]) -> list[str]:
    print(
        f"{'category':<16}{'defects':>8}{'wrong':>7}{'good':>6}{'false alarms fall':>19}{'labelled lost':>15}"
        f"{'others lost':>13}{'by a threshold':>16}"
    )
    missed = []
    for defects, wrong in sorted({(line.defects, line.wrong) for line in lines}, key=lambda pair: (-pair[0], pair[1])):
        own = [line for line in lines if (line.defects, line.wrong) == (defects, wrong)]
        for name in sorted({line.category for line in own}):
            each = [line for line in own if line.category == name]
            fall, labelled, others, static = _shares(each)
            print(
                f"{name:<16}{defects:>8g}{wrong:>7.2f}{min(line.good for line in each):>6}{fall:>19.2f}"
                f"{labelled:>15.3f}{others:>13.3f}{static:>16.3f}"
            )
        missed += _print_mean(own, defects, wrong)
    return missed


def _print_mean(lines: Sequence[Line], defects: float, wrong: float) -> list[str]:
    """Print the mean over categories, with its 95 % interval over seeds, and return what misses a wanted figure."""
    seeds = sorted({line.seed for line in lines})
    by_seed = [_mean_shares([line for line in lines if line.seed == seed]) for seed in seeds]
    halves = [over_seeds([shares[place] for shares in by_seed])[1] for place in range(4)]
    fall, labelled, others, static = _mean_shares(lines)
    print(
        f"mean, {defects:g} of the defects labelled, {wrong:.0%} wrong: "
        f"false alarms fall by {fall:.3f} +- {halves[0]:.3f}, "
        f"labelled lost {labelled:.3f} +- {halves[1]:.3f}, others {others:.3f} +- {halves[2]:.3f}, "
        f"by a threshold {static:.3f} +- {halves[3]:.3f}"
    )
    missed = [f"{wrong}: false alarms fall by {fall:.2f}"] if fall < WANTED_FALL and not wrong else []
    missed += [f"{wrong}: labelled lost {labelled:.3f}"] if labelled > MOST_LOST else []
    return [f"{defects:g} labelled, {one}" for one in missed]


def _mean_shares(lines: Sequence[Line]) -> tuple[float, ...]:
    names = sorted({line.category for line in lines})
    by_name = [_shares([line for line in lines if line.category == name]) for name in names]
    return tuple(map(mean, zip(*by_name, strict=True)))


def _shares(lines: Sequence[Line]) -> tuple[float, float, float, float]:
    """Return the shares held back of false alarms, of labelled and of other defects, and lost by a raised threshold."""

    def lost(flagged: str, told: str) -> float:
        whole = sum(getattr(line, flagged) for line in lines)
        return 1 - sum(getattr(line, told) for line in lines) / whole if whole else 0.0

    return (
        lost("false_flagged", "false_told"),
        lost("labelled", "labelled_told"),
        lost("others", "others_told"),
        lost("others", "others_above"),
    )


if __name__ == "__main__":
    sys.exit(main())
