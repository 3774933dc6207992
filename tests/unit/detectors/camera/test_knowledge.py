import numpy as np

from detectors.bundle import CameraStatistics
from detectors.camera.checks import find_camera_fault
from detectors.camera.knowledge import describe_camera, restore_camera
from detectors.camera.learning import move, widen
from detectors.camera.signs import luma_of, measure_signs
from storage.records import Fault
from tests.unit.detectors.camera.cameras import learn, plate, signs_of


def test_a_bundle_keeps_all_that_is_needed_to_name_a_moved_camera() -> None:
    learnt = learn([plate(seed) for seed in range(20)])
    assert learnt.reference is not None

    text = describe_camera(learnt).model_dump_json()
    camera = restore_camera(CameraStatistics.model_validate_json(text), learnt.reference.rows)

    moved = signs_of([move(plate(seed), 0, 0.03) for seed in range(50, 55)], camera)
    found = find_camera_fault(moved, camera.checks)
    assert found is not None
    assert found.fault == Fault.MOVED
    assert camera.checks == learnt.checks


def test_an_old_bundle_finds_fewer_faults() -> None:
    camera = restore_camera(None, None)

    moved = signs_of([move(plate(seed), 0, 0.03) for seed in range(50, 55)], camera)
    assert find_camera_fault(moved, camera.checks) is None


def test_without_its_reference_a_moved_camera_is_not_watched() -> None:
    learnt = learn([plate(seed) for seed in range(20)])

    camera = restore_camera(describe_camera(learnt), np.zeros((3, 9), np.float32))

    assert not camera.checks.is_on(Fault.MOVED)
    assert camera.checks.is_on(Fault.BLURRED)


def test_more_good_images_widen_what_is_usual() -> None:
    learnt = learn([plate(seed) for seed in range(20)])
    brighter = [np.clip(plate(seed) * 1.3, 0, 255).astype(np.uint8) for seed in range(100, 140)]

    widened = widen(learnt.checks, [measure_signs(luma_of(one), learnt.reference) for one in brighter])

    assert widened.images == 60
    assert widened.usual["mean"].spread > learnt.checks.usual["mean"].spread
    assert widened.usual["mean"].centre > learnt.checks.usual["mean"].centre
