import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from agent.reports.charts import draw_found, draw_judged, draw_scores
from storage.queries.report_results import Report
from tests.unit.agent.reports.conftest import Make

CHARTS = (draw_found, draw_judged, draw_scores)
DEFECTS, FALSE_ALARMS, FAULTS = (0xD9, 0x54, 0x1E), (0x2F, 0x6F, 0xB0), (0xD9, 0x54, 0x1E)


def colours(png: bytes) -> dict[tuple[int, int, int], int]:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        counted = image.convert("RGB").getcolors(1 << 24) or []
    return {colour: number for number, colour in counted if isinstance(colour, tuple) and len(colour) == 3}


@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize(("kind", "of"), [("day", "2026-03-29"), ("month", "2026-03"), ("month", "2026-01")])
def test_draws_a_picture_of_any_period(make: Make, draw: Callable[[Report], bytes], kind: str, of: str) -> None:
    assert (255, 255, 255) in colours(draw(make(kind, of).report))


def test_draws_defects_and_false_alarms_as_high_as_they_are_many(make: Make) -> None:
    found = colours(draw_found(make().report))

    counts = make().report.total.counts
    share = found[DEFECTS] / found[FALSE_ALARMS]
    assert share == pytest.approx(counts.confirmed / counts.false_alarms, rel=0.2)


def test_draws_no_fault_where_there_is_none(make: Make) -> None:
    report = make().report
    well = tuple(
        replace(bucket, row=replace(bucket.row, counts=replace(bucket.row.counts, not_judged=0)))
        for bucket in report.buckets
    )

    assert FAULTS in colours(draw_judged(report))
    assert FAULTS not in colours(draw_judged(replace(report, buckets=well)))
