"""A frame can be followed by its id through the lines of every process."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.kept_homes import NAMES, restore_home
from tests.journeys.commands import Running, wait_until
from tests.plates import make_plate

STEPS = ("frame_received", "frame_scored", "event_routed", "delivered")


def lines_of(service: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.lines if line.startswith("{")]


@pytest.mark.timeout(180)
def test_an_anomaly_is_followed_from_received_to_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    restore_home(NAMES[-1], home)  # fitted already
    with Running("run", cwd=home) as service:
        service.wait_for("detecting")
        make_plate(900).save(home / "incoming" / "well.png")
        make_plate(901, has_scratch=True).save(home / "incoming" / "odd.png")
        wait_until(lambda: {*STEPS} <= {*followed(service)}, seconds=120)
        assert service.stop() == 0


def followed(service: Running) -> list[str]:
    """The events of the lines that name the frame found odd."""
    found = lines_of(service)
    odd = [one["trace"] for one in found if one["event"] == "frame_scored" and one["verdict"] == "anomalous"]
    return [one["event"] for one in found if odd and one.get("trace") == odd[0]]
