"""A change the assistant may only propose: what it would do, word for word, until a person confirms it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ProposedAct(StrEnum):
    """What can be proposed."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    LABEL = "label"
    SILENCE = "silence"
    THRESHOLD = "threshold"
    REFIT = "refit"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change with its parameters as JSON values; words are the question a person answers with yes or no."""

    action: ProposedAct
    parameters: dict[str, Any]
    words: str

    def as_json(self) -> dict[str, Any]:
        """Return the proposal as JSON values."""
        return {"action": str(self.action), "parameters": self.parameters, "words": self.words}


def proposal_of(values: dict[str, Any]) -> Proposal:
    """Read a proposal back from its JSON values; raise KeyError, TypeError or ValueError for anything else."""
    parameters = values["parameters"]
    if not isinstance(parameters, dict):
        message = "the parameters of a proposal are named"
        raise TypeError(message)
    return Proposal(ProposedAct(values["action"]), parameters, str(values["words"]))
