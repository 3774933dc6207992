"""`oddspot fit --bad --masks`: a few labelled defects beside the good photos."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.journeys.commands import json_lines, oddspot
from tests.journeys.conftest import write_settings
from tests.plates import SIDE, make_plate, write_plates


def write_labelled(home: Path, count: int = 4) -> list[Path]:
    """Write good plates, scratched ones of one kind, and their masks; return the masks."""
    write_settings(home, detector={"preset": "fast", "image_size": 96, "threads": 1})
    write_plates(home / "good", 12)
    bad = write_plates(home / "bad" / "scratch", count, has_scratch=True, first_seed=400)
    (home / "masks" / "scratch").mkdir(parents=True)
    masks = []
    for number, path in enumerate(bad):
        changes = np.asarray(make_plate(400 + number)).astype(int) - np.asarray(Image.open(path))
        masks.append(home / "masks" / "scratch" / f"{path.stem}_mask.png")
        Image.fromarray(((np.abs(changes).sum(axis=2) > 30) * 255).astype(np.uint8)).save(masks[-1])
    return masks


def test_learns_from_labelled_defects_and_says_what_they_did(tmp_path: Path) -> None:
    write_labelled(tmp_path)

    [fitted] = json_lines(
        oddspot("fit", "line-1", "--good", "good", "--bad", "bad", "--masks", "masks", "--json", cwd=tmp_path)
    )

    assert (fitted["method"], fitted["defects"]) == ("residual", 4)
    assert "abels" in fitted["labels"]
    make_plate(900, has_scratch=True).save(tmp_path / "odd.png")
    [scored] = json_lines(oddspot("score", "line-1", "odd.png", "--json", cwd=tmp_path))
    assert scored["verdict"] == "anomalous"


def test_refuses_masks_that_do_not_fit(tmp_path: Path) -> None:
    masks = write_labelled(tmp_path)
    ramp = np.arange(SIDE * SIDE, dtype=np.uint32).reshape(SIDE, SIDE) % 256
    Image.fromarray(ramp.astype(np.uint8)).save(masks[2])

    done = oddspot("fit", "line-1", "--good", "good", "--bad", "bad", "--masks", "masks", cwd=tmp_path)

    assert done.returncode == 1
    assert "plate-002_mask.png holds more than two values" in done.stderr.splitlines()[-1]
    assert oddspot("model", "list", cwd=tmp_path).stdout == "No detector is fitted yet.\n"


def test_refuses_masks_alone_and_masks_of_nothing(tmp_path: Path) -> None:
    write_labelled(tmp_path)
    (tmp_path / "empty").mkdir()

    alone = oddspot("fit", "line-1", "--good", "good", "--masks", "masks", cwd=tmp_path)
    nothing = oddspot("fit", "line-1", "--good", "good", "--bad", "bad", "--masks", "empty", cwd=tmp_path)

    assert alone.stderr.splitlines()[-1].startswith("oddspot: --masks says where the defects of --bad are")
    assert "empty has no mask for any image in bad" in nothing.stderr.splitlines()[-1]
