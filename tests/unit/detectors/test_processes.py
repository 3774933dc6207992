import os
import signal
from pathlib import Path

import pytest

from detectors.processes import ScoringProcess, owner_name


@pytest.mark.timeout(60)
def test_waking_one_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = ScoringProcess(None, threads=1)
    pid = process._process.pid
    os.kill(pid, signal.SIGSTOP)

    for _ in range(100_000):  # more than a pipe holds
        process.wake()

    os.kill(pid, signal.SIGKILL)
    process._process.wait()
    process.wake()  # nobody reads any more
    assert process.look() == owner_name(pid)
    process.wait()
