import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from storage.queries.exact_interval import exact_interval


@given(of=st.integers(1, 300_000), share=st.floats(0, 1))
def test_is_what_the_quantiles_of_beta_say(of: int, share: float) -> None:
    count = round(of * share)

    found = exact_interval(count, of)

    assert found is not None
    low = 0.0 if count == 0 else beta.ppf(0.025, count, of - count + 1)
    high = 1.0 if count == of else beta.ppf(0.975, count + 1, of - count)
    assert found == pytest.approx((low, high), rel=1e-6)


def test_gives_the_published_figures_of_a_textbook_case() -> None:
    assert exact_interval(0, 10) == pytest.approx((0.0, 1 - 0.025 ** (1 / 10)))
    assert exact_interval(10, 10) == pytest.approx((0.025 ** (1 / 10), 1.0))
    assert exact_interval(1, 10) == pytest.approx((0.0025286, 0.4450161), abs=1e-6)


def test_says_nothing_of_nothing() -> None:
    assert exact_interval(0, 0) is None


@pytest.mark.parametrize(("count", "of"), [(-1, 3), (4, 3)])
def test_refuses_what_is_no_part(count: int, of: int) -> None:
    with pytest.raises(ValueError, match="is no part of"):
        exact_interval(count, of)
