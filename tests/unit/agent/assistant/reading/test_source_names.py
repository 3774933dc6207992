import pytest

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.names import read_misspelled, read_names
from agent.assistant.reading.places import Places
from agent.assistant.reading.question import Question

KNOWN = KnownNames(
    sources=(
        "microscope_left",
        "microscope_right",
        "xray.bay2",
        "Field North",
        "roof-a",
        "roof-b",
        "line-2",
        "12",
        "3",
    ),
    defect_classes=("dust",),
    attributes=("slide", "colour"),
    values={"slide": ("SL-101", "SL-125"), "colour": ("pearl white", "black", "frame")},
    people=("siobhán", "may", "o'neill"),
)


def places_of(text: str) -> Places:
    question = Question(text)
    places = read_names(question, KNOWN)
    read_misspelled(question, KNOWN, places)
    return places


@pytest.mark.parametrize(
    ("said", "sources"),
    [
        ("how is the left microscope", ["microscope_left"]),
        ("both microscopes in april", ["microscope_left", "microscope_right"]),
        ("and the right one", ["microscope_right"]),
        ("was the x-ray down", ["xray.bay2"]),
        ("field north yesterday", ["Field North"]),
        ("roofs", ["roof-a", "roof-b"]),
        ("l2 please", ["line-2"]),
        ("roofb", ["roof-b"]),
        ("microscop left", ["microscope_left"]),
        ("anomalies on 12", ["12"]),
        ("3 and 12", ["3", "12"]),
        ("show the 3 worst on 12", ["12"]),
        ("within 3 days", []),
        ("the field", ["Field North"]),
    ],
)
def test_reads_sources_however_they_are_said(said: str, sources: list[str]) -> None:
    assert places_of(said).sources == sources


@pytest.mark.parametrize(
    ("said", "unknown"),
    [
        ("how many on roof-c", "roof-c"),
        ("anomalies on field south", "field south"),
        ("and east field", "east field"),
        ("microscope_center dust", "microscope_center"),
        ("anomalies on 5 please", "5"),
        ("cam-13, whole day, number of anomalies", "cam-13"),
        ("how much gave robot-7 in week 15", "robot-7"),
        ("roof-c: how many", "roof-c"),
        ("flags of the old foundry-cam", "foundry-cam"),
        ('anomalies on "lab-bench-2"', "lab-bench-2"),
    ],
)
def test_takes_no_name_for_its_sibling(said: str, unknown: str) -> None:
    places = places_of(said)

    assert (places.sources, places.unknown) == ([], unknown)


@pytest.mark.parametrize(
    "said", ["our assembly-line last week", "the 24-hour line", "cam 2 days ago", "a bench-mark", "per-camera rates"]
)
def test_takes_no_word_for_a_machine_nobody_has(said: str) -> None:
    assert places_of(said).unknown is None


def test_leaves_no_source_out_because_something_was_not_judged_there() -> None:
    assert places_of("images not judged on roof-a").sources == ["roof-a"]
    assert places_of("anomalies, not on roof-a").excluded_sources == ["roof-a"]
    assert places_of("without roof-a and the line-2").excluded_sources == ["roof-a", "line-2"]


def test_reads_values_of_several_words_and_two_held_against_each_other() -> None:
    assert places_of("pearl white this week").attributes == {"colour": "pearl white"}
    assert places_of("SL-101 against SL-125").sides == [("slide", "SL-101"), ("slide", "SL-125")]
    assert places_of("black or frame: which is worse").sides == [("colour", "black"), ("colour", "frame")]
    assert places_of("black frames").attributes == {}
    assert places_of("how many colours of type black").attributes == {"colour": "black"}


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("labels by siobhan", "siobhán"),
        ("what did o'neill say", "o'neill"),
        ("labels by May", "may"),
        ("since May", None),
        ("may i know", None),
    ],
)
def test_tells_people_from_months_and_reads_names_without_accents(said: str, person: str | None) -> None:
    assert places_of(said).person == person


def test_notes_a_person_nobody_knows() -> None:
    assert places_of("how many labels did Gunther give").unknown_person == "Gunther"
    assert places_of("the day reviewer Dorothea last labelled one").unknown_person == "Dorothea"
    assert places_of("how many did Monday bring").unknown_person is None
