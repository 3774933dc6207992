from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import t as student

from detectors.camera.checks import CameraChecks, find_camera_fault, student_quantile
from detectors.camera.knowledge import CameraKnowledge
from detectors.camera.learning import blur, expose, move
from storage.records import Fault
from tests.unit.detectors.camera.cameras import Pixels, learn, plate, plate_anywhere, plate_in_any_light, signs_of

UNSEEN = range(1000, 1040)


@pytest.fixture(scope="module")
def camera() -> CameraKnowledge:
    return learn([plate(seed) for seed in range(40)])


@pytest.mark.parametrize(
    ("fault", "spoil"),
    [
        (Fault.MOVED, lambda pixels: move(pixels, 0.03, 0)),
        (Fault.MOVED, lambda pixels: move(pixels, 0, -0.03)),
        (Fault.MOVED, lambda pixels: move(pixels, 0.2, -0.2)),
        (Fault.EXPOSURE, lambda pixels: expose(pixels, 1)),
        (Fault.EXPOSURE, lambda pixels: expose(pixels, -1)),
        (Fault.BLURRED, lambda pixels: blur(pixels, 3)),
    ],
)
def test_names_a_fault_of_five_frames(camera: CameraKnowledge, fault: Fault, spoil: Callable[[Pixels], Pixels]) -> None:
    spoilt = signs_of([spoil(plate(seed)) for seed in UNSEEN], camera)

    found = [find_camera_fault(spoilt[at : at + 5], camera.checks) for at in range(0, len(spoilt), 5)]

    assert [one.fault for one in found if one] == [fault] * len(found)
    assert {one.frames for one in found if one} <= {4, 5}


def test_says_it_of_no_frame_that_was_well_before(camera: CameraKnowledge) -> None:
    good = signs_of([plate(seed) for seed in UNSEEN[:1]], camera)
    moved = signs_of([move(plate(seed), 0.03, 0) for seed in UNSEEN[1:5]], camera)

    found = find_camera_fault([*good, *moved], camera.checks)

    assert found is not None
    assert (found.fault, found.frames) == (Fault.MOVED, 4)


def test_three_frames_are_too_few_to_blame_the_camera(camera: CameraKnowledge) -> None:
    moved = signs_of([move(plate(seed), 0.1, 0) for seed in UNSEEN[:3]], camera)
    good = signs_of([plate(seed) for seed in UNSEEN[:2]], camera)

    assert find_camera_fault(moved, camera.checks) is None
    assert find_camera_fault([*good, *moved], camera.checks) is None


def test_a_good_frame_after_faulty_ones_is_well(camera: CameraKnowledge) -> None:
    moved = signs_of([move(plate(seed), 0.03, 0) for seed in UNSEEN[:4]], camera)
    [good] = signs_of([plate(2000)], camera)

    assert find_camera_fault([*moved, good], camera.checks) is None


def faults_in(frames: list[dict[str, float]], camera: CameraKnowledge) -> list[str]:
    found = [find_camera_fault(frames[max(0, end - 5) : end], camera.checks) for end in range(1, len(frames) + 1)]
    return [one.fault for one in found if one]


def test_finds_no_fault_in_good_frames(camera: CameraKnowledge) -> None:
    assert faults_in(signs_of([plate(seed) for seed in range(3000, 3500)], camera), camera) == []


def test_finds_no_fault_in_true_defects_even_where_nothing_else_comes(camera: CameraKnowledge) -> None:
    assert faults_in(signs_of([plate(seed, has_scratch=True) for seed in range(1000, 1200)], camera), camera) == []


def test_moved_switches_itself_off_where_parts_lie_anywhere() -> None:
    camera = learn([plate_anywhere(seed) for seed in range(60)])
    moved = signs_of([move(plate_anywhere(seed), 0.03, 0) for seed in UNSEEN], camera)

    assert not camera.checks.is_on(Fault.MOVED)
    assert "moved is off: parts lie anywhere" in camera.checks.sentence
    assert all(find_camera_fault(moved[at : at + 5], camera.checks) is None for at in range(36))


def test_exposure_switches_itself_off_where_light_differs_by_nature() -> None:
    camera = learn([plate_in_any_light(seed) for seed in range(60)])

    assert not camera.checks.is_on(Fault.EXPOSURE)
    assert camera.checks.is_on(Fault.BLURRED)


def test_a_handful_of_good_images_says_nothing_of_the_camera() -> None:
    camera = learn([plate(seed) for seed in range(15)])
    black = signs_of([np.zeros_like(plate(1))] * 5, camera)

    assert find_camera_fault(black, camera.checks) is None
    assert "16 good images" in camera.checks.sentence


@pytest.mark.parametrize("freedom", [11, 30, 200])
def test_knows_the_tail_of_students_t(freedom: int) -> None:
    assert student_quantile(1e-6, freedom) == pytest.approx(student.isf(1e-6, freedom), rel=0.08)


def test_knows_nothing_of_an_old_bundle() -> None:
    assert find_camera_fault([{"mean": -9.0}] * 5, CameraChecks(0, {})) is None
