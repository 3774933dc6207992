import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from agent.reports.making import MadeReport
from agent.reports.page import as_page
from storage.blobs import BlobStore
from storage.queries.report_figures import FIGURES, figures_of
from storage.queries.report_results import AuditedMisses, Change, Reason
from storage.records import Outage
from tests.factories_agent import make_png
from tests.unit.agent.reports.conftest import Make

HOSTILE = "<script>alert(1)</script>&\"'"


class Tags(HTMLParser):
    """Collects a page's tags and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def hostile(made: MadeReport) -> MadeReport:
    report = made.report
    rows = tuple(replace(row, source=HOSTILE) for row in report.rows)
    changes = (Change(report.window.start, HOSTILE, HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),)
    worst = tuple(replace(one, source=HOSTILE, name=HOSTILE, defect_class=HOSTILE) for one in report.worst)
    versions = tuple(replace(use, version=replace(use.version, name=HOSTILE)) for use in report.versions)
    labels = tuple(replace(one, author=HOSTILE) for one in report.labels_by)
    reasons = (Reason(HOSTILE, HOSTILE, 1),)
    report = replace(
        report, rows=rows, changes=changes, worst=worst, versions=versions, labels_by=labels, reasons=reasons
    )
    return replace(made, report=report, sources=(HOSTILE,))


def test_needs_nothing_else_and_runs_nothing(make: Make, blobs: BlobStore) -> None:
    page = as_page(make(), blobs)

    tags = Tags(page)
    assert tags.named("script") == tags.named("link") == tags.named("iframe") == []
    assert all((image["src"] or "").startswith("data:image/png;base64,") for image in tags.named("img"))
    assert all(image["alt"] for image in tags.named("img"))
    assert "default-src 'none'" in (tags.named("meta")[1]["content"] or "")
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)


def test_holds_every_figure_of_every_source_and_how_it_is_counted(make: Make, blobs: BlobStore) -> None:
    made = make("day")
    page = as_page(made, blobs)

    ids = {attributes["id"] for attributes in Tags(page).named("dt")}
    assert ids == {f"how-{figure.name}" for figure in FIGURES}
    links = {attributes["href"] for attributes in Tags(page).named("a")}
    assert {f"#how-{figure.name}" for figure in FIGURES if not figure.name.startswith("miss_rate")} == links
    for row in (made.report.total, *made.report.rows):
        assert f"<td>{figures_of(row)['received']:,}</td>" in page
    assert "SELECT COUNT(*) FROM frame AS f WHERE f.captured_at &gt;= &#x27;2026-03-28 23:00:00.000000&#x27;" in page
    assert "Misses unknown: only alerted frames were labelled." in page


def test_says_the_miss_rate_once_somebody_audits(make: Make, blobs: BlobStore) -> None:
    made = make("day")
    audited = replace(made.report.total, misses=AuditedMisses(200, 2))
    page = as_page(replace(made, report=replace(made.report, total=audited)), blobs)

    assert "<td>1.0 %</td>" in page
    assert "Misses unknown" not in page


def test_escapes_whatever_comes_from_data(make: Make, blobs: BlobStore) -> None:
    page = as_page(hostile(make()), blobs)

    tags = Tags(page)
    assert tags.named("script") == []
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_shows_the_worst_crops_and_says_where_one_is_gone(make: Make, blobs: BlobStore) -> None:
    made = make()
    first, second, third = made.report.worst
    worst = (
        replace(first, crops=(blobs.put(make_png(1)), "0" * 64)),
        replace(second, crops=("f" * 64,), heatmap=blobs.put(make_png(2))),
        replace(third, crops=(blobs.put(b"no picture"),), heatmap=None, thumbnail=None),
    )
    page = as_page(replace(made, report=replace(made.report, worst=worst)), blobs)

    shown = [image["alt"] for image in Tags(page).named("img")]
    assert shown[-2:] == [first.shown_id, second.shown_id]
    assert f"<b>{third.shown_id}</b> (its picture is gone)" in page


def test_says_when_a_camera_was_at_fault(make: Make, blobs: BlobStore) -> None:
    made = make("day")
    start = made.report.window.start
    over = Outage(1, 1, "line-1", "blurred", start, start, start + timedelta(hours=2), 412, 0)
    still = replace(over, source="line-2", kind="silent", ended_at=None, frames=0)
    page = as_page(replace(made, report=replace(made.report, outages=(over, still))), blobs)

    assert '>2026-03-29 00:00</td><td class="word">2026-03-29 03:00</td><td>412</td>' in page
    assert ">goes on</td><td>0</td>" in page


def test_says_so_where_nothing_was_seen(make: Make, blobs: BlobStore) -> None:
    page = as_page(make("month", "2026-01"), blobs)

    assert "No image was judged in this time." in page
    assert "Nothing was changed." in page
