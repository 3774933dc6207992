"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("arguments", JSON, nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "seen_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_event")),
    )
    with op.batch_alter_table("seen_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_event_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "source",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("active_version_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_frame_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_digest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "detector_version",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bundle", sa.String(), nullable=True),
        sa.Column("manifest_sha256", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("preset", sa.String(), nullable=False),
        sa.Column("embedding_space", sa.String(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("promised_rate", sa.Double(), nullable=False),
        sa.Column("training_images", sa.Integer(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_detector_version_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_version")),
        sa.UniqueConstraint("source_id", "number", name=op.f("uq_detector_version_source_id_number")),
    )
    op.create_table(
        "frame",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captured_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("size_bytes", BIG_ID, nullable=False),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_blob", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_frame_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame")),
        sa.UniqueConstraint("source_id", "sha256", "captured_at", name=op.f("uq_frame_source_id_sha256_captured_at")),
        postgresql_with={"fillfactor": 70},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("frame", schema=None) as batch_op:
        batch_op.create_index(
            "ix_frame_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )
        batch_op.create_index("ix_frame_origin", ["source_id", "origin"], unique=False)
        batch_op.create_index("ix_frame_received", ["source_id", "received_at"], unique=False)
        batch_op.create_index("ix_frame_sha256", ["sha256"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anomalies", sa.Integer(), nullable=False),
        sa.Column("cover_inspection_id", BIG_ID, nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("message_ts", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_incident_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_incident_source_id_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index("ix_incident_source_last", ["source_id", "last_at"], unique=False)

    op.create_table(
        "roll_up",
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("anomalous", sa.Integer(), nullable=False),
        sa.Column("faulted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("dead_letter", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_roll_up_source_id_source")),
        sa.PrimaryKeyConstraint("source_id", "starts_at", name=op.f("pk_roll_up")),
    )
    op.create_table(
        "silence",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=True),
        sa.Column("defect_class", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_silence_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("silence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_silence_until"), ["until"], unique=False)

    op.create_table(
        "inspection",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("frame_id", BIG_ID, nullable=False),
        sa.Column("detector_version_id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("p_value", sa.Double(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("is_shadow", sa.Boolean(), nullable=False),
        sa.Column("regions", JSON, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=True),
        sa.Column("embedding_space", sa.String(), nullable=False),
        sa.Column("heatmap", sa.String(), nullable=True),
        sa.Column("thumbnail", sa.String(), nullable=True),
        sa.Column("crops", JSON, nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("defect_class", sa.String(), nullable=True),
        sa.Column("incident_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["detector_version_id"],
            ["detector_version.id"],
            name=op.f("fk_inspection_detector_version_id_detector_version"),
        ),
        sa.ForeignKeyConstraint(["frame_id"], ["frame.id"], name=op.f("fk_inspection_frame_id_frame")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_inspection_incident_id_incident")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_inspection_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("frame_id", "detector_version_id", name=op.f("uq_inspection_frame_id_detector_version_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inspection_anomalous",
            ["captured_at", "source_id"],
            unique=False,
            sqlite_where=sa.text("verdict = 'anomalous'"),
            postgresql_where=sa.text("verdict = 'anomalous'"),
        )
        batch_op.create_index("ix_inspection_captured", ["captured_at"], unique=False)
        batch_op.create_index("ix_inspection_incident", ["incident_id"], unique=False)
        batch_op.create_index("ix_inspection_source_captured", ["source_id", "captured_at"], unique=False)

    op.create_table(
        "pin",
        sa.Column("detector_version_id", BIG_ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["detector_version_id"], ["detector_version.id"], name=op.f("fk_pin_detector_version_id_detector_version")
        ),
        sa.PrimaryKeyConstraint("detector_version_id", "sha256", name=op.f("pk_pin")),
    )
    with op.batch_alter_table("pin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pin_sha256"), ["sha256"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("inspection_id", BIG_ID, nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_event_inspection_id_inspection")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_event_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_due",
            ["id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "label",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("inspection_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("defect_class", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_label_inspection_id_inspection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("incident_id", BIG_ID, nullable=True),
        sa.Column("inspection_id", BIG_ID, nullable=True),
        sa.Column("event_id", BIG_ID, nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("message_ts", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_delivery_event_id_event")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_delivery_incident_id_incident")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_delivery_inspection_id_inspection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_incident", ["incident_id"], unique=False)
        batch_op.create_index(
            "ix_delivery_open",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_delivery_open",
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )
        batch_op.drop_index("ix_delivery_incident")

    op.drop_table("delivery")
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_label_inspection_id"))

    op.drop_table("label")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_event_due", sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL")
        )

    op.drop_table("event")
    with op.batch_alter_table("pin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pin_sha256"))

    op.drop_table("pin")
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.drop_index("ix_inspection_source_captured")
        batch_op.drop_index("ix_inspection_incident")
        batch_op.drop_index("ix_inspection_captured")
        batch_op.drop_index(
            "ix_inspection_anomalous",
            sqlite_where=sa.text("verdict = 'anomalous'"),
            postgresql_where=sa.text("verdict = 'anomalous'"),
        )

    op.drop_table("inspection")
    with op.batch_alter_table("silence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_silence_until"))

    op.drop_table("silence")
    op.drop_table("roll_up")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_source_last")

    op.drop_table("incident")
    with op.batch_alter_table("frame", schema=None) as batch_op:
        batch_op.drop_index("ix_frame_sha256")
        batch_op.drop_index("ix_frame_received")
        batch_op.drop_index("ix_frame_origin")
        batch_op.drop_index(
            "ix_frame_open",
            sqlite_where=sa.text("state IN ('pending', 'leased')"),
            postgresql_where=sa.text("state IN ('pending', 'leased')"),
        )

    op.drop_table("frame")
    op.drop_table("detector_version")
    op.drop_table("source")
    with op.batch_alter_table("seen_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_event_seen_at"))

    op.drop_table("seen_event")
    op.drop_table("job")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject"))

    op.drop_table("audit")
