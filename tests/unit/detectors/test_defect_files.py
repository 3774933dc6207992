from pathlib import Path

import pytest

from detectors.defect_files import DefectFile, NoMasksError, pair_with_masks


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_names_a_kind_by_its_subfolder(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    images = [touch(bad / "crack" / "0.png"), touch(bad / "deep" / "dent" / "0.png"), touch(bad / "1.png")]

    defects = pair_with_masks(images, bad, None)

    assert [(defect.kind, defect.mask) for defect in defects] == [
        ("crack", None),
        ("deep/dent", None),
        ("defect", None),
    ]


def test_finds_a_mask_beside_its_kind_or_in_the_open(tmp_path: Path) -> None:
    bad, masks = tmp_path / "bad", tmp_path / "masks"
    images = [touch(bad / "crack" / f"{number}.png") for number in range(3)]
    own, common = touch(masks / "crack" / "0_mask.png"), touch(masks / "1.png")

    defects = pair_with_masks(images, bad, masks)

    assert defects == [
        DefectFile(images[0], own, "crack"),
        DefectFile(images[1], common, "crack"),
        DefectFile(images[2], None, "crack"),
    ]


def test_refuses_masks_that_fit_no_image_by_name(tmp_path: Path) -> None:
    image = touch(tmp_path / "bad" / "0.png")
    touch(tmp_path / "masks" / "7_mask.png")

    with pytest.raises(NoMasksError, match=r"masks has no mask for any image in .*bad; masks are called NAME"):
        pair_with_masks([image], tmp_path / "bad", tmp_path / "masks")
