"""What is right of single pictures: one anomaly, those alike, and where on the part anomalies are."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.evals.cases import Case
from tests.evals.expected import ANY_NUMBER, Figure, Found, Ranked
from tests.evals.truth_sql import ODD, TABLES, Record, inspections_where

ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "middle", "right")


def detail(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """One inspection and its figures."""
    shown = bound[case["detail"]]
    score, threshold = record.rows("SELECT score, threshold FROM inspection WHERE id = ?", (shown[2:],))[0]
    values = {"score": round(score, 6), "threshold": round(threshold, 6), "ratio": round(score / threshold, 2)}
    figures = [Figure((name, f"{name}[{shown}]"), values[name]) for name in case["figures"]]
    yield figures, Ranked(((shown, 0.0),), 1), True


def similar(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The anomalies most alike, by cosine: of the same source or of any, earlier ones or all."""
    shown = bound[case["similar"]["to"]]
    mine = record.rows("SELECT vectors, embedding_space, source_id, captured_at FROM inspection WHERE id = ?",
                       (shown[2:],))[0]  # fmt: skip
    own = _unit(mine[0])
    rows = record.rows(
        f"SELECT i.id, i.vectors, i.source_id, i.captured_at FROM {TABLES} WHERE {ODD} AND i.is_shadow = 0 "
        "AND i.vectors IS NOT NULL AND i.embedding_space = ? AND i.id <> ?",
        (mine[1], shown[2:]),
    )
    for is_same_source in (False, True):
        for is_past in (True, False):
            near = [
                (f"A-{row}", float(own @ _unit(vectors)))
                for row, vectors, source, at in rows
                if (source == mine[2] or not is_same_source) and (at < mine[3] or not is_past)
            ]
            near.sort(key=lambda pair: -pair[1])
            yield [], Ranked(tuple(near), case["similar"].get("limit", ANY_NUMBER)), True


def hotspots(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Anomalies by the ninth of the image in which the centre of their first region lies."""
    del bound
    where, cells = inspections_where(case), dict[str, int]()
    sql = f"SELECT i.regions, i.width, i.height FROM {TABLES} WHERE {where.sql} AND {ODD}"
    for regions, width, height in record.rows(sql, where.values):
        first = json.loads(regions)[0]
        column = math.floor(3 * (first["x"] + first["width"] / 2) / width)
        row = math.floor(3 * (first["y"] + first["height"] / 2) / height)
        names = [ROWS[row], COLUMNS[column]]
        name = "middle" if names == ["middle", "middle"] else " ".join(part for part in names if part != "middle")
        cells[name] = cells.get(name, 0) + 1
    chosen = sorted(cells, key=lambda cell: -cells[cell])[: case["hotspots"].get("top", 9)]
    yield [Figure((f"anomalies[{cell}]",), cells[cell]) for cell in chosen], None, False


def _unit(kept: bytes) -> npt.NDArray[np.float64]:
    """Return stored float16 values as a unit vector of doubles."""
    vector = np.frombuffer(kept, dtype="<f2").astype(np.float64)
    return vector / np.linalg.norm(vector)
