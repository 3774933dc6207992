"""SQL of a report's figures, as anybody may run it: templates, and their places filled for one report."""
# ruff: noqa: S608 - shown to people to check figures by; Oddspot never runs it, only its tests do

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from storage.records import Window

FRAMES = "SELECT COUNT(*) FROM frame AS f WHERE f.captured_at >= {start} AND f.captured_at < {end}{and_f}{more}"
INSPECTIONS = (
    "SELECT COUNT(*) FROM inspection AS i WHERE NOT i.is_shadow"
    " AND i.captured_at >= {start} AND i.captured_at < {end}{and_i}{more}"
)
ODD = " AND i.fault IS NULL AND i.verdict = 'anomalous'"
NOT_JUDGED = (
    "SELECT ("
    + INSPECTIONS.replace("{more}", " AND i.fault IS NOT NULL")
    + ") + ("
    + FRAMES.replace("{more}", " AND f.state IN ('rejected', 'dropped', 'dead_letter', 'pending', 'leased')")
    + ")"
)
DUPLICATES = (
    "SELECT COALESCE(SUM(r.duplicates), 0) FROM roll_up AS r"
    " WHERE r.starts_at >= {start} AND r.starts_at < {end}{and_r}"
)
QUARTERS = (
    "FROM roll_up AS r WHERE r.received > 0 AND {epoch_r} > {start_s} - 900 AND {epoch_r} < {stop_s}{and_r}{and_steady}"
)
NO_FRAME = (
    "WITH quarter AS (SELECT r.source_id, {epoch_r} AS begins, {epoch_r} + 900 AS until " + QUARTERS + "),"
    " oldest AS (SELECT r.source_id, MIN({epoch_r}) AS begins FROM roll_up AS r"
    " WHERE r.received > 0{and_r}{and_steady} GROUP BY r.source_id),"
    " edge AS (SELECT source_id, begins, until FROM quarter"
    " UNION ALL SELECT source_id, {start_s}, {start_s} FROM oldest WHERE begins < {start_s}"
    " UNION ALL SELECT source_id, {stop_s}, {stop_s} FROM oldest WHERE begins < {stop_s}),"
    " gap AS (SELECT begins - MAX(until) OVER (PARTITION BY source_id ORDER BY begins, until"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seconds FROM edge)"
    " SELECT COALESCE(SUM(seconds), 0) / 60.0 FROM gap WHERE seconds > 0 AND seconds >= {quiet_s}"
)
NONE_JUDGED = (
    "WITH quarter AS (SELECT {epoch_r} AS begins " + QUARTERS + " AND r.scored <= r.faulted)"
    " SELECT COALESCE(SUM(CASE WHEN begins + 900 < {stop_s} THEN begins + 900 ELSE {stop_s} END"
    " - CASE WHEN begins > {start_s} THEN begins ELSE {start_s} END), 0) / 60.0 FROM quarter"
)
INCIDENTS = "SELECT COUNT(*) FROM incident AS n WHERE n.last_at >= {start} AND n.opened_at < {end}{and_n}"
LABELS = (
    "SELECT COUNT(*) FROM label AS l JOIN inspection AS i ON i.id = l.inspection_id WHERE NOT i.is_shadow"
    " AND l.created_at >= {start} AND l.created_at < {end}{and_i}"
)
PROMISED = (
    "SELECT SUM(v.promised_rate) / COUNT(*) FROM inspection AS i JOIN detector_version AS v"
    " ON v.id = i.detector_version_id WHERE NOT i.is_shadow AND i.captured_at >= {start} AND i.captured_at < {end}"
    "{and_i} AND i.fault IS NULL AND v.bundle IS NOT NULL"
)
REALISED = (
    "SELECT 1.0 * SUM(CASE WHEN i.verdict = 'anomalous' AND i.label = 'false_alarm' THEN 1 ELSE 0 END)"
    " / NULLIF(COUNT(*), 0) FROM inspection AS i WHERE NOT i.is_shadow"
    " AND i.captured_at >= {start} AND i.captured_at < {end}{and_i} AND i.fault IS NULL"
)
AT_MOST = REALISED.replace("i.label = 'false_alarm'", "(i.label IS NULL OR i.label IN ('false_alarm', 'unsure'))")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the SQL of one report's figures looks at; dialect is sqlite or postgresql.

    sources, steady, quiet: as the report was asked for.
    """

    window: Window
    quiet: timedelta
    dialect: str
    now: datetime
    sources: tuple[str, ...] | None = None
    steady: tuple[str, ...] | None = None


def dialect_of(session: Session) -> str:
    """Return which kind of database a session reads: sqlite or postgresql."""
    return session.get_bind().dialect.name


def fill_sql(template: str, checked: Checked, *, more: str = "", source: str | None = None) -> str:
    """Return SQL that looks at one source, or at all that were asked for."""
    sources = checked.sources if source is None else (source,)
    stop = min(checked.window.end, checked.now)
    return template.format(
        start=_moment(checked.window.start, checked.dialect),
        end=_moment(checked.window.end, checked.dialect),
        start_s=_seconds(checked.window.start.timestamp()),
        stop_s=_seconds(stop.timestamp()),
        quiet_s=_seconds(checked.quiet.total_seconds()),
        epoch_r=_epoch("r.starts_at", checked.dialect),
        more=more,
        and_steady=_of("r", checked.steady),
        **{f"and_{letter}": _of(letter, sources) for letter in "finr"},
    )


def _moment(moment: datetime, dialect: str) -> str:
    utc = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"'{utc}'" if dialect == "sqlite" else f"'{utc}+00'"


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".")


def _epoch(column: str, dialect: str) -> str:
    if dialect == "sqlite":
        return f"CAST(strftime('%s', {column}) AS INTEGER)"
    return f"CAST(EXTRACT(EPOCH FROM {column}) AS BIGINT)"


def _of(letter: str, sources: tuple[str, ...] | None) -> str:
    if sources is None:
        return ""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in sources) or "NULL"
    return f" AND {letter}.source_id IN (SELECT id FROM source WHERE name IN ({names}))"
