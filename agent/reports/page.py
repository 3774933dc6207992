"""A report as one page of HTML that needs nothing else: figures, charts, the worst, versions, changes, how counted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from agent.messages.figures import against_threshold
from agent.messages.safe_text import clean
from agent.reports.charts import draw_found, draw_judged, draw_scores
from agent.reports.figures import (
    PARTS,
    UNKNOWN,
    called,
    duration,
    false_alarm_bounds,
    groups_of,
    percent,
    shown,
)
from agent.reports.making import MadeReport
from agent.reports.page_parts import (
    render_card,
    render_heading,
    render_page,
    render_paragraph,
    render_picture,
    render_table,
)
from agent.reports.pictures import crop_of
from storage.blobs import BlobStore
from storage.queries.report_figures import BY_NAME, figures_of
from storage.queries.report_results import Change, Report, ReportRow
from storage.records import Inspection, misses_unknown

LONGEST_DETAIL = 160
Section = Callable[["PageSource"], Iterator[str]]


@dataclass(frozen=True, slots=True)
class PageSource:
    """What a page is made from."""

    made: MadeReport
    blobs: BlobStore

    @property
    def report(self) -> Report:
        """The report."""
        return self.made.report

    def moment(self, at: datetime) -> str:
        """Write a moment as people of the report's zone read it."""
        return at.astimezone(ZoneInfo(self.report.window.time_zone)).strftime("%Y-%m-%d %H:%M")


def as_page(made: MadeReport, blobs: BlobStore) -> str:
    """Return the page."""
    source = PageSource(made, blobs)
    parts = [part for section in SECTIONS for part in section(source)]
    return render_page(f"Oddspot: {made.title}", parts)


def _top(source: PageSource) -> Iterator[str]:
    report = source.report
    window = report.window
    yield f"<h1>{escape(source.made.title)}</h1>"
    span = f"{source.moment(window.start)} to {source.moment(window.end)} ({window.time_zone}), the end left out"
    made = f"made {source.moment(source.made.made_at)} by Oddspot from its own record"
    yield render_paragraph(f"{span}; {made}.", "soft")
    yield f'<div class="cards">{"".join(_cards(report.total))}</div>'
    yield render_paragraph(_sentence(report))


def _cards(row: ReportRow) -> Iterator[str]:
    counts, figures = row.counts, figures_of(row)
    low, promised = figures["false_alarm_rate_low"], figures["promised_rate"]
    is_broken = low is not None and promised is not None and row.promise.judged == counts.judged and low > promised
    yield render_card("frames received", f"{row.frames.received:,}")
    yield render_card("judged", f"{counts.judged:,}")
    yield render_card("not judged", f"{row.not_judged:,}", is_warning=row.not_judged > 0)
    without = f"no frame {duration(figures['no_frame_minutes'] or 0)}" if row.downtime.total else ""
    yield render_card("downtime", duration(figures["downtime_minutes"] or 0), without)
    yield render_card("anomalies", f"{counts.anomalies:,}", called(counts))
    promise = f"promised: at most {percent(promised)}" if promised is not None else "no promise known"
    rate, most = false_alarm_bounds(row)
    yield render_card("false-alarm rate", rate, f"{most}; {promise}" if most else promise, is_warning=is_broken)


def _sentence(report: Report) -> str:
    figures, counts = figures_of(report.total), report.total.counts
    if not counts.judged:
        return "No image was judged in this time."
    low, high = figures["false_alarm_rate_low"] or 0, figures["false_alarm_rate_high"] or 0
    said = (
        f"People called {counts.false_alarms:,} of {counts.judged:,} judged images false alarms:"
        f" {percent(figures['false_alarm_rate'] or 0)}, exact 95 % interval {percent(low)} to {percent(high)}."
    )
    still = counts.unlabelled + counts.unsure
    most = f" {still:,} anomalies are unlabelled or unsure; if all of them were false, it would be" if still else ""
    most += f" {percent(figures['false_alarm_rate_at_most'] or 0)}." if still else ""
    unknown = misses_unknown(counts.missed).capitalize()
    missed = f" {unknown}." if report.total.misses is None else ""
    return said + most + missed


def _figures(source: PageSource) -> Iterator[str]:
    rows = source.report.rows
    columns = [source.report.total, *rows] if len(rows) != 1 else list(rows)
    names = [clean(row.source) if row.source else "all sources" for row in columns]
    values = [figures_of(row) for row in columns]
    yield render_heading("Figures")
    yield render_paragraph("Each figure's name leads to how it is counted.", "soft")
    yield '<div class="wide"><table class="figures"><thead><tr><th></th>'
    yield "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr></thead><tbody>"
    for group, members in groups_of(source.report.total).items():
        yield f'<tr class="group"><th colspan="{len(columns) + 1}">{escape(group)}</th></tr>'
        for name in members:
            kind = ' class="part"' if name in PARTS else ""
            cells = "".join(f"<td>{escape(shown(name, one[name]))}</td>" for one in values)
            title = escape(BY_NAME[name].title)
            yield f'<tr{kind}><td class="word"><a href="#how-{name}">{title}</a></td>{cells}</tr>'
    yield "</tbody></table></div>"
    if source.report.total.misses is None:
        yield render_paragraph(f"{misses_unknown(source.report.total.counts.missed).capitalize()}.", "soft")


