"""A long history in SQL, the same on both databases: six sources, 480 days, one inspection in 200 an anomaly.

Rows are made by the database itself from their number, so that millions take minutes; indexes are made afterwards.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, text

from storage.database import Database
from storage.models import Base, DetectorVersionRow, SourceRow

START = datetime(2025, 8, 1, tzinfo=UTC)
DAYS = 480
NOW = START + timedelta(days=DAYS)
SOURCES, VERSIONS_EACH = 6, 3
BATCH = 250_000
CLASSES = ("scratch", "dent", "crack", "porosity", "stain")
SPAN_SECONDS = 900

NUMBERS = "WITH RECURSIVE n(x) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT x + 1 FROM n WHERE x < {last} - 1)"
# What a number stands for; h is spread evenly over 10,007 values.
FRAME = """
INSERT INTO frame (id, source_id, sha256, captured_at, captured_by, received_at, sequence, name, origin, size_bytes,
    attributes, state, reason, attempt, has_blob)
{numbers}
SELECT x + 1, {source}, {hex}, {at}, 'mtime', {at}, 0, 'part-' || x || '.png', '/photos/part-' || x || '.png:1', 90000,
    {attributes}, CASE WHEN x % 9973 = 1 THEN 'rejected' ELSE 'scored' END,
    CASE WHEN x % 9973 = 1 THEN 'truncated' END, 1, {true}
FROM n
"""
INSPECTION = """
INSERT INTO inspection (id, frame_id, detector_version_id, source_id, captured_at, inspected_at, score, threshold,
    p_value, verdict, fault, is_shadow, regions, width, height, vectors, embedding_space, heatmap, thumbnail, crops,
    milliseconds, label, defect_class)
{numbers},
m AS (SELECT x, (x * 7919 + 13) % 10007 AS h, (x / 7) % 10 AS said FROM n WHERE x % 9973 <> 1)
SELECT x + 1, x + 1, {version}, {source}, {at}, {at},
    CASE WHEN {odd} THEN 1.1 + (x % 900) / 1000.0 ELSE 0.3 + h / 20000.0 END, 1.0, 0.5,
    CASE WHEN {odd} THEN 'anomalous' ELSE 'normal' END,
    CASE WHEN h % 331 = 7 AND NOT {odd} THEN 'blurred' END, {false},
    {region}, 640, 480, {vectors}, 'efficientnet-lite0-12345678-256-152',
    CASE WHEN {odd} THEN {hex} END, CASE WHEN {odd} THEN {hex} END, {crops}, 20.0 + h / 1000.0,
    CASE WHEN {odd} AND said < 4 THEN 'false_alarm' WHEN {odd} AND said < 7 THEN 'defect' WHEN {odd} AND said = 7
         THEN 'unsure' WHEN h = 3 THEN 'missed' END,
    CASE WHEN {odd} AND said BETWEEN 4 AND 6 THEN {class_name} END
FROM m
"""
INCIDENT = """
INSERT INTO incident (id, source_id, state, opened_at, last_at, closed_at, anomalies, cover_inspection_id, channel,
    message_ts, reopened, is_storm)
SELECT {incident}, source_id, CASE WHEN MIN(id) > {recent} THEN 'open' WHEN {incident} % 5 = 0 THEN 'dismissed'
        ELSE 'resolved' END,
    MIN(captured_at), MAX(captured_at), CASE WHEN MIN(id) > {recent} THEN NULL ELSE MAX(captured_at) END, COUNT(*),
    MIN(id), '#oddspot', '170000000.' || {incident}, 0, {false}
FROM inspection WHERE verdict = 'anomalous' GROUP BY {incident}, source_id
"""
MEMBERS = "UPDATE inspection SET incident_id = {incident} WHERE verdict = 'anomalous'"
EVENT = """
INSERT INTO event (kind, source_id, inspection_id, payload, created_at, done_at)
SELECT 'anomaly', source_id, id, {pages}, captured_at, captured_at FROM inspection WHERE verdict = 'anomalous'
ORDER BY id
"""
DELIVERY = """
INSERT INTO delivery (key, kind, channel, state, attempts, created_at, due_at, sent_at, incident_id, payload,
    message_ts)
