"""Which reports were told, and indexes to count a window's frames and labels by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "told_report",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "channel", "starts_at", name=op.f("pk_told_report")),
    )
    with op.batch_alter_table("frame", schema=None) as batch_op:
        batch_op.create_index("ix_frame_captured", ["captured_at", "source_id"], unique=False)
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index("ix_label_created", ["created_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_index("ix_label_created")
    with op.batch_alter_table("frame", schema=None) as batch_op:
        batch_op.drop_index("ix_frame_captured")
    op.drop_table("told_report")
