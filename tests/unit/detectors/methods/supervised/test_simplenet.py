import math

import pytest
import torch

from detectors.methods.supervised.detection_losses import focal, truncated_l1
from detectors.methods.supervised.simplenet import MarkedDefect, SimpleNet, labelled_loss, noise_loss
from detectors.methods.supervised.simplenet_network import SimpleNetwork
from detectors.methods.top_mean import top_mean
from detectors.metrics import image_auroc
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images


def test_truncated_l1_pushes_no_further_than_its_bound() -> None:
    scores, is_defect = torch.tensor([2.0, 0.25, -0.75, 0.5]), torch.tensor([True, True, False, False])

    assert float(truncated_l1(scores, is_defect)) == pytest.approx((0 + 0.25) / 2 + (0 + 1.0) / 2)
    assert float(truncated_l1(scores[2:3], is_defect[2:3])) == 0


def test_focal_is_cross_entropy_times_a_power_of_the_error() -> None:
    scores, is_defect = torch.tensor([1.5, -0.3]), torch.tensor([True, False])

    chances = [1 / (1 + math.exp(-1.5)), 1 - 1 / (1 + math.exp(0.3))]
    expected = sum(-((1 - chance) ** 4) * math.log(chance) for chance in chances) / 2
    assert float(focal(scores, is_defect)) == pytest.approx(expected, rel=1e-5)


def make_network() -> SimpleNetwork:
    torch.manual_seed(0)
    return SimpleNetwork(3)


def planes(count: int) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def marked(*, is_drawn: bool) -> MarkedDefect:
    is_defect = torch.zeros(8, 8, dtype=torch.bool)
    is_defect[2:4, 2:4] = is_drawn
    return MarkedDefect(striped_images(1)[0], is_defect, torch.full((8, 8), is_drawn))


def test_an_undrawn_defect_feeds_only_the_judgement_of_the_image() -> None:
    drawn, undrawn = (
        float(labelled_loss(make_network(), planes(1), planes(2), [marked(is_drawn=is_drawn)]).detach())
        for is_drawn in (True, False)
    )

    network = make_network()
    _, verdicts = network.judge(network.adapt(torch.cat([planes(1), planes(2)])))
    assert undrawn == pytest.approx(float(focal(verdicts.detach(), torch.tensor([True, False, False]))), rel=1e-5)
    assert drawn > undrawn


def test_all_noise_comes_from_the_generator() -> None:
    network = make_network().eval()

    one, same, other = (
        float(noise_loss(network, planes(2), torch.Generator().manual_seed(seed)).detach()) for seed in (1, 1, 2)
    )

    assert one == same
    assert one != other


def test_learns_from_good_images_alone() -> None:
    good, bad = striped_images(20, seed=7), striped_images(20, seed=8, spot=True)

    fitted = SimpleNet().train(striped_images(24), striped_images(4, seed=1), [], make_training(seconds=60))

    peaks = [top_mean(fitted.score(image).patches, 4) for image in [*good, *bad]]
    assert image_auroc([False] * 20 + [True] * 20, peaks) > 0.8
