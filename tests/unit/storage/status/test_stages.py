"""Stages measured in processes of their own are summed where monitoring asks."""

import os
import subprocess
import sys
from contextlib import closing

from storage.status.stages import SharedStages
from tests.journeys.commands import ROOT

CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from storage.status.stages import Stages
stages = Stages()
with stages.timing("decode"):
    pass
stages.took("score", 0.5)
"""


def samples(shared: SharedStages) -> dict[tuple[str, str], float]:
    found = [sample for family in shared.collect() for sample in family.samples]
    return {(one.name, one.labels["stage"]): one.value for one in found if "le" not in one.labels}


def test_sums_what_children_measured_those_that_ended_too() -> None:
    with closing(SharedStages()) as shared:
        assert samples(shared) == {}
        for _ in range(2):
            environment = {**os.environ, **shared.environment}
            subprocess.run([sys.executable, "-c", CHILD, str(ROOT)], check=True, env=environment)

        found = samples(shared)
        folder = next(iter(shared.environment.values()))

    assert found[("oddspot_stage_seconds_count", "decode")] == 2
    assert found[("oddspot_stage_seconds_count", "score")] == 2
    assert found[("oddspot_stage_seconds_sum", "score")] == 1.0
    assert not os.path.exists(folder)  # noqa: PTH110 - only whether it is gone
