"""PatchCore (Roth et al., Towards Total Recall in Industrial Anomaly Detection, CVPR 2022)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.methods.anomaly_map import shown_around
from detectors.methods.neighbours import Bank, plain_distances
from detectors.methods.port import (
    NO_PLACE,
    EmbeddedImage,
    FitChoices,
    Floats,
    MethodError,
    MethodScore,
    NearestPatch,
    Origin,
)
from detectors.methods.top_mean import top_mean

NEIGHBOURS = 9


class PatchCore:
    """Remember a coreset of normal patches; a patch is as odd as its distance to the nearest of them."""

    name: ClassVar[str] = "patchcore"
    needs_whole_images: ClassVar[bool] = False
    fewest_images: ClassVar[int] = 1

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> "FittedPatchCore":
        """Learn from each image's patch rows (n, D)."""
        from detectors.methods.bank_choice import choose_bank, project  # noqa: PLC0415 - only learning needs torch

        return _fitted(images, choose_bank(project(images, choices.seed), None, choices), choices)

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator["FittedPatchCore"]:
        """Learn, fold after fold of image indices, from every image outside it, under one projection."""
        from detectors.methods.bank_choice import choose_bank, project  # noqa: PLC0415 - only learning needs torch

        patches = project(images, choices.seed)
        for fold in folds:
            used = np.ones(len(images), dtype=bool)
            used[fold] = False
            yield _fitted(images, choose_bank(patches, used, choices), choices)

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> "FittedPatchCore":
        """Return what `arrays()` described."""
        highest = int(arrays["highest"].item()) if "highest" in arrays else 0
        places = arrays["places"].astype(np.int32) if "places" in arrays else None
        return FittedPatchCore(arrays["bank"].astype(np.float32), arrays["origins"].astype(np.int32), highest, places)


class FittedPatchCore:
    """A memory bank (M, D) and the image each of its rows comes from (M,).

    highest: an image's score is the mean of so many highest patch distances, or the paper's where it is 0.
    places: which patch of that image each row is (M,); None where that was not kept.
    """

    def __init__(
        self, bank: Floats, origins: NDArray[np.int32], highest: int = 0, places: NDArray[np.int32] | None = None
    ) -> None:
        if bank.ndim != 2 or not len(bank) or len(bank) != len(origins):  # noqa: PLR2004 - rows and columns
            message = "a bank needs rows, and an origin for each"
            raise ValueError(message)
        if places is not None and len(places) != len(bank):
            message = "a bank that keeps places needs one for each row"
            raise ValueError(message)
        self.bank = Bank(bank)
        self.origins = origins
        self.places = places
        self._highest = highest

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the image score, exact, and the distance of every patch.

        The highest distances, which make the score, are exact; others may be those to a row nearly as near.
        """
        grid = image.grid
        distances, rows = self.bank.highest_exact(grid.rows, self._highest or 1)
        patches = distances.reshape(grid.height, grid.width)
        if self._highest:
            return MethodScore(top_mean(patches, self._highest), patches)
        oddest = int(distances.argmax())
        return MethodScore(compute_anomaly_score(self.bank, grid.rows[oddest], int(rows[oddest])), patches)

    def exact_patches(self, image: EmbeddedImage, patches: Floats | None = None, above: float = 0.0) -> Floats:
        """Return every patch's distance (height, width) to the nearest row of the bank, or those that matter."""
        grid = image.grid
        if patches is None:
            return self.bank.nearest(grid.rows).reshape(grid.height, grid.width)
        matter = shown_around(patches > above, len(image.square))
        exact = patches.copy()
        exact[matter] = self.bank.nearest(grid.rows[matter.ravel()])
        return exact

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the bank, the origin of its rows, and how an image's score is made."""
        places = {} if self.places is None else {"places": self.places}
        return {"bank": self.bank.rows, "origins": self.origins, "highest": np.array([self._highest]), **places}

    def grown(self, images: Sequence[Floats], choices: FitChoices, *, known: int) -> "FittedPatchCore":
        """Return the bank with a share of more images' patches: greedily those farthest from it and from each other.

        Raise MethodError where the bank has as many rows as it may.
        """
        from detectors.methods.bank_choice import choose_more  # noqa: PLC0415 - only learning needs torch

        count = min(round(sum(map(len, images)) * choices.bank_share), choices.bank_cap - len(self.bank))
        if count < 1:
            raise MethodError(f"The bank has {len(self.bank)} rows and takes in no more; fit again with all photos.")
        origins, places = choose_more(self.bank.rows, images, count, choices.seed)
        rows = np.stack([images[image][place] for image, place in zip(origins, places, strict=True)])
        return FittedPatchCore(
            np.concatenate([self.bank.rows, rows]),
            np.concatenate([self.origins, origins + known]).astype(np.int32),
            self._highest,
            None if self.places is None else np.concatenate([self.places, places]).astype(np.int32),
        )

    def nearest_normal(self, patch: Floats) -> NearestPatch:
        """Return the bank's row m* nearest to a patch (D,)."""
        distances, rows = self.bank.nearest_neighbours(patch[None], 1)
        row = int(rows[0, 0])
        place = NO_PLACE if self.places is None else int(self.places[row])
        return NearestPatch(int(self.origins[row]), None if place == NO_PLACE else place, float(distances[0, 0]))

    def with_origins(self, origins: Sequence[Origin]) -> "FittedPatchCore":
        """Return the same bank, its rows' images and places renumbered by the image they came from."""
        images = np.array([origins[image].image for image in self.origins], dtype=np.int32)
        places = None
        if self.places is not None:
            kept = [origins[image].patches[row] for image, row in zip(self.origins, self.places, strict=True)]
            places = np.array(kept, dtype=np.int32)
        return FittedPatchCore(self.bank.rows, images, self._highest, places)


def compute_anomaly_score(bank: Bank, patch: Floats, nearest: int, *, neighbours: int = NEIGHBOURS) -> float:
    """Return s = (1 - exp||t* - m*|| / sum_{m in N_b(m*)} exp||t* - m||) * ||t* - m*|| (eq. 6 and 7).

    patch: t* (D,), the oddest of an image; nearest: the bank row m*; N_b(m*): the b rows nearest to m* in the bank, m*
    among them. By log-sum-exp, as exp overflows past 88. A bank of one row leaves nothing to weigh against.
    """
    centre = bank.rows[nearest]
    distance = float(plain_distances(patch[None], centre[None, None])[0, 0])
    if len(bank) == 1:
        return distance
    _, around = bank.nearest_neighbours(centre[None], neighbours)
    others = plain_distances(patch[None], bank.rows[around])[0].astype(np.float64)
    largest = others.max()
    total = largest + np.log(np.exp(others - largest).sum())
    return float(-np.expm1(distance - total)) * distance


def _fitted(
    images: Sequence[Floats], chosen: tuple[NDArray[np.intp], NDArray[np.intp]], choices: FitChoices
) -> FittedPatchCore:
    origins, places = chosen
    rows = np.stack([images[image][place] for image, place in zip(origins, places, strict=True)])
    return FittedPatchCore(rows, origins.astype(np.int32), choices.highest, places.astype(np.int32))
