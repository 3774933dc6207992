"""What is alike: incidents by it, false alarms remembered by it, silences for it; and acts that can be taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NO, ZERO = sa.false(), sa.text("0")
# By table: name, type, and the default of a column that may not be empty.
COLUMNS = {
    "inspection": (("held_by", BIG_ID, None),),
    "incident": (
        ("likeness", sa.LargeBinary(), None),
        ("embedding_space", sa.String(), None),
        ("seen_before", BIG_ID, None),
        ("reopened", sa.Integer(), ZERO),
        ("is_storm", sa.Boolean(), NO),
    ),
    "label": (
        ("withdrawn_at", sa.DateTime(timezone=True), None),
        ("withdrawn_by", sa.String(), None),
        ("region", JSON, None),
    ),
    "silence": (
        ("like_inspection_id", BIG_ID, None),
        ("attribute", sa.String(), None),
        ("value", sa.String(), None),
        ("hits", sa.Integer(), ZERO),
        ("ended_by", sa.String(), None),
    ),
    "audit": (("incident_id", BIG_ID, None),),
}
INDEXES = {
    "ix_inspection_labelled": ("inspection", ["source_id", "label"], "label IS NOT NULL"),
    "ix_inspection_held": ("inspection", ["held_by"], "held_by IS NOT NULL"),
    "ix_audit_incident": ("audit", ["incident_id"], "incident_id IS NOT NULL"),
}


def upgrade() -> None:
    """Apply."""
    for table, columns in COLUMNS.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    for name, (table, keys, condition) in INDEXES.items():
        only = sa.text(condition)
        op.create_index(name, table, keys, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Undo."""
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
    for table, columns in COLUMNS.items():
        for name, _, _ in columns:
            op.drop_column(table, name)