SELECT 'post-' || id, 'post', channel, 'sent', 1, opened_at, opened_at, opened_at, id, {empty}, message_ts
FROM incident ORDER BY id
"""
LABEL = """
INSERT INTO label (inspection_id, kind, defect_class, author, created_at)
SELECT id, label, defect_class, 'slack:U' || (id % 5), captured_at FROM inspection WHERE label IS NOT NULL ORDER BY id
"""
AUDIT = """
INSERT INTO audit (at, actor, action, subject, detail, incident_id)
SELECT created_at, author, 'label', 'A-' || inspection_id, {empty}, NULL FROM label ORDER BY id
"""
AUDIT_OF_INCIDENTS = """
INSERT INTO audit (at, actor, action, subject, detail, incident_id)
SELECT closed_at, 'slack:U' || (id % 5), 'incident_' || state, 'I-' || id, {empty}, id
FROM incident WHERE closed_at IS NOT NULL ORDER BY id
"""
PICK = """
INSERT INTO audit_pick (source_id, day, inspection_id, stratum, weight, picked_at, said, said_by, said_at)
SELECT source_id, {day}, id, 'random', 100.0, captured_at, 'good', 'slack:U1', captured_at
FROM inspection WHERE id % 311 = 0 AND verdict = 'normal'
"""
OUTAGE = """
INSERT INTO outage (source_id, kind, started_at, last_at, ended_at, frames, good, is_told, posts, told_frames)
SELECT source_id, 'blurred', MIN(captured_at), MAX(captured_at), MAX(captured_at), COUNT(*), 0, {true}, 1, COUNT(*)
FROM inspection WHERE fault IS NOT NULL GROUP BY source_id, {day} ORDER BY 3
"""
SILENCE = """
INSERT INTO silence (source_id, starts_at, until, author, comment, hits)
SELECT source_id, opened_at, last_at, 'slack:U2', 'cleaning', 2 FROM incident WHERE id % 40 = 0 ORDER BY id
"""
ROLL_UP = """
INSERT INTO roll_up (source_id, starts_at, received, duplicates, scored, anomalous, faulted, rejected, dropped,
    dead_letter)
SELECT f.source_id, {span}, COUNT(*), 0, COUNT(i.id), SUM(CASE WHEN i.verdict = 'anomalous' THEN 1 ELSE 0 END),
    COUNT(i.fault), SUM(CASE WHEN f.state = 'rejected' THEN 1 ELSE 0 END), 0, 0
