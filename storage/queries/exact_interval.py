"""The exact interval of a share: so many of so many, with nothing assumed but independence."""

from math import exp, lgamma, log, log1p

CONFIDENCE = 0.95
TINY = 1e-300
CLOSE_ENOUGH = 1e-14
MOST_TERMS = 100_000
HALVINGS = 64


def exact_interval(count: int, of: int, *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Return the Clopper-Pearson interval of count / of; None where there is nothing to take a share of.

    It is the set of shares that a two-sided exact binomial test does not reject (Clopper and Pearson 1934, "The use of
    confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 404-413): its ends are
    quantiles of Beta(count, of - count + 1) and Beta(count + 1, of - count). Raise ValueError unless 0 <= count <= of.
    """
    if not 0 <= count <= of:
        message = f"{count} is no part of {of}"
        raise ValueError(message)
    if of == 0:
        return None
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _beta_quantile(tail, count, of - count + 1)
    high = 1.0 if count == of else _beta_quantile(1 - tail, count + 1, of - count)
    return low, high


def _beta_quantile(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if _incomplete_beta(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b), by the symmetry of DLMF 8.17.4 where the continued fraction would be slow."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) if x else 0.0
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of DLMF 8.17.22 by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < CLOSE_ENOUGH:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
