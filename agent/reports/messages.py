"""Reports as messages: a line a day, the hand-over of a shift, and what stands above a week's or month's page."""

from collections.abc import Sequence

from agent.messages.figures import clock
from agent.messages.message import Block, Message, context, fields, header, message, section
from agent.messages.safe_text import safe, who
from agent.reports.figures import GROUPS, MISSES, called, duration, false_alarm_bounds, percent, shown
from agent.reports.making import MadeReport
from agent.reports.standing import Standing
from agent.reports.standing_words import Zone, incident_line, listed, silence_line, source_line
from storage.queries.report_figures import figures_of
from storage.queries.report_results import LabelsBy, ReportRow
from storage.records import LabelKind, misses_unknown

SOURCES_SHOWN = 20
LINES_SHOWN = 10
LABELS_SHOWN = 10


def daily_message(made: MadeReport) -> Message:
    """Return the line of a day, with one a source where there are several."""
    rows = made.report.rows
    line = f"*{safe(made.period.title)}*: {row_words(made.report.total)}"
    if len(rows) == 1:
        line = f"*{safe(rows[0].source or '')}, {safe(made.period.title)}*: {row_words(rows[0])}"
    lines = source_lines(rows) if len(rows) > 1 else []
    plain = "\n".join([line.replace("*", ""), *(one.replace("*", "") for one in lines)])
    return message(plain, [section(line), *([section("\n".join(lines))] if lines else [])])


def period_message(made: MadeReport) -> Message:
    """Return what stands above the page of a week or month: its figures, in words."""
    total = made.report.total
    figures = figures_of(total)
    misses = misses_unknown(total.counts.missed).removeprefix("misses ")
    if total.misses is not None:
        rate, low, high = (shown(name, figures[name]) for name in GROUPS[MISSES])
        misses = f"{rate} ({low} to {high})"
    title = safe(made.period.title[:1].upper() + made.period.title[1:])
    line = row_words(total)
    parts = [
        f"*False-alarm rate*\n{_realised(total)}",
        f"*Promised*\n{_promised(total)}",
        f"*Misses*\n{misses}",
        f"*Labels given*\n{total.labels:,}",
    ]
    blocks: list[Block] = [header(title), section(line), fields(parts)]
    lines = source_lines(made.report.rows) if len(made.report.rows) > 1 else []
    if lines:
        blocks.append(section("\n".join(lines)))
    blocks.append(context(["The page, with how each figure is counted, and a table follow in this thread."]))
    return message(f"{title}: {line}", blocks)


def handover_message(made: MadeReport, standing: Standing, zone_of: Zone) -> Message:
    """Return the hand-over: what the shift saw, what is open, silenced and down, and what people called things."""
    line = row_words(made.report.total)
    down = [source_line(one, standing, zone_of) for one in standing.sources if not one.is_well]
    incidents = [incident_line(one, standing, zone_of) for one in standing.incidents]
    silences = [silence_line(one, standing, zone_of) for one in standing.silences]
    labels = [label_words(one) for one in made.report.labels_by[:LABELS_SHOWN]]
    title = f"Hand-over: {made.period.title}"
    at = clock(standing.now, standing.zone, today=standing.now)
    blocks = [
        header(title),
        section(line),
        section(f"*Open incidents: {standing.incident_count:,}*"),
        *listed(incidents, most=LINES_SHOWN, of=standing.incident_count, none="Nothing is open."),
        section(f"*Silenced: {len(silences):,}*"),
        *listed(silences, most=LINES_SHOWN, none="Nothing is silenced."),
        section(f"*Not watched as they should be: {len(down):,}*"),
        *listed(down, most=LINES_SHOWN, none="Every source is."),
        section(f"*Labels in this shift: {made.report.total.labels:,}*"),
        *listed(labels, most=LABELS_SHOWN, none="Nobody labelled anything."),
        context([f"Times are those of {standing.zone}, as things stood at {at}."]),
    ]
    return message(f"{safe(title)}: {line} Open incidents: {standing.incident_count:,}.", blocks)


def row_words(row: ReportRow) -> str:
    """Say a row's figures in one sentence, nothing left out that was not judged."""
    counts = row.counts
    if not row.frames.received:
        parts = ["no frames"]
    else:
        anomalies = "1 anomaly" if counts.anomalies == 1 else f"{counts.anomalies:,} anomalies"
        people = f" ({called(counts)})" if counts.anomalies else ""
        frames = "1 frame" if row.frames.received == 1 else f"{row.frames.received:,} frames"
        parts = [frames, f"{counts.judged:,} judged", f"{anomalies}{people}"]
    if row.not_judged:
        parts.append(f"{row.not_judged:,} not judged")
    if row.downtime.total:
        parts.append(f"down {duration(figures_of(row)['downtime_minutes'] or 0)}")
    return f"{', '.join(parts)}."


def source_lines(rows: Sequence[ReportRow]) -> list[str]:
    """Say every source's figures, a line each, so many at most."""
    lines = [f"• *{safe(row.source or '')}*: {row_words(row)}" for row in rows[:SOURCES_SHOWN]]
    more = len(rows) - SOURCES_SHOWN
    return [*lines, f"and {more:,} sources more"] if more > 0 else lines


def label_words(one: LabelsBy) -> str:
    """Say how many labels of a kind somebody gave."""
    word = one.kind.replace("_", " ")
    many = "s" if one.labels != 1 and one.kind in {LabelKind.DEFECT, LabelKind.FALSE_ALARM} else ""
    return f"{who(one.author)}: {one.labels:,} {safe(word)}{many}"


def _realised(row: ReportRow) -> str:
    figures = figures_of(row)
    if figures["false_alarm_rate"] is None:
        return "nothing was judged"
    low, high = (figures[f"false_alarm_rate_{end}"] or 0 for end in ("low", "high"))
    still = row.counts.unlabelled + row.counts.unsure
    left = f"; {still:,} anomalies are unlabelled or unsure" if still else ""
    rate, most = false_alarm_bounds(row)
    alone = f"from labels alone: {percent(low)} to {percent(high)}"
    return f"{rate} ({alone}){f', {most}' if most else ''}{left}"


def _promised(row: ReportRow) -> str:
    return "not known" if row.promise.rate is None else f"at most {percent(row.promise.rate)}"
