"""What the convolutions of a graph are given: between which numbers it lies, and how it goes together."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import openvino
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detectors.runtime import compile_graph

PLACES = 128  # drawn from each picture, for the moments
KINDS = ("Convolution", "GroupConvolution")


@dataclass(slots=True)
class ConvolutionInput:
    """The lowest and the highest input of a convolution, and the sum of x xᵀ of its windows x, (groups, K, K)."""

    lowest: float
    highest: float
    moments: NDArray[np.float32]


def convolutions_of(model: openvino.Model) -> list[openvino.Node]:
    """Return a graph's convolutions in the order in which they are computed."""
    return [node for node in model.get_ordered_ops() if node.get_type_name() in KINDS]


def groups_of(convolution: openvino.Node) -> int:
    """Return into how many groups a convolution parts its channels."""
    return int(convolution.input(1).get_shape()[0]) if convolution.get_type_name() == KINDS[1] else 1


def watch_inputs(model: openvino.Model, pictures: Iterable[NDArray[np.uint8]]) -> list[ConvolutionInput]:
    """Run a graph over pictures (S, S, 3) and return what each of its convolutions was given."""
    convolutions = convolutions_of(model)
    inputs = [one.input(0).get_source_output() for one in convolutions]
    watched = openvino.Model(inputs, model.get_parameters(), "watch")
    request = compile_graph(watched).create_infer_request()
    chance = np.random.default_rng(0)
    seen: list[ConvolutionInput] = []
    for picture in pictures:
        request.infer({0: picture[None]})
        given = [request.get_output_tensor(i).data[0] for i in range(len(convolutions))]
        now = [_seen_once(one, data, chance) for one, data in zip(convolutions, given, strict=True)]
        seen = [_together(one, other) for one, other in zip(seen, now, strict=True)] if seen else now
    return seen


def _seen_once(convolution: openvino.Node, given: NDArray[np.float32], chance: np.random.Generator) -> ConvolutionInput:
    windows = _windows(convolution, given, chance)
    return ConvolutionInput(float(given.min()), float(given.max()), windows.transpose(0, 2, 1) @ windows)


def _windows(
    convolution: openvino.Node, given: NDArray[np.float32], chance: np.random.Generator
) -> NDArray[np.float32]:
    """Return windows (groups, places, K) of an input (C, H, W) at places drawn by chance."""
    rules = convolution.get_attributes()
    (before_y, before_x), (after_y, after_x) = rules["pads_begin"], rules["pads_end"]
    padded = np.pad(given, ((0, 0), (before_y, after_y), (before_x, after_x)))
    kernel = tuple(convolution.input(1).get_shape()[-2:])
    down, across = rules["strides"]
    windows = sliding_window_view(padded, kernel, axis=(1, 2))[:, ::down, ::across]
    rows, columns = windows.shape[1:3]
    places = chance.permutation(rows * columns)[:PLACES]
    drawn = windows[:, places // columns, places % columns].reshape(len(given), len(places), -1)
    groups = groups_of(convolution)
    by_group = drawn.reshape(groups, -1, len(places), drawn.shape[2]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(by_group.reshape(groups, len(places), -1))


def _together(one: ConvolutionInput, other: ConvolutionInput) -> ConvolutionInput:
    lowest, highest = min(one.lowest, other.lowest), max(one.highest, other.highest)
    return ConvolutionInput(lowest, highest, one.moments + other.moments)
