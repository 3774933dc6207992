from detectors.learning import Promise, train_and_calibrate
from detectors.methods.port import Remembers
from detectors.methods.supervised.residual import Residual
from tests.unit.detectors.methods.reconstruction.trainings import GRID, SIDE, make_training, striped_images


def test_a_trained_memory_names_images_by_their_number_among_all() -> None:
    images = striped_images(16)

    fitted, _ = train_and_calibrate(
        Residual(), images, [], lambda _: make_training(), Promise(0.1, SIDE, 0), lambda _stage, _done, _total: None
    )

    assert isinstance(fitted, Remembers)
    found = [
        (number, patch, fitted.nearest_normal(image.grid.rows[patch]))
        for number, image in enumerate(images)
        for patch in (0, GRID * GRID - 1)
    ]
    remembered = [(number, patch, one) for number, patch, one in found if one is not None and one.distance == 0]
    assert len(remembered) >= 20
    assert all((one.image, one.patch) == (number, patch) for number, patch, one in remembered)
