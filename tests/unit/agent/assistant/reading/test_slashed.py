from datetime import UTC, datetime

import pytest

from agent.assistant.reading.slashed import meant_date, with_date

NOW = datetime(2026, 4, 15, 10, 40, tzinfo=UTC)
WINTER, AUTUMN = datetime(2026, 1, 15, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
DAY_OR_MONTH_FIRST = ("2025-10-04", "2026-04-10")


@pytest.mark.parametrize(
    ("text", "first", "meant"),
    [
        ("how many since 4/10", WINTER, "2026-04-10"),
        ("how many since 4/10", AUTUMN, None),
        ("how many since 4/10", None, None),
        ("from 4/10 to 4/14", AUTUMN, "2026-04-10"),
        ("from 14/4 to 4/10", AUTUMN, "2025-10-04"),
        ("from 14/4 to 4/14, or since 4/10", AUTUMN, None),
    ],
)
def test_takes_the_reading_that_another_date_or_the_record_leaves(
    text: str, first: datetime | None, meant: str | None
) -> None:
    assert meant_date(text, DAY_OR_MONTH_FIRST, first, NOW) == meant


def test_asks_where_neither_reading_lies_in_the_record() -> None:
    assert meant_date("on 03/04/2026", ("2026-04-03", "2026-03-04"), datetime(2026, 3, 20, tzinfo=UTC), WINTER) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("on 13/4 vs 3/4", "on 13/4 vs 2026-04-03"),
        ("path 3/4/ of it", "path 3/4/ of it"),
    ],
)
def test_writes_the_date_itself_and_no_part_of_another(text: str, written: str) -> None:
    assert with_date(text, "3/4", "2026-04-03") == written
