"""Fits of jobs in a process of their own: they need the network and a gigabyte, and the service stays small without."""

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from detectors.errors import DetectorError
from detectors.jobs.workshop import Outcome, Workshop
from storage.records import Job
from storage.repositories.outages import outage_by_id
from storage.repositories.sources import source_by_id

ROOT = Path(__file__).resolve().parent.parent.parent
LOOK_SECONDS = 0.5
KEEP_SECONDS = 30.0
LONGEST_SECONDS = 1800.0


class RefitError(DetectorError):
    """A fit did not come to its end; it can be tried again."""

    permanent = False


def run_refit(workshop: Workshop, job: Job) -> Outcome:
    """Let the source's labelled false alarms be learnt as good; people hear of it where that makes a version."""
    with workshop.stores.database.reading() as session:
        source = source_by_id(session, int(job.arguments["source_id"]))
    found = _run(workshop, source.name, "refit", [source.name])
    if found.get("proposal") is None:
        return Outcome({"none": str(found.get("reason", ""))}, is_told=job.arguments.get("reason") == "person")
    return Outcome({"proposal": found["proposal"] | {"why": str(job.arguments.get("reason", "person"))}})


def run_view(workshop: Workshop, job: Job) -> Outcome:
    """Let a detector be fitted on the frames of a moved camera; people hear of it either way, for one of them asked."""
    outage_id = int(job.arguments["outage_id"])
    with workshop.stores.database.reading() as session:
        outage = outage_by_id(session, outage_id)
    found = _run(workshop, outage.source, "view", [outage.source])
    if found.get("view") is None:
        return Outcome({"none": str(found.get("reason", ""))})
    return Outcome({"view": found["view"]})


def _run(workshop: Workshop, source: str, command: str, arguments: list[str]) -> dict[str, Any]:
    option = ["--config", str(workshop.config)] if workshop.config else []
    line = [sys.executable, "-P", str(ROOT / "oddspot.py"), "model", command, *arguments, "--json", *option]
    until = time.monotonic() + LONGEST_SECONDS
    keep_at = time.monotonic() + KEEP_SECONDS
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        said = wrong = ""
        while process.poll() is None:
            now, is_kept = time.monotonic(), True
            if now > keep_at:
                keep_at, is_kept = now + KEEP_SECONDS, workshop.keep()
            if workshop.is_stopping() or now > until or not is_kept:
                process.kill()
                raise RefitError(f"The {command} of {source} was stopped.")
            with suppress(subprocess.TimeoutExpired):
                said, wrong = process.communicate(timeout=LOOK_SECONDS)
    if process.returncode != 0:
        lines = wrong.strip().splitlines()
        raise RefitError(f"The {command} of {source} failed: {lines[-1] if lines else process.returncode}")
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found
