import io

import pytest
from PIL import Image

from agent.alerts.contact_sheet import contact_sheet
from tests.factories_agent import make_png


@pytest.mark.parametrize(("count", "size"), [(1, (336, 280)), (3, (992, 280)), (5, (992, 552)), (20, (992, 824))])
def test_pastes_up_to_nine_three_in_a_row(count: int, size: tuple[int, int]) -> None:
    made = contact_sheet([(f"A-{number}", make_png(number)) for number in range(count)])

    assert made is not None
    with Image.open(io.BytesIO(made)) as sheet:
        assert (sheet.format, sheet.size) == ("PNG", size)
        assert sheet.getpixel((8, 32)) == (0, 0, 40)


def test_leaves_out_what_cannot_be_read() -> None:
    assert contact_sheet([("A-1", b"no picture"), ("A-2", make_png()[:40])]) is None


def test_shows_a_small_crop_larger() -> None:
    made = contact_sheet([("A-1", make_png())])

    assert made is not None
    with Image.open(io.BytesIO(made)) as sheet:
        assert sheet.getpixel((8 + 4 * 32 - 1, 32 + 4 * 24 - 1)) == (0, 0, 40)
        assert sheet.getpixel((8 + 4 * 32 + 1, 32)) != (0, 0, 40)
