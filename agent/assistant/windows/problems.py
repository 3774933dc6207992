"""What can be wrong with words about time."""

from agent.errors import AgentError


class WindowError(AgentError):
    """Words about time that cannot become a window, said in one sentence."""


class AmbiguousDateError(WindowError):
    """A date that can be read in two ways; `readings` are both, as ISO dates, and `said` what was said."""

    def __init__(self, said: str, readings: tuple[str, str]) -> None:
        super().__init__(f"{said} can be {readings[0]} or {readings[1]}.")
        self.said = said
        self.readings = readings


class NoSuchDateError(WindowError):
    """A date no calendar has."""

    def __init__(self, said: str) -> None:
        super().__init__(f"There is no date {said}.")
