import json
from pathlib import Path

from typer.testing import CliRunner

from storage.commands.sources import source_app
from storage.database import Database
from storage.records import DriftCheck, SourceState, ToldDrift
from storage.repositories.drift_checks import save_drift_check
from tests.factories import NOON, make_source, make_version


def write_config(folder: Path, more: str = "") -> Path:
    config = folder / "oddspot.yaml"
    config.write_text(f"storage: {{data_dir: {json.dumps(str(folder))}}}\n{more}")
    return config


def test_lists_which_way_a_detectors_scores_drifted(sqlite_database: Database, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    with sqlite_database.transaction() as session:
        drifted = make_version(session, make_source(session, "line-1"))
        make_version(session, make_source(session, "line-2"))
        told = ToldDrift("lower", "The last 60 images score lower.", NOON)
        save_drift_check(session, DriftCheck(drifted.id, 60, {}, (told,)), after=None, now=NOON)

    table = CliRunner().invoke(source_app, ["list", "--config", str(config)])
    lines = CliRunner().invoke(source_app, ["list", "--config", str(config), "--json"])

    assert "live, drifted lower" in table.stdout
    drifts = [json.loads(line)["drift"] for line in lines.stdout.splitlines()]
    assert drifts == [
        {"direction": "lower", "at": "2026-11-20T12:00:00Z", "sentence": "The last 60 images score lower."},
        None,
    ]


def test_says_whether_the_budget_can_be_promised_and_lets_a_person_go_live_all_the_same(
    sqlite_database: Database, tmp_path: Path
) -> None:
    config = write_config(tmp_path, "alerts: {budget: 3}\n")
    with sqlite_database.transaction() as session:
        make_version(session, make_source(session, "line-1", state=SourceState.COMMISSIONING))

    done = CliRunner().invoke(source_app, ["live", "line-1", "--config", str(config)])

    state, outlook = done.stdout.splitlines()
    assert state == "line-1 is live."
    assert outlook.startswith("At most 3 false incidents a week: whether that can be promised is not known")


def test_removes_a_source_that_no_image_came_from_and_its_detectors(sqlite_database: Database, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    with sqlite_database.transaction() as session:
        version = make_version(session, make_source(session, "lien-1"))
        make_version(session, make_source(session, "line-1"))
    bundle = tmp_path / str(version.bundle)
    bundle.mkdir(parents=True)

    done = CliRunner().invoke(source_app, ["remove", "lien-1", "--config", str(config)])
    left = CliRunner().invoke(source_app, ["list", "--config", str(config)]).stdout

    assert done.stdout == "lien-1 is removed, and 1 detector of it.\n"
    assert not bundle.exists()
    assert "line-1" in left
    assert "lien-1" not in left
