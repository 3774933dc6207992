"""What a model that sees thinks of an anomaly's pictures: told as its opinion, beside what the record says."""

import base64
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage

from agent.assistant.errors import ModelError
from agent.assistant.grounding import opinion_problems
from agent.assistant.model.bounded import LateError, Patience
from agent.assistant.model.opening import in_one_line
from agent.assistant.model.prompt import SEE, SEE_AGAIN
from agent.assistant.model.reader import Run
from agent.assistant.model.saying import is_cut_short, text_of
from agent.assistant.model.usage import LimitError
from agent.assistant.tools.listing import inspection_id_of
from agent.assistant.tools.registry import run_tool
from config.routes import Images
from config.settings import Settings
from storage.blobs import BlobError, BlobStore
from storage.queries.inspections import get_inspection
from storage.records import Inspection

TRIES = 2
LONGEST_OPINION = 600
LOOKING = "looking at the pictures ..."
OPINION = "In the model's opinion ({model}; no part of the record): {said}"
SENT: dict[Images, tuple[str, ...]] = {
    "full": ("image", "crop", "heatmap"),
    "crop": ("crop",),
    "heatmap": ("heatmap",),
    "none": (),
}


class Onlooker:
    """Shows a model the pictures that the settings allow for their source, and asks what is wrong in them."""

    def __init__(self, model: BaseChatModel, name: str, settings: Settings, patience: Patience) -> None:
        self._model = model
        self._name = name
        self._settings = settings
        self._patience = patience

    def opinion(self, question: str, shown_id: str, run: Run, deadline: float) -> str | None:
        """Return the marked opinion; None where there is nothing to show, or nothing fit to tell. Raise ModelError."""
        pictures = self._pictures(shown_id, run)
        if not pictures:
            return None
        run.progress.doing(LOOKING)
        said = self._said([SystemMessage(SEE), asked_with(question, pictures)], shown_id, run, deadline)
        return None if said is None else OPINION.format(model=self._name, said=said)

    def _said(self, messages: list[AnyMessage], shown_id: str, run: Run, deadline: float) -> str | None:
        record = run_tool(run.context, "get_anomaly", {"id": shown_id})
        for _ in range(TRIES):
            reply = self._asked(messages, run, deadline)
            said = text_of(reply)
            problems = opinion_problems(said, record, known=run.known)
            if said and not problems and not is_cut_short(reply) and len(said) <= LONGEST_OPINION:
                return said
            messages = [*messages, reply, HumanMessage(SEE_AGAIN.format(said="; ".join(problems) or "too much"))]
        return None

    def _asked(self, messages: list[AnyMessage], run: Run, deadline: float) -> AIMessage:
        try:
            run.meter.begin()
            reply = self._patience.run(lambda: self._model.invoke(messages), deadline)
        except (LateError, LimitError) as error:
            raise ModelError(self._name, str(error)) from None
        except Exception as error:  # any provider raises its own errors; the record's answer stands
            raise ModelError(self._name, in_one_line(error)) from error
        run.meter.add([], [reply])
        return reply

    def _pictures(self, shown_id: str, run: Run) -> list[tuple[str, bytes]]:
        """Return the PNGs that may leave the house, each with its name."""
        with run.context.database.reading() as session:
            found = get_inspection(session, inspection_id_of(shown_id))
        if found is None:
            return []
        blobs = BlobStore(self._settings.storage.data_dir)
        names = _blobs_of(found)
        opened = [(kind, _blob(blobs, names[kind])) for kind in SENT[self._settings.images_of(found.source)]]
        return [(kind, content) for kind, content in opened if content is not None]


def asked_with(question: str, pictures: list[tuple[str, bytes]]) -> HumanMessage:
    """Return a message that shows the pictures, each after its name."""
    parts: list[str | dict[str, Any]] = [{"type": "text", "text": question}]
    for kind, content in pictures:
        address = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        parts += [{"type": "text", "text": f"The {kind}:"}, {"type": "image_url", "image_url": {"url": address}}]
    return HumanMessage(content=parts)


def _blobs_of(found: Inspection) -> dict[str, str | None]:
    return {
        "image": found.thumbnail,
        "crop": found.crops[0] if found.crops else None,
        "heatmap": found.heatmap,
    }


def _blob(blobs: BlobStore, sha256: str | None) -> bytes | None:
    try:
        return blobs.get(sha256) if sha256 else None
    except BlobError:
        return None
