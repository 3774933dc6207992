"""What a run of the bank comes to: a table by kind, totals, times and memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.evals.asking import Judged
from tests.evals.judge import Outcome

COLUMNS = tuple(Outcome)
HEADS = ("right", "asked, with", "asked, without", "refused", "wrong")
FOLLOW_UPS, FIRST = "follow-ups", "first questions"


def counts_of(judged: Sequence[Judged]) -> dict[str, int]:
    """Count outcomes by name."""
    return {str(outcome): sum(one.outcome is outcome for one in judged) for outcome in COLUMNS}


def summary(judged: Sequence[Judged], *, resident_mb: float, has_torch: bool) -> dict[str, Any]:
    """Return the figures of a run as JSON values; no question is in it."""
    times = [one.milliseconds for one in judged]
    number = len(judged)
    counts = counts_of(judged)
    good = counts[Outcome.RIGHT] + counts[Outcome.ASKED_WITH_TRUTH]
    kinds = sorted({one.kind for one in judged})
    return {
        "questions": number,
        "counts": counts,
        "right_share": round(counts[Outcome.RIGHT] / number, 4),
        "right_or_offered_share": round(good / number, 4),
        "wrong_share": round(counts[Outcome.WRONG] / number, 4),
        "by_kind": {kind: counts_of([one for one in judged if one.kind == kind]) for kind in kinds},
        "by_place": {
            FIRST: counts_of([one for one in judged if not one.is_follow_up]),
            FOLLOW_UPS: counts_of([one for one in judged if one.is_follow_up]),
        },
        "latency_ms": {f"p{share}": round(float(np.percentile(times, share)), 1) for share in (50, 95)},
        "resident_mb": round(resident_mb, 1),
        "torch_loaded": has_torch,
    }  # fmt: skip


def table_of(result: dict[str, Any]) -> str:
    """Return a summary as a table."""
    rows = [("kind", "asked", *HEADS)]
    groups = {**result["by_kind"], **result["by_place"], "all": result["counts"]}
    for kind, counts in groups.items():
        rows.append((kind, str(sum(counts.values())), *(str(counts[outcome]) for outcome in COLUMNS)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_padded(row, widths)) for row in rows]
    lines.append("")
    lines.append(
        f"right {result['right_share']:.1%}, right or offered {result['right_or_offered_share']:.1%}, "
        f"wrong {result['wrong_share']:.1%}"
    )
    times = result["latency_ms"]
    lines.append(
        f"latency p50 {times['p50']} ms, p95 {times['p95']} ms; resident {result['resident_mb']} MB"
        f"{' with torch' if result['torch_loaded'] else ', no torch'}"
    )
    return "\n".join(lines)


def failures_of(judged: Sequence[Judged]) -> str:
    """Return each question that was not right, with what was wrong and what was said."""
    blocks = []
    for one in judged:
        if one.outcome is Outcome.RIGHT:
            continue
        after = "".join(f"    after: {question}\n" for question in one.after)
        said = " ".join(one.answer["answer"].split())[:300]
        choices = f"\n    choices: {one.answer['choices']}" if one.answer["choices"] else ""
        problems = "; ".join(one.problems)[:500]
        blocks.append(f"[{one.kind}] {one.ask}\n{after}    {one.outcome}: {problems}\n    said: {said}{choices}")
    return "\n".join(blocks)


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
