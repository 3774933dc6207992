"""Find a row near each of many queries by one matrix product, in whole numbers of 8 bits where that is faster."""

from functools import cache
from time import perf_counter
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as operators

from detectors.methods.port import Floats
from detectors.runtime import compile_graph

# Queries at once: their distances to all rows stay in the processor's cache.
PIECE = 256
LEVELS, BYTE_TOP = 256, 127
# Of rows: two products of a byte and a row's number fit in 16 bits, which is where older processors add them.
TOP = 63
# Of the share of numbers that may lie beyond the scale of 8 bits.
BEYOND = 1e-4
SMALLEST_SCALE = 1e-30
# Of how rows vary: what is left out changes which row is found by a thousandth of the distance in the mean.
MOST, WIDTH_STEP = 0.95, 16
TRIED_ROWS, TRIED_WIDTH, TRIES = 2048, 128, 5


class NearRows:
    """Search rows (M, D) by -2 q r + |r|^2, which is smallest where the row is nearest.

    In 8 bits the row found may be another one that lies nearly as near: rows and queries are seen along the directions
    in which rows vary most, and rounded to whole steps.
    """

    def __init__(self, rows: Floats, *, in_bytes: bool) -> None:
        graph = _byte_graph(rows) if in_bytes else _float_graph(rows)
        self._request = compile_graph(graph).create_infer_request()
        self._piece = np.zeros((PIECE, rows.shape[1]), dtype=np.float32)
        self._request.set_input_tensor(openvino.Tensor(self._piece, shared_memory=True))

    def find(self, queries: Floats) -> NDArray[np.int64]:
        """Return the row found for each query (n, D), as (n,)."""
        found = np.empty(len(queries), dtype=np.int64)
        for start in range(0, len(queries), PIECE):
            piece = queries[start : start + PIECE]
            self._piece[: len(piece)] = piece
            self._request.infer(share_outputs=True)
            found[start : start + PIECE] = self._request.get_output_tensor(0).data.ravel()[: len(piece)]
        return found


@cache
def is_faster_in_bytes() -> bool:
    """Measure, once a process, whether this processor multiplies whole numbers of 8 bits faster than floats."""
    rows = np.random.default_rng(0).normal(size=(TRIED_ROWS, TRIED_WIDTH)).astype(np.float32)
    in_bytes, in_floats = (NearRows(rows, in_bytes=way) for way in (True, False))
    spent: dict[bool, float] = {}
    for _ in range(TRIES):
        for way, tried in ((True, in_bytes), (False, in_floats)):
            started = perf_counter()
            tried.find(rows[:PIECE])
            spent[way] = min(spent.get(way, np.inf), perf_counter() - started)
    return spent[True] < spent[False]


def _float_graph(rows: Floats) -> openvino.Model:
    queries = operators.parameter([PIECE, rows.shape[1]], np.float32)
    products = operators.matmul(queries, operators.constant(-2 * rows), False, True)
    distances = operators.add(products, operators.constant(np.einsum("md,md->m", rows, rows)[None]))
    return _nearest(queries, distances)


def _byte_graph(rows: Floats) -> openvino.Model:
    """Build the search as a convolution of one pixel, which runs in bytes on processors without VNNI too.

    Queries are moved by so much that none is below nought, as bytes want it: q' = q + c, and q r = q' r - c 1 r.
    """
    centre, directions = _main_directions(rows)
    turned = (rows - centre) @ directions
    most = max(float(np.quantile(np.abs(turned), 1 - BEYOND)), SMALLEST_SCALE)
    step, row_step = 2 * most / (LEVELS - 1), most / TOP
    moved = LEVELS // 2 * step
    whole = (np.clip(np.rint(turned / row_step), -TOP, TOP) * row_step).astype(np.float32)
    queries = operators.parameter([PIECE, rows.shape[1]], np.float32)
    turned_queries = operators.matmul(queries, operators.constant(directions), False, False)
    above = operators.add(turned_queries, operators.constant((moved - centre @ directions)[None].astype(np.float32)))
    pixels = operators.transpose(operators.unsqueeze(above, np.array([0, 1])), np.array([0, 3, 1, 2]))
    products = operators.convolution(
        _rounded(pixels, 0, (LEVELS - 1) * step, LEVELS),
        _in_bytes(-2 * whole, 2 * row_step),
        [1, 1],
        [0, 0],
        [0, 0],
        [1, 1],
    )
    squares = np.einsum("md,md->m", whole, whole) + 2 * moved * whole.sum(axis=1)
    return _nearest(
        queries, operators.add(products, operators.constant(squares[None, :, None, None].astype(np.float32)))
    )


def _in_bytes(rows: Floats, step: float) -> Any:
    """Return rows (M, d) as weights of a convolution, in whole steps of a byte."""
    weights = operators.constant(rows[..., None, None].astype(np.float32))
    return _rounded(weights, -BYTE_TOP * step, BYTE_TOP * step, LEVELS - 1)


def _rounded(numbers: Any, low: float, high: float, levels: int) -> Any:
    limits = [operators.constant(np.float32(limit)) for limit in (low, high, low, high)]
    return operators.fake_quantize(numbers, *limits, levels)


def _main_directions(rows: Floats) -> tuple[Floats, Floats]:
    """Return the rows' centre (D,) and the fewest principal directions (D, d) that hold most of how they vary."""
    centre = rows.mean(axis=0)
    centred = rows - centre
    variances, directions = np.linalg.eigh(centred.T @ centred)
    share = np.cumsum(variances[::-1]) / max(float(variances.sum()), SMALLEST_SCALE)
    wanted = int(np.searchsorted(share, MOST)) + 1
    kept = min(len(variances), -(-wanted // WIDTH_STEP) * WIDTH_STEP)
    return centre, np.ascontiguousarray(directions[:, ::-1][:, :kept])


def _nearest(queries: Any, distances: Any) -> openvino.Model:
    """End a graph with the row of the least distance; rows lie along axis 1."""
    lowest = operators.topk(distances, operators.constant(np.int64(1)), 1, "min", "none")
    return openvino.Model([lowest.output(1)], [queries])
