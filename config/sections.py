"""What every section of the settings is made of: strict, frozen, with types that say what is allowed."""

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LOCALHOST = "localhost"
CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?", re.ASCII)
# Longer is meant by nobody, and a moment so long ago has no date: a hundred years.
MOST_DAYS = 36_500


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,  # a password of digits, or the source `line: 7`, stays text
    )


def is_loopback(url: str) -> bool:
    """Say whether an address is on this machine, by its whole host: http://127.0.0.1.example.com is not."""
    host = urlsplit(url).hostname or ""
    try:
        return host == LOCALHOST or ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(url: str) -> bool:
    """Say whether what is sent to an address cannot be read on its way: https, or http on this machine."""
    return url.startswith("https://") or (url.startswith("http://") and is_loopback(url))


def good_clock(text: str) -> str:
    """Return a time of day as it was written; raise ValueError where it is none."""
    if not CLOCK.fullmatch(text):
        message = f"{text!r} is not a time of day, as 06:00"
        raise ValueError(message)
    return text


ClockTime = Annotated[str, AfterValidator(good_clock)]
Seconds = Annotated[float, Field(le=MOST_DAYS * 86_400)]
Minutes = Annotated[float, Field(le=MOST_DAYS * 1440)]
Days = Annotated[float, Field(le=MOST_DAYS)]
