"""A report as JSON: every figure by name, and how it is counted."""

from datetime import UTC, datetime
from typing import Any

from agent.reports.making import MadeReport
from agent.reports.standing import Standing
from storage.queries.report_figures import figures_of
from storage.queries.report_results import BucketRow, ReportRow
from storage.records import Inspection, misses_unknown

BUCKET_FIGURES = ("received", "judged", "not_judged", "anomalies", "confirmed", "false_alarms", "unsure", "unlabelled")


def as_json(made: MadeReport) -> dict[str, Any]:
    """Return the report; moments are RFC 3339 in UTC, shares are fractions, times are minutes."""
    report = made.report
    values = {
        "title": made.title,
        "period": made.period.kind,
        "from": rfc3339(report.window.start),
        "to": rfc3339(report.window.end),
        "time_zone": report.window.time_zone,
        "made_at": rfc3339(made.made_at),
        "is_over": made.is_over,
        "total": _row(report.total),
        "sources": [_row(row) for row in report.rows],
        "buckets": [_bucket(bucket) for bucket in report.buckets],
        "not_judged_by_reason": [
            {"kind": one.kind, "reason": one.reason, "frames": one.frames} for one in report.reasons
        ],
        "outages": [
            {
                "source": one.source,
                "kind": one.kind,
                "from": rfc3339(one.started_at),
                "to": rfc3339(one.ended_at) if one.ended_at else None,
                "frames": one.frames,
            }
            for one in report.outages
        ],
        "versions": [
            {
                "detector": use.version.name,
                "is_active": use.is_active,
                "judged": use.judged,
                "anomalies": use.anomalies,
                "false_alarms": use.false_alarms,
                "threshold": use.version.threshold,
                "promised_rate": use.version.promised_rate if use.version.bundle else None,
                "first": rfc3339(use.first),
                "last": rfc3339(use.last),
            }
            for use in report.versions
        ],
        "changes": [
            {
                "at": rfc3339(one.at),
                "actor": one.actor,
                "action": one.action,
                "subject": one.subject,
                "source": one.source,
                "detail": one.detail,
            }
            for one in report.changes
        ],
        "change_count": report.change_count,
        "labels_by": [{"author": one.author, "label": one.kind, "labels": one.labels} for one in report.labels_by],
        "worst": [_worst(one) for one in report.worst],
        "how": {one.name: {"words": one.words, "sql": one.sql, "sql_of_source": one.sql_of_source} for one in made.how},
    }
    if report.total.misses is None:
        values["note"] = misses_unknown(report.total.counts.missed)
    return values


def standing_json(standing: Standing) -> dict[str, Any]:
    """Return what stands now: open incidents, silences with what they kept quiet, sources and how they are."""
    return {
        "open_incidents": standing.incident_count,
        "incidents": [
            {
                "incident": one.shown_id,
                "source": one.source,
                "state": one.state,
                "anomalies": one.anomalies,
                "opened_at": rfc3339(one.opened_at),
                "last_at": rfc3339(one.last_at),
            }
            for one in standing.incidents
        ],
        "silences": [
            {
                "source": one.source,
                "defect_class": one.defect_class,
                "until": rfc3339(one.until),
                "author": one.author,
                "like": f"A-{one.like_inspection_id}" if one.like_inspection_id else None,
                "alerts_kept_back": one.hits,
            }
            for one in standing.silences
        ],
        "sources": [
            {"source": one.source.name, "detector": one.detector, "state": one.words, "is_well": one.is_well}
            for one in standing.sources
        ],
    }


def rfc3339(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _row(row: ReportRow) -> dict[str, Any]:
    return {"source": row.source} | figures_of(row)


def _bucket(bucket: BucketRow) -> dict[str, Any]:
    figures = figures_of(bucket.row)
    spans = {"from": rfc3339(bucket.start), "to": rfc3339(bucket.end)}
    ratios = {"mean_ratio": bucket.mean_ratio, "max_ratio": bucket.max_ratio}
    return spans | {name: figures[name] for name in BUCKET_FIGURES} | ratios


def _worst(one: Inspection) -> dict[str, Any]:
    return {
        "anomaly": one.shown_id,
        "source": one.source,
        "captured_at": rfc3339(one.captured_at),
        "score": one.score,
        "threshold": one.threshold,
        "label": one.label,
        "incident": None if one.incident_id is None else f"I-{one.incident_id}",
    }
