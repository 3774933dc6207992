"""What every section of the settings is made of: strict, frozen, with types that say what is allowed."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

LOOPBACK = ("http://127.", "http://localhost", "http://[::1]")


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        coerce_numbers_to_str=True,  # a password of digits, or the source `line: 7`, stays text
    )


def good_clock(text: str) -> str:
    """Return a time of day as it was written; raise ValueError where it is none."""
    try:
        time.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not a time of day, as 06:00"
        raise ValueError(message) from error
    return text


ClockTime = Annotated[str, AfterValidator(good_clock)]
