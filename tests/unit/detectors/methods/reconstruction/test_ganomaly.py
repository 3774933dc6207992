from dataclasses import replace

import torch

from detectors.methods.reconstruction.ganomaly import SCHEDULE, Ganomaly, Rivals
from tests.unit.detectors.methods.reconstruction.trainings import make_training, striped_images


def test_learns_to_reconstruct_and_shows_a_planted_oddity_in_its_map() -> None:
    method = Ganomaly(replace(SCHEDULE, steps=40, batch=4, look_every=20))
    fitted = method.train(striped_images(14), striped_images(4, seed=1), [], make_training())
    normals = [fitted.score(image) for image in striped_images(5, seed=2)]
    odd = [fitted.score(image) for image in striped_images(5, seed=3, spot=True)]

    assert min(found.patches.max() for found in odd) > max(found.patches.max() for found in normals)
    assert all(found.patches[12:20, 12:20].max() == found.patches.max() for found in odd)
    assert all(found.score >= 0 for found in normals + odd)


def test_gives_each_rival_the_gradient_of_its_own_loss_only() -> None:
    torch.manual_seed(0)
    rivals, pictures = Rivals(), torch.rand(3, 3, 64, 64)
    rivals.loss(pictures).backward()  # type: ignore[no-untyped-call]
    together = {name: parameter.grad for name, parameter in rivals.named_parameters()}
    again, _, _ = rivals.generator(pictures)
    discriminator = dict(rivals.discriminator.named_parameters())

    alone = torch.autograd.grad(
        rivals._discriminator_loss(pictures, again.detach()), list(discriminator.values()), allow_unused=True
    )
    of_generator = torch.autograd.grad(
        rivals._adversarial_loss(pictures, again) + rivals.generator_loss(pictures),
        list(rivals.generator.parameters()),
    )

    for name, expected in zip(discriminator, alone, strict=True):
        found = together[f"discriminator.{name}"]
        assert found is not None
        assert torch.allclose(found, expected, atol=1e-6)
    for (name, _parameter), expected in zip(rivals.generator.named_parameters(), of_generator, strict=True):
        found = together[f"generator.{name}"]
        assert found is not None
        assert torch.allclose(found, expected, atol=1e-5)
