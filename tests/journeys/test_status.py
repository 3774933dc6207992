"""What monitoring reads of the real service: the stages that its scoring processes measured, too."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fixtures.kept_homes import NAMES, restore_home
from tests.journeys.commands import Running, wait_until
from tests.plates import make_plate
from tests.servers.free_port import free_port


def reached(port: int) -> list[float]:
    """Whether each source was reached."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return [one.value for one in samples if one.name == "oddspot_source_reached"]


def measured(port: int) -> dict[str, float]:
    """How often each stage was measured, by name."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {one.labels["stage"]: one.value for one in samples if one.name == "oddspot_stage_seconds_count"}


@pytest.mark.timeout(180)
def test_sums_the_stages_of_every_scoring_process(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    restore_home(NAMES[-1], home)  # fitted already
    env = {"ODDSPOT__STATUS__PORT": str(port), "ODDSPOT__DETECTOR__WORKERS": "2"}
    with Running("detect", cwd=home, env=env) as service:
        service.wait_for("detecting")
        assert measured(port) == {}
        for seed in range(700, 706):
            make_plate(seed).save(home / "incoming" / f"{seed}.png")
        wait_until(lambda: measured(port).get("draw") == 6)

        found = measured(port)
        assert {stage: found[stage] for stage in ("wait", "decode", "score")} == {"wait": 6, "decode": 6, "score": 6}
        wait_until(lambda: measured(port).get("record", 0) >= 1)
        assert reached(port) == [1.0]
        (home / "incoming").rename(home / "elsewhere")
        wait_until(lambda: reached(port) == [0.0])
        assert service.stop() == 0
