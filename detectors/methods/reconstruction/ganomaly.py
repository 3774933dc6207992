"""GANomaly (Akcay, Atapour-Abarghouei, Breckon, ACCV 2018): odd is what a generator's code does not survive."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from detectors.methods.port import Arrays, EmbeddedImage, FittedMethod, Floats, LabelledDefect, MethodScore, Training
from detectors.methods.reconstruction.convolutions import double, halve, to_picture
from detectors.methods.reconstruction.examples import pictures_of, require_enough
from detectors.methods.reconstruction.network_arrays import build_seeded, fill_network, network_arrays
from detectors.methods.training import Schedule, train_network

SIDE = 64
GRID = 32
WIDTHS = (32, 64, 96)
CODE = 100
CORNER = SIDE // 8
ADVERSARIAL_WEIGHT = 1.0
CONTEXTUAL_WEIGHT = 50.0
LATENT_WEIGHT = 1.0
SCHEDULE = Schedule(steps=400, batch=8, learning_rate=5e-4)


class Ganomaly:
    """Learn picture -> code z -> picture -> code z'; an image is as odd as its two codes differ."""

    name: ClassVar[str] = "ganomaly"
    fewest_images: ClassVar[int] = 16
    uses_defects: ClassVar[bool] = False
    folds: ClassVar[int] = 0
    fewest_defects: ClassVar[int] = 0

    def __init__(self, schedule: Schedule = SCHEDULE) -> None:
        self._schedule = schedule

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],  # noqa: ARG002 - it learns from normals alone
        training: Training,
    ) -> FittedMethod:
        """Learn from the good images, stopping early by the held-out ones; raise MethodError."""
        require_enough(self.name, self.fewest_images, good, held_out)
        pictures, others = pictures_of(good, SIDE), pictures_of(held_out, SIDE)
        network = build_seeded(Rivals, training.seed)
        train_network(
            network,
            examples=len(pictures),
            loss_of=lambda batch, _: network.loss(pictures[batch]),
            held_out_loss=lambda: float(network.generator_loss(others)),
            schedule=self._schedule,
            training=training,
        )
        return FittedGanomaly(network.generator)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        generator = Generator()
        fill_network(generator, arrays)
        return FittedGanomaly(generator)


class FittedGanomaly:
    """A trained generator; its rival is no longer needed."""

    def __init__(self, generator: "Generator") -> None:
        self._generator = generator

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return A(x) = |z - z'|_1 (eq. 5, the mean over the code) and the pixel error on a grid of 32 x 32."""
        picture = pictures_of([image], SIDE)
        with torch.inference_mode():
            again, code, code_again = self._generator(picture)
            error = (picture - again).abs().mean(dim=1)
            patches: Floats = functional.adaptive_avg_pool2d(error, GRID)[0].numpy()
            score = float((code - code_again).abs().mean())
        return MethodScore(score, patches)

    def arrays(self) -> Arrays:
        """Return the generator's weights."""
        return network_arrays(self._generator)


class Generator(nn.Module):
    """Encoder, decoder, and a second encoder of the same shape (figure 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _encoder(CODE)
        self.decoder = _decoder()
        self.second_encoder = _encoder(CODE)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the pictures (N, 3, 64, 64) again, their codes (N, 100), and the codes of those again."""
        code = self.encoder(pictures)
        again = self.decoder(code)
        return again, code, self.second_encoder(again)


class Discriminator(nn.Module):
    """Tell a real picture from a generated one, by features the generator has to match."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(*_halvings())
        self.verdict = nn.Sequential(nn.Flatten(), nn.Linear(WIDTHS[-1] * CORNER**2, 1))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (N, C, 8, 8) and log odds (N, 1) that the pictures are real."""
        features = self.features(pictures)
        return features, self.verdict(features)


class Rivals(nn.Module):
    """A generator and the discriminator it has to deceive, trained in one step."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = Generator()
        self.discriminator = Discriminator()

    def loss(self, pictures: Tensor) -> Tensor:
        """Return one sum from which each rival gets the gradient of its own loss only."""
        again, code, code_again = self.generator(pictures)
        adversarial = self._adversarial_loss(pictures, again)
        contextual, latent = _contextual_and_latent(pictures, again, code, code_again)
        return adversarial + contextual + latent + self._discriminator_loss(pictures, again.detach())

    def generator_loss(self, pictures: Tensor) -> Tensor:
        """Return the generator's loss without its rival (eq. 2 and 3), which can be compared between steps."""
        contextual, latent = _contextual_and_latent(pictures, *self.generator(pictures))
        return contextual + latent

    def _adversarial_loss(self, pictures: Tensor, again: Tensor) -> Tensor:
        """Return the squared distance between the mean features of both (eq. 1); the discriminator stays fixed."""
        fixed = {name: parameter.detach() for name, parameter in self.discriminator.named_parameters()}
        real, _ = functional_call(self.discriminator, fixed, (pictures,))
        made, _ = functional_call(self.discriminator, fixed, (again,))
        return ADVERSARIAL_WEIGHT * functional.mse_loss(made.mean(dim=0), real.mean(dim=0))

    def _discriminator_loss(self, pictures: Tensor, again: Tensor) -> Tensor:
        _, real = self.discriminator(pictures)
        _, made = self.discriminator(again)
        of_real = functional.binary_cross_entropy_with_logits(real, torch.ones_like(real))
        of_made = functional.binary_cross_entropy_with_logits(made, torch.zeros_like(made))
        return (of_real + of_made) / 2


def _contextual_and_latent(pictures: Tensor, again: Tensor, code: Tensor, code_again: Tensor) -> tuple[Tensor, Tensor]:
    """Return 50 |x - x'|_1 (eq. 2) and |z - z'|_2^2 (eq. 3), each a mean."""
    contextual = CONTEXTUAL_WEIGHT * functional.l1_loss(again, pictures)
    return contextual, LATENT_WEIGHT * functional.mse_loss(code_again, code)


def _halvings() -> list[nn.Sequential]:
    first, second, third = WIDTHS
    return [halve(3, first), halve(first, second), halve(second, third)]


def _encoder(code: int) -> nn.Sequential:
    return nn.Sequential(*_halvings(), nn.Flatten(), nn.Linear(WIDTHS[-1] * CORNER**2, code))


def _decoder() -> nn.Sequential:
    first, second, third = WIDTHS
    return nn.Sequential(
        nn.Linear(CODE, third * CORNER**2),
        nn.Unflatten(1, (third, CORNER, CORNER)),
        double(third, second),
        double(second, first),
        to_picture(first),
    )
