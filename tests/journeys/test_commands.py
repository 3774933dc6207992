"""Commands as scripts call them."""

import json
from pathlib import Path

from tests.journeys.commands import json_lines, oddspot
from tests.journeys.conftest import write_settings
from tests.plates import make_plate, write_plates

SCORE_KEYS = [
    "path",
    "source",
    "detector",
    "score",
    "threshold",
    "p_value",
    "verdict",
    "fault",
    "regions",
    "heatmap",
    "milliseconds",
]
EVALUATE_KEYS = [
    "category", "method", "preset", "backbone", "image_size", "seed", "image_auroc", "image_ap", "image_f1_max",
    "pixel_auroc", "aupro", "false_alarm_rate", "recall", "fit_seconds", "coreset_seconds", "milliseconds_p50",
    "milliseconds_p95", "images_per_second", "bank_rows", "bank_bytes", "peak_rss_bytes", "train_images", "test_images",
    "image_auroc_low", "image_auroc_high", "kinds", "peak_inside", "trivial", "best_trivial", "masks_missing",
    "fitness", "fitness_auroc", "choice", "promised_rate", "promised_low", "promised_high", "kept_promise",
]  # fmt: skip


def test_scores_files_and_folders_and_records_nothing(home: Path) -> None:
    write_plates(home / "today", 2, first_seed=1058)
    make_plate(800, has_scratch=True).save(home / "odd.png")
    (home / "today" / "broken.png").write_bytes(b"no picture")

    lines = json_lines(oddspot("score", "line-1", "today", "odd.png", "--heatmaps", "out", "--json", cwd=home))

    by_name = {Path(line["path"]).name: line for line in lines}
    assert [by_name[name]["verdict"] for name in ("plate-000.png", "odd.png", "broken.png")] == [
        "normal",
        "anomalous",
        "rejected",
    ]
    assert by_name["broken.png"]["reason"] == "not_an_image"
    assert list(by_name["odd.png"]) == SCORE_KEYS
    assert by_name["odd.png"]["regions"][0].keys() == {"x", "y", "width", "height", "area", "peak", "nearest"}
    assert by_name["odd.png"]["regions"][0]["nearest"]["image"] in {file.name for file in (home / "good").iterdir()}
    heatmap = Path(by_name["odd.png"]["heatmap"])
    assert heatmap.is_absolute()
    assert heatmap.read_bytes().startswith(b"\x89PNG")
    assert oddspot("history", "export", cwd=home).stdout == ""


