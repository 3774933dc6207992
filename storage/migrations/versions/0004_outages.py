"""When a source was not judged, what each frame shows of its camera, and the messages about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GOES_ON = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "outage",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("told_frames", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("message_ts", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_outage_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outage_source_started", "outage", ["source_id", "started_at"], unique=False)
    op.create_index(
        "uq_outage_open", "outage", ["source_id"], unique=True, sqlite_where=GOES_ON, postgresql_where=GOES_ON
    )
    op.add_column("inspection", sa.Column("signs", JSON, nullable=True))
    op.add_column("delivery", sa.Column("outage_id", BIG_ID, nullable=True))
    op.create_index("ix_delivery_outage", "delivery", ["outage_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_delivery_outage", table_name="delivery")
    op.drop_column("delivery", "outage_id")
    op.drop_column("inspection", "signs")
    op.drop_index("uq_outage_open", table_name="outage")
    op.drop_index("ix_outage_source_started", table_name="outage")
    op.drop_table("outage")
