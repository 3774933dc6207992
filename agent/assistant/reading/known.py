"""The names a question may use, read once for it."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from agent.assistant.tools.context import ToolContext
from storage.queries.anomalies import first_and_last_captured
from storage.queries.selection import Selection
from storage.queries.vocabulary import attributes, defect_classes, detector_names, people


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names of the database, and when its record starts; values: some that each attribute has."""

    sources: tuple[str, ...]
    detectors: tuple[str, ...] = ()
    defect_classes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    first: datetime | None = None


def known_names(context: ToolContext) -> KnownNames:
    """Read the names a run may use."""
    with context.database.reading() as session:
        ends = first_and_last_captured(session, selection=Selection(sources=context.allowed))
        found = attributes(session)
        return KnownNames(
            sources=tuple(context.visible_sources(session)),
            detectors=tuple(detector_names(session)),
            defect_classes=tuple(defect_classes(session)),
            attributes=tuple(found),
            values={key: tuple(values) for key, values in found.items()},
            people=tuple(people(session)),
            first=ends[0] if ends else None,
        )


def words_of(name: str) -> list[str]:
    """Return the words a name is made of, in lower case and without accents."""
    return re.findall(r"[^\W\d_]+", folded(name))


def folded(text: str) -> str:
    """Return a text in lower case and without accents: siobhán is said siobhan."""
    return without_accents(text).lower()


def without_accents(text: str) -> str:
    """Return a text without accents, as long as it was, so that places in both are the same."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter)[:1]
    return plain if letter.isalpha() and plain.isalpha() else letter