def test_writes_a_report_of_scores_with_pictures_of_the_worst_alone(home: Path) -> None:
    write_plates(home / "today", 2, first_seed=1058)
    make_plate(800, has_scratch=True).save(home / "today" / "odd.png")
    (home / "today" / "broken.png").write_bytes(b"no picture")

    done = oddspot(
        "score", "line-1", "today", "--report", "out/report.html", "--report-images", "1", "--json", cwd=home
    )

    assert done.returncode == 0, done.stderr
    page = (home / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<article") == 1
    assert page.index("odd.png</h2>") < page.index("plate-000.png") < page.index("broken.png")
    assert page.count("<img") == 3
    assert "Compare with the good one" in page


def test_says_for_people_what_it_found(home: Path) -> None:
    make_plate(800, has_scratch=True).save(home / "odd.png")

    done = oddspot("score", "line-1", "odd.png", cwd=home)

    assert "anomalous" in done.stdout
    assert "1 anomalous" in done.stdout


def test_fails_where_nothing_could_be_scored(home: Path) -> None:
    (home / "broken.png").write_bytes(b"no picture")

    done = oddspot("score", "line-1", "broken.png", "--json", cwd=home)

    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"] == "rejected"
    assert done.stderr.splitlines()[-1] == "oddspot: None of the 1 files could be scored."


def test_a_source_has_limits_of_its_own(home: Path) -> None:
    make_plate(1).save(home / "plate.png")
    write_settings(home, sources={"line-1": {"path": "incoming", "limits": {"max_pixels": 100}}})

    done = oddspot("score", "line-1", "plate.png", "--json", cwd=home)

    assert json.loads(done.stdout)["reason"] == "too_many_pixels"


def test_evaluates_every_category_and_their_mean(tmp_path: Path) -> None:
    for category in ("plates", "tiles"):
        write_plates(tmp_path / "data" / category / "train" / "good", 8)
        write_plates(tmp_path / "data" / category / "test" / "good", 4, first_seed=100)
        write_plates(tmp_path / "data" / category / "test" / "scratch", 4, has_scratch=True, first_seed=200)

    lines = json_lines(oddspot("evaluate", "data", "--preset", "fast", "--json", cwd=tmp_path))

    assert [line["category"] for line in lines] == ["plates", "tiles", "mean"]
    assert list(lines[0]) == EVALUATE_KEYS
    assert lines[0]["image_auroc"] == 1.0
    assert (lines[0]["pixel_auroc"], lines[0]["aupro"]) == (None, None)
    assert (lines[0]["train_images"], lines[0]["test_images"]) == (8, 8)


def test_fits_again_as_the_next_version_and_swaps_it_in(home: Path) -> None:
    [fitted] = json_lines(oddspot("fit", "line-1", "--good", "good", "--json", cwd=home))

    models = json_lines(oddspot("model", "list", "--json", cwd=home))
    assert fitted["detector"] == "line-1@2"
    assert [(model["detector"], model["is_active"]) for model in models] == [("line-1@1", False), ("line-1@2", True)]
    [listed] = json_lines(oddspot("source", "list", "--json", cwd=home))
    assert (listed["state"], listed["drift"]) == ("live", None)
    low, high = fitted["promised_interval"]
    assert 0 < low < fitted["promised_rate"] < high
    assert (fitted["calibration_images"], fitted["outlook"]) == (fitted["training_images"], None)


def test_pauses_resumes_and_labels_from_a_terminal(home: Path) -> None:
    history = {
        "source": "line-1", "captured_at": "2026-11-20T12:00:00Z", "score": 2, "threshold": 1,
        "verdict": "anomalous", "detector": "line-1@1",
    }  # fmt: skip
    [imported] = json_lines(oddspot("history", "import", "-", "--json", cwd=home, given=json.dumps(history)))

    assert imported["ids"] == {"1": "A-1"}
    assert oddspot("source", "pause", "line-1", cwd=home).stdout == "line-1 is paused.\n"
    assert oddspot("source", "resume", "line-1", cwd=home).stdout == "line-1 is live.\n"
    labelled = oddspot("label", "A-1", "defect", "--class", "scratch", cwd=home)
    assert labelled.stdout == "A-1 is labelled defect.\n"
    [exported] = json_lines(oddspot("history", "export", cwd=home))
    assert (exported["label"], exported["defect_class"]) == ("defect", "scratch")


def test_collects_good_photos_from_a_folder(home: Path) -> None:
    write_plates(home / "incoming", 3)

    done = oddspot("collect", "line-1", "--minutes", "0.1", "--out", "gathered", cwd=home)

    assert done.returncode == 0, done.stderr
    assert len(list((home / "gathered").iterdir())) == 3


def test_finds_its_own_folders_from_a_hostile_working_directory(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("raise SystemExit('rival')", encoding="utf-8")
    (tmp_path / "agent").mkdir()

    done = oddspot("config", "check", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("time_zone: UTC")


def test_writes_a_report_that_needs_nothing_else(tmp_path: Path) -> None:
    write_plates(tmp_path / "plate" / "train" / "good", 9)
    write_plates(tmp_path / "plate" / "test" / "good", 3, first_seed=100)
    write_plates(tmp_path / "plate" / "test" / "scratch", 3, has_scratch=True, first_seed=200)

    options = (
        "--preset",
        "fast",
        "--methods",
        "patchcore,whole_image",
        "--seeds",
        "0,1",
        "--report",
        "out/report.html",
    )
    lines = json_lines(oddspot("evaluate", "plate", *options, "--json", cwd=tmp_path))

    found = [(line["category"], line["method"], line["seed"]) for line in lines]
    expected = [[("plate", name, 0), ("plate", name, 1), ("mean", name, None)] for name in ("patchcore", "whole_image")]
    assert found == [*expected[0], *expected[1]]
    assert lines[0]["kinds"]["scratch"]["recall"] == 1.0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<h2") == 2
    assert "<img" in page
    assert "3 of 3 defects have no mask" in page


def test_recommends_a_method_for_a_folder_of_good_photos(tmp_path: Path) -> None:
    write_plates(tmp_path / "good", 12)

    options = ("--preset", "fast", "--methods", "patchcore,whole_image")
    *tried, advice = json_lines(oddspot("compare", "good", *options, "--json", cwd=tmp_path))

    assert [(line["method"], line["defects"]) for line in tried] == [
        ("patchcore", "made-up"),
        ("whole_image", "made-up"),
    ]
    assert advice["recommended"] in {"patchcore", "whole_image"}
    assert "made-up defects" in advice["reason"]


def test_ranks_photos_nobody_has_looked_through(tmp_path: Path) -> None:
    write_plates(tmp_path / "photos", 12)
    make_plate(800, has_scratch=True).save(tmp_path / "photos" / "odd.png")
    (tmp_path / "photos" / "broken.png").write_bytes(b"no picture")

    options = ("--heatmaps", "out", "--top", "1", "--keep-good", "kept", "--json")
    *lines, end = json_lines(oddspot("triage", "photos", *options, cwd=tmp_path))

    assert [line["rank"] for line in lines] == [*range(1, 14), None]
    assert (Path(lines[0]["path"]).name, lines[0]["stands_out"]) == ("odd.png", True)
    assert Path(lines[0]["heatmap"]).read_bytes().startswith(b"\x89PNG")
    assert {line["heatmap"] for line in lines[1:13]} == {None}
    assert (Path(lines[-1]["path"]).name, lines[-1]["reason"]) == ("broken.png", "not_an_image")
    assert (end["photos"], end["skipped"], end["stand_out"], end["copied"]) == (13, 1, 1, 10)
    kept = sorted((tmp_path / "kept").iterdir())
    assert len(kept) == 10
    original = tmp_path / "photos" / kept[0].name.split("-", 1)[1]
    assert kept[0].read_bytes() == original.read_bytes()
    assert len(list((tmp_path / "photos").iterdir())) == 14


def test_copies_of_a_triage_never_join_what_is_there(tmp_path: Path) -> None:
    write_plates(tmp_path / "photos", 4)

    done = oddspot("triage", "photos", "--keep-good", "photos", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr == "oddspot: photos is not an empty folder; copies are never mixed with what is there.\n"


def test_says_for_people_which_photos_stand_out(tmp_path: Path) -> None:
    write_plates(tmp_path / "photos", 12)
    make_plate(800, has_scratch=True).save(tmp_path / "photos" / "odd.png")

    done = oddspot("triage", "photos", "--top", "3", "--keep-good", "kept", "--keep", "0.5", cwd=tmp_path)

    assert "1 of 13 photos (7.7%) stand out" in done.stdout
    assert "no verdict" in done.stdout
    assert "oddspot fit SOURCE --good kept" in done.stdout


def test_fits_from_photos_nobody_has_looked_through(home: Path) -> None:
    write_plates(home / "photos", 16)
    make_plate(800, has_scratch=True).save(home / "photos" / "odd.png")

    [fitted] = json_lines(oddspot("fit", "line-1", "--unlabelled", "photos", "--json", cwd=home))
    told = oddspot("fit", "line-1", "--unlabelled", "photos", cwd=home)

    assert [Path(name).name for name in fitted["left_out"]] == ["odd.png"]
    assert (fitted["training_images"], fitted["oddest"]) == (16, [])
    assert "1 of 17 left out as odd: odd.png" in told.stdout


def test_warns_of_a_defect_among_good_photos(home: Path) -> None:
    make_plate(800, has_scratch=True).save(home / "good" / "odd.png")

    told = oddspot("fit", "line-1", "--good", "good", cwd=home)
    [fitted] = json_lines(oddspot("fit", "line-1", "--good", "good", "--json", cwd=home))

    assert "Look at these again; they are unlike the other good photos: odd.png" in told.stdout
    assert "fit again without them" in told.stdout
    assert fitted["threshold_without_oddest"] < fitted["threshold"]
    assert [Path(name).name for name in fitted["oddest"]] == ["odd.png"]


def test_a_fit_needs_photos_to_learn_from(home: Path) -> None:
    done = oddspot("fit", "line-1", cwd=home)

    assert done.returncode == 2
    assert "Give either --good" in done.stderr
