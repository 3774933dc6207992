import pytest

from agent.assistant.reading.numerals import with_digits


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("march the twenty fifth", "march the 25th"),
        ("the first of april", "the 1st of april"),
        ("on the fifth", "on the 5th"),
        ("the twenty-third", "the 23rd"),
        ("the eleventh of may", "the 11th of may"),
        ("half past five", "5:30"),
        ("since ten to six", "since 5:50"),
        ("between quarter to nine and twenty past ten", "between 8:45 and 10:20"),
        ("at half five", "at 5:30"),
        ("since seven thirty", "since 7:30"),
        ("six am till noon", "6 am till noon"),
        ("from five to six", "from 5 to 6"),
        ("between five and six this morning", "between 5 and 6 this morning"),
        ("twenty-two hundred to oh six hundred", "22:00 to 06:00"),
        ("since 0600", "since 06:00"),
        ("0630 to 0900 today", "06:30 to 09:00 today"),
        ("between ten and noon yday", "between 10 and noon yday"),
        ("the last half dozen", "the last 6"),
        ("two dozen", "24"),
        ("top twenty five", "top 25"),
    ],
)
def test_writes_numbers_and_clocks_in_digits(said: str, written: str) -> None:
    assert with_digits(said) == written


@pytest.mark.parametrize(
    "said",
    [
        "between five and ten anomalies",
        "the third one",
        "the first week of march",
        "since 2026",
        "in the second half",
        "someone at the weld cell",
        "may the second shift start",
    ],
)
def test_leaves_other_words_as_they_are(said: str) -> None:
    assert with_digits(said) == said
