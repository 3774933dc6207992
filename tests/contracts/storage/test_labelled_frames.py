"""The frames another detector is tried on, and how much was labelled since, on both databases."""

from datetime import timedelta

from sqlalchemy import update

from storage.database import Database
from storage.models import FrameRow, InspectionRow
from storage.queries.label_counts import count_labelled_since
from storage.queries.labelled_frames import false_alarms_of, labelled_frames
from storage.records import LabelKind
from storage.repositories.labels import add_label
from tests.factories import NOON, make_inspection, make_source, make_version

FALSE, DEFECT, UNSURE, MISSED = LabelKind.FALSE_ALARM, LabelKind.DEFECT, LabelKind.UNSURE, LabelKind.MISSED
NOW = NOON + timedelta(days=30)


def test_takes_what_was_labelled_and_the_last_weeks_alerts_whose_originals_are_kept(database: Database) -> None:
    with database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        ids = {}
        for number, (name, days_ago, score, kind) in enumerate(
            [
                ("old false", 20, 2.0, FALSE),
                ("old defect", 20, 2.0, DEFECT),
                ("old alert", 20, 2.0, None),
                ("unsure", 20, 2.0, UNSURE),
                ("missed", 20, 0.5, MISSED),
                ("alert", 2, 2.0, None),
                ("normal", 2, 0.5, None),
                ("gone", 2, 2.0, FALSE),
                ("ancient", 200, 2.0, FALSE),
            ]
        ):
            at = NOW - timedelta(days=days_ago) + timedelta(seconds=number)
            ids[name] = make_inspection(session, source, version, number, score=score, captured_at=at)
            if kind is not None:
                add_label(session, ids[name], kind, author="ada", now=at)
        lost = session.get_one(InspectionRow, ids["gone"]).frame_id
        session.execute(update(FrameRow).where(FrameRow.id == lost).values(has_blob=False))

        frames = labelled_frames(session, version, now=NOW)
        false = false_alarms_of(session, source.id, now=NOW)
        since = count_labelled_since(session, source_id=source.id, since=NOW - timedelta(days=10))
        ever = count_labelled_since(session, source_id=source.id, since=None)

    wanted = {ids[name] for name in ("old false", "old defect", "missed", "alert")}
    assert {frame.scored.inspection_id for frame in frames} == wanted
    assert [frame.scored.inspection_id for frame in false] == [ids["old false"]]
    assert (since, ever) == (1, 5)
