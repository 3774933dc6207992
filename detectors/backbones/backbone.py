"""One frozen network behind one class: pixels in, patch embeddings out, by the fastest runtime that works."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.backbones.compiled_network import CompiledNetwork
from detectors.backbones.graph_file import facts_path, read_graph, topology_path
from detectors.backbones.wanted import STRIDES, Wanted
from detectors.methods.port import PatchGrid
from detectors.squares import squared
from detectors.weights import WeightsFile

Runtime = Literal["auto", "torch"]


class EmbeddingNetwork(Protocol):
    """A network that can be looked through; runtime names what runs it."""

    image_size: int
    layers: tuple[int, ...]
    runtime: str

    def embed(self, square: NDArray[np.uint8]) -> PatchGrid:
        """Return the patch embeddings of a square (S, S, 3)."""
        ...


class Backbone:
    """Turn pixels into the patch embeddings of the layers asked for.

    strides: of a convolutional network; a transformer of patches has one stride, and takes 8 as its middle and 16 as
    later blocks. layers: where given, the very strides, or a transformer's blocks from 0. image_size: the side of the
    square, which a transformer rounds down to whole patches. tiles: the parts along an image's longer side, each seen
    as a square of its own. runtime: auto is OpenVINO, or torch where that cannot run the network; the first use of a
    network compiles it, later ones load no torch. Raise WeightsError where it cannot be built.
    """

    def __init__(
        self,
        name: str,
        weights: WeightsFile,
        image_size: int,
        strides: Sequence[int] = STRIDES,
        layers: Sequence[int] | None = None,
        tiles: int = 1,
        runtime: Runtime = "auto",
    ) -> None:
        wanted = Wanted(image_size, tuple(strides), tuple(layers) if layers else None)
        self._network = open_network(name, weights, wanted, runtime)
        self.name = name
        self.image_size = self._network.image_size
        self.layers = self._network.layers
        self.runtime = self._network.runtime
        self.tiles = tiles

    @cached_property
    def patches(self) -> int:
        """Patches along a side of a square."""
        return self.embed_square(np.zeros((self.image_size, self.image_size, 3), dtype=np.uint8)).width

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return pixels (H, W, 3) resized to the network's square, both sides independently."""
        return squared(pixels, self.image_size)

    def embed_square(self, square: NDArray[np.uint8]) -> PatchGrid:
        """Return the patch embeddings of a prepared square."""
        return self._network.embed(square)


def open_network(name: str, weights: WeightsFile, wanted: Wanted, runtime: Runtime) -> EmbeddingNetwork:
    """Return the network by its compiled graph, compiled first where there is none yet; else by torch."""
    asked = facts_path(name, weights, wanted)
    graph = read_graph(asked) if runtime == "auto" else None
    if graph is not None:
        return CompiledNetwork(topology_path(asked, graph), graph)
    # Loaded here and not above: torch takes seconds and hundreds of megabytes, which a compiled network does without.
    from detectors.backbones.converting import compile_network  # noqa: PLC0415
    from detectors.backbones.torch_network import TorchNetwork  # noqa: PLC0415

    network = TorchNetwork(name, weights, wanted)
    if runtime == "torch":
        return network
    # A bundle names the very layers, and must find the same graph.
    named = facts_path(name, weights, replace(wanted, layers=network.layers))
    return compile_network(network, [named, asked]) or network
