"""What an answer must say to be right, in one of its accepted readings."""

from dataclasses import dataclass, field
from datetime import datetime

Value = float | int | str | None
LABELS = frozenset({"defect", "false_alarm", "unsure", "unlabelled"})
ALL_TIME = "all time"
ANY_NUMBER = -1
CLOSE = 1e-5


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure under any of its names; a value of None is not known and not asked for."""

    names: tuple[str, ...]
    value: Value
    tolerance: float = CLOSE


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids in order with what they are ordered by; wanted: how many, ANY_NUMBER for as many as there is room for."""

    rows: tuple[tuple[str, float], ...]
    wanted: int = ANY_NUMBER


# What a tool's truth is: figures, ids, and whether nothing is expected of the window.
Found = tuple[list[Figure], Ranked | None, bool]


@dataclass(frozen=True, slots=True)
class Expected:
    """One reading; window: [from, to), ALL_TIME, or None where nothing is expected of it; sources: None is all.

    is_filtered: the answer's filters must be these; of one thing by its id there is nothing to filter.
    """

    window: tuple[datetime, datetime] | str | None = None
    zone: str | None = None
    sources: frozenset[str] | None = None
    labels: frozenset[str] = LABELS
    filters: dict[str, object] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    ids: Ranked | None = None
    is_filtered: bool = True
    is_no_data: bool = False
