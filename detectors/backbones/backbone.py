"""One frozen network behind one class: pixels in, patch embeddings out, by the fastest runtime that works."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.backbones.compiled_network import CompiledNetwork
from detectors.backbones.graph_file import facts_path, read_graph, topology_path
from detectors.backbones.wanted import STRIDES, Precision, Wanted
from detectors.methods.port import PatchGrid
from detectors.squares import squared
from detectors.weights import WeightsFile

Runtime = Literal["auto", "torch"]


class EmbeddingNetwork(Protocol):
    """A network that can be looked through; runtime names what runs it."""

    image_size: int
    layers: tuple[int, ...]
    runtime: str
    precision: Precision

    def embed(self, square: NDArray[np.uint8]) -> PatchGrid:
        """Return the patch embeddings of a square (S, S, 3)."""
        ...


class Backbone:
    """Turn pixels into the patch embeddings of the layers asked for.

    strides: of a convolutional network; a transformer of patches has one stride, and takes 8 as its middle and 16 as
    later blocks. layers: where given, the very strides, or a transformer's blocks from 0. image_size: the side of the
    square, which a transformer rounds down to whole patches. tiles: the parts along an image's longer side, each seen
    as a square of its own. runtime: auto is OpenVINO, or torch where that cannot run the network; the first use of a
    network compiles it, later ones load no torch. precision: what is wanted; int8 is float32 where OpenVINO does not
    run the network, or 8 bits would say something else. Raise WeightsError where it cannot be built.
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
        precision: Precision = "float32",
    ) -> None:
        wanted = Wanted(image_size, tuple(strides), tuple(layers) if layers else None, precision)
        self._network = open_network(name, weights, wanted, runtime)
        self.name = name
        self.image_size = self._network.image_size
        self.layers = self._network.layers
        self.runtime = self._network.runtime
        self.precision = self._network.precision
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
    if wanted.precision == "int8":
        plain = open_network(name, weights, replace(wanted, precision="float32"), runtime)
        return _in_eight_bits(plain, name, weights, wanted)
    # Loaded here and not above: torch takes seconds and hundreds of megabytes, which a compiled network does without.
    from detectors.backbones.converting import compile_network  # noqa: PLC0415
    from detectors.backbones.torch_network import TorchNetwork  # noqa: PLC0415

    network = TorchNetwork(name, weights, wanted)
    if runtime == "torch":
        return network
    # A bundle names the very layers, and must find the same graph.
    named = facts_path(name, weights, replace(wanted, layers=network.layers))
    return compile_network(network, [named, asked]) or network


def _in_eight_bits(plain: EmbeddingNetwork, name: str, weights: WeightsFile, wanted: Wanted) -> EmbeddingNetwork:
    """Return a compiled network in 8 bits, or as it is where it is run by torch or would say something else."""
    if not isinstance(plain, CompiledNetwork):
        return plain
    from detectors.backbones.quantising import quantise_network  # noqa: PLC0415 - once for each network

    facts = [facts_path(name, weights, one) for one in (replace(wanted, layers=plain.layers), wanted)]
    return quantise_network(plain, facts) or plain
