"""`oddspot report` through the front door, and its page in a real Chromium."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from storage.models import InspectionRow
from tests.factories_agent import make_png
from tests.histories import change
from tests.journeys.commands import json_lines, oddspot
from tests.reported import write_history
from tests.servers.chromium import Browser, find_chromium

NOW = ("--now", "2026-03-31T09:30:00Z")
SETTINGS = """
storage: {data_dir: data}
time_zone: Europe/Berlin
sources:
  line-2: {path: photos, time_zone: Asia/Tokyo}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "oddspot.yaml").write_text(SETTINGS, encoding="utf-8")
    blobs = BlobStore(folder / "data")
    database = Database(f"sqlite:///{folder / 'data' / 'oddspot.db'}")
    migrate(database)
    write_history(database)
    with database.reading() as session:
        ids = [row.id for row in session.query(InspectionRow).where(InspectionRow.verdict == "anomalous")]
    for number, inspection_id in enumerate(ids):
        change(database, inspection_id, crops=[blobs.put(make_png(number))])
    database.close()
    return folder


def report(home: Path, *arguments: str) -> dict[str, Any]:
    [values] = json_lines(oddspot("report", *arguments, "--json", *NOW, cwd=home))
    return values


def test_is_of_yesterday_unless_another_period_is_asked_for(home: Path) -> None:
    assert report(home)["title"] == "Monday, 30 March 2026"
    assert report(home, "--week")["title"] == "week 13, 23 Mar to 29 Mar 2026"
    assert report(home, "--month", "--of", "2026-03")["title"] == "March 2026, so far"
    assert report(home, "--shift")["title"] == "shift 22:00 to 06:00, Mon 30 Mar 2026"


def test_takes_the_zone_of_the_one_source_that_is_named(home: Path) -> None:
    own = report(home, "--day", "--of", "2026-03-29", "--source", "line-2")
    two = report(home, "--day", "--of", "2026-03-29", "--source", "line-2", "--source", "line-1")

    assert (own["time_zone"], own["from"]) == ("Asia/Tokyo", "2026-03-28T15:00:00Z")
    assert (two["time_zone"], [row["source"] for row in two["sources"]]) == ("Europe/Berlin", ["line-1", "line-2"])


def test_agrees_with_what_the_assistant_says(home: Path) -> None:
    total = report(home, "--day", "--of", "2026-03-29")["total"]

    [answer] = json_lines(oddspot("ask", "how many anomalies on 2026-03-29?", "--json", *NOW, cwd=home))

    facts = {fact["name"]: fact["value"] for fact in answer["facts"]}
    names = ("anomalies", "confirmed", "false_alarms", "unlabelled", "judged", "received", "rejected", "waiting")
    assert {name: facts[name] for name in names} == {name: total[name] for name in names}


def test_says_for_people_what_happened(home: Path) -> None:
    done = oddspot("report", "--day", "--of", "2026-03-29", *NOW, cwd=home)

    assert done.returncode == 0, done.stderr
    assert re.search(r"frames received +196 +69 +91 +36", done.stdout)
    assert "Misses unknown: only alerted frames were labelled." in done.stdout


def test_writes_a_page_and_a_table(home: Path) -> None:
    files = ("--out", "out/march.html", "--csv", "out/march.csv")
    done = oddspot("report", "--month", "--of", "2026-03", *files, *NOW, cwd=home)

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    lines = list(csv.DictReader((home / "out" / "march.csv").read_text(encoding="utf-8").splitlines()))
    assert [line["source"] for line in lines] == ["line-1", "line-2", "press", "(total)"]
    assert lines[-1]["received"] == str(report(home, "--month", "--of", "2026-03")["total"]["received"])


@pytest.mark.timeout(600)  # Chromium may have to be installed first
def test_its_page_stands_alone_in_a_browser(home: Path, tmp_path: Path) -> None:
    done = oddspot("report", "--week", "--of", "2026-03-29", "--out", "week.html", *NOW, cwd=home)
    assert done.returncode == 0, done.stderr

    with Browser(find_chromium(), tmp_path / "browser") as browser:
        browser.open((home / "week.html").as_uri(), width=1200)
        pictures = browser.value("[...document.images].map((one) => [one.alt, one.naturalWidth])")
        broken_links = browser.value(
            "[...document.querySelectorAll('a')].filter((one) => !document.querySelector(one.hash)).length"
        )
        asked_for = "performance.getEntriesByType('resource').filter((one) => !one.name.startsWith('data:')).length"
        loaded = browser.value(asked_for)
        wide = browser.value("document.body.scrollWidth")
        browser.open((home / "week.html").as_uri(), width=390)
        narrow = browser.value("document.documentElement.scrollWidth")

    assert len(pictures) == 3 + 3
    assert all(width > 0 for _, width in pictures)
    assert (broken_links, loaded) == (0, 0)
    assert wide <= 1200
    assert narrow <= 390


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--day", "--week"), "Give one of --shift, --day, --week and --month."),
        (("--of", "the other day"), "is no month, date or local time"),
        (("--source", "line-9"), "There is no source 'line-9'; known sources: line-1, line-2, press."),
        (("--out", "oddspot.yaml/x.html"), "cannot be written"),
        (("--now", "soon"), "is not a date and time with a zone"),
    ],
)
def test_refuses_in_one_sentence_what_makes_no_report(home: Path, arguments: tuple[str, ...], words: str) -> None:
    done = oddspot("report", *arguments, cwd=home)

    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_gives_sql_that_says_the_same(home: Path) -> None:
    values = report(home, "--day", "--of", "2026-03-29")
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.reading() as session:
        for name, how in values["how"].items():
            for row in (values["total"], *values["sources"]):
                sql = how["sql_of_source"].replace("SOURCE", row["source"]) if row["source"] else how["sql"]
                found = session.connection().exec_driver_sql(sql).scalar() if sql else row[name]
                assert found == pytest.approx(row[name]), (name, sql)
    database.close()
    assert json.dumps(values, allow_nan=False)


def test_hands_over_a_shift_on_the_terminal_too(home: Path) -> None:
    early = ("--now", "2026-03-29T09:00:00Z")
    done = oddspot("report", "--shift", *early, cwd=home)
    [values] = json_lines(oddspot("report", "--shift", "--json", *early, cwd=home))

    assert done.returncode == 0, done.stderr
    assert re.search(r"Open incidents: \d+", done.stdout)
    assert "press until 2026-03-31 11:30 by ann: " in done.stdout
    assert "press paused: its frames wait" in done.stdout
    handover = values["handover"]
    assert handover["open_incidents"] == len(handover["incidents"]) or len(handover["incidents"]) == 50
    assert [(one["source"], one["author"]) for one in handover["silences"]] == [("press", "ann"), (None, "ben")]
    assert {one["source"]: one["is_well"] for one in handover["sources"]}["press"] is False
