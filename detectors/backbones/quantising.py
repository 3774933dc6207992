"""A network in 8 bits: half the time, and the same numbers on processors with VNNI and without.

Its inputs are numbers from made-up pictures, so that one graph serves every source (post-training quantisation;
Nagel et al., A White Paper on Neural Network Quantization, 2021).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino
import structlog
from numpy.typing import NDArray
from openvino import opset13 as operators

from detectors.backbones.compiled_network import CompiledNetwork
from detectors.backbones.convolution_inputs import ConvolutionInput, convolutions_of, watch_inputs
from detectors.backbones.graph_file import tell_graph, topology_path, write_graph
from detectors.backbones.pictures import made_up_pictures
from detectors.backbones.rounding import round_weights
from detectors.interrupts import hold_interrupts
from detectors.runtime import compile_graph, core

logger = structlog.get_logger()

# The first convolutions see pixels: they take little time, and their weights would make most of the error.
LEFT_AS_THEY_ARE = 2
# Of the range seen, where it has no bound of its own: the ends are rare, and steps are the finer for it.
KEPT_RANGE = 0.8
LEVELS, TOP = 256, 127
# Root mean square of what 8 bits change on made-up pictures, by the spread of the features: more is another network.
MOST_CHANGED = 0.25


def quantise_network(plain: CompiledNetwork, facts: Sequence[Path]) -> CompiledNetwork | None:
    """Write a network's graph in 8 bits, tell of it in each of these files, and return it compiled.

    None where it has nothing to compute in 8 bits, cannot be kept, or says something else.
    """
    try:
        with hold_interrupts():
            return _quantised(plain, facts)
    except (RuntimeError, OSError, ValueError) as error:
        logger.warning("network_not_quantised", reason=(str(error).splitlines() or ["unknown"])[0][:200])
        return None


def _quantised(plain: CompiledNetwork, facts: Sequence[Path]) -> CompiledNetwork | None:
    model = core().read_model(plain.path)
    if not quantise(model):
        return None
    kept = plain.graph
    written = write_graph(model, facts[0], (kept.image_size, kept.layers), (kept.height, kept.width))
    graph = replace(written, precision="int8")
    compiled = CompiledNetwork(topology_path(facts[0], graph), graph)
    if (changed := _change(plain, compiled)) > MOST_CHANGED:
        message = f"8 bits change its features by {changed:.2f} of their spread"
        raise ValueError(message)
    for path in facts:
        tell_graph(graph, path)
    return compiled


def _change(plain: CompiledNetwork, compiled: CompiledNetwork) -> float:
    pairs = [(plain.embed(one).rows, compiled.embed(one).rows) for one in made_up_pictures(plain.image_size)]
    before, after = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    return float(np.sqrt(np.square(after - before).mean() / before.var(axis=0).mean()))


def quantise(model: openvino.Model) -> bool:
    """Let a graph's convolutions compute in 8 bits; say whether there were any."""
    convolutions = convolutions_of(model)
    if len(convolutions) <= LEFT_AS_THEY_ARE:
        return False
    given = watch_inputs(model, made_up_pictures(int(model.input(0).get_shape()[1])))
    for convolution, seen in list(zip(convolutions, given, strict=True))[LEFT_AS_THEY_ARE:]:
        if tuple(convolution.get_attributes()["dilations"]) == (1, 1):
            _quantise_weights(convolution, seen)
            _quantise_input(convolution, seen)
    model.validate_nodes_and_infer_types()
    return True


def _quantise_input(convolution: openvino.Node, seen: ConvolutionInput) -> None:
    """Round what comes in to 256 steps, nought among them: before a padding, which the runtime then joins to both."""
    port = convolution.input(0)
    before = port.get_source_output().get_node()
    if before.get_type_name() == "Pad":
        port = before.input(0)
    lowest, highest = seen.lowest, seen.highest
    if lowest < 0:
        lowest, highest = lowest * KEPT_RANGE, highest * KEPT_RANGE
    step = (max(highest, 0.0) - min(lowest, 0.0)) / (LEVELS - 1) or 1.0
    low = -round(-min(lowest, 0.0) / step) * step
    ends = np.float32(low), np.float32(low + (LEVELS - 1) * step)
    rounded = operators.fake_quantize(port.get_source_output(), *ends, *ends, LEVELS)
    port.replace_source_output(rounded.output(0))


def _quantise_weights(convolution: openvino.Node, seen: ConvolutionInput) -> None:
    port = convolution.input(1)
    weights = _numbers_of(port.get_source_output())
    groups, inputs = seen.moments.shape[:2]
    whole, steps = round_weights(weights.reshape(groups, -1, inputs), seen.moments.astype(np.float64))
    rounded = operators.constant((whole * steps).reshape(weights.shape).astype(np.float32))
    ends = (steps * TOP).reshape(*weights.shape[:-3], 1, 1, 1).astype(np.float32)
    low, high = operators.constant(-ends), operators.constant(ends)
    port.replace_source_output(operators.fake_quantize(rounded, low, high, low, high, LEVELS - 1).output(0))


def _numbers_of(output: openvino.Output) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = compile_graph(openvino.Model([output], [], "numbers"))({})[0].astype(np.float64)
    return numbers
