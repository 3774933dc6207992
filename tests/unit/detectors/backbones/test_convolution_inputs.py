from itertools import pairwise

import numpy as np
import openvino
import pytest
from openvino import opset13 as operators

from detectors.backbones.convolution_inputs import convolutions_of, watch_inputs
from detectors.runtime import compile_graph
from tests.unit.detectors.backbones.samples import noise

SIDE = 9


def a_convolution(*, groups: int, stride: int) -> openvino.Model:
    """A graph of one convolution over three channels, padded on one side more than on the other."""
    chance = np.random.default_rng(0)
    given = operators.parameter([1, SIDE, SIDE, 3], np.uint8)
    planes = operators.transpose(operators.convert(given, "f32"), np.array([0, 3, 1, 2]))
    rules = {"strides": [stride] * 2, "pads_begin": [1, 0], "pads_end": [2, 1], "dilations": [1, 1]}
    shape = (4, 3, 3, 3) if groups == 1 else (groups, 2, 1, 3, 3)
    weights = operators.constant(chance.normal(size=shape).astype(np.float32))
    made = operators.convolution if groups == 1 else operators.group_convolution
    return openvino.Model([made(planes, weights, **rules)], [given], "one")


@pytest.mark.parametrize(("groups", "stride"), [(1, 1), (1, 2), (3, 1), (3, 2)])
def test_windows_go_together_as_the_outputs_do(groups: int, stride: int) -> None:
    model = a_convolution(groups=groups, stride=stride)
    (convolution,) = convolutions_of(model)
    weights = compile_graph(openvino.Model([convolution.input(1).get_source_output()], [], "w"))({})[0]
    outputs = compile_graph(model)({0: noise(SIDE)[None]})[0]

    (seen,) = watch_inputs(model, [noise(SIDE)])

    rows = weights.reshape(groups, -1, seen.moments.shape[1])
    squares = np.einsum("gok,gkl,gol->go", rows, seen.moments, rows).ravel()
    assert np.allclose(squares, np.square(outputs[0]).sum(axis=(1, 2)), rtol=1e-4)


def test_sees_the_lowest_and_the_highest_of_all_pictures() -> None:
    dark, light = np.full((SIDE, SIDE, 3), 3, np.uint8), np.full((SIDE, SIDE, 3), 250, np.uint8)

    (seen,) = watch_inputs(a_convolution(groups=1, stride=1), [dark, light])

    assert (seen.lowest, seen.highest) == (3, 250)


def test_adds_up_over_pictures() -> None:
    model = a_convolution(groups=3, stride=1)

    sums = [watch_inputs(model, [noise(SIDE, seed) for seed in range(count)])[0].moments for count in (1, 2, 3)]

    assert all((np.einsum("gkk->g", more) > np.einsum("gkk->g", less)).all() for less, more in pairwise(sums))
