from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from detectors.methods.port import EmbeddedImage, FitChoices, MethodError, PatchGrid
from detectors.presets import View
from detectors.search import JudgedView, choose_view, decide, pick_images

CHOICES = FitChoices(1.0, 1, 4096, 0, 3)
BLIND, SEEING = View("patchcore", 16, (16,)), View("patchcore", 32, (8,))


def photos(count: int = 24) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [(128 + generator.normal(scale=2, size=(64, 64, 3))).astype(np.uint8) for _ in range(count)]


def embed_cells(side: int, pixels: np.ndarray) -> EmbeddedImage:
    """Embed each cell of side x side pixels as its mean and spread, or as nothing where it is as large as the image."""
    cells = pixels.astype(np.float32).reshape(64 // side, side, 64 // side, side, 3).swapaxes(1, 2)
    cells = cells.reshape(-1, side * side * 3)
    rows = np.stack([cells.mean(axis=1), cells.std(axis=1)], axis=1) if side < 64 else np.zeros((1, 2))
    return EmbeddedImage(pixels, PatchGrid(rows.astype(np.float32), 64 // side, 64 // side))


def embedder(view: View) -> Callable[[np.ndarray], EmbeddedImage]:
    return partial(embed_cells, 64 if view == BLIND else 8)


def nothing(_done: int, _total: int) -> None: ...


def judged(view: View, auroc: float, clear: float = 0.95, moved: float = 0.9, told: float = 0.5) -> JudgedView:
    return JudgedView(view, auroc, clear, moved, told, 1.0)


def test_takes_the_view_that_sees_the_defects() -> None:
    choice = choose_view(photos(), [BLIND, SEEING], embedder, CHOICES, rate=0.01, seconds=100, progress=nothing)

    assert choice.view == SEEING
    assert choice.judged[0].synthetic_auroc == pytest.approx(0.5)
    assert choice.judged[1].synthetic_auroc > 0.8
    assert choice.judged[0].told == 0
    assert choice.judged[1].told > 0.3
    assert f"{choice.judged[1].told:.0%} of made-up defects are told" in choice.fitness.sentence
    assert str(SEEING) in choice.reason


def test_judges_every_view_by_its_own_score() -> None:
    sharp, broad = replace(SEEING, highest=1), replace(SEEING, highest=64)

    found = choose_view(photos(), [sharp, broad], embedder, CHOICES, rate=0.01, seconds=100, progress=nothing).judged

    assert found[0].synthetic_auroc != found[1].synthetic_auroc


def test_the_first_view_stays_unless_another_is_clearly_better() -> None:
    assert decide([judged(BLIND, 0.80), judged(SEEING, 0.90)]).view == BLIND
    assert decide([judged(BLIND, 0.80), judged(SEEING, 0.97)]).view == SEEING
    assert decide([judged(BLIND, 0.80, 0.95), judged(SEEING, 0.90, 0.92)]).view == BLIND  # it loses on clear defects
    assert "no other view" in decide([judged(BLIND, 0.80), judged(SEEING, 0.70)]).reason


def test_the_verdict_is_that_of_the_view_taken() -> None:
    assert decide([judged(BLIND, 0.6, 0.6, 0.6), judged(SEEING, 0.9)]).fitness.word == "good"
    assert decide([judged(BLIND, 0.6, moved=0.7)]).fitness.word == "weak"
    assert decide([judged(SEEING, 0.9, told=0.12)]).fitness.word == "weak"
    assert decide([judged(BLIND, 0.5, moved=0.55)]).fitness.word == "not fit"


def test_stops_looking_when_the_time_is_over() -> None:
    choice = choose_view(photos(), [BLIND, SEEING], embedder, CHOICES, rate=0.01, seconds=0, progress=nothing)

    assert [one.view for one in choice.judged] == [BLIND]


def test_passes_over_views_that_need_more_images() -> None:
    views = [View("padim", 32, (8,)), SEEING]
    choice = choose_view(photos(8), views, embedder, CHOICES, rate=0.01, seconds=100, progress=nothing)

    assert [one.view for one in choice.judged] == [SEEING]
    with pytest.raises(MethodError, match="from 8 images"):
        choose_view(photos(8), views[:1], embedder, CHOICES, rate=0.01, seconds=100, progress=nothing)


def test_looks_at_a_bounded_number_of_images_drawn_by_the_seed() -> None:
    assert pick_images(30, 0) == list(range(30))
    assert len(set(pick_images(5000, 0))) == 160
    assert pick_images(5000, 0) == pick_images(5000, 0) != pick_images(5000, 1)
