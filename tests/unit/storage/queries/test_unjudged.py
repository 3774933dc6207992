"""Which images nothing judged, and one image by its name, on both databases."""

from datetime import timedelta

from storage.database import Database
from storage.queries.unjudged import count_unjudged, frame_called, unjudged_frames
from storage.records import FrameState, Window
from tests.factories import lose_frame
from tests.histories import NOW, fill, line, normal

HOUR = timedelta(hours=1)
WINDOW = Window(NOW - 3 * HOUR, NOW)
ALL = ("line-1", "line-2")


def test_lists_what_ended_unjudged_with_its_reason(database: Database) -> None:
    fill(database, [line(1), normal(2)])
    with database.transaction() as session:
        lose_frame(session, "empty.png", FrameState.REJECTED, "empty", at=NOW - 2 * HOUR)
        lose_frame(session, "late.png", FrameState.DROPPED, "overtaken", at=NOW - HOUR)
        lose_frame(session, "old.png", FrameState.REJECTED, "empty", at=NOW - 9 * HOUR)
        lose_frame(session, "waits.png", FrameState.PENDING, None, at=NOW - HOUR)

    with database.reading() as session:
        counts = count_unjudged(session, window=WINDOW, sources=ALL)
        found = unjudged_frames(session, window=WINDOW, sources=ALL, limit=5)
        one = unjudged_frames(session, window=WINDOW, sources=ALL, limit=1)
        elsewhere = unjudged_frames(session, window=WINDOW, sources=("line-2",), limit=5)

    assert counts == {("rejected", "empty"): 1, ("dropped", "overtaken"): 1}
    assert [(frame.name, frame.state, frame.reason) for frame in found] == [
        ("late.png", FrameState.DROPPED, "overtaken"),
        ("empty.png", FrameState.REJECTED, "empty"),
    ]
    assert (one, elsewhere) == (found[:1], [])


def test_finds_the_newest_image_of_a_name_with_or_without_its_folders(database: Database) -> None:
    lines = [line(3, path="a/part%_1.png"), line(2, path="b/part%_1.png", source="line-2"), line(1, path="part__1.png")]
    _, second, third = fill(database, lines)

    with database.reading() as session:

        def called(name: str, sources: tuple[str, ...] = ALL) -> int | None:
            found = frame_called(session, name, sources=sources, now=NOW)
            return None if found is None else found.inspection_id

        assert called("part%_1.png") == second
        assert called("b/part%_1.png") == second
        assert called("part__1.png") == third
        assert called("art%_1.png") is None
        assert called("part%_1.png", ("nosuch",)) is None
        assert frame_called(session, "part__1.png", sources=ALL, now=NOW - 2 * HOUR) is None
