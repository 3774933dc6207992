"""Bad input: one clear sentence on stderr, a non-zero exit code, nothing half-written."""

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from tests.journeys.commands import Running, json_lines, oddspot, wait_until
from tests.journeys.conftest import write_settings
from tests.plates import write_plates
from tests.servers.slack import LocalSlack


def said(home: Path, *arguments: str, code: int = 1, **env: str) -> str:
    done = oddspot(*arguments, cwd=home, env=env)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("oddspot: ") or code == 2
    return last


def write_broken(photos: Path) -> None:
    photos.mkdir()
    (photos / "broken.png").write_bytes(b"no picture")


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda _: None, "There is no file or folder photos"),
        (lambda photos: photos.mkdir(), "There is no image in photos"),
        (write_broken, "patchcore needs at least 1 readable good image, got 0 (1 could not be read)"),
    ],
)
def test_refuses_to_fit_on_too_little(tmp_path: Path, prepare: object, words: str) -> None:
    write_settings(tmp_path)
    prepare(tmp_path / "photos")  # type: ignore[operator]  # a function of the table above

    assert words in said(tmp_path, "fit", "line-1", "--good", "photos")

    assert oddspot("model", "list", cwd=tmp_path).stdout == "No detector is fitted yet.\n"
    assert not (tmp_path / "data" / "bundles").exists()


def test_skips_lists_and_counts_unreadable_images_among_good_ones(tmp_path: Path) -> None:
    write_settings(tmp_path)
    write_plates(tmp_path / "good", 6)
    (tmp_path / "good" / "broken.png").write_bytes(b"no picture")

    done = oddspot("fit", "line-1", "--good", "good", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "1 photo could not be read and was skipped" in done.stdout
    assert "broken.png: not_an_image" in done.stdout
    assert "6 good photos" in done.stdout


def test_names_the_sources_there_are(home: Path) -> None:
    assert "There is no source 'line-9'; known sources: line-1." in said(home, "score", "line-9", "good")
    assert "There is no source 'line-9'" in said(home, "source", "pause", "line-9")
    assert "There is no source 'line-9' in the settings" in said(home, "collect", "line-9")
    assert "cannot name a source" in said(home, "fit", "../evil", "--good", "good")


def test_names_a_place_that_cannot_be_used(home: Path) -> None:
    (home / "afile").write_text("a file")
    photo = next((home / "good").iterdir())

    assert said(home, "score", "line-1", str(photo), "--heatmaps", "afile") == "oddspot: File exists: afile."
    assert said(home, "score", "line-1", str(photo), "--report", "afile/x.html").endswith(": afile.")


def test_refuses_an_empty_word_rather_than_to_take_it_for_the_folder_it_is_in(home: Path) -> None:
    assert "is a variable not set?" in said(home, "fit", "line-1", "--good", "")


def test_refuses_a_bundle_whose_hash_does_not_match(home: Path) -> None:
    bundle = home / "data" / "bundles" / "line-1@1"
    file = next(path for path in bundle.iterdir() if path.suffix == ".safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    assert file.name in said(home, "score", "line-1", "good")


def test_refuses_a_database_of_a_newer_version(home: Path) -> None:
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    for command in (("source", "list"), ("ask", "how many?"), ("run",)):
        assert "newer version (9999)" in said(home, *command)


def test_refuses_settings_it_does_not_know(home: Path) -> None:
    write_settings(home, sauces={})

    assert "Setting sauces in oddspot.yaml" in said(home, "run")


def test_refuses_a_wrong_token(home: Path) -> None:
    with LocalSlack() as slack:
        env = {
            "ODDSPOT__SLACK__API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": "xoxb-wrong",
            "SLACK_APP_TOKEN": "xapp-wrong",
        }
        done = oddspot("run", cwd=home, env=env)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "xoxb-wrong" not in done.stderr
    assert any(line.startswith("oddspot: ") and "token" in line.lower() for line in done.stderr.splitlines())


def test_refuses_a_port_in_use(home: Path) -> None:
    with LocalSlack() as slack, socket.create_server(("127.0.0.1", 0)) as taken:
        env = {
            "ODDSPOT__SLACK__API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "ODDSPOT__SLACK__MODE": "http",
            "ODDSPOT__SLACK__PORT": str(taken.getsockname()[1]),
        }
        done = oddspot("talk", cwd=home, env=env)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert any(line.startswith("oddspot: ") and "in use" in line for line in done.stderr.splitlines())


@pytest.mark.parametrize("command", [("frobnicate",), ("fit", "line-1"), ("label", "A-1", "maybe"), ("score",)])
def test_explains_wrong_usage(home: Path, command: tuple[str, ...]) -> None:
    said(home, *command, code=2)


def test_leaves_nothing_half_written_when_a_fit_is_interrupted(tmp_path: Path) -> None:
    write_settings(tmp_path)
    write_plates(tmp_path / "good", 120)
    with Running("fit", "line-1", "--good", "good", cwd=tmp_path) as fit:
        fit.wait_for("Fitting line-1 on 120 photos")
        wait_until(lambda: any((tmp_path / "data").glob("weights/*.safetensors")))  # it is past its imports
        code = fit.stop(signal.SIGINT)

    assert code == 130
    assert "Traceback" not in "".join(fit.lines)
    assert oddspot("model", "list", cwd=tmp_path).stdout == "No detector is fitted yet.\n"
    assert not list((tmp_path / "data").glob("bundles/*"))


def test_takes_up_its_work_again_after_kill_9(home: Path) -> None:
    write_plates(home / "incoming", 30, first_seed=300)
    with Running("detect", cwd=home) as detect:
        detect.wait_for("frame_scored")
        detect.stop(signal.SIGKILL)
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.transaction() as session:  # what the dead worker held runs out now instead of in two minutes
        session.execute(text("UPDATE frame SET lease_until = '2020-01-01 00:00:00.000000' WHERE state = 'leased'"))

    with Running("detect", cwd=home) as detect:
        detect.wait_for("detecting")
        wait_until(lambda: states_of(database) == {"scored": 30})
    database.close()

    lines = json_lines(oddspot("history", "export", cwd=home))
    assert len({line["path"] for line in lines}) == len(lines) == 30


def states_of(database: Database) -> dict[str, int]:
    with database.reading() as session:
        rows = session.execute(text("SELECT state, count(*) FROM frame GROUP BY 1"))
        return {row[0]: row[1] for row in rows}


def test_says_how_to_install_it_where_its_folders_are_missing(tmp_path: Path) -> None:
    lonely = shutil.copyfile(Path(__file__).resolve().parents[2] / "oddspot.py", tmp_path / "oddspot.py")

    done = subprocess.run([sys.executable, "-P", lonely, "run"], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "runs from its checkout" in done.stderr
