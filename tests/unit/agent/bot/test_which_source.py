import pytest

from agent.bot.which_source import asks_if_normal, asks_of_the_image, named_sources

KNOWN = ("line-1", "line-2", "north-gate", "press")


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("is this one normal for line-1?", ("line-1",)),
        ("is this one normal for Line 1", ("line-1",)),
        ("line1: ok?", ("line-1",)),
        ("does it look fine for line-1's camera?", ("line-1",)),
        ("press or line-2?", ("press", "line-2")),
        ("is this ok for north gate.", ("north-gate",)),
        ("is this ok for the noth-gate", ("north-gate",)),
        ("line-1, I mean line 1", ("line-1",)),
        ("is this one normal?", ()),
        ("", ()),
        ("a line of text", ()),
    ],
)
def test_reads_the_sources_a_text_names(text: str, sources: tuple[str, ...]) -> None:
    found = named_sources(text, KNOWN)

    assert (found.sources, found.unknown) == (sources, None)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("is this normal for line-9?", "line-9"),
        ("is this normal for the south-gate", "south-gate"),
        ("and this from camera7.", "camera7"),
        ("is this from 10:30 normal?", None),
        ("is this normal for you?", None),
    ],
)
def test_notes_a_name_that_no_source_has(text: str, unknown: str | None) -> None:
    found = named_sources(text, KNOWN)

    assert (found.sources, found.unknown) == ((), unknown)


def test_never_takes_one_number_for_another() -> None:
    assert named_sources("is it ok for line-11?", KNOWN).unknown == "line-11"


@pytest.mark.parametrize(
    "text", ["", "is this one normal?", "line-1", "what about it", "which of these parts is odd, is it ok?"]
)
def test_takes_words_with_an_image_as_a_question_about_it(text: str) -> None:
    assert asks_of_the_image(text)


@pytest.mark.parametrize(
    "text", ["how many anomalies since yesterday?", "Which source was worst this week?", "list the open incidents"]
)
def test_leaves_a_question_about_the_record_to_the_assistant(text: str) -> None:
    assert not asks_of_the_image(text)


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("is this one normal for line-1?", True),
        ("are these parts ok?", True),
        ("does it look fine", True),
        ("how many of these were normal?", False),
        ("show it to me", False),
        ("thanks", False),
    ],
)
def test_knows_a_question_about_the_image_a_thread_began_with(text: str, *, is_so: bool) -> None:
    assert asks_if_normal(text) is is_so
