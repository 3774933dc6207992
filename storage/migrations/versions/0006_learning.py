"""Frames picked for the daily audit, and indexes for jobs that wait and jobs of a kind."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_pick",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("inspection_id", BIG_ID, nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("said_by", sa.String(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_audit_pick_inspection_id_inspection")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_audit_pick_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pick")),
        sa.UniqueConstraint(
            "source_id", "day", "inspection_id", name=op.f("uq_audit_pick_source_id_day_inspection_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_pick", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_pick_inspection_id"), ["inspection_id"], unique=False)
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )
        batch_op.create_index("ix_job_kind", ["kind", "created_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_kind")
        batch_op.drop_index(
            "ix_job_open",
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )
    with op.batch_alter_table("audit_pick", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_pick_inspection_id"))
    op.drop_table("audit_pick")
