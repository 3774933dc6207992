"""A fresh folder for one demo: good photos, the watched folder, settings, data."""

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from detectors.demo.cells import Cell
from storage.database import make_private

SOURCE = "cells"


def make_home(folder: Path, good: Iterable[Cell], *, channel: str | None) -> Path:
    """Make a new folder under `folder`, never touching an older one, and return it."""
    home = (folder / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}").absolute()
    for part in ("good", "incoming", "heatmaps"):
        (home / part).mkdir(parents=True)
    make_private(home / "data")
    for number, cell in enumerate(good, 1):
        shutil.copyfile(cell.path, home / "good" / f"good-{number:03d}.png")
    settings: dict[str, Any] = {
        "sources": {SOURCE: {"kind": "folder", "path": "incoming"}},
        # The search of the preset `default` would take longer than the whole demo.
        "detector": {"preset": "fast"},
        "storage": {"data_dir": "data"},
    }
    if channel:
        settings["slack"] = {"channel": channel}
    settings_file(home).write_text(yaml.safe_dump(settings), encoding="utf-8")
    return home


def settings_file(home: Path) -> Path:
    """Return the demo's settings file."""
    return home / "oddspot.yaml"
