"""Indexes that answer counts alone, without the wide rows of inspections and frames."""

from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTED_BY = ["is_shadow", "fault", "verdict", "label", "defect_class", "detector_version_id"]
WIDENED = {
    "ix_inspection_source_captured": (
        "inspection",
        ["source_id", "captured_at"],
        ["source_id", "captured_at", *COUNTED_BY],
    ),
    "ix_inspection_captured": ("inspection", ["captured_at"], ["captured_at", "source_id", *COUNTED_BY]),
    "ix_frame_captured": ("frame", ["captured_at", "source_id"], ["captured_at", "source_id", "state"]),
}


def upgrade() -> None:
    """Widen the indexes by time."""
    for name, (table, _, columns) in WIDENED.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Make them narrow again."""
    for name, (table, columns, _) in WIDENED.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
