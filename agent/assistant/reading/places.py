"""What a question names: ids, sources, detectors, classes, attributes, people, and names nothing has."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Places:
    """What was named; several is an attribute named by two values, its sides, unknown a name said like a source's."""

    ids: list[int] = field(default_factory=list)
    incident: str | None = None
    sources: list[str] = field(default_factory=list)
    excluded_sources: list[str] = field(default_factory=list)
    detectors: list[str] = field(default_factory=list)
    defect_classes: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    person: str | None = None
    are_several_people: bool = False
    several: str | None = None
    sides: list[tuple[str, str]] = field(default_factory=list)
    left_out: tuple[str, str] | None = None
    unknown: str | None = None
    unknown_class: str | None = None
    unknown_person: str | None = None
    is_surely_person: bool = False
