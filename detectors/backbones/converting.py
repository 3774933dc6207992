"""From a network in torch to a graph that OpenVINO runs, kept only where both say the same."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino
import structlog
import torch
from numpy.typing import NDArray
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

from detectors.backbones.compiled_network import CompiledNetwork
from detectors.backbones.graph_file import tell_graph, topology_path, write_graph
from detectors.backbones.torch_network import TorchNetwork
from detectors.interrupts import hold_interrupts

logger = structlog.get_logger()
# Of the largest number: rounding in float32, many times less than what makes a score differ.
PARITY = 1e-4


class _DiffersError(ValueError):
    """The compiled network says something else than the one in torch."""


def compile_network(network: TorchNetwork, facts: Sequence[Path]) -> CompiledNetwork | None:
    """Write a network's graph, tell of it in each of these files, and return it compiled.

    None where it cannot be compiled or kept, or says something else than torch.
    """
    try:
        with hold_interrupts():
            return _compiled(network, facts)
    except (RuntimeError, OSError, ValueError, TypeError, AttributeError) as error:
        logger.warning("network_not_compiled", reason=(str(error).splitlines() or ["unknown"])[0][:200])
        return None


def _compiled(network: TorchNetwork, facts: Sequence[Path]) -> CompiledNetwork:
    side = network.image_size
    square = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    expected = network.embed(square)
    graph = write_graph(_convert(network, side), facts[0], (side, network.layers), (expected.height, expected.width))
    compiled = CompiledNetwork(topology_path(facts[0], graph), graph)
    difference = _largest_difference(compiled.embed(square).rows, expected.rows)
    if difference > PARITY:
        raise _DiffersError(f"its numbers differ by {difference:.1e}")
    for path in facts:
        tell_graph(graph, path)
    return compiled


def _convert(network: TorchNetwork, side: int) -> openvino.Model:
    example = torch.zeros(1, side, side, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        # Tracing warns of every shape that it takes for fixed, as it should here.
        warnings.simplefilter("ignore")
        traced = TorchScriptPythonDecoder(network.module.eval(), example_input=example)
    frontend = FrontEndManager().load_by_framework("pytorch")
    model = frontend.convert(frontend.load(traced))
    model.reshape([1, side, side, 3])
    return model


def _largest_difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    if found.shape != expected.shape or not bool(np.isfinite(found).all()):
        return float("inf")
    return float(np.abs(found - expected).max()) / max(float(np.abs(expected).max()), 1e-12)
