"""How channels are spoken to, alarms where they cannot be, and what a delivery is told by instead."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("free_at", MOMENT, nullable=False),
        sa.Column("held_by", BIG_ID, nullable=True),
        sa.Column("down_since", MOMENT, nullable=True),
        sa.Column("reached_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel")),
    )
    op.create_table(
        "alarm",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("clear_told_at", MOMENT, nullable=True),
        sa.Column("try_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("cleared_at IS NULL")
    op.create_index("uq_alarm_open", "alarm", ["key"], unique=True, sqlite_where=is_open, postgresql_where=is_open)
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wanted_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("folded_into", BIG_ID, nullable=True))
        batch_op.create_index(batch_op.f("ix_delivery_folded_into"), ["folded_into"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_folded_into"))
        batch_op.drop_column("folded_into")
        batch_op.drop_column("wanted_at")
    op.drop_index("uq_alarm_open", table_name="alarm")
    op.drop_table("alarm")
    op.drop_table("channel")
