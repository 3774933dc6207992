"""How full the disk was, and indexes to let go of originals and of what was overtaken without walking the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = "state IN ('pending', 'leased')"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "disk_use",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("free_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_disk_use")),
    )
    op.create_index(
        "ix_frame_open_of_source",
        "frame",
        ["source_id", "id"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_index(
        "ix_frame_kept",
        "frame",
        ["received_at"],
        sqlite_where=sa.text("has_blob = 1"),
        postgresql_where=sa.text("has_blob"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_frame_kept", table_name="frame")
    op.drop_index("ix_frame_open_of_source", table_name="frame")
    op.drop_table("disk_use")
