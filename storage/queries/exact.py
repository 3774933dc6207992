"""Exact intervals of a share, without a library of statistics."""

from collections.abc import Callable
from math import exp, lgamma, log, log1p

CONFIDENCE = 0.95
HALVINGS = 60


def exact_interval(hits: int, tries: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson (1934) for a share of which `hits` of `tries` were seen.

    It is too wide rather than too narrow, also where tries have different chances: it then holds for their mean
    (Hoeffding 1956).
    """
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _solve(lambda share: 1 - _at_most(hits - 1, tries, share), tail)
    high = 1.0 if hits == tries else 1 - _solve(lambda share: 1 - _at_most(tries - hits - 1, tries, share), tail)
    return low, high


def _solve(chance: Callable[[float], float], wanted: float) -> float:
    """Return where a rising function of a share reaches a value."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) < wanted else (low, middle)
    return (low + high) / 2


def _at_most(hits: int, tries: int, share: float) -> float:
    """Return the chance of at most so many hits, 0 < share < 1."""
    return sum(
        exp(
            lgamma(tries + 1)
            - lgamma(hit + 1)
            - lgamma(tries - hit + 1)
            + hit * log(share)
            + (tries - hit) * log1p(-share)
        )
        for hit in range(hits + 1)
    )
