import numpy as np
import pytest

from detectors.backbones import rounding
from detectors.backbones.rounding import TOP, Doubles, round_weights

GROUPS, OUTPUTS, INPUTS = 2, 5, 24


@pytest.fixture
def weights() -> Doubles:
    return np.random.default_rng(0).normal(size=(GROUPS, OUTPUTS, INPUTS))


@pytest.fixture
def moments() -> Doubles:
    """Of inputs that are all nearly the same, as neighbouring pixels are."""
    chance = np.random.default_rng(1)
    inputs = chance.normal(size=(GROUPS, 500, 1)) + 0.1 * chance.normal(size=(GROUPS, 500, INPUTS))
    return np.asarray(inputs.transpose(0, 2, 1) @ inputs)


def error_of(rounded: Doubles, weights: Doubles, moments: Doubles) -> float:
    left = rounded - weights
    return float(np.einsum("gok,gkl,gol->", left, moments, left))


def test_makes_up_for_what_rounding_left(weights: Doubles, moments: Doubles) -> None:
    whole, steps = round_weights(weights, moments)

    nearest = np.round(weights / steps) * steps
    assert error_of(whole * steps, weights, moments) < error_of(nearest, weights, moments) / 5


def test_keeps_two_products_of_a_byte_within_sixteen_bits(weights: Doubles, moments: Doubles) -> None:
    whole, _ = round_weights(weights * 1000, moments)

    assert np.array_equal(whole, np.round(whole))
    assert np.abs(whole).max() == TOP
    assert 2 * 255 * TOP < 2**15


def test_rounds_to_the_nearest_where_inputs_have_nothing_to_do_with_each_other(weights: Doubles) -> None:
    whole, steps = round_weights(weights, np.stack([np.eye(INPUTS)] * GROUPS))

    assert np.abs(whole * steps - weights).max() <= steps.max() / 2 + 1e-12


def test_rounds_a_great_many_inputs_to_the_nearest(
    weights: Doubles, moments: Doubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounding, "MOST_INPUTS", INPUTS - 1)

    whole, steps = round_weights(weights, moments)

    assert np.array_equal(whole, np.round(weights / steps))


def test_leaves_rows_of_nought(moments: Doubles) -> None:
    whole, steps = round_weights(np.zeros((GROUPS, OUTPUTS, INPUTS)), moments)

    assert not whole.any()
    assert np.isfinite(steps).all()
