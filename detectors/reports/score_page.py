"""The report of `oddspot score`: worst first, heatmap beside photograph, to be labelled by keyboard."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path, PurePath

from config.counting import several
from detectors.reports.page import render_page, render_paragraph, render_table
from storage.records import Region, Verdict
from storage.text import storable

SCRIPT, STYLE = (Path(__file__).with_suffix(ending) for ending in (".js", ".css"))
REGIONS_SHOWN = 5
ROWS_TOGETHER = 100
# What a person can say of a photo the detector called so, with its key.
CHOICES = {
    Verdict.ANOMALOUS: (("defect", "Defect", "d"), ("false_alarm", "False alarm", "f"), ("unsure", "Unsure", "u")),
    Verdict.NORMAL: (("missed", "Missed", "m"), ("unsure", "Unsure", "u")),
}
HELP = (
    ("j k", "next, previous"),
    ("d", "defect"),
    ("f", "false alarm"),
    ("u", "unsure"),
    ("m", "missed, for a normal one"),
    ("c", "type its class, Enter ends"),
    ("Backspace", "clear"),
    ("s", "save"),
)


@dataclass(frozen=True, slots=True)
class PhotoPictures:
    """Small JPEGs of one photo: itself, its heatmap, and the nearest good one where the detector keeps it."""

    photo: bytes
    heatmap: bytes
    good_one: bytes | None


@dataclass(frozen=True, slots=True)
class ScoredPhoto:
    """One photo as its detector scored it; pictures is None where it is only listed."""

    path: str
    sha256: str
    captured_at: datetime
    score: float
    p_value: float
    verdict: Verdict
    fault: str | None
    regions: tuple[Region, ...]
    pictures: PhotoPictures | None


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """Everything one run of `oddspot score` found; rejected: paths and the reason each could not be read."""

    source: str
    detector: str
    threshold: float
    good_images: int
    made_at: datetime
    photos: Sequence[ScoredPhoto]
    rejected: Sequence[tuple[str, str]]


def render_scores(report: ScoreReport) -> str:
    """Return the report as one HTML page that needs nothing else, not even a network."""
    worst_first = sorted(report.photos, key=lambda photo: photo.score, reverse=True)
    ranked = list(enumerate(worst_first, start=1))
    body = [
        *_head(report),
        _bar(report),
        *(_card(report, rank, photo) for rank, photo in ranked if photo.pictures),
        *_rest(report, [(rank, photo) for rank, photo in ranked if not photo.pictures]),
        *_rejected(report.rejected),
    ]
    style, script = (file.read_text(encoding="utf-8") for file in (STYLE, SCRIPT))
    return render_page(f"Scores of {report.source}", body, style=style, script=script)


def _head(report: ScoreReport) -> Iterator[str]:
    counts = {
        "anomalous": sum(photo.verdict is Verdict.ANOMALOUS for photo in report.photos),
        "normal": sum(photo.verdict is Verdict.NORMAL for photo in report.photos),
        "not readable": len(report.rejected),
    }
    yield f"<h1>Scores of {_text(report.source)}</h1>"
    yield render_paragraph(
        f"Scored by {report.detector}, which learnt from {several(report.good_images, 'good photo')}, on "
        f"{report.made_at:%Y-%m-%d at %H:%M} UTC. Nothing was recorded and nobody was told.",
        "soft",
    )
    found = ", ".join(f"<b>{count}</b> {words}" for words, count in counts.items() if count)
    yield f"<p>{found}. A score above the threshold, {report.threshold:.4g}, is an anomaly.</p>"
    yield (
        '<p class="soft">Heatmaps: <span class="scale" role="img" aria-label="colour scale"></span> blue is normal, '
        "the pale middle is the threshold, red is abnormal; boxes are the regions listed beneath, the worst first.</p>"
    )


def _bar(report: ScoreReport) -> str:
    """Return the bar that stays in view: how many are labelled, what was just done, the keys, and the save button."""
    keys = "".join(f"<span>{''.join(f'<kbd>{key}</kbd>' for key in each.split())} {word}</span>" for each, word in HELP)
    # The same photos scored by the same detector are the same report, made again: its labels come back.
    shown = "\n".join([report.source, report.detector, *sorted(photo.sha256 for photo in report.photos)])
    name = hashlib.sha256(storable(shown).encode()).hexdigest()[:16]
    return (
        f'<div class="bar" data-report="{name}" data-file="{_text(report.source)}-labels.jsonl">'
        '<div class="line"><b id="count"></b><span id="note" role="status"></span>'
        '<button type="button" class="save" data-act="save">Save labels <kbd>s</kbd></button></div>'
        f'<div class="keys">{keys}</div></div>'
        "<noscript>Labelling needs JavaScript; everything else can be read without.</noscript>"
    )


def _card(report: ScoreReport, rank: int, photo: ScoredPhoto) -> str:
    fault = f"Camera fault: {photo.fault}. Such a frame counts as not judged." if photo.fault else ""
    return (
        f'<article class="item {photo.verdict}" tabindex="-1" {_item(report, photo)}>'
        f'<header><span class="rank">{rank}</span><h2>{_text(PurePath(photo.path).name)}</h2>'
        f'<span class="verdict">{photo.verdict}</span><span class="said" data-said></span></header>'
        f'<p class="soft path">{_text(PurePath(photo.path).parent)}</p>'
        f'<div class="trio">{"".join(_figures(photo))}</div>'
        f"<p><b>{_against(photo.score, report.threshold)}</b> (score {photo.score:.4g} of {report.threshold:.4g}). "
        f"p-value {photo.p_value:.4f}: {_rarity(photo.p_value)}.</p>"
        f"{render_paragraph(fault, 'warn') if fault else ''}{_regions(photo.regions)}"
        f'<div class="acts">{_acts(photo.verdict)}</div></article>'
    )


def _figures(photo: ScoredPhoto) -> Iterator[str]:
    pictures = photo.pictures
    if pictures is None:
        return
    yield _figure("photograph", pictures.photo, "The photograph")
    yield _figure("heatmap", pictures.heatmap, "Its heatmap")
    nearest = photo.regions[0].nearest if photo.regions else None
    if pictures.good_one is not None and nearest is not None:
        box = "; the box is the patch most like region 1" if nearest.box else ""
        caption = f"Compare with the good one <b>{_text(nearest.image)}</b>{box}"
        yield _figure("nearest good one", pictures.good_one, caption, nearest.box)


def _figure(name: str, picture: bytes, caption: str, box: tuple[float, float, float, float] | None = None) -> str:
    """Return a picture over its caption (HTML), with a box in shares of the picture."""
    data = base64.b64encode(picture).decode("ascii")
    drawn = ""
    if box is not None:
        places = zip(("left", "top", "width", "height"), box, strict=True)
        drawn = f'<span class="box" style="{";".join(f"{side}:{share:.2%}" for side, share in places)}"></span>'
    return (
        f'<figure><div class="framed"><img alt="{name}" loading="lazy" src="data:image/jpeg;base64,{data}">{drawn}'
        f"</div><figcaption>{caption}</figcaption></figure>"
    )


def _regions(regions: Sequence[Region]) -> str:
    if not regions:
        return ""
    more = len(regions) - REGIONS_SHOWN
    lines = "".join(f"<li>{_where(region)}</li>" for region in regions[:REGIONS_SHOWN])
    return f'<ol class="regions">{lines}</ol>{render_paragraph(f"and {more} more", "soft") if more > 0 else ""}'


def _where(region: Region) -> str:
    words = f"{region.width}x{region.height} px at ({region.x}, {region.y}), peak {region.peak:.4g}"
    return f"{words}; compare with {_text(region.nearest.image)}" if region.nearest else words


def _acts(verdict: Verdict) -> str:
    buttons = "".join(
        f'<button type="button" data-act="{kind}" aria-pressed="false">{word} <kbd>{key}</kbd></button>'
        for kind, word, key in CHOICES[verdict]
    )
    return (
        f'{buttons}<label>Class <kbd>c</kbd> <input data-class maxlength="80" autocomplete="off" spellcheck="false">'
        '</label><button type="button" data-act="clear">Clear</button>'
    )


def _rest(report: ScoreReport, photos: Sequence[tuple[int, ScoredPhoto]]) -> Iterator[str]:
    if not photos:
        return
    yield f"<h2>{'The other photos' if len(photos) < len(report.photos) else 'The photos'}, without pictures</h2>"
    columns = ("", "photo", "verdict", "score", "of the threshold", "p-value", "label", "")
    kinds = (' class="word"', ' class="word"', ' class="word"', "", "", "", ' class="word"', "")
    head = "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in zip(columns, kinds, strict=True))
    # In several tables: a browser lays out a whole table anew for every label in it.
    for start in range(0, len(photos), ROWS_TOGETHER):
        rows = "".join(_row(report, rank, photo) for rank, photo in photos[start : start + ROWS_TOGETHER])
        yield f'<div class="wide"><table class="rest"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(report: ScoreReport, rank: int, photo: ScoredPhoto) -> str:
    share = f"{photo.score / report.threshold:.2f}" if report.threshold > 0 else "-"
    verdict = f"{photo.verdict}, {photo.fault}" if photo.fault else photo.verdict
    return (
        f'<tr class="item {photo.verdict}" tabindex="-1" {_item(report, photo)}><td class="word">{rank}</td>'
        f'<td class="word name" title="{_text(photo.path)}">{_text(PurePath(photo.path).name)}</td>'
        f'<td class="word">{escape(verdict)}</td><td>{photo.score:.4g}</td><td>{share}</td>'
        f'<td>{photo.p_value:.4f}</td><td class="word said" data-said></td>'
        f'<td><div class="acts">{_acts(photo.verdict)}</div></td></tr>'
    )


def _rejected(rejected: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not rejected:
        return
    yield "<h2>Not readable</h2>"
    rows = [(storable(path), reason.replace("_", " ")) for path, reason in rejected]
    yield render_table(("file", "reason"), rows, words=2)


def _item(report: ScoreReport, photo: ScoredPhoto) -> str:
    """Return the attribute that holds what a label of this photo is saved with."""
    values = {
        "path": photo.path,
        "sha256": photo.sha256,
        "source": report.source,
        "detector": report.detector,
        "captured_at": photo.captured_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "score": photo.score,
        "threshold": report.threshold,
        "verdict": photo.verdict,
        "fault": photo.fault,
    }
    return f'data-item="{escape(json.dumps(values))}"'


def _against(score: float, threshold: float) -> str:
    if threshold <= 0:
        return "Above the threshold" if score > threshold else "Not above the threshold"
    ratio = score / threshold
    return f"{ratio:.2f}x the threshold" if ratio < 10 else f"{ratio:.0f}x the threshold"  # noqa: PLR2004 - digits


def _rarity(p_value: float) -> str:
    share = f"{p_value:.1%}" if p_value < 0.1 else f"{p_value:.0%}"  # noqa: PLR2004 - digits
    return f"at most about {share} of good photos look at least as odd"


def _text(words: object) -> str:
    """Return text from data as HTML."""
    return escape(storable(str(words)))
