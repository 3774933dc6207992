"""When an image was captured, and by which rule."""

from datetime import UTC, datetime, timedelta

import pytest

from config.sources import CaptureSettings
from detectors.naming import read_capture
from detectors.sources.port import Arrival
from tests.factories import NOON

PATTERN = r"(?P<time>\d{8}-\d{6})_(?P<lot>[A-Z]\d+)_(?P<operator>\w+)"
NAMED = "sub/20261119-083000_L7_bob.png"


def arrival(name: str = "a.png", **sidecar: object) -> Arrival:
    return Arrival(name, "origin", b"x", 1, NOON - timedelta(minutes=1), sidecar=sidecar)


@pytest.mark.parametrize(
    ("offered", "changes", "by", "at"),
    [
        (arrival(), {}, "mtime", NOON - timedelta(minutes=1)),
        (arrival(NAMED), {"name_pattern": PATTERN}, "name", datetime(2026, 11, 19, 7, 30, tzinfo=UTC)),
        (arrival(NAMED, captured_at="2026-11-18T10:00:00+02:00"), {"name_pattern": PATTERN}, "sidecar",
         datetime(2026, 11, 18, 8, tzinfo=UTC)),
        (arrival(captured_at="2026-11-18T10:00:00"), {}, "sidecar", datetime(2026, 11, 18, 9, tzinfo=UTC)),
        (arrival(), {"trust_exif": True}, "exif", datetime(2026, 11, 17, 11, tzinfo=UTC)),
        (arrival(captured_at="2031-01-01T00:00:00Z"), {}, "mtime", NOON - timedelta(minutes=1)),
        (arrival(captured_at="0001-01-01T00:00:00"), {}, "mtime", NOON - timedelta(minutes=1)),
        (arrival(captured_at="9999-12-31T23:59:59-05:00"), {}, "mtime", NOON - timedelta(minutes=1)),
        (Arrival("a.png", "o", b"x", 1, NOON + timedelta(days=400)), {}, "received", NOON),
        (arrival(captured_at="yesterday"), {}, "mtime", NOON - timedelta(minutes=1)),
        (arrival("20269999-083000_L7_bob.png"), {"name_pattern": PATTERN}, "mtime", NOON - timedelta(minutes=1)),
    ],
)  # fmt: skip
def test_takes_the_first_rule_that_gives_a_moment(
    offered: Arrival,
    changes: dict[str, object],
    by: str,
    at: datetime,
) -> None:
    settings = CaptureSettings.model_validate(changes)

    capture = read_capture(
        offered,
        settings,
        time_zone="Europe/Berlin",
        read_exif=lambda: "2026:11:17 12:00:00",
        now=NOON,
    )

    assert (capture.by, capture.at) == (by, at)


def test_keeps_attributes_that_no_database_would_take() -> None:
    offered = arrival(attributes={"lot": "a\x00b\ud800c"})

    capture = read_capture(offered, CaptureSettings(), time_zone="UTC", read_exif=lambda: None, now=NOON)

    assert capture.attributes == {"lot": "ab?c"}


def test_keeps_only_allowed_attributes_and_prefers_the_sidecar() -> None:
    settings = CaptureSettings(name_pattern=PATTERN, attributes=("lot", "part"))
    offered = arrival(NAMED, attributes={"part": 7, "lot": "L8", "secret": "x"})

    capture = read_capture(offered, settings, time_zone="UTC", read_exif=lambda: None, now=NOON)

    assert capture.attributes == {"lot": "L8", "part": "7"}
