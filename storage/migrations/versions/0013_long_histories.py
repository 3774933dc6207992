"""Counts of inspections by when their images were captured, and small indexes of the few that questions are about."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = ["captured_at", "source_id", "is_shadow", "fault", "verdict", "label", "defect_class", "detector_version_id"]
BY_SOURCE = ["source_id", "captured_at", *KEPT[2:]]
FEW = {
    "ix_inspection_said": "label IS NOT NULL",
    "ix_inspection_class": "defect_class IS NOT NULL",
    "ix_inspection_faulted": "fault IS NOT NULL",
    "ix_inspection_over": "score >= threshold OR threshold < 0",
}
ODD = "verdict = 'anomalous'"
SPANS = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', strftime('%s', i.captured_at) / 900 * 900, 'unixepoch') || '.000000'",
    "postgresql": "to_timestamp(floor(extract(epoch FROM i.captured_at) / 900) * 900)",
}
COUNTED = """
INSERT INTO captured_roll_up (source_id, starts_at, detector_version_id, inspections, faulted, frames)
SELECT i.source_id, {span}, i.detector_version_id, SUM(CASE WHEN i.is_shadow THEN 0 ELSE 1 END),
    SUM(CASE WHEN i.is_shadow OR i.fault IS NULL THEN 0 ELSE 1 END),
    SUM(CASE WHEN EXISTS (SELECT 1 FROM inspection AS j WHERE j.frame_id = i.frame_id AND j.id < i.id) THEN 0 ELSE 1 END)
FROM inspection AS i GROUP BY 1, 2, 3
"""
OF_ATTRIBUTES = """
INSERT INTO attribute_roll_up (key, value, source_id, starts_at, detector_version_id, inspections, faulted)
SELECT substr(a.key, 1, 200), substr({value}, 1, 200), i.source_id, {span}, i.detector_version_id, COUNT(*),
    COUNT(i.fault)
FROM inspection AS i JOIN frame AS f ON f.id = i.frame_id, {each} AS a
WHERE NOT i.is_shadow GROUP BY 1, 2, 3, 4, 5
"""
EACH = {
    "sqlite": {"each": "json_each(f.attributes)", "value": "CAST(a.value AS TEXT)"},
    "postgresql": {"each": "LATERAL jsonb_each_text(f.attributes)", "value": "a.value"},
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "captured_roll_up",
        sa.Column("source_id", BIG_ID, sa.ForeignKey("source.id"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detector_version_id", BIG_ID, sa.ForeignKey("detector_version.id"), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("inspections", "faulted", "frames")),
        sa.PrimaryKeyConstraint("source_id", "starts_at", "detector_version_id"),
    )
    op.create_table(
        "attribute_roll_up",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("key", "value")),
        sa.Column("source_id", BIG_ID, sa.ForeignKey("source.id"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detector_version_id", BIG_ID, sa.ForeignKey("detector_version.id"), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("inspections", "faulted")),
        sa.PrimaryKeyConstraint("key", "value", "source_id", "starts_at", "detector_version_id"),
    )
    dialect = op.get_bind().dialect.name
    op.execute(COUNTED.format(span=SPANS[dialect]))
    op.execute(OF_ATTRIBUTES.format(span=SPANS[dialect], **EACH[dialect]))
    op.drop_index("ix_inspection_anomalous", table_name="inspection")
    for name, condition in ({"ix_inspection_anomalous": ODD} | FEW).items():
        _index(name, "inspection", [*KEPT, "score", "threshold", "id"], condition)
    _index("ix_inspection_untimed", "inspection", ["captured_at", "source_id", "is_shadow"], "milliseconds IS NULL")
    op.drop_index("ix_inspection_source_captured", table_name="inspection")
    op.create_index("ix_inspection_source_captured", "inspection", [*BY_SOURCE, "score"])
    _index("ix_frame_not_scored", "frame", ["captured_at", "source_id", "state", "reason"], "state <> 'scored'")


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_frame_not_scored", table_name="frame")
    op.drop_index("ix_inspection_source_captured", table_name="inspection")
    op.create_index("ix_inspection_source_captured", "inspection", BY_SOURCE)
    for name in ("ix_inspection_anomalous", "ix_inspection_untimed", *FEW):
        op.drop_index(name, table_name="inspection")
    _index("ix_inspection_anomalous", "inspection", ["captured_at", "source_id"], ODD)
    op.drop_table("attribute_roll_up")
    op.drop_table("captured_roll_up")


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    only = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
