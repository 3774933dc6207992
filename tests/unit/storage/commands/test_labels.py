import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from storage.cli import app
from storage.commands.labels import NoAlarmError, NothingToTakeBackError, sentence_of
from storage.database import Database
from storage.history.labelling import LabelReport
from storage.records import LabelKind, Verdict
from tests.factories import make_inspection, make_source, make_version
from tests.histories import change

RUN = CliRunner()
LINE = {
    "path": "a.png", "sha256": "a" * 64, "source": "line-1", "detector": "line-1@1", "score": 2.0, "threshold": 1.0,
    "verdict": "anomalous", "label": "defect", "defect_class": "crack",
}  # fmt: skip


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODDSPOT__STORAGE__DATA_DIR", str(tmp_path))
    with sqlite_database.transaction() as session:
        source = make_source(session)
        make_inspection(session, source, make_version(session, source))


@pytest.mark.parametrize("words", [["A-1", "false_alarm"], ["set", "a1", "false_alarm"]])
def test_labels_one_inspection_with_and_without_the_word_set(words: list[str]) -> None:
    done = RUN.invoke(app, ["label", *words])

    assert (done.exit_code, done.stdout) == (0, "A-1 is labelled false alarm.\n")


@pytest.mark.parametrize(
    ("verdict", "said", "kept"),
    [
        (Verdict.ANOMALOUS, "missed", "defect: it was called anomalous, so it was not missed"),
        (Verdict.NORMAL, "defect", "missed: it was called normal"),
        (Verdict.NORMAL, "missed", "missed"),
        (Verdict.ANOMALOUS, "unsure", "unsure"),
    ],
)
def test_a_defect_was_missed_where_its_image_was_called_normal(
    sqlite_database: Database, verdict: Verdict, said: str, kept: str
) -> None:
    change(sqlite_database, 1, verdict=verdict)

    done = RUN.invoke(app, ["label", "A-1", said])

    assert done.stdout == f"A-1 is labelled {kept}.\n"


def test_options_may_come_first() -> None:
    done = RUN.invoke(app, ["label", "--json", "--class", "crack", "A-1", "defect"])

    assert json.loads(done.stdout) == {"id": "A-1", "label": "defect", "defect_class": "crack"}


def test_imports_a_file_and_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text(json.dumps(LINE) + "\n", encoding="utf-8")

    told = RUN.invoke(app, ["label", "import", "labels.jsonl"])
    again = RUN.invoke(app, ["label", "import", "labels.jsonl", "--json"])

    assert told.stdout == "1 label: 1 defect; 1 photo was not on record and was taken in\n"
    assert json.loads(again.stdout) == {
        "labels": 1, "defect": 1, "false_alarm": 0, "unsure": 0, "missed": 0, "known": 1, "taken_in": 0, "errors": [],
    }  # fmt: skip


def test_names_bad_lines_by_number(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text(f"{json.dumps(LINE)}\n\nnonsense\n", encoding="utf-8")

    told = RUN.invoke(app, ["label", "import", "labels.jsonl", "--json"])

    assert told.exit_code == 1
    assert str(told.exception) == "None of the labels was imported: 1 line of it is wrong."
    assert json.loads(told.stdout)["errors"] == [{"line": 3, "reason": "it is not JSON"}]
    assert told.stderr == "line 3: it is not JSON\n"


def test_says_that_a_file_is_not_there() -> None:
    done = RUN.invoke(app, ["label", "import", "gone.jsonl"])

    assert str(done.exception) == "gone.jsonl cannot be read: No such file or directory."


def test_its_help_names_both_ways() -> None:
    shown = RUN.invoke(app, ["label", "--help"]).stdout

    assert "import" in shown
    assert "set" in shown


def test_a_sentence_counts_what_was_said() -> None:
    kinds = {LabelKind.DEFECT: 5, LabelKind.FALSE_ALARM: 7, LabelKind.UNSURE: 0, LabelKind.MISSED: 0}

    assert sentence_of(LabelReport(kinds, known=0, taken_in=3)) == (
        "12 labels: 5 defect, 7 false alarm; 3 photos were not on record and were taken in"
    )
    assert sentence_of(LabelReport(kinds, known=12, taken_in=0)) == (
        "12 labels: 5 defect, 7 false alarm; 12 known already"
    )


def test_an_image_called_normal_is_no_false_alarm(sqlite_database: Database) -> None:
    change(sqlite_database, 1, verdict=Verdict.NORMAL)

    refused = RUN.invoke(app, ["label", "A-1", "false_alarm"])
    RUN.invoke(app, ["label", "A-1", "missed"])

    assert isinstance(refused.exception, NoAlarmError)
    assert (
        RUN.invoke(app, ["label", "A-1", "false_alarm"]).exit_code == 0
    )  # what was taken for a miss is good after all


def test_takes_back_one_label_after_the_other() -> None:
    for kind in ("defect", "unsure"):
        RUN.invoke(app, ["label", "A-1", kind])
    done = [RUN.invoke(app, ["label", "undo", "A-1"]) for _ in range(3)]

    assert [one.exit_code for one in done] == [0, 0, 1]
    assert done[0].stdout.startswith("Taken back: the label of A-1 by ")
    assert isinstance(done[2].exception, NothingToTakeBackError)
