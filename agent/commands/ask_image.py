"""`oddspot ask --image FILE`: is this one normal? Judged by the running detectors, as an image asked about in Slack."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent.bot.which_source import named_sources
from agent.errors import AgentError
from agent.messages.look_message import look_failure, look_note, look_verdict
from agent.notifiers.slack_files import FileRefusedError, need_image
from config.settings import Settings
from storage.blobs import write_durably
from storage.commands.options import now_utc, person
from storage.opening import Stores
from storage.queries.judged import judged_sources
from storage.records import Look, LookResult, NewLook
from storage.repositories.looks import add_look, look_by_id, withdraw_look

POLL_SECONDS = 0.1
# By then a detector that runs has begun; one that has begun may take this long to come to its end.
BEGIN_SECONDS, END_SECONDS = 10.0, 60.0


class NobodyScoresError(AgentError):
    """No detector took the image up."""

    permanent = False

    def __init__(self) -> None:
        super().__init__("Nobody is scoring just now: is `oddspot detect` running? `oddspot score` needs no service.")


class WhichSourceError(AgentError):
    """The question does not say, or not exactly, whose detector shall judge."""

    def __init__(self, known: list[str], unknown: str | None) -> None:
        there = f"sources with a detector: {', '.join(known)}" if known else "no source has a fitted detector yet"
        said = f"There is no source {unknown!r}" if unknown else "Say which source the image is of"
        super().__init__(f"{said}; {there}.")


class BadImageError(AgentError):
    """The file is no image that can be judged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} cannot be judged: {reason}.")


class NotJudgedError(AgentError):
    """The detectors could not judge the image."""

    def __init__(self, look: Look) -> None:
        super().__init__(look_failure(look))


def ask_of_image(
    stores: Stores,
    settings: Settings,
    image: Path,
    question: str,
    *,
    wait: Callable[[float], None] = time.sleep,
) -> Look:
    """Have an image judged and return what came of it.

    Raise WhichSourceError, BadImageError, NotJudgedError, or NobodyScoresError where nobody takes it up.
    """
    source_id, source = _source(stores, question)
    content = _content(image, settings.limits_of(source).max_bytes)
    new = NewLook(source_id, source, stores.blobs.put(content), image.name, requested_by=person())
    with stores.database.transaction() as session:
        look_id = add_look(session, new, now=now_utc())
    look = _ended(stores, look_id, wait)
    if look.result is None or look.result.verdict is None:
        raise NotJudgedError(look)
    return look


def as_json(look: Look) -> dict[str, Any]:
    """Return a verdict for scripts."""
    result = look.result or LookResult()
    return {
        "look": look.id,
        "image": look.name,
        "source": look.source,
        "detector": result.detector,
        "verdict": result.verdict,
        "score": result.score,
        "threshold": result.threshold,
        "p_value": result.p_value,
        "fault": result.fault,
        "regions": [{key: value for key, value in asdict(one).items() if key != "nearest"} for one in result.regions],
        "text": look_verdict(look.source, result),
    }


def in_words(look: Look) -> str:
    """Return a verdict for people: the line, and what stands small below it."""
    result = look.result or LookResult()
    return f"{look_verdict(look.source, result)}\n{look_note(look, result)}"


def save_picture(stores: Stores, look: Look, path: Path) -> None:
    """Write the heatmap beside the good image most like it; raise StorageError or OSError."""
    if look.result is not None and look.result.picture is not None:
        write_durably(path, stores.blobs.get(look.result.picture))


def _source(stores: Stores, question: str) -> tuple[int, str]:
    with stores.database.reading() as session:
        known = {source.name: source.id for source in judged_sources(session)}
    named = named_sources(question, list(known))
    names = named.sources or (tuple(known) if not named.unknown else ())
    if len(names) != 1:
        raise WhichSourceError(list(known), named.unknown)
    return known[names[0]], names[0]


def _content(image: Path, most_bytes: int) -> bytes:
    try:
        if not image.is_file():
            raise BadImageError(image, "it is no file")
        with image.open("rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise BadImageError(image, f"it is larger than {most_bytes / 1e6:,.3g} MB, the most the settings allow")
        need_image(content)
    except OSError as error:
        raise BadImageError(image, error.strerror or "it cannot be read") from error
    except FileRefusedError as error:
        raise BadImageError(image, error.reason) from error
    return content


def _ended(stores: Stores, look_id: int, wait: Callable[[float], None]) -> Look:
    waited = 0.0
    while True:
        with stores.database.reading() as session:
            look = look_by_id(session, look_id)
        if look.result is not None:
            return look
        if waited > (END_SECONDS if look.attempt else BEGIN_SECONDS):
            with stores.database.transaction() as session:
                is_withdrawn = withdraw_look(session, look_id)
            if is_withdrawn or waited > END_SECONDS:
                raise NobodyScoresError
        wait(POLL_SECONDS)
        waited += POLL_SECONDS
