"""The arguments of the tools that tell of the watching itself: pace, silences, outages, detectors, changes, reports."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from agent.assistant.tools.arguments import MOST_NAMES, Arguments, Name

WindowWords = Annotated[str, StringConstraints(max_length=200)]
SilenceState = Literal["active", "ended"]
PeriodName = Literal["day", "week", "month", "shift"]


class OfSources(Arguments):
    """What narrows these tools: sources."""

    sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Names of sources; empty: all.")


class Latency(OfSources):
    """Tell how long frames take from received to inspected, how long scoring takes, and what waits now."""

    window: WindowWords | None = Field(
        None, description="When frames were captured, in words or FROM/TO; left out: the last 24 hours."
    )


class ListSilences(OfSources):
    """List silences: until when, by whom, of what no alert is sent, and how many alerts each kept back."""

    states: tuple[SilenceState, ...] = Field((), description="Only in these states; empty: both.")
    limit: int = Field(20, ge=1, le=500, description="Rows at most.")


class ListOutages(OfSources):
    """List when sources were not judged: camera faults, and sources gone silent; with how long each source was.

    Stretches without frames that nobody was told of, as at night, are counted apart as gaps.
    """

    window: WindowWords | None = Field(None, description="In words or FROM/TO; left out: all time.")
    is_open: bool | None = Field(None, description="true: only those that go on; false: only those that ended.")
    limit: int = Field(20, ge=1, le=500, description="Rows at most.")


class ListUnjudged(OfSources):
    """List images that ended without being judged (rejected, dropped, given up) and why; camera faults are counted."""

    window: WindowWords | None = Field(None, description="In words or FROM/TO; left out: all time.")
    limit: int = Field(10, ge=1, le=500, description="Rows at most.")


class FindImage(Arguments):
    """Find an image by its file's name: what became of it, and the id of its inspection."""

    file: Annotated[str, StringConstraints(min_length=1, max_length=300)] = Field(description="Such as part-17.png.")


class Versions(OfSources):
    """List sources' detector versions: threshold, promised rate, when and by whom made active, what each judged."""

    window: WindowWords | None = Field(
        None, description="Only those made or judging in this time, in words or FROM/TO; left out: all."
    )
    limit: int = Field(20, ge=1, le=500, description="Rows at most.")


class Misses(OfSources):
    """Tell how much is missed: the share of images called normal that were defects, by the daily audit."""

    window: WindowWords | None = Field(None, description="In words or FROM/TO; left out: all time.")


class Coverage(OfSources):
    """Tell what can be asked about: sources, first and last image, defect classes, attributes with example values."""


class Changes(OfSources):
    """List who did what and when, by the audit: labels, incidents, detectors, silences, sources."""

    window: WindowWords | None = Field(None, description="In words or FROM/TO; left out: all time.")
    person: Name | None = Field(None, description="Only what this person did.")
    action: Name | None = Field(None, description="Only acts of this kind, such as label, silence, version_applied.")
    limit: int = Field(20, ge=1, le=500, description="Rows at most.")


class ReportArguments(OfSources):
    """Tell a period's report: what was received, judged, flagged, how people called it, downtime, rates, misses."""

    period: PeriodName = Field("day", description="The last full day, week, month or shift, where no window is given.")
    window: WindowWords | None = Field(None, description="Another time instead, in words or FROM/TO.")