FROM frame AS f LEFT JOIN inspection AS i ON i.frame_id = f.id GROUP BY 1, 2 ORDER BY 2, 1
"""
AFTER = (INCIDENT, MEMBERS, EVENT, DELIVERY, LABEL, AUDIT, AUDIT_OF_INCIDENTS, PICK, OUTAGE, SILENCE, ROLL_UP)


def fill(database: Database, inspections: int) -> Iterator[str]:
    """Fill an empty database with so many inspections, and say what was made."""
    with database.transaction() as session:
        session.execute(insert(SourceRow), [_source(number) for number in range(1, SOURCES + 1)])
        session.execute(insert(DetectorVersionRow), [_version(n) for n in range(SOURCES * VERSIONS_EACH)])
    dropped = _drop_indexes(database)
    words = _words(database.dialect, inspections)
    for first in range(0, inspections, BATCH):
        numbers = NUMBERS.format(first=first, last=min(inspections, first + BATCH))
        with _plain(database) as connection:
            for template in (FRAME, INSPECTION):
                _run(connection, template, words | {"numbers": numbers})
        yield f"{min(inspections, first + BATCH):,} inspections"
    with _plain(database) as connection:
        for statement in dropped:
            connection.exec_driver_sql(statement)
    yield "indexes"
    with _plain(database) as connection:
        for template in AFTER:
            _run(connection, template, words)
        _close(connection)
    yield "all that hangs on them"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.dialect == "sqlite" else "VACUUM ANALYZE")


def _plain(database: Database):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own context
    return database.engine.begin()


def _run(connection: Connection, template: str, words: dict[str, str]) -> None:
    filled = template
    for _ in range(2):  # words may hold words
        for name, word in words.items():
            filled = filled.replace("{" + name + "}", word)
    connection.exec_driver_sql(filled.replace("%", "%%") if connection.dialect.name == "postgresql" else filled)


def _words(dialect: str, inspections: int) -> dict[str, str]:
    seconds = f"({int(START.timestamp())} + x * {DAYS * 86400} / {inspections})"
    is_lite = dialect == "sqlite"
    lot = '\'{"lot": "L\' || (x / 2000) || \'", "part": "p\' || (x % 4) || \'"}\''
    region = json.dumps([{"x": 100, "y": 90, "width": 30, "height": 20, "area": 600, "peak": 1.2}])
    classes = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(CLASSES))
    crops = f"CASE WHEN {{odd}} THEN '[\"{'c' * 64}\"]' ELSE '[]' END"
    cast = "" if is_lite else "::jsonb"
    per = 200 * SOURCES * 3
    text_at = "strftime('%Y-%m-%d %H:%M:%S', {seconds}, 'unixepoch') || '.000000'"
    span_lite = (
        f"strftime('%Y-%m-%d %H:%M:%S', strftime('%s', f.captured_at) / {SPAN_SECONDS} * {SPAN_SECONDS}, 'unixepoch')"
        " || '.000000'"
    )
    return {
        "source": f"(x % {SOURCES} + 1)",
        "version": f"(x % {SOURCES} + 1 + {SOURCES} * (x * {VERSIONS_EACH} / {inspections}))",
        "at": text_at.replace("{seconds}", seconds) if is_lite else f"to_timestamp({seconds})",
        "hex": "printf('%064x', x)" if is_lite else "lpad(to_hex(x), 64, '0')",
        "odd": "(h % 200 = 0 AND h > 200)",
        "attributes": f"({lot}){cast}",
        "region": f"'{region}'{cast}",
        "crops": f"({crops}){cast}",
        "vectors": "zeroblob(304)" if is_lite else "decode(repeat('3c', 304), 'hex')",
        "class_name": f"CASE x % {len(CLASSES)} {classes} END",
        "incident": f"((id - 1) / {per} * {SOURCES} + (id - 1) % {SOURCES} + 1)",
        "recent": str(inspections - per * 2),
        "pages": "'{\"pages\": true}'" + cast,
        "empty": "'{}'" + cast,
        "true": "1" if is_lite else "true",
        "false": "0" if is_lite else "false",
        "day": "substr(captured_at, 1, 10)" if is_lite else "to_char(captured_at, 'YYYY-MM-DD')",
        "span": span_lite
        if is_lite
        else f"to_timestamp(floor(extract(epoch from f.captured_at) / {SPAN_SECONDS}) * {SPAN_SECONDS})",
    }


def _drop_indexes(database: Database) -> list[str]:
    """Drop the indexes of the two long tables and return how they are made."""
    with _plain(database) as connection:
        if database.dialect == "sqlite":
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN "
        else:
            query = (
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
                " AND indexname LIKE 'ix_%%' AND tablename IN "
            )
        found = connection.exec_driver_sql(f"{query} ('frame', 'inspection')").all()
        for name, _ in found:
            connection.exec_driver_sql(f"DROP INDEX {name}")
        if database.dialect == "postgresql":
            for table in ("inspection", "frame"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    return [str(statement) for _, statement in found]


def _close(connection: Connection) -> None:
    """Let PostgreSQL's counters go on behind the rows."""
    if connection.dialect.name != "postgresql":
        return
    for table in ("inspection", "frame"):
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    for name, columns in ((table.name, table.c) for table in Base.metadata.sorted_tables):
        if "id" in columns and columns.id.type.python_type is int:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT COALESCE(MAX(id), 1) FROM {name}))"
                )
            )


def _source(number: int) -> dict[str, object]:
    active = number + SOURCES * (VERSIONS_EACH - 1)
    return {
        "id": number,
        "name": f"line-{number}",
        "state": "live",
        "active_version_id": active,
        "created_at": START,
        "live_since": START,
        "last_frame_at": NOW,
    }


def _version(number: int) -> dict[str, object]:
    source, place = number % SOURCES + 1, number // SOURCES
    names = {"name": f"line-{source}@{place + 1}", "method": "patchcore", "preset": "fast", "bundle": "bundle"}
    figures = {"threshold": 1.0, "promised_rate": 0.005, "training_images": 200, "details": {}}
    space = {"embedding_space": "efficientnet-lite0-12345678-256-152", "manifest_sha256": "0" * 64}
    made_at = START + timedelta(days=DAYS) * place / VERSIONS_EACH
    return {"id": number + 1, "source_id": source, "number": place + 1, "created_at": made_at} | names | figures | space
