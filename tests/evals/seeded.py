"""A history with everything in it: four sources over 33 days, labels, lots, incidents, and a gap of four days."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

FIRST = datetime(2026, 2, 20, tzinfo=UTC)
LAST = datetime(2026, 3, 25, 10, tzinfo=UTC)
GAP = (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC))
ODDNESS = {"line-1": 0.08, "line-2": 0.05, "press-a": 0.03, "solar-roof": 0.12}
CLASSES = ("scratch", "crack", "broken wire")


def seeded_lines(count: int = 6000, seed: int = 4) -> Iterator[dict[str, Any]]:
    """Yield the lines, oldest first."""
    chance = random.Random(seed)  # noqa: S311 - a history, no secret
    step = (LAST - FIRST) / count
    for number in range(count):
        at = FIRST + number * step
        source = chance.choice(sorted(ODDNESS))
        if source == "press-a" and GAP[0] <= at < GAP[1]:
            continue
        yield _line(number, at, source, chance)


def _line(number: int, at: datetime, source: str, chance: random.Random) -> dict[str, Any]:
    is_odd = chance.random() < ODDNESS[source]
    line: dict[str, Any] = {
        "source": source,
        "captured_at": at.replace(microsecond=0).isoformat(),
        "score": round(chance.uniform(1.0, 2.5) if is_odd else chance.uniform(0.2, 0.99), 6),
        "threshold": 1.0,
        "verdict": "anomalous" if is_odd else "normal",
        "detector": f"{source}@{1 if at < FIRST + timedelta(days=18) else 2}",
        "path": f"{source}/{number:06d}.png",
        "attributes": {"lot": f"L{100 + number // 600}"},
    }
    luck = chance.random()
    if is_odd:
        line["incident"] = f"{source}-{at:%m%d}"
        if luck < 0.4:
            line |= {"label": "defect", "defect_class": chance.choice(CLASSES)}
        elif luck < 0.65:
            line["label"] = "false_alarm" if luck < 0.6 else "unsure"
    elif luck < 0.004:
        line |= {"label": "missed", "defect_class": "crack"}
    return line
