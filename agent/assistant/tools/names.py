"""Names people say, matched with the names the database holds."""

import re
from collections.abc import Iterable

from rapidfuzz import fuzz, process

NEAREST = 3
NEAR_ENOUGH = 45.0


def simplified(name: str) -> str:
    """Return a name without case and separators: `Line 1`, `line-1` and `line_1` are one."""
    return re.sub(r"[\s._-]+", "", name.casefold())


def same_digits(one: str, other: str) -> bool:
    """Say whether two names hold the same numbers: line-1 is never a typo of line-2."""
    return re.findall(r"\d+", one) == re.findall(r"\d+", other)


def exact(said: str, known: Iterable[str]) -> str | None:
    """Return the known name that is meant, separators and case aside."""
    wanted = simplified(said)
    names = list(known)
    if said in names:
        return said
    return next((name for name in names if simplified(name) == wanted), None)


def nearest(said: str, known: Iterable[str], *, limit: int = NEAREST) -> list[str]:
    """Return the known names nearest to what was said, nearest first."""
    names = list(known)
    found = process.extract(
        simplified(said), names, scorer=fuzz.ratio, processor=simplified, limit=limit, score_cutoff=NEAR_ENOUGH
    )
    return [name for name, _, _ in found] or names[:limit]
