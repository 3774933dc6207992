import pytest

from storage.queries.exact import exact_interval


def test_gives_the_interval_of_clopper_and_pearson() -> None:
    low, high = exact_interval(3, 20)

    assert (low, high) == pytest.approx((0.0320709, 0.3789268), abs=1e-6)


@pytest.mark.parametrize(("hits", "tries", "expected"), [(0, 42, (0.0, 0.084084)), (42, 42, (0.915916, 1.0))])
def test_reaches_the_end_where_nothing_or_everything_was_hit(
    hits: int, tries: int, expected: tuple[float, float]
) -> None:
    assert exact_interval(hits, tries) == pytest.approx(expected, abs=1e-5)


def test_agrees_with_the_library_of_statistics_for_many_tries() -> None:
    from scipy.stats import binomtest  # noqa: PLC0415 - the oracle

    found = binomtest(17, 4000).proportion_ci(method="exact")

    assert exact_interval(17, 4000) == pytest.approx((found.low, found.high), abs=1e-6)
