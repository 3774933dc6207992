"""The reader that learns from example phrases, and where it is kept."""

from collections import Counter
from pathlib import Path

import pytest

from agent.assistant.reading.examples import KEYS, examples_of, of_phrase
from agent.assistant.reading.learned import NONE, SHAPED_BY, Example, LearnedReader, learn
from agent.assistant.reading.learning import NotWantedError, kept_or_learned, learned_reader
from agent.assistant.reading.reading import Intent
from agent.assistant.reading.sentences import sentence_encoder
from agent.assistant.windows.language import read_words

NOTHING = dict.fromkeys(SHAPED_BY, NONE)
FEW = [
    Example("how many red ones on qsource", frozenset({"qsource"}), Intent.COUNT, NOTHING),
    Example("number of rejects qwindow", frozenset({"qwindow"}), Intent.COUNT, NOTHING),
    Example("ghost alarms qwindow, count", frozenset({"qwindow"}), Intent.COUNT, NOTHING | {"figure": "false_alarms"}),
    Example("rejects per shift", frozenset(), Intent.GROUP, NOTHING | {"group": "shift"}),
    Example("show the worst pictures", frozenset(), Intent.LIST, NOTHING | {"order": "worst"}),
    Example("list the latest", frozenset(), Intent.LIST, NOTHING | {"order": "newest"}),
    Example("open cases", frozenset(), Intent.INCIDENTS, NOTHING | {"states": "open"}),
    Example("incidents of qwindow", frozenset({"qwindow"}), Intent.INCIDENTS, NOTHING),
    Example("what will the weather be", frozenset(), Intent.UNKNOWN, {}),
] * 3


@pytest.fixture(scope="module")
def few() -> LearnedReader:
    return learn(sentence_encoder(), FEW)


def test_reads_words_it_was_not_shown_by_their_meaning(few: LearnedReader) -> None:
    assert few.guess("quantity of bad parts at qsource", {"qsource"}).best is Intent.COUNT
    assert few.guess("is it going to rain", ()).best is Intent.UNKNOWN


def test_says_how_likely_everything_is(few: LearnedReader) -> None:
    guess = few.guess("count of ghost alarms", ())

    assert sum(guess.intents.values()) == pytest.approx(1, abs=1e-4)
    assert next(iter(guess.shapes["figure"])) == "false_alarms"
    assert list(guess.intents.values()) == sorted(guess.intents.values(), reverse=True)


def test_is_kept_and_opened_again_the_same(tmp_path: Path, few: LearnedReader) -> None:
    kept_or_learned([tmp_path], "reader.safetensors", sentence_encoder(), lambda: FEW)

    again = kept_or_learned([tmp_path], "reader.safetensors", sentence_encoder(), lambda: pytest.fail("learned twice"))

    assert again.guess("rejects qwindow", {"qwindow"}) == few.guess("rejects qwindow", {"qwindow"})


def test_learns_again_where_what_was_kept_is_broken(tmp_path: Path) -> None:
    (tmp_path / "reader.safetensors").write_bytes(b"PK\x03\x04 half a file")

    reader = kept_or_learned([tmp_path], "reader.safetensors", sentence_encoder(), lambda: FEW)

    assert reader.guess("rejects", ()).best is Intent.COUNT
    assert kept_or_learned([tmp_path], "reader.safetensors", sentence_encoder(), lambda: pytest.fail("not mended"))


def test_reads_on_where_nothing_can_be_kept(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder is wanted")

    assert kept_or_learned([taken], "reader.safetensors", sentence_encoder(), lambda: FEW).heads


def test_has_phrases_of_every_intent_in_known_words() -> None:
    phrases = read_words("english_phrases")
    counts = Counter(phrase["is"] for phrase in phrases)

    assert set(counts) == {str(intent) for intent in Intent}
    assert min(counts.values()) >= 10
    assert all(phrase.keys() <= {"is", "say", *KEYS.values()} for phrase in phrases)
    assert len({(phrase["is"], phrase["say"]) for phrase in phrases}) == len(phrases)


def test_masks_phrases_as_it_masks_questions() -> None:
    example = next(one for one in examples_of() if one.masked.startswith("qsource") and "qwindow" in one.masked)

    assert {"qsource", "qwindow"} <= example.signals


@pytest.mark.parametrize(
    ("masked", "intent"),
    [
        ("how many duds did qsource produce qwindow", Intent.COUNT),
        ("which hour of the day is the worst on qsource", Intent.GROUP),
        ("who has been fiddling with the limits qwindow", Intent.CHANGES),
        ("what proportion of flaws does qsource overlook", Intent.MISSES),
        ("would a limit of qthreshold have spared us alarms on qsource", Intent.WHAT_IF),
        ("what caused all this", Intent.UNKNOWN),
    ],
)
def test_has_learned_what_people_want(tmp_path: Path, masked: str, intent: Intent) -> None:
    example = of_phrase({"is": intent, "say": masked})

    assert learned_reader(tmp_path).guess(example.masked, example.signals).best is intent


def test_stops_learning_once_nobody_wants_it(tmp_path: Path) -> None:
    def nobody() -> None:
        raise NotWantedError

    with pytest.raises(NotWantedError):
        kept_or_learned([tmp_path], "reader.safetensors", sentence_encoder(), lambda: FEW, nobody)

    assert list(tmp_path.iterdir()) == []
