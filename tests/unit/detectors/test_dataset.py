from pathlib import Path

import pytest

from detectors.dataset import Category, DatasetError, find_categories, list_images


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def make_category(folder: Path) -> Path:
    for name in ("b.png", "a.JPG", ".hidden.png", "notes.txt"):
        touch(folder / "train" / "good" / name)
    touch(folder / "test" / "good" / "0.png")
    for kind in ("crack", "dent"):
        for number in range(4):
            touch(folder / "test" / kind / f"{number}.png")
    touch(folder / "ground_truth" / "crack" / "1_mask.png")
    touch(folder / "ground_truth" / "crack" / "2.png")
    return folder


def test_reads_a_folder_in_mvtec_layout(tmp_path: Path) -> None:
    (category,) = find_categories(make_category(tmp_path / "bolt"))

    assert category.name == "bolt"
    assert [path.name for path in category.train] == ["a.JPG", "b.png"]
    assert sum(image.is_defect for image in category.test) == 8
    assert [image.kind for image in category.test] == ["crack"] * 4 + ["dent"] * 4 + ["good"]
    masks = {f"{image.path.parent.name}/{image.path.name}": image.mask for image in category.test if image.mask}
    truth = tmp_path / "bolt" / "ground_truth" / "crack"
    assert masks == {"crack/1.png": truth / "1_mask.png", "crack/2.png": truth / "2.png"}


def test_reads_a_folder_of_such_folders(tmp_path: Path) -> None:
    make_category(tmp_path / "nut")
    make_category(tmp_path / "bolt")
    (tmp_path / "other").mkdir()

    assert [category.name for category in find_categories(tmp_path)] == ["bolt", "nut"]


def test_a_limit_keeps_every_kind_of_defect(tmp_path: Path) -> None:
    (category,) = find_categories(make_category(tmp_path / "bolt"))

    limited = category.limited(2)

    assert [image.path.parent.name for image in limited.test] == ["good", "crack", "dent"]
    assert category.limited(None) is category


@pytest.mark.parametrize("name", ["gone", "empty"])
def test_says_what_is_wrong_with_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(DatasetError, match=name):
        find_categories(tmp_path / name)


def test_says_that_a_category_has_no_images(tmp_path: Path) -> None:
    (tmp_path / "bolt" / "train" / "good").mkdir(parents=True)
    (tmp_path / "bolt" / "test").mkdir()

    with pytest.raises(DatasetError, match="no images in train/good"):
        find_categories(tmp_path / "bolt")


def test_a_missing_folder_lists_nothing(tmp_path: Path) -> None:
    assert list_images(tmp_path / "gone") == []


def test_draws_labels_evenly_over_kinds_and_takes_them_from_the_test(tmp_path: Path) -> None:
    (category,) = find_categories(make_category(tmp_path / "bolt"))

    labelled = category.with_labels(4, seed=0)

    assert sorted(image.kind for image in labelled.labelled) == ["crack", "crack", "dent", "dent"]
    assert not {image.path for image in labelled.labelled} & {image.path for image in labelled.test}
    assert len(labelled.labelled) + len(labelled.test) == len(category.test)
    assert labelled.train == category.train
    assert all(image.mask == find_mask_of(category, image.path) for image in labelled.labelled)


def find_mask_of(category: Category, path: Path) -> Path | None:
    return next(image.mask for image in category.test if image.path == path)


def test_more_labels_by_the_same_seed_hold_the_fewer(tmp_path: Path) -> None:
    (category,) = find_categories(make_category(tmp_path / "bolt"))

    three, five = category.with_labels(3, seed=1).labelled, category.with_labels(5, seed=1).labelled

    assert five[:3] == three
    assert category.with_labels(5, seed=1).labelled == five
    assert any(category.with_labels(5, seed=seed).labelled != five for seed in range(2, 6))


def test_no_labels_leave_the_test_as_it_is(tmp_path: Path) -> None:
    (category,) = find_categories(make_category(tmp_path / "bolt"))

    assert category.with_labels(0, seed=0) == category


def test_gives_every_defect_where_more_are_asked_for(tmp_path: Path) -> None:
    (category,) = find_categories(make_category(tmp_path / "bolt"))

    labelled = category.with_labels(99, seed=0)

    assert len(labelled.labelled) == 8
    assert [image.kind for image in labelled.test] == ["good"]
