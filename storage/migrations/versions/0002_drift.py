"""What the drift check of each detector version knows, and an index to go on from its last look."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "drift_check",
        sa.Column("detector_version_id", BIG_ID, nullable=False),
        sa.Column("last_inspection_id", BIG_ID, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.Column("told", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["detector_version_id"],
            ["detector_version.id"],
            name=op.f("fk_drift_check_detector_version_id_detector_version"),
        ),
        sa.PrimaryKeyConstraint("detector_version_id", name=op.f("pk_drift_check")),
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index("ix_inspection_version", ["detector_version_id", "id"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.drop_index("ix_inspection_version")
    op.drop_table("drift_check")
