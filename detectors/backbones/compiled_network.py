"""A frozen network run by OpenVINO from its graph file: no torch, and the same numbers whatever the threads."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from detectors.backbones.graph_file import Graph
from detectors.methods.port import PatchGrid
from detectors.runtime import compile_graph, name_of_runtime, threads_in_use

KEPT = 16


class CompiledNetwork:
    """Turn a square of pixels into patch embeddings."""

    def __init__(self, path: Path, graph: Graph) -> None:
        self.image_size = graph.image_size
        self.layers = graph.layers
        self.runtime = name_of_runtime(graph.precision)
        self.precision = graph.precision
        self.path, self.graph = path, graph
        self._grid = (graph.height, graph.width)
        self._request = _request(path, graph.numbers, threads_in_use())

    def embed(self, square: NDArray[np.uint8]) -> PatchGrid:
        """Return the patch embeddings of a square (S, S, 3)."""
        self._request.infer({0: np.require(square, np.uint8, ["C"])[None]}, share_inputs=True, share_outputs=True)
        rows = self._request.get_output_tensor(0).data
        return PatchGrid(rows.reshape(self._grid[0] * self._grid[1], -1).copy(), *self._grid)


@lru_cache(maxsize=KEPT)
def _request(path: Path, _numbers: str, _threads: int) -> openvino.InferRequest:
    """Compile a graph once, however many detectors look through it: they do so one after another."""
    return compile_graph(path).create_infer_request()
