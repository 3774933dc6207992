"""An image asked about on the terminal, judged by a detector that the test plays."""

from pathlib import Path

import pytest

from agent.commands.ask_image import (
    BadImageError,
    NobodyScoresError,
    NotJudgedError,
    WhichSourceError,
    as_json,
    ask_of_image,
    in_words,
    save_picture,
)
from storage.opening import Stores
from storage.records import JobState, LookResult, RejectReason, Verdict
from storage.repositories.looks import claim_look, finish_look, look_by_id
from tests.factories_agent import NOON, Plant, make_png

QUESTION = "is this normal for line-1?"


class Detectors:
    """Waits as it is told to, and judges after so many waits."""

    def __init__(self, plant: Plant, result: LookResult, *, after: int = 0, is_stuck: bool = False) -> None:
        self.plant, self.result, self.after, self.is_stuck = plant, result, after, is_stuck
        self.waited = 0.0

    def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.after -= 1
        if self.after != 0:
            return
        with self.plant.database.transaction() as session:
            lease = claim_look(session, owner="w", lease_seconds=600, now=NOON)
            assert lease is not None
            if not self.is_stuck:
                finish_look(session, lease, self.result, now=NOON)


@pytest.fixture
def stores(plant: Plant) -> Stores:
    return Stores(plant.database, plant.blobs)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "part.png"
    path.write_bytes(make_png(1))
    return path


def normal(plant: Plant) -> LookResult:
    picture = plant.blobs.put(make_png(9))
    return LookResult("line-1@1", Verdict.NORMAL, 0.5, 1.0, 0.4, 200, picture=picture)


def test_waits_for_the_verdict_and_gives_it_in_words_and_json(
    plant: Plant, stores: Stores, image: Path, tmp_path: Path
) -> None:
    plant.source("line-1")
    plant.source("line-2")
    detectors = Detectors(plant, normal(plant), after=3)

    look = ask_of_image(stores, plant.settings, image, QUESTION, wait=detectors.wait)
    save_picture(stores, look, tmp_path / "heat.png")

    assert in_words(look).startswith("Normal for line-1: .50 of the threshold\npart.png; line-1@1; ")
    assert as_json(look) | {"look": 0} == {
        "look": 0,
        "image": "part.png",
        "source": "line-1",
        "detector": "line-1@1",
        "verdict": "normal",
        "score": 0.5,
        "threshold": 1.0,
        "p_value": 0.4,
        "fault": None,
        "regions": [],
        "text": "Normal for line-1: .50 of the threshold",
    }
    assert (tmp_path / "heat.png").read_bytes() == make_png(9)


def test_takes_the_only_source_where_none_is_named(plant: Plant, stores: Stores, image: Path) -> None:
    plant.source("line-1")

    look = ask_of_image(stores, plant.settings, image, "ok?", wait=Detectors(plant, normal(plant), after=1).wait)

    assert look.source == "line-1"


def test_gives_up_and_takes_the_question_back_where_nobody_scores(plant: Plant, stores: Stores, image: Path) -> None:
    plant.source("line-1")
    nobody = Detectors(plant, normal(plant))

    with pytest.raises(NobodyScoresError, match="is `oddspot detect` running"):
        ask_of_image(stores, plant.settings, image, QUESTION, wait=nobody.wait)

    assert nobody.waited < 15
    with plant.database.reading() as session:
        assert look_by_id(session, 1).state is JobState.FAILED
    with plant.database.transaction() as session:
        assert claim_look(session, owner="late", lease_seconds=60, now=NOON) is None


def test_waits_longer_for_one_that_was_begun_but_not_for_ever(plant: Plant, stores: Stores, image: Path) -> None:
    plant.source("line-1")
    stuck = Detectors(plant, normal(plant), after=5, is_stuck=True)

    with pytest.raises(NobodyScoresError):
        ask_of_image(stores, plant.settings, image, QUESTION, wait=stuck.wait)

    assert 55 < stuck.waited < 70


def test_says_why_an_image_was_not_judged(plant: Plant, stores: Stores, image: Path) -> None:
    plant.source("line-1")
    refusing = Detectors(plant, LookResult(rejected=RejectReason.TOO_MANY_PIXELS), after=1)

    with pytest.raises(NotJudgedError, match=r"part\.png for line-1: it has more pixels than the settings allow"):
        ask_of_image(stores, plant.settings, image, QUESTION, wait=refusing.wait)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("is it ok?", "Say which source the image is of; sources with a detector: line-1, line-2"),
        ("is it ok for line-9?", "There is no source 'line-9'; sources with a detector: line-1, line-2"),
        ("line-1 or line-2?", "Say which source the image is of"),
    ],
)
def test_asks_which_source_is_meant(plant: Plant, stores: Stores, image: Path, question: str, words: str) -> None:
    plant.source("line-1")
    plant.source("line-2")

    with pytest.raises(WhichSourceError, match=words):
        ask_of_image(stores, plant.settings, image, question)


def test_says_that_nothing_was_fitted_yet(plant: Plant, stores: Stores, image: Path) -> None:
    with pytest.raises(WhichSourceError, match="no source has a fitted detector yet"):
        ask_of_image(stores, plant.settings, image, "is it ok?")


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "it is no file"), (b"", "it is empty"), (b"%PDF", "it is a PDF"), (bytes(3000), "larger than 0.002 MB")],
)
def test_refuses_what_is_no_image(
    plant: Plant, stores: Stores, tmp_path: Path, content: bytes | None, words: str
) -> None:
    plant.source("line-1")
    plant.reconfigure(limits={"max_bytes": 2000})
    path = tmp_path / "report.bin"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadImageError, match=words):
        ask_of_image(stores, plant.settings, path, QUESTION)
