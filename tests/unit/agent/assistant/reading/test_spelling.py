import pytest

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.spelling import corrected, with_times_corrected

KNOWN = KnownNames(
    sources=("line-1", "west"), defect_classes=("scratch",), people=("lasse",), values={"operator": ("Lash",)}
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("scratches lst wek", "scratches last week"),
        ("how many weak welds", "how many weak welds"),
        ("what lash did last week", "what lash did last week"),
        ("yestrday on line-1", "yesterday on line-1"),
        ("how many on west", "how many on west"),
        ("what did lasse label", "what did lasse label"),
        ("list the best ones", "list the best ones"),
        ("defcts sinse mrch", "defects since march"),
        ("per shfit on tuseday", "per shift on tuesday"),
        ("the gusset", "the gusset"),
    ],
)
def test_puts_slips_in_words_of_time_right_and_leaves_names_and_other_words(typed: str, meant: str) -> None:
    assert with_times_corrected(typed, KNOWN) == meant


def test_puts_two_swapped_letters_right() -> None:
    assert corrected("trned on qsource") == "trend on qsource"


def test_takes_no_other_word_for_a_slip() -> None:
    assert corrected("the bearing of a trainee") == "the bearing of a trainee"
