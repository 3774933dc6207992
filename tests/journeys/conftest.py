"""A fitted home for journeys: made once, copied for each."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.journeys.commands import oddspot
from tests.plates import write_plates

GOOD_PLATES = 16


def write_settings(home: Path, **changes: object) -> None:
    """Write oddspot.yaml for a home with one watched folder."""
    settings = {
        "sources": {"line-1": {"kind": "folder", "path": "incoming"}},
        "storage": {"data_dir": "data"},
        "detector": {"preset": "fast"},
    }
    (home / "oddspot.yaml").write_text(yaml.safe_dump(settings | changes), encoding="utf-8")


@pytest.fixture(scope="session")
def fitted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("fitted")
    write_plates(home / "good", GOOD_PLATES)
    (home / "incoming").mkdir()
    write_settings(home)
    done = oddspot("fit", "line-1", "--good", "good", "--live", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def home(fitted_home: Path, tmp_path: Path) -> Path:
    """A copy of the fitted home, the test's own."""
    return Path(shutil.copytree(fitted_home, tmp_path / "home"))
