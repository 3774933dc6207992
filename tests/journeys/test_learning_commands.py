"""What labels teach, from a terminal: `whatif`, `model propose, threshold, apply, rollback`, and `missed`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from storage.blobs import BlobStore
from storage.database import Database
from storage.models import EventRow, InspectionRow
from storage.records import Fault, JobKind, JobState, LabelKind, NewFrame, NewInspection, Verdict
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.jobs import add_job, last_job
from storage.repositories.labels import add_label
from storage.repositories.outages import open_outage
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version
from tests.journeys.commands import Running, json_lines, oddspot, wait_until
from tests.plates import SIDE, write_plates

FALSE, DEFECT = LabelKind.FALSE_ALARM, LabelKind.DEFECT


def record(home: Path, *scored: tuple[float, LabelKind | None], photos: Sequence[Path] = ()) -> float:
    """Record frames so many times as odd as the threshold, an hour apart, and return the threshold."""
    database, blobs = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}"), BlobStore(home / "data")
    shown = [photo.read_bytes() for photo in photos or [next((home / "good").iterdir())] * len(scored)]
    with database.transaction() as session:
        source = source_by_name(session, "line-1")
        version = active_version(session, source)
        assert version is not None
        for number, (times, kind) in enumerate(scored):
            at = datetime.now(UTC) - timedelta(minutes=600 - 60 * number)
            receive_frame(session, NewFrame(source.id, blobs.put(shown[number]), at, "mtime", at, f"{number}.png", 9))
            (lease,) = claim_frames(session, owner="test", limit=1, lease_seconds=60)
            verdict = Verdict.ANOMALOUS if times > 1 else Verdict.NORMAL
            found = NewInspection(version.threshold * times, version.threshold, 0.1, verdict, None, (), 9.0)
            row = record_inspection(session, lease, version, found, is_told=False, pages=False, now=at)
            if kind is not None and row is not None:
                add_label(session, row, kind, author="ada", now=at)
    database.close()
    return version.threshold


def test_says_what_another_threshold_would_have_done(home: Path) -> None:
    threshold = record(home, (1.2, FALSE), (1.4, DEFECT), (2.0, None), (0.9, None))

    words = oddspot("whatif", "line-1", "--threshold", str(threshold * 1.5), cwd=home)
    [found] = json_lines(oddspot("whatif", "line-1", "--threshold", str(threshold * 1.5), "--json", cwd=home))
    table = oddspot("whatif", "line-1", "--since", "yesterday", cwd=home)

    assert "line-1 would have sent 1 alert instead of 3" in words.stdout.replace("\n", " "), words.stderr
    data = found["data"]
    assert (data["alerts_saved"], data["defects_lost"], data["false_alarms_avoided"]) == (2, ["A-2"], ["A-1"])
    assert data["judged"] == 4
    assert "Other thresholds would have sent:" in table.stdout
    refused = oddspot("whatif", "line-9", cwd=home)
    assert (refused.returncode, refused.stderr.strip()) == (
        1,
        "oddspot: There is no source 'line-9'; nearest: line-1.",
    )
    assert oddspot("whatif", "line-1", "--since", "Monday", "--window", "today", cwd=home).returncode == 1


def test_proposes_applies_and_rolls_back_a_threshold_that_scoring_then_uses(home: Path) -> None:
    record(home, (1.2, FALSE), (1.3, FALSE), (1.6, DEFECT), (2.0, None))

    [proposal] = json_lines(oddspot("model", "propose", "line-1", "--json", cwd=home))
    before = oddspot("model", "list", cwd=home).stdout
    applied = oddspot("model", "apply", "line-1@2", cwd=home)
    [scored] = json_lines(oddspot("score", "line-1", next((home / "good").iterdir()), "--json", cwd=home))
    rolled = oddspot("model", "rollback", "line-1", cwd=home)
    again = oddspot("model", "rollback", "line-1", cwd=home)

    assert (proposal["version"], proposal["alerts"], proposal["alerts_now"]) == ("line-1@2", 2, 4)
    assert "line-1@1 *" in before
    assert applied.stdout.strip() == "line-1@2 judges now, instead of line-1@1.", applied.stderr
    assert scored["threshold"] == proposal["threshold"]
    assert rolled.stdout.strip() == "line-1@1 judges now, instead of line-1@2."
    assert (again.returncode, "nothing to roll back" in again.stderr) == (1, True)


def test_makes_any_threshold_a_version_that_shares_the_files(home: Path) -> None:
    threshold = record(home, (1.2, None), (2.0, None))

    told = oddspot("model", "threshold", "line-1", str(threshold * 1.5), cwd=home)
    bad = oddspot("model", "threshold", "line-1", "nan", cwd=home)

    assert "line-1@2 would have sent 1 alert instead of 2 in the last 7 days" in told.stdout, told.stderr
    assert "nobody knows what it would miss: no defect is labelled." in told.stdout
    assert "`oddspot model apply line-1@2` lets it judge." in told.stdout
    bundles = home / "data" / "bundles"
    tensors = [bundles / name / "tensors.safetensors" for name in ("line-1@1", "line-1@2")]
    assert tensors[0].samefile(tensors[1])
    assert (bad.returncode, bad.stderr.strip()) == (
        1,
        "oddspot: nan cannot be a threshold: it has to be a finite number.",
    )


def test_lists_the_frames_round_a_time_with_pictures_to_be_labelled(home: Path) -> None:
    record(home, (0.5, None), (0.9, None), (2.0, None))
    at = (datetime.now(UTC) - timedelta(minutes=540)).isoformat()

    near = json_lines(oddspot("missed", "line-1", at, "--pictures", "seen", "--json", cwd=home))
    labelled = oddspot("label", near[0]["id"], "missed", cwd=home)
    none = oddspot("missed", "line-1", "2001-01-01 10:00", cwd=home)
    bad = oddspot("missed", "line-1", "soon", cwd=home)

    assert [(one["id"], one["verdict"], one["picture"]) for one in near] == [("A-2", "normal", "seen/A-2.png")]
    assert (home / "seen" / "A-2.png").read_bytes().startswith(b"\x89PNG")
    assert labelled.returncode == 0
    assert "No frame of line-1 was judged within half an hour" in none.stdout
    assert "is no time" in bad.stderr


def odd_but_good(home: Path) -> list[Path]:
    """Record six scratched plates that people call good, and a black one that they call a defect."""
    photos = write_plates(home / "odd", 6, has_scratch=True, first_seed=400)
    black = home / "odd" / "black.png"
    Image.new("RGB", (SIDE, SIDE)).save(black)
    record(home, *[(1.5, FALSE)] * 6, (1.4, DEFECT), photos=[*photos, black])
    return photos


def test_learns_false_alarms_as_good_and_keeps_the_threshold(home: Path) -> None:
    photos = odd_but_good(home)
    [before] = json_lines(oddspot("score", "line-1", photos[0], "--json", cwd=home))

    [found] = json_lines(oddspot("model", "refit", "line-1", "--json", cwd=home))
    applied = oddspot("model", "apply", "line-1@2", cwd=home)
    [after] = json_lines(oddspot("score", "line-1", photos[0], "--json", cwd=home))

    proposal = found["proposal"]
    assert (proposal["version"], proposal["was"], proposal["learnt"]) == ("line-1@2", "line-1@1", 6)
    assert (proposal["alerts_now"], proposal["false_alarms"], proposal["defects"], proposal["lost"]) == (7, 6, 1, [])
    assert applied.returncode == 0
    assert (after["detector"], after["threshold"]) == ("line-1@2", before["threshold"])
    assert after["score"] < before["score"] * 0.75


def test_says_that_few_false_alarms_teach_nothing(home: Path) -> None:
    record(home, (1.5, FALSE), (1.4, DEFECT))

    done = oddspot("model", "refit", "line-1", cwd=home)

    assert done.stdout.startswith("No other version is proposed for line-1: fewer than 5 labelled false alarms")


@pytest.mark.slow
def test_refits_in_the_service_where_no_threshold_tells_false_alarms_from_defects(home: Path) -> None:
    odd_but_good(home)
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.transaction() as session:
        source, now = source_by_name(session, "line-1").id, datetime.now(UTC)
        arguments = {"reason": "labels"}
        add_job(session, JobKind.SWEEP, source_id=source, arguments=arguments, requested_by="test", now=now)

    def is_done() -> bool:
        with database.reading() as session:
            job = last_job(session, JobKind.REFIT, source)
        return job is not None and job.state in {JobState.DONE, JobState.FAILED}

    with Running("detect", cwd=home):
        wait_until(is_done, seconds=140)
    with database.reading() as session:
        refitted, sweep = last_job(session, JobKind.REFIT, source), last_job(session, JobKind.SWEEP, source)
        told = [row.payload for row in session.scalars(select(EventRow)) if row.kind == "job_done"]
    database.close()
    assert refitted is not None
    assert sweep is not None
    assert "fewer than 2 labelled false alarms" in (sweep.result or {})["none"]
    assert (refitted.result or {})["proposal"]["learnt"] == 6, refitted.result
    assert told == [{"job": refitted.id, "kind": "refit"}]


def move_camera(home: Path, *, frames: int) -> list[Path]:
    """Record frames of a camera that looks elsewhere by now, one of them black, and return them."""
    photos = write_plates(home / "moved", frames - 1, first_seed=700)
    for photo in photos:
        with Image.open(photo) as image:
            image.transpose(Image.Transpose.ROTATE_90).point(lambda level: 255 - level).save(photo)
    Image.new("RGB", (SIDE, SIDE)).save(home / "moved" / "black.png")
    record(home, *[(3.0, None)] * frames, photos=[*photos, home / "moved" / "black.png"])
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.transaction() as session:
        source = source_by_name(session, "line-1")
        session.execute(update(InspectionRow).values(fault=Fault.MOVED))
        start, now = session.scalars(select(func.min(InspectionRow.captured_at))).one(), datetime.now(UTC)
        moments = {"started_at": start, "last_at": now, "now": now}
        open_outage(session, source_id=source.id, kind=Fault.MOVED, frames=frames, is_told=True, **moments)
    database.close()
    return photos


def test_learns_where_a_moved_camera_looks_now(home: Path) -> None:
    photos = move_camera(home, frames=52)
    [before] = json_lines(oddspot("score", "line-1", photos[0], "--json", cwd=home))

    wished = oddspot("outage", "use-view", "line-1", cwd=home)
    [found] = json_lines(oddspot("model", "view", "line-1", "--json", cwd=home))
    applied = oddspot("model", "apply", "line-1@2", cwd=home)
    [after] = json_lines(oddspot("score", "line-1", photos[0], "--json", cwd=home))

    view = found["view"]
    assert wished.stdout.strip() == "Job 1: 50 of 50 frames of the new view of line-1 are there.", wished.stderr
    assert (view["version"], view["was"], view["frames"]) == ("line-1@2", "line-1@1", 52)
    assert 1 <= view["left_out"] <= 5  # the black one among them
    assert applied.returncode == 0, applied.stderr
    assert before["verdict"] == "anomalous"
    assert (after["verdict"], after["detector"]) == ("normal", "line-1@2")


def test_learns_no_new_view_of_a_camera_that_has_not_moved(home: Path) -> None:
    wished = oddspot("outage", "use-view", "line-1", cwd=home)
    told = oddspot("model", "view", "line-1", cwd=home)

    assert (wished.returncode, "is judged just now" in wished.stderr) == (1, True)
    assert (told.returncode, "is not said to have moved just now" in told.stderr) == (1, True)
