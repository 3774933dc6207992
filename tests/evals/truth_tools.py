"""What is right of everything that is no count of inspections, by the key of a case that asks for it."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.evals import truth_outages, truth_people, truth_pictures, truth_watch
from tests.evals.cases import Case
from tests.evals.expected import Found
from tests.evals.truth_sql import Record

Tool = Callable[[Record, Case, dict[str, Any]], Iterator[Found]]
TOOLS: dict[str, Tool] = {
    "detail": truth_pictures.detail,
    "similar": truth_pictures.similar,
    "hotspots": truth_pictures.hotspots,
    "incidents": truth_people.incidents,
    "labelled": truth_people.labelled,
    "silences": truth_people.silences,
    "changes": truth_people.changes,
    "health": truth_watch.health,
    "outages": truth_outages.outages,
    "detector_card": truth_watch.detector_card,
    "versions": truth_watch.versions,
    "what_if": truth_watch.what_if,
    "latency": truth_watch.latency,
    "misses": truth_watch.misses,
    "coverage": truth_watch.coverage,
}
