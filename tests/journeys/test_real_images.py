"""Real photographs where they are at hand (in CI they must be), else synthetic plates: a detector is worth its name."""

from pathlib import Path

import pytest

from tests.journeys.commands import json_lines, oddspot
from tests.plates import write_plates


@pytest.fixture
def category(real_data: Path | None, tmp_path: Path) -> Path:
    if real_data is not None:
        return real_data / "cookie"
    folder = tmp_path / "plates"
    write_plates(folder / "train" / "good", 24)
    write_plates(folder / "test" / "good", 10, first_seed=100)
    write_plates(folder / "test" / "scratch", 20, has_scratch=True, first_seed=200)
    return folder


@pytest.mark.timeout(300)
def test_tells_defects_from_good_parts(category: Path, tmp_path: Path) -> None:
    [line] = json_lines(oddspot("evaluate", category, "--preset", "fast", "--json", cwd=tmp_path))

    assert line["image_auroc"] >= 0.98
    assert line["false_alarm_rate"] <= 0.15
    assert line["recall"] >= 0.5
    assert line["peak_rss_bytes"] < 1_500_000_000


@pytest.mark.timeout(300)
def test_shows_the_whole_way_on_solar_cells(tmp_path: Path) -> None:
    [summary] = json_lines(oddspot("demo", "--no-chat", "--json", cwd=tmp_path))

    assert summary["frames"] == 40
    assert summary["image_auroc"] >= 0.85
    assert summary["image_auroc_interval"][0] <= summary["image_auroc"] <= summary["image_auroc_interval"][1]
    assert 6 <= summary["anomalies"] <= 16
    assert 1 <= summary["incidents"] <= summary["anomalies"] / 3  # alike ones are one
    assert set(summary["seconds"]) == {"fit", "stream", "ask", "total"}
    first, second, third = summary["answers"]
    assert {fact["name"]: fact["value"] for fact in first["facts"]}["anomalies"] == summary["anomalies"]
    assert len(second["ids"]) == 3
    assert "cells@1" in third["answer"]
