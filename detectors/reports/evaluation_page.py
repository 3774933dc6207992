"""The report of `oddspot evaluate`: each category and method with figures, curves, and the images worth looking at."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from detectors.evaluation import EvaluationLine, Judged, mean_line
from detectors.measuring import Outcome, Picture
from detectors.metrics import precision_recall_points, roc_points
from detectors.reports.charts import Curve, draw_curve, draw_histogram
from detectors.reports.page import render_chart, render_page, render_paragraph, render_picture, render_table

MARGIN = 0.05
SUMMARY = ("image_auroc", "pixel_auroc", "aupro", "peak_inside", "false_alarm_rate", "recall", "best_trivial")
FIGURES = ("image_ap", "image_f1_max", "pixel_auroc", "aupro", "peak_inside", "false_alarm_rate", "recall")
LABELS = {
    "image_auroc": "image AUROC",
    "image_ap": "image AP",
    "image_f1_max": "best image F1",
    "pixel_auroc": "pixel AUROC",
    "aupro": "AUPRO",
    "peak_inside": "peak inside",
    "false_alarm_rate": "false alarms",
    "recall": "recall",
    "best_trivial": "best trivial",
}
HEADINGS = {
    Outcome.MISS: ("Worst misses", "No defect was missed."),
    Outcome.FALSE_ALARM: ("Worst false alarms", "No good image raised an alarm."),
    Outcome.HIT: ("Best hits", "No defect was found."),
}
KEY = '<span class="key good"></span>good<span class="key defect"></span>defect'


def render_evaluation(judged: Sequence[Judged], *, made_at: datetime) -> str:
    """Return the report of everything judged, as one HTML page."""
    groups = _grouped(judged)
    body = [
        "<h1>Evaluation</h1>",
        render_paragraph(f"Made by Oddspot on {made_at:%Y-%m-%d at %H:%M} UTC. Nothing was recorded.", "soft"),
        _summary(judged),
        render_paragraph(
            "Best trivial is the AUROC of whichever of mean brightness, standard deviation and file size tells defects "
            f"best: a detector less than {MARGIN} above it may have learnt the light or the file format. Peak "
            "inside is the share of defects found whose heatmap peaks on them.",
            "soft",
        ),
        render_paragraph(
            "Pictures: blue is normal, the pale middle is the threshold, red is abnormal; boxes are what was alarmed. "
            "Beneath each stand its kind and its score, of the threshold.",
            "soft",
        ),
        _contents(list(groups)),
        *("".join(_section(number, name, group)) for number, (name, group) in enumerate(groups.items())),
    ]
    return render_page("Oddspot evaluation", body)


def _grouped(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Return the seeds of each category and of what was asked for together."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(f"{one.line.category}, {one.asked}", []).append(one)
    return groups


def _summary(judged: Sequence[Judged]) -> str:
    shown = [*(one.line for one in judged), *_means(judged)]
    columns = ("category", "method", "seed", *(LABELS[name] for name in SUMMARY), "ms p50", "fit s")
    rows = [
        (
            line.category,
            line.method,
            "all" if line.seed is None else line.seed,
            *(_figure(getattr(line, name)) for name in SUMMARY),
            f"{line.milliseconds_p50:.0f}",
            f"{line.fit_seconds:.1f}",
        )
        for line in shown
    ]
    return render_table(columns, rows, words=2)


def _means(judged: Sequence[Judged]) -> list[EvaluationLine]:
    asked: dict[str, list[EvaluationLine]] = {}
    for one in judged:
        asked.setdefault(one.asked, []).append(one.line)
    return [mean_line(lines) for lines in asked.values() if len(lines) > 1]


def _contents(names: Sequence[str]) -> str:
    links = "".join(f'<a href="#part-{number}">{escape(name)}</a>' for number, name in enumerate(names))
    return f"<nav>{links}</nav>"


def _section(number: int, name: str, group: Sequence[Judged]) -> Iterator[str]:
    first = group[0]
    line = first.line
    yield f'<h2 id="part-{number}">{escape(name)}</h2>'
    yield render_paragraph(_setting(line), "soft")
    yield from _warnings(line)
    yield _figures([one.line for one in group])
    yield from _charts(first)
    yield "<h3>By kind of defect</h3>"
    yield render_table(
        ("kind", "images", "recall", "AUROC against good"),
        [(kind, one.images, _figure(one.recall), _figure(one.image_auroc)) for kind, one in line.kinds.items()],
    )
    for outcome in HEADINGS:
        yield _pictures(outcome, [one for one in first.pictures if one.outcome is outcome], first)


def _setting(line: EvaluationLine) -> str:
    words = (
        f"{line.train_images} good images to learn from, {line.test_images} to judge; preset {line.preset}, "
        f"{line.method} on {line.backbone} at {line.image_size} px. Charts and pictures are those of seed {line.seed}."
    )
    fitness = f" The fit called itself {line.fitness}." if line.fitness else ""
    return f"{words}{fitness}{f' {line.choice}' if line.choice else ''}"


def _warnings(line: EvaluationLine) -> Iterator[str]:
    if line.masks_missing:
        defects = sum(kind.images for kind in line.kinds.values())
        yield render_paragraph(
            f"{line.masks_missing} of {defects} defects have no mask: pixel AUROC, AUPRO and peak inside "
            f"{'leave them out' if line.masks_missing < defects else 'cannot be told'}.",
            "warn",
        )
    if line.image_auroc is None:
        yield render_paragraph("Only one of good and defect is among the test images: no AUROC can be told.", "warn")
    elif line.best_trivial is not None and line.image_auroc < line.best_trivial + MARGIN:
        best = max(line.trivial, key=lambda name: line.trivial[name]).replace("_", " ")
        yield render_paragraph(
            f"The {best} of an image alone reaches an AUROC of {line.best_trivial:.3f} and the detector "
            f"{line.image_auroc:.3f}: do not trust it before you know why.",
            "warn",
        )


def _figures(lines: Sequence[EvaluationLine]) -> str:
    columns = ("figure", *(f"seed {line.seed}" for line in lines))
    rows = [(LABELS["image_auroc"], *(_figure(line.image_auroc) for line in lines))]
    rows.append(("its 95 % interval", *(_interval(line) for line in lines)))
    rows += [(f"trivial: {name.replace('_', ' ')}", *(_figure(line.trivial.get(name)) for line in lines))
             for name in lines[0].trivial]  # fmt: skip
    rows += [(LABELS[name], *(_figure(getattr(line, name)) for line in lines)) for name in FIGURES]
    rows.append(("fit, seconds", *(f"{line.fit_seconds:.1f}" for line in lines)))
    rows.append(
        ("an image, ms (p50, p95)", *(f"{line.milliseconds_p50:.0f}, {line.milliseconds_p95:.0f}" for line in lines))
    )
    return render_table(columns, rows)


def _charts(judged: Judged) -> Iterator[str]:
    labels, scores, line = judged.labels, judged.scores, judged.line
    good, defect = scores[~labels], scores[labels]
    yield '<div class="charts">'
    if len(good) and len(defect):
        rates = (line.false_alarm_rate or 0.0, line.recall or 0.0)
        roc = Curve("ROC curve", "false alarm rate", "recall", roc_points(labels, scores), ((0, 0), (1, 1)), rates)
        yield render_chart(draw_curve(roc), "ROC: the dot is the threshold, the dashed line is chance.")
        base = float(labels.mean())
        alarms = scores > judged.threshold
        at = (rates[1], float(labels[alarms].mean())) if alarms.any() else None
        points = precision_recall_points(labels, scores)
        curve = Curve("Precision-recall curve", "recall", "precision", points, ((0, base), (1, base)), at)
        yield render_chart(draw_curve(curve), "Precision and recall: the dashed line is chance.")
    yield render_chart(draw_histogram(good, defect, judged.threshold), f"Scores: {KEY}")
    yield "</div>"


def _pictures(outcome: Outcome, pictures: Sequence[Picture], judged: Judged) -> str:
    heading, nothing = HEADINGS[outcome]
    if not pictures:
        return f"<h3>{escape(heading)}</h3>{render_paragraph(nothing, 'soft')}"
    shown = [
        render_picture(one.png, name=one.name, words=f"{one.kind}, {one.score:.4g} of {judged.threshold:.4g}")
        for one in pictures
    ]
    return f'<h3>{escape(heading)}</h3><div class="pictures">{"".join(shown)}</div>'


def _interval(line: EvaluationLine) -> str:
    if line.image_auroc_low is None or line.image_auroc_high is None:
        return "-"
    return f"{line.image_auroc_low:.3f} to {line.image_auroc_high:.3f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
