"""A camera's new view: what a detector fitted on its frames came to."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class ViewProposal:
    """A version that has learnt where a moved camera looks now.

    frames: those it was given, all of the outage. left_out: so many of them stood out and were not learnt.
    """

    source_id: int
    source: str
    outage_id: int
    version_id: int
    version: str
    was_id: int
    was: str
    frames: int
    left_out: int
    threshold: float
    promised_rate: float

    @property
    def sentence(self) -> str:
        """What the version is, in words."""
        return f"{self.version} has learnt the new view of {self.source} from {self.frames - self.left_out} frames."

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before applying it, one sentence each."""
        odd = f"{self.left_out} of {self.frames} stood out and were left out. " if self.left_out else ""
        return (
            f"{odd}Nobody looked through them: see that they show good parts before it judges.",
            f"Held-out frames promise at most {100 * self.promised_rate:.2g} % false alarms with it.",
            f"{self.was} stays as it is until then, and its frames stay not judged.",
        )

    def as_json(self) -> dict[str, Any]:
        """Return the proposal as JSON values."""
        return asdict(self)


def view_from(values: dict[str, Any]) -> ViewProposal:
    """Read a proposal back from JSON values; raise KeyError where one is missing."""
    return ViewProposal(**{field.name: values[field.name] for field in fields(ViewProposal)})
