import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from detectors.reports.score_page import SCRIPT, PhotoPictures, ScoredPhoto, ScoreReport, render_scores
from storage.records import NearestNormal, Region, Verdict

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&'.png"
REGION = Region(12, 34, 56, 78, 4000, 2.5, NearestNormal("good-7.png", 7, 0.5, (0.25, 0.5, 0.125, 0.0625)))
PICTURES = PhotoPictures(b"photo", b"heatmap", b"good")
PHOTO = ScoredPhoto(
    path="today/odd.png",
    sha256="a" * 64,
    captured_at=NOON,
    score=2.5,
    p_value=0.005,
    verdict=Verdict.ANOMALOUS,
    fault=None,
    regions=(REGION,),
    pictures=PICTURES,
)


class Tags(HTMLParser):
    """Every tag of a page, with its attributes, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def make_photo(**changes: Any) -> ScoredPhoto:
    return replace(PHOTO, **changes)


def normal(**changes: Any) -> ScoredPhoto:
    return make_photo(score=0.5, p_value=0.9, verdict=Verdict.NORMAL, regions=(), **changes)


def render(*photos: ScoredPhoto, rejected: tuple[tuple[str, str], ...] = (), threshold: float = 1.0) -> str:
    return render_scores(ScoreReport("line-1", "line-1@3", threshold, 200, NOON, photos, rejected))


def items(page: str) -> list[dict[str, Any]]:
    return [json.loads(html.unescape(found)) for found in re.findall(r'data-item="([^"]*)"', page)]


def test_shows_the_worst_first_whatever_the_order_given() -> None:
    page = render(normal(path="b.png"), make_photo(path="c.png", score=9.0), make_photo(path="a.png"))

    assert [item["path"] for item in items(page)] == ["c.png", "a.png", "b.png"]


def test_says_of_a_photo_what_a_person_asks() -> None:
    page = render(make_photo(fault="black"))

    for words in (
        "2.50x the threshold",
        "(score 2.5 of 1)",
        "p-value 0.0050: at most about 0.5% of good photos look at least as odd",
        "56x78 px at (12, 34), peak 2.5; compare with good-7.png",
        "Compare with the good one <b>good-7.png</b>",
        "left:25.00%;top:50.00%;width:12.50%;height:6.25%",
        "Camera fault: black.",
    ):
        assert words in page
    for picture in (b"photo", b"heatmap", b"good"):
        assert base64.b64encode(picture).decode() in page


def test_lists_what_has_no_picture_and_what_could_not_be_read() -> None:
    page = render(make_photo(), normal(pictures=None, path="plain.png"), rejected=(("gone.png", "not_an_image"),))

    assert page.count("<article") == 1
    assert page.count("<img") == 3
    assert page.index("<article") < page.index("plain.png</td>") < page.index("gone.png")
    assert "not an image" in page
    assert len(items(page)) == 2


def test_an_item_holds_what_its_label_is_saved_with() -> None:
    [item] = items(render(make_photo()))

    assert item == {
        "path": "today/odd.png",
        "sha256": "a" * 64,
        "source": "line-1",
        "detector": "line-1@3",
        "captured_at": "2026-05-01T12:00:00Z",
        "score": 2.5,
        "threshold": 1.0,
        "verdict": "anomalous",
        "fault": None,
    }


@pytest.mark.parametrize("pictures", [PICTURES, None])
def test_hostile_names_stay_text(pictures: PhotoPictures | None) -> None:
    nearest = NearestNormal(HOSTILE, 7, 0.5)
    photo = make_photo(path=f"{HOSTILE}/{HOSTILE}", regions=(replace(REGION, nearest=nearest),), pictures=pictures)

    page = render(photo, rejected=((HOSTILE, "truncated"),))

    tags = Tags(page).found
    assert [name for name, _ in tags].count("script") == 1
    assert {"x", None}.isdisjoint(dict(attributes).get("src") for name, attributes in tags if name == "img")
    assert not any(key.startswith("on") for _, attributes in tags for key, _ in attributes)
    assert items(page)[0]["path"] == f"{HOSTILE}/{HOSTILE}"


def test_names_that_are_no_text_can_be_written_and_saved() -> None:
    page = render(make_photo(path="caf\udce9.png"), rejected=(("\udcff.png", "empty"),))

    assert "caf?.png" in page.encode().decode()
    assert items(page)[0]["path"] == "caf\udce9.png"


def test_its_policy_holds_the_hash_of_its_script_and_nothing_comes_from_outside() -> None:
    page = render(make_photo())

    [script] = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert script == SCRIPT.read_text(encoding="utf-8")
    assert f"script-src 'sha256-{digest}'" in page
    assert not re.search(r"https?://|@import|url\(", page)


def test_offers_what_can_be_said_of_each_verdict() -> None:
    found, passed = render(make_photo()), render(normal())

    assert (">False alarm" in found, ">Missed" in found) == (True, False)
    assert (">False alarm" in passed, ">Missed" in passed) == (False, True)


def test_the_same_photos_by_the_same_detector_are_the_same_report() -> None:
    def name(page: str) -> str:
        [found] = re.findall(r'data-report="(\w+)"', page)
        return str(found)

    one, other = make_photo(), normal(sha256="b" * 64)
    assert name(render(one, other)) == name(render(other, one)) != name(render(one))


def test_a_threshold_of_zero_and_no_photo_at_all_are_shown() -> None:
    assert "Above the threshold" in render(make_photo(), threshold=0.0)
    assert "Not readable" in render(rejected=(("gone.png", "empty"),))


def test_long_lists_stand_in_several_tables_in_one_order() -> None:
    photos = [normal(pictures=None, path=f"{number}.png", sha256=f"{number:064x}") for number in range(101)]

    page = render(*photos)

    assert page.count("<table") == 2
    assert [item["path"] for item in items(page)] == [photo.path for photo in photos]
