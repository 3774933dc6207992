"""A model that sees gives its opinion, marked as such, of the pictures that may leave the house."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from agent.assistant.replies import MODEL_FAILED
from agent.assistant.seeing import seeing_words
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from tests.histories import NOW, change
from tests.servers.model import LocalModel, ModelFault
from tests.unit.agent.assistant.model.conftest import AssistantOf

QUESTION = "What is wrong in A-1?"
SEEN = "A dark line runs across the upper edge; it looks like a scratch."
COLOURS = {"image": "blue", "crop": "red", "heatmap": "green"}


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def pictures(filled: Database, tmp_path: Path) -> None:
    """Give A-1 an image, a crop and a heatmap, each of a colour of its own."""
    blobs = BlobStore(tmp_path)
    names = {kind: blobs.put(png(colour)) for kind, colour in COLOURS.items()}
    change(filled, 1, thumbnail=names["image"], heatmap=names["heatmap"], crops=[names["crop"]])


def sent(model: LocalModel) -> list[str]:
    """Return the kinds of picture of the last request, by their colours."""
    parts = model.requests[-1].messages[1]["content"]
    addresses = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    contents = [base64.b64decode(address.split(",", 1)[1]) for address in addresses]
    return [kind for content in contents for kind, colour in COLOURS.items() if content == png(colour)]


def test_tells_the_record_first_and_the_opinion_as_one(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.enqueue(SEEN)

    answer = assistant_of(vision=True).ask(QUESTION, now=NOW)

    record, opinion = answer.text.split("\n\n")
    assert record.startswith("A-1 on line-1")
    assert opinion == f"In the model's opinion (openai:local-model; no part of the record): {SEEN}"
    assert answer.ids == ("A-1",)
    assert answer.model == "openai:local-model"
    assert answer.usage is not None
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("images", "kinds"),
    [("full", ["image", "crop", "heatmap"]), ("crop", ["crop"]), ("heatmap", ["heatmap"])],
)
def test_sends_only_what_the_setting_allows(
    assistant_of: AssistantOf, model: LocalModel, images: str, kinds: list[str]
) -> None:
    model.enqueue(SEEN)

    assistant_of(vision=True, images=images).ask(QUESTION, now=NOW)

    assert sent(model) == kinds


def test_sends_nothing_where_no_picture_may_be_seen(assistant_of: AssistantOf, model: LocalModel) -> None:
    answer = assistant_of(vision=True, images="none").ask(QUESTION, now=NOW)

    assert model.requests == []
    assert answer.text.startswith("A-1 on line-1")


def test_is_off_unless_it_is_set(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.enqueue(tool_calls=[("get_anomaly", {"id": "A-1"})])
    model.enqueue("A-1 is on line-1.")

    assistant_of().ask(QUESTION, now=NOW)

    assert Settings().assistant.vision is False
    assert "image_url" not in str([request.body for request in model.requests])


def test_sees_what_a_thread_is_about(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.enqueue(SEEN)
    model.enqueue(SEEN)
    assistant = assistant_of(vision=True)

    assistant.ask(QUESTION, now=NOW, thread="t")
    answer = assistant.ask("what is wrong with it?", now=NOW, thread="t")

    assert answer.text.endswith(SEEN)


@pytest.mark.parametrize(
    "opinion",
    [
        "It is a scratch of 987654 pixels.",
        "It is like A-987654.",
        "I labelled it as a defect.",
        "See https://evil.example.",
        "Ask Xaver.",
        "",
        "It is odd. " * 100,
    ],
)
def test_tells_no_opinion_that_states_facts(assistant_of: AssistantOf, model: LocalModel, opinion: str) -> None:
    model.enqueue(opinion)
    model.enqueue(opinion)

    answer = assistant_of(vision=True).ask(QUESTION, now=NOW)

    assert len(model.requests) == 2
    assert "opinion" not in answer.text
    assert answer.text.startswith("A-1 on line-1")


def test_tells_the_record_alone_where_the_model_fails(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.fail_next(ModelFault(status=500), count=2)

    answer = assistant_of(vision=True).ask(QUESTION, now=NOW)

    assert answer.text.startswith("A-1 on line-1")
    assert answer.text.endswith(MODEL_FAILED)
    assert answer.status == "answered"


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("what is wrong in A-1042?", True),
        ("What's wrong with A-1042", True),
        ("describe A-7", True),
        ("what kind of defect is A-7?", True),
        ("why was A-7 flagged?", True),
        ("how many anomalies yesterday?", False),
        ("who labelled A-7?", False),
    ],
)
def test_knows_when_it_is_asked_what_is_seen(text: str, is_asked: bool) -> None:  # noqa: FBT001 - a case of the test
    assert (seeing_words().search(text) is not None) is is_asked
