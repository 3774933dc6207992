"""A month of frames of one source, scored by a real fit: what `month` lives through. Can be kept, and gone on with."""

import argparse
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from config.sources import DetectorSettings, LimitSettings
from detectors.dataset import Category
from detectors.decode import Decoder
from detectors.fitted_detector import FittedDetector
from detectors.fitting import fit_detector
from detectors.scoring import load_detector
from storage.records import NearestNormal, NewInspection, Region, Verdict
from tests.benchmarks.scored_images import Fitted, Pixels, another_shot, as_new

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, SETTLED_DAYS, DARKEST = 30, 3, 0.85
LONGEST, PART, STILL = 512, 5_000, 4


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame to come: what it is, and what its source's detector finds in it."""

    source: str
    at: datetime
    is_defect: bool
    found: NewInspection


@dataclass(frozen=True, slots=True)
class Stream:
    """A source's month; still: the scores its good frames would have without any change of the light."""

    source: str
    shots: tuple[Shot, ...]
    still: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """What a source's frames are made of and judged by; fades: whether its light does."""

    name: str
    number: int
    judge: Fitted
    good: Sequence[Pixels]
    bad: Sequence[Pixels]

    @property
    def fades(self) -> bool:
        return self.number == 0

    def found(self, pixels: Pixels, light: float = 1.0) -> NewInspection:
        dimmed: Pixels = np.asarray(pixels * light, dtype=np.uint8) if self.fades else pixels
        return as_new(self.judge.detector.inspect(dimmed), dimmed, self.judge.detector)


def fit_source(learnt: list[Path], decoder: Decoder, options: argparse.Namespace) -> FittedDetector:
    """Fit a source of the month; the same images and seed give the same fit."""
    return fit_detector(
        learnt,
        decoder=decoder,
        settings=DetectorSettings(preset="fast", seed=options.seed, threads=1),
        bit_depth=None,
        weights_dir=options.weights_dir,
        progress=lambda _stage, _done, _total: None,
    )


def learnt_and_seen(category: Category, seed: int) -> tuple[list[Path], list[Path]]:
    """Return the good images a detector learns from, and those it sees later."""
    order = np.random.default_rng(seed).permutation(len(category.train))
    train = [category.train[place] for place in order]
    half = max(len(train) // 2, min(len(train) - 5, 20))
    return train[:half], [*train[half:], *(image.path for image in category.test if not image.is_defect)]


def score_month(options: argparse.Namespace, number: int, category: Category, folder: Path, sources: int) -> Stream:
    """Score a source's month; the fit is the one that is registered, made again from the same images and seed."""
    learnt, good = learnt_and_seen(category, options.seed)
    frames, defects = options.frames // sources, options.defects // sources
    with Decoder(LimitSettings()) as decoder:
        made = fit_source(learnt, decoder, options)
        made.save(folder / category.name)
        detector = load_detector(folder / category.name, weights_dir=options.weights_dir, threads=1)
        source = _Source(
            category.name,
            number,
            Fitted(detector, decoder),
            [_small(decoder.decode(path).pixels) for path in good],
            [_small(decoder.decode(image.path).pixels) for image in category.test if image.is_defect],
        )
        shots, still = _good_frames(source, options, frames, (number + 1) / (sources + 1))
        shots += _defects(source, options.seed, defects)
    return Stream(category.name, tuple(shots), tuple(still) or tuple(s.found.score for s in shots if not s.is_defect))


def _good_frames(
    source: _Source, options: argparse.Namespace, frames: int, offset: float
) -> tuple[list[Shot], list[float]]:
    shots: list[Shot] = []
    still: list[float] = []
    for first in range(0, frames, PART):
        places = range(first, min(first + PART, frames))
        key = [options.seed, frames, offset, source.judge.detector.embedding_space, source.judge.detector.threshold]
        file = options.kept and options.kept / f"{source.name}-{first}.json"
        part = _kept(file, key)
        if part is None:
            part = _part(source, options.seed, places, frames, offset)
            _keep(file, key, *part)
        shots, still = shots + part[0], still + part[1]
        print(f"{source.name}: {places.stop} of {frames} scored", file=sys.stderr, flush=True)
    return shots, still


def _part(source: _Source, seed: int, places: range, frames: int, offset: float) -> tuple[list[Shot], list[float]]:
    """Score some of the good frames; every part has chances of its own, so that each can be made alone."""
    chance = np.random.default_rng([seed, source.number, places.start])
    shots, still = [], []
    for place in places:
        at = START + timedelta(days=DAYS) * (place + offset) / frames
        shot = another_shot(source.good[int(chance.integers(len(source.good)))], chance)
        found = source.found(shot, 1 - (1 - DARKEST) * place / frames)
        shots.append(Shot(source.name, at, is_defect=False, found=found))
        if source.fades and place % STILL == 0:
            still.append(source.found(shot).score)
    return shots, still


def _defects(source: _Source, seed: int, wanted: int) -> list[Shot]:
    chance, shots = np.random.default_rng([seed, source.number]), []
    for one in chance.permutation(len(source.bad))[:wanted]:
        day = SETTLED_DAYS + 2 + (DAYS - SETTLED_DAYS - 2) * float(chance.random())
        found = source.found(source.bad[one], 1 - (1 - DARKEST) * day / DAYS)
        shots.append(Shot(source.name, START + timedelta(days=day), is_defect=True, found=found))
    return shots


def _small(pixels: Pixels) -> Pixels:
    """Return pixels at most twice as long as the network's square: what is done to them takes no longer than a look."""
    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST, LONGEST))
    return np.asarray(image)


def _keep(file: Path | None, key: list[Any], shots: list[Shot], still: list[float]) -> None:
    if file is None:
        return
    lines = [
        {"at": one.at.isoformat(), "source": one.source, "found": {**asdict(one.found), "vectors": _text(one.found)}}
        for one in shots
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(".part")
    written.write_text(json.dumps({"key": key, "shots": lines, "still": still}), encoding="utf-8")
    written.replace(file)


def _kept(file: Path | None, key: list[Any]) -> tuple[list[Shot], list[float]] | None:
    if file is None or not file.exists():
        return None
    values = json.loads(file.read_text(encoding="utf-8"))
    if values["key"] != key:
        return None
    shots = [
        Shot(one["source"], datetime.fromisoformat(one["at"]), is_defect=False, found=_found(one["found"]))
        for one in values["shots"]
    ]
    return shots, values["still"]


def _text(found: NewInspection) -> str:
    return b64encode(found.vectors or b"").decode()


def _found(values: dict[str, Any]) -> NewInspection:
    regions = tuple(
        Region(**{**one, "nearest": one["nearest"] and NearestNormal(**one["nearest"])}) for one in values["regions"]
    )
    made = {"regions": regions, "verdict": Verdict(values["verdict"]), "vectors": b64decode(values["vectors"])}
    return NewInspection(**{**values, **made, "crops": tuple(values["crops"])})
