import numpy as np
import pytest

from agent.assistant.tools.alike import cosines_of_worst


def rows(*vectors: tuple[float, float]) -> bytes:
    return np.array(vectors, np.float16).tobytes()


def test_takes_the_most_like_region_of_each_other_one() -> None:
    own = rows((1.0, 0.0), (0.0, 1.0))

    found = cosines_of_worst(own, 2, [rows((0.0, 1.0)), rows((0.0, -1.0), (0.6, 0.8)), rows((1.0, 0.0), (-1.0, 0.0))])

    assert found.tolist() == pytest.approx([0.0, 0.6, 1.0], abs=1e-3)


def test_compares_nothing_with_bytes_that_are_no_rows() -> None:
    found = cosines_of_worst(rows((1.0, 0.0)), 1, [b"", b"\x00\x01", rows((1.0, 0.0))])

    assert found.tolist() == [-1.0, -1.0, 1.0]


def test_has_nothing_to_say_without_regions_or_others() -> None:
    assert cosines_of_worst(b"", 0, [rows((1.0, 0.0))]).tolist() == [-1.0]
    assert cosines_of_worst(rows((1.0, 0.0)), 1, []).tolist() == []
