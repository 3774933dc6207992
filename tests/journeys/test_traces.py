"""A frame can be followed by its id through the lines of every process."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.commands import Running, wait_until
from tests.plates import make_plate


def lines_of(service: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.lines if line.startswith("{")]


@pytest.mark.timeout(180)
def test_an_anomaly_is_followed_from_received_to_told(home: Path) -> None:
    with Running("run", cwd=home) as service:
        service.wait_for("detecting")
        make_plate(900).save(home / "incoming" / "well.png")
        make_plate(901, has_scratch=True).save(home / "incoming" / "odd.png")
        service.wait_for('"delivered"')
        wait_until(lambda: sum(line["event"] == "frame_scored" for line in lines_of(service)) == 2)
        assert service.stop() == 0

    found = lines_of(service)
    [odd] = [line["trace"] for line in found if line["event"] == "frame_scored" and line["verdict"] == "anomalous"]
    followed = [line["event"] for line in found if line.get("trace") == odd]
    for step in ("frame_received", "frame_scored", "event_routed", "delivered"):
        assert step in followed, followed
