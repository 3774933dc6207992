"""Invariant I10: every number, id, name, date and address of an answer stands in a tool result of its run.

Numbers are digits, number words, shares and multiples in words; a figure said under a name has to be the results'
figure of that name, and one said of a source that source's. What cannot be understood as one of the results' is not
theirs: an answer too many is written again, or replaced by the results' own table.
"""

from collections.abc import Sequence
from datetime import datetime

from agent.assistant.gathering import ground_of
from agent.assistant.ground import as_read
from agent.assistant.said_claims import foreign_acts, foreign_directions, foreign_figures, foreign_findings
from agent.assistant.said_names import foreign_addresses, foreign_names, without_marked
from agent.assistant.said_numbers import foreign_digits, foreign_numbers
from agent.assistant.said_orders import repeated_sentences
from agent.assistant.said_owners import misplaced_numbers
from agent.assistant.said_times import foreign_days, without_spans
from agent.assistant.tools.result import ToolResult, ToolStatus

LONGEST_ANSWER = 2000


def ungrounded(text: str, results: Sequence[ToolResult], *, now: datetime, known: Sequence[str] = ()) -> list[str]:
    """Return what an answer says that no result holds, as it was said; an empty list is a grounded answer.

    known: names of the database; one that no result holds is none of the answer's.
    """
    ground = ground_of(results)
    said = ground.without_quotes(as_read(text))
    has_empty = any(result.status is ToolStatus.NO_DATA for result in results)
    problems = [*foreign_acts(said, ground), *foreign_addresses(said)]
    problems += [*repeated_sentences(said, results)]
    problems += [*foreign_findings(said, results, ground), *foreign_figures(said, ground, has_empty=has_empty)]
    problems += [*foreign_directions(said, ground), *misplaced_numbers(said, ground)]
    rest = ground.without_names(said)
    problems += foreign_names(rest, ground, known)
    rest = ground.without_dates(without_marked(rest))
    rest, elsewhere = without_spans(rest, results, ground, now)
    problems += [*elsewhere, *foreign_days(rest, results, ground), *foreign_numbers(rest, ground)]
    problems += ["more than a person reads"] if len(text) > LONGEST_ANSWER else []
    return list(dict.fromkeys(" ".join(problem.replace("\x00", "...").split()) for problem in problems))


def opinion_problems(text: str, result: ToolResult, *, known: Sequence[str] = ()) -> list[str]:
    """Return what an opinion on a picture may not say: acts, addresses, others' names, any number not the record's."""
    ground = ground_of([result])
    said = ground.without_quotes(as_read(text))
    rest = ground.without_names(said)
    problems = [*foreign_acts(said, ground), *foreign_addresses(said), *foreign_names(rest, ground, known)]
    problems += repeated_sentences(said, [result])
    return list(dict.fromkeys([*problems, *foreign_digits(ground.without_dates(without_marked(rest)), ground)]))