def _charts(source: PageSource) -> Iterator[str]:
    if not source.report.buckets:
        return
    yield render_heading("Along time")
    yield '<div class="charts">'
    yield render_picture(draw_found(source.report), name="Anomalies, by what people called them")
    yield render_picture(draw_judged(source.report), name="Frames judged and not judged")
    yield render_picture(draw_scores(source.report), name="Scores against the threshold")
    yield "</div>"


def _worst(source: PageSource) -> Iterator[str]:
    shown_ones = [(one, crop_of(source.blobs, one)) for one in source.report.worst]
    if not shown_ones:
        return
    yield render_heading("The worst")
    yield '<div class="pictures">'
    for one, png in shown_ones:
        words = _about(source, one)
        if png is not None:
            yield render_picture(png, name=one.shown_id, words=words)
        else:
            gone = f"<b>{one.shown_id}</b> (its picture is gone)<br>{escape(words)}"
            yield f"<figure><figcaption>{gone}</figcaption></figure>"
    yield "</div>"


def _about(source: PageSource, one: Inspection) -> str:
    odd = against_threshold(one.score, one.threshold)
    label = f"{one.label} {one.defect_class or ''}".strip() if one.label else "unlabelled"
    return clean(f"{one.source}, {source.moment(one.captured_at)}; {odd}; {label}; {one.name}", most=300)


def _not_judged(source: PageSource) -> Iterator[str]:
    if source.report.reasons:
        yield render_heading("Not judged, and why")
        rows = [
            (one.kind.replace("_", " "), clean(one.reason or UNKNOWN), f"{one.frames:,}")
            for one in source.report.reasons
        ]
        yield render_table(("what", "why", "frames"), rows, words=2)


def _outages(source: PageSource) -> Iterator[str]:
    if source.report.outages:
        yield render_heading("Cameras at fault or silent")
        rows = [
            (
                clean(one.source),
                clean(one.kind),
                source.moment(one.started_at),
                source.moment(one.ended_at) if one.ended_at else "goes on",
                f"{one.frames:,}",
            )
            for one in source.report.outages
        ]
        yield render_table(("source", "what", "from", "to", "frames not judged"), rows, words=4)


def _versions(source: PageSource) -> Iterator[str]:
    if not source.report.versions:
        return
    yield render_heading("Detectors that judged")
    columns = ("detector", "", "from", "to", "judged", "anomalies", "false alarms", "threshold", "promised")
    rows = [
        (
            clean(use.version.name),
            "active" if use.is_active else "",
            source.moment(use.first),
            source.moment(use.last),
            f"{use.judged:,}",
            f"{use.anomalies:,}",
            f"{use.false_alarms:,}",
            f"{use.version.threshold:.4g}",
            percent(use.version.promised_rate) if use.version.bundle else UNKNOWN,
        )
        for use in source.report.versions
    ]
    yield render_table(columns, rows, words=4)


def _changes(source: PageSource) -> Iterator[str]:
    report = source.report
    yield render_heading("Who changed what")
    if report.labels_by:
        rows = [(clean(one.author), one.kind.replace("_", " "), f"{one.labels:,}") for one in report.labels_by]
        yield render_table(("who", "labelled", "images"), rows, words=2)
    if not report.changes:
        yield render_paragraph("Nothing else was changed in this time." if report.labels_by else "Nothing was changed.")
        return
    if report.change_count > len(report.changes):
        yield render_paragraph(f"The newest {len(report.changes)} of {report.change_count:,} changes.", "soft")
    columns = ("when", "who", "what", "of", "with")
    yield render_table(columns, [_change(source, one) for one in report.changes], words=4, texts=1)


def _change(source: PageSource, one: Change) -> Sequence[str]:
    given = {key.replace("_", " "): value for key, value in one.detail.items() if key != "source_id"}
    detail = "; ".join(f"{key}: {value}" for key, value in given.items() if value is not None)
    of = one.subject if one.source in {None, one.subject} else f"{one.subject} ({one.source})"
    return (
        source.moment(one.at),
        clean(one.actor),
        clean(one.action.replace("_", " ")),
        clean(of),
        clean(detail, most=LONGEST_DETAIL),
    )


def _by_span(source: PageSource) -> Iterator[str]:
    if not source.report.buckets:
        return
    yield render_heading("Span by span")
    names = ("received", "judged", "not_judged", "anomalies", "confirmed", "false_alarms", "unsure", "unlabelled")
    columns = ("from", *(BY_NAME[name].title for name in names))
    rows = []
    for bucket in source.report.buckets:
        figures = figures_of(bucket.row)
        rows.append((source.moment(bucket.start), *(shown(name, figures[name]) for name in names)))
    yield render_table(columns, rows)


def _how(source: PageSource) -> Iterator[str]:
    yield render_heading("How each figure is counted")
    yield render_paragraph(
        "The SQL gives the figure in total, run on Oddspot's own database; for one source, put"
        " source_id IN (SELECT id FROM source WHERE name = 'its name') in the place where others are named, or add it."
        " `oddspot report --json` has it written out for one source. The inspections themselves:"
        " `oddspot history export`."
    )
    yield "<dl>"
    for one in source.made.how:
        sql = f"<code>{escape(one.sql)}</code>" if one.sql else ""
        yield f'<dt id="how-{one.name}">{escape(one.title)}</dt><dd>{escape(one.words)}{sql}</dd>'
    yield "</dl>"


SECTIONS: tuple[Section, ...] = (
    _top,
    _charts,
    _figures,
    _worst,
    _not_judged,
    _outages,
    _versions,
    _changes,
    _by_span,
    _how,
)
