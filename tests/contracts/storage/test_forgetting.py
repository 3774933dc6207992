"""Forgetting one image, on both databases: what shows it goes, what was counted and said stays."""

import json
import struct

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.models import AuditRow, Base, DeliveryRow, EventRow, FrameRow, IncidentRow, InspectionRow
from storage.records import (
    DeliveryKind,
    EventKind,
    FrameState,
    KnownImage,
    LabelKind,
    NearestNormal,
    NewDelivery,
    NewFrame,
    NewLook,
    Region,
    Unlearnt,
)
from storage.repositories.deliveries import add_delivery
from storage.repositories.forgetting import (
    ImageInUseError,
    UnknownImageError,
    forget_image,
    known_image,
    require_free,
)
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.labels import add_label
from storage.repositories.looks import add_look
from storage.repositories.sources import source_by_name
from storage.repositories.versions import list_versions
from tests.factories import NOON, make_inspection, make_source, make_version, new_frame

SECRET = "patient-4711"
HEATMAP, THUMBNAIL, CROP, SHEET = (letter * 64 for letter in "abcd")
VECTOR = struct.pack("<4e", 1.0, 0.0, 0.0, 0.0)


def make_anomaly(session: Session) -> int:
    """Record an anomaly that says a secret wherever it can, told with a picture of its own and on a sheet."""
    source = make_source(session)
    version = make_version(session, source)
    shown = make_inspection(
        session, source, version, 7, heatmap=HEATMAP, thumbnail=THUMBNAIL, crops=(CROP,), vectors=VECTOR
    )
    frame = session.scalars(select(FrameRow)).one()
    frame.name, frame.attributes = f"{SECRET}.png", {"lot": SECRET}
    incident = IncidentRow(
        source_id=source.id, key=None, state="open", opened_at=NOON, last_at=NOON, closed_at=None, anomalies=2,
        cover_inspection_id=shown, likeness=struct.pack("<4f", 1.0, 2.0, 0.0, 0.0),
    )  # fmt: skip
    session.add(incident)
    session.flush()
    session.get_one(InspectionRow, shown).incident_id = incident.id
    add_label(session, shown, LabelKind.DEFECT, author="U1", defect_class="scratch", note=SECRET, now=NOON)
    own = {"file": "F1", "blob": HEATMAP, "is_usable": True}
    sheet = {"file": "F2", "blob": SHEET, "is_usable": True, "sheet_of": [shown, 999]}
    for payload in (own, sheet, {"file": "F3", "sheet": [999]}):
        wanted = NewDelivery(
            DeliveryKind.PICTURE, "#oddspot", NOON, incident.id if "sheet" not in payload else None, shown,
            payload=payload,
        )  # fmt: skip
        add_delivery(session, wanted, now=NOON)
    return shown


def forget(session: Session, text: str, *unlearnt: Unlearnt) -> set[str]:
    image = known_image(session, text)
    require_free(session, image)
    return forget_image(session, image, unlearnt, actor="terminal:ann", now=NOON)[1]


