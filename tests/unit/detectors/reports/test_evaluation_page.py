from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from detectors.evaluation import EvaluationLine, Judged, KindFigures
from detectors.measuring import Outcome, Picture
from detectors.reports.evaluation_page import render_evaluation

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LINE = EvaluationLine(
    category="bolt", method="patchcore", preset="fast", backbone="net", image_size=256, seed=0, image_auroc=0.75,
    image_ap=0.8, image_f1_max=0.8, pixel_auroc=None, aupro=None, false_alarm_rate=0.5, recall=0.5, fit_seconds=1.0,
    coreset_seconds=0.1, milliseconds_p50=9.0, milliseconds_p95=11.0, images_per_second=100.0, bank_rows=10,
    bank_bytes=10, peak_rss_bytes=10, train_images=5, test_images=4, image_auroc_low=0.61, image_auroc_high=0.92,
    kinds={"crack": KindFigures(2, 0.5, 0.75)}, peak_inside=None, trivial={"mean_brightness": 0.55},
    best_trivial=0.55, masks_missing=2, fitness=None, fitness_auroc=None, choice=None,
    promised_rate=0.05, promised_low=0.0, promised_high=0.5, kept_promise=True,
)  # fmt: skip


def make_judged(line: EvaluationLine = LINE, pictures: tuple[Picture, ...] = ()) -> Judged:
    labels = np.array([False, False, True, True])
    return Judged(line.method, line, labels, np.array([1.0, 3.0, 2.0, 4.0]), 2.5, pictures)


def render(*judged: Judged) -> str:
    return render_evaluation(judged, made_at=NOON)


def test_tells_figures_intervals_and_trivial_baselines() -> None:
    page = render(make_judged())

    assert "0.610 to 0.920" in page
    assert '<td class="word">trivial: mean brightness</td><td>0.550</td>' in page
    assert '<td class="word">crack</td><td>2</td><td>0.500</td><td>0.750</td>' in page
    assert page.count("<svg") == 3


def test_says_which_masks_are_missing() -> None:
    assert "2 of 2 defects have no mask" in render(make_judged())
    assert "have no mask" not in render(make_judged(replace(LINE, masks_missing=0)))


def test_warns_of_a_detector_no_better_than_a_trivial_figure() -> None:
    doubtful = replace(LINE, trivial={"mean_brightness": 0.5, "file_size": 0.71}, best_trivial=0.71)

    assert "The file size of an image alone reaches an AUROC of 0.710" in render(make_judged(doubtful))
    assert "of an image alone" not in render(make_judged())


def test_shows_pictures_under_their_outcome_with_names_escaped() -> None:
    page = render(make_judged(pictures=(Picture(Outcome.MISS, "<b>.png", "crack", 2.0, b"png"),)))

    assert "&lt;b&gt;.png" in page
    assert "<b>.png" not in page
    assert "data:image/png;base64,cG5n" in page
    assert "No defect was missed." not in page
    assert "No good image raised an alarm." in page


def test_puts_seeds_beside_each_other_and_methods_apart() -> None:
    page = render(make_judged(), make_judged(replace(LINE, seed=1)), make_judged(replace(LINE, method="padim")))

    assert page.count("<h2") == 2
    assert '<th scope="col">seed 0</th><th scope="col">seed 1</th>' in page


def test_one_kind_alone_has_a_histogram_and_no_curves() -> None:
    alone = replace(LINE, image_auroc=None, image_auroc_low=None, kinds={}, trivial={}, best_trivial=None, recall=None)
    judged = Judged("patchcore", alone, np.array([False, False]), np.array([1.0, 2.0]), 1.5, ())

    page = render(judged)

    assert "no AUROC can be told" in page
    assert page.count("<svg") == 1
