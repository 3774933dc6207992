import random
import tracemalloc

from detectors.sources.taken import Taken, digest_of

MANY = 100_000


def test_knows_what_was_added_and_what_was_kept() -> None:
    taken = Taken()
    taken.add(7)
    taken.keep_only([2**64 - 1, 3, 0])
    taken.add(5)
    assert [digest in taken for digest in (0, 3, 5, 2**64 - 1)] == [True] * 4
    assert 7 not in taken
    assert 4 not in taken


def test_knows_nothing_at_first() -> None:
    assert 0 not in Taken()


def test_finds_each_of_many_and_no_other() -> None:
    chance = random.Random(0)  # noqa: S311 - made-up digests
    digests = {chance.getrandbits(64) for _ in range(1000)}
    taken = Taken()
    taken.keep_only(digests)
    assert all(digest in taken for digest in digests)
    assert not any(digest in taken for digest in (chance.getrandbits(64) for _ in range(1000)))


def test_keeps_eight_bytes_a_file() -> None:
    tracemalloc.start()
    taken = Taken()
    taken.keep_only(digest << 40 for digest in range(MANY))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * MANY


def test_tells_files_apart_by_name_size_and_age() -> None:
    seen = {digest_of(*file) for file in [("a", 1, 2), ("b", 1, 2), ("a", 2, 2), ("a", 1, 3), ("a\udcff", 1, 2)]}
    assert len(seen) == 5
    assert digest_of("a", 1, 2) in seen