def test_removes_all_that_shows_or_names_the_image(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        blobs = forget(session, f"A-{shown}")

    assert blobs == {f"{7:064x}", HEATMAP, THUMBNAIL, CROP, SHEET}
    with database.reading() as session:
        told = session.scalars(select(EventRow).where(EventRow.kind == EventKind.FORGOTTEN)).one()
        assert sorted(told.payload["files"]) == [["#oddspot", "F1"], ["#oddspot", "F2"]]
        row = session.get_one(InspectionRow, shown)
        assert (row.heatmap, row.thumbnail, row.crops, row.vectors) == (None, None, [], None)
        everything = [str(line) for table in Base.metadata.sorted_tables for line in session.execute(select(table))]
        assert not [line for line in everything if SECRET in line]


def test_keeps_what_was_counted_and_said(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        forget(session, f"A-{shown}")

    with database.reading() as session:
        row = session.get_one(InspectionRow, shown)
        assert (row.score, row.verdict, row.label, row.defect_class) == (2.0, "anomalous", "defect", "scratch")
        assert [(region["x"], region["nearest"]) for region in row.regions] == [(120, None)]
        assert session.scalars(select(FrameRow)).one().state == FrameState.SCORED


def test_audits_the_act_without_its_content(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        forget(session, f"A-{shown}")

    with database.reading() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "image_forgotten")).one()
        assert (row.actor, row.subject) == ("terminal:ann", f"A-{shown}")
        assert row.detail == {"frames": 1, "inspections": 1, "blobs": 5, "slack_files": 2, "bank_rows": {}}
        assert f"{7:064x}" not in json.dumps(row.detail)


def test_takes_its_likeness_out_of_its_incident_and_lets_that_be_shown_anew(database: Database) -> None:
    with database.transaction() as session:
        forget(session, f"A-{make_anomaly(session)}")

    with database.reading() as session:
        incident = session.scalars(select(IncidentRow)).one()
        assert struct.unpack("<4f", incident.likeness or b"") == (0.0, 2.0, 0.0, 0.0)
        kinds = list(session.scalars(select(EventRow.kind).where(EventRow.kind != EventKind.ANOMALY)))
        assert sorted(kinds) == ["changed", "forgotten"]


def test_lets_a_sheet_be_made_again_without_it(database: Database) -> None:
    with database.transaction() as session:
        forget(session, f"A-{make_anomaly(session)}")

    with database.reading() as session:
        own, sheet, other = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
        assert (own.payload, sheet.payload) == ({}, {"sheet_of": [999]})
        assert other.payload == {"file": "F3", "sheet": [999]}


def test_forgets_the_same_bytes_wherever_they_were_received(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        other = make_source(session, "line-2")
        again = NewFrame(other.id, f"{7:064x}", NOON, "mtime", NOON, SECRET, 10)
        second = receive_frame(session, again)
        image = known_image(session, f"F-{second}")
        forget(session, f"F-{second}")

        assert len(image.frames) == 2
        assert image.inspections == (shown,)
        rows = session.execute(select(FrameRow.name, FrameRow.state, FrameRow.has_blob).order_by(FrameRow.id))
        assert [tuple(row) for row in rows] == [("(forgotten)", "scored", False), ("(forgotten)", "dropped", False)]


def test_waits_while_the_image_is_in_somebodys_hands(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
        frame = receive_frame(session, new_frame(source, 3))
        claim_frames(session, owner="worker", limit=1, lease_seconds=60)
        with pytest.raises(ImageInUseError, match="being scored"):
            forget(session, f"F-{frame}")


def test_waits_while_somebody_asks_about_the_image(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        source = source_by_name(session, "line-1")
        look = NewLook(source.id, "line-1", f"{7:064x}", "a.png", "U1")
        add_look(session, look, now=NOON)
        with pytest.raises(ImageInUseError, match="being judged"):
            forget(session, f"A-{shown}")


def test_takes_the_image_away_from_beside_the_anomalies_it_was_compared_with(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        source = source_by_name(session, "line-1")
        (version,) = list_versions(session)
        region = Region(1, 2, 3, 4, 12, 2.0, NearestNormal(f"{SECRET}.png", 5, 0.4))
        beside = make_inspection(session, source, version, 8, heatmap="e" * 64, regions=(region,))
        other = make_inspection(session, source, version, 9, heatmap="f" * 64)
        bundle = Unlearnt(version, 5, 3, f"{SECRET}.png", "bundles/line-1@1+new", "9" * 64)
        blobs = forget(session, f"A-{shown}", bundle)

        assert "e" * 64 in blobs
        row = session.get_one(InspectionRow, beside)
        assert (row.heatmap, row.regions[0]["nearest"]) == (None, None)
        assert session.get_one(InspectionRow, other).heatmap == "f" * 64
        (version,) = list_versions(session)
        assert (version.bundle, version.manifest_sha256) == ("bundles/line-1@1+new", "9" * 64)


def test_keeps_a_picture_that_another_inspection_shows_too(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        source = source_by_name(session, "line-1")
        (version,) = list_versions(session)
        make_inspection(session, source, version, 8, thumbnail=THUMBNAIL, crops=(CROP,))
        blobs = forget(session, f"A-{shown}")

    assert blobs == {f"{7:064x}", HEATMAP, SHEET}


def test_can_be_done_twice(database: Database) -> None:
    with database.transaction() as session:
        shown = make_anomaly(session)
        forget(session, f"A-{shown}")
        assert forget(session, f"A-{shown}") == {f"{7:064x}"}


@pytest.mark.parametrize("text", ["A-999", "F-999", "0" * 64, "part.png", "A-", "", "A-12'; DROP TABLE frame"])
def test_says_what_it_does_not_know(database: Database, text: str) -> None:
    with database.reading() as session, pytest.raises(UnknownImageError, match="No image is called"):
        known_image(session, text)


def test_knows_an_image_that_was_only_learnt_from(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        _pin(session, version.id, "5" * 64)
        image = known_image(session, "5" * 64)

    assert isinstance(image, KnownImage)
    assert [one.name for one in image.versions] == ["line-1@1"]
    assert (image.frames, image.inspections) == ((), ())


def _pin(session: Session, version_id: int, sha256: str) -> None:
    session.execute(Base.metadata.tables["pin"].insert(), {"detector_version_id": version_id, "sha256": sha256})
