"""From a report of scores to labels in the database: a real Chromium, real keys, the file it saves."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.commands import json_lines, oddspot, wait_until
from tests.plates import write_plates
from tests.servers.chromium import Browser, find_chromium

pytestmark = pytest.mark.timeout(600)  # Chromium may have to be installed first


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(find_chromium(), tmp_path / "browser") as running:
        yield running


@pytest.fixture(scope="module")
def reported_home(fitted_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a report of three scratched plates and four good ones, the last three without pictures."""
    home = Path(shutil.copytree(fitted_home, tmp_path_factory.mktemp("reported") / "home"))
    write_plates(home / "today", 4, first_seed=1058)
    write_plates(home / "today" / "odd", 3, has_scratch=True, first_seed=800)
    done = oddspot("score", "line-1", "today", "--report", "report.html", "--report-images", "4", cwd=home)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def home(reported_home: Path, tmp_path: Path) -> Path:
    """A copy of that home, the test's own."""
    return Path(shutil.copytree(reported_home, tmp_path / "home"))


@pytest.fixture
def report(home: Path) -> Path:
    return home / "report.html"


def saved(browser: Browser) -> list[dict[str, Any]]:
    file = browser.downloads / "line-1-labels.jsonl"
    wait_until(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("\n"))
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_labels_by_keyboard_reach_the_database(home: Path, report: Path, browser: Browser) -> None:
    browser.open(report.as_uri())
    browser.press("d", "c", *"crack", "Enter", "j", "f", "s")

    lines = saved(browser)
    imported = oddspot("label", "import", browser.downloads / "line-1-labels.jsonl", cwd=home)

    assert [(line["label"], line["defect_class"]) for line in lines] == [("defect", "crack"), ("false_alarm", None)]
    assert imported.stdout == ("2 labels: 1 defect, 1 false alarm; 2 photos were not on record and were taken in\n"), (
        imported.stderr
    )
    exported = json_lines(oddspot("history", "export", cwd=home))
    assert [(line["path"], line["label"], line["defect_class"]) for line in exported] == [
        (line["path"], line["label"], line["defect_class"]) for line in lines
    ]
    assert [line["score"] for line in exported] == [line["score"] for line in lines]
    assert json_lines(oddspot("incident", "list", "--json", cwd=home)) == []


def test_labels_survive_a_reload_and_can_be_taken_back(report: Path, browser: Browser) -> None:
    browser.open(report.as_uri())
    browser.press("d", "ArrowDown", "u", "j", "f", "k", "Backspace")
    browser.open("about:blank")
    browser.open(report.as_uri())

    assert browser.value("document.querySelector('#count').textContent") == ("2 of 7 labelled: 1 defect, 1 false alarm")
    said = browser.value("[...document.querySelectorAll('[data-said]')].map((one) => one.textContent).slice(0, 3)")
    assert said == ["Defect", "", "False alarm"]


def test_a_normal_photo_without_picture_is_missed_and_raised_no_alarm(report: Path, browser: Browser) -> None:
    browser.open(report.as_uri())
    browser.press(*"jjjjj", "f")
    assert "no alarm to be false" in browser.value("document.querySelector('#note').textContent")

    browser.press("m", "s")

    [line] = saved(browser)
    assert (line["label"], line["verdict"]) == ("missed", "normal")


def test_buttons_do_what_keys_do(report: Path, browser: Browser) -> None:
    browser.open(report.as_uri())
    browser.value("document.querySelectorAll('[data-act=false_alarm]')[1].click()")
    browser.value("document.querySelector('[data-act=save]').click()")

    [line] = saved(browser)
    second = browser.value("JSON.parse(document.querySelectorAll('[data-item]')[1].dataset.item).path")
    assert (line["label"], line["path"]) == ("false_alarm", second)


def test_nothing_that_is_not_its_own_script_runs(home: Path, report: Path, browser: Browser) -> None:
    page = report.read_text(encoding="utf-8")
    injected = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>"
    (home / "hurt.html").write_text(page.replace("<main>", f"<main>{injected}"), encoding="utf-8")

    browser.open((home / "hurt.html").as_uri())

    assert browser.value("window.hurt ?? 0") == 0
    assert browser.value("document.querySelector('#count').textContent") == "0 of 7 labelled"


def test_the_same_file_imported_twice_is_known(home: Path, report: Path, browser: Browser) -> None:
    browser.open(report.as_uri())
    browser.press("u", "s")
    saved(browser)
    first = oddspot("label", "import", browser.downloads / "line-1-labels.jsonl", "--json", cwd=home)

    [counts] = json_lines(first)
    [again] = json_lines(oddspot("label", "import", browser.downloads / "line-1-labels.jsonl", "--json", cwd=home))

    assert (counts["unsure"], counts["taken_in"], counts["known"]) == (1, 1, 0)
    assert (again["unsure"], again["taken_in"], again["known"]) == (1, 0, 1)
