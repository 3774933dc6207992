"""What is said when the disk fills up: once when it is nearly full, once when nothing more is taken in, once after."""

from dataclasses import dataclass

from agent.messages.message import Message, context, message, section
from config.counting import several

LOW, FULL, ROOM = "low", "full", "room"
TOO_EARLY = "It is too early to say how fast the disk fills."


@dataclass(frozen=True, slots=True)
class DiskView:
    """How the disk is: shares from 0 to 1; days until `stop_share` is in use, None where nothing says that it will be.

    is_known: whether how fast it fills is known at all.
    """

    share: float
    free_bytes: int
    total_bytes: int
    stop_share: float
    days: float | None
    is_known: bool
    least_days: float
    normal_days: float


def disk_message(state: str, view: DiskView) -> Message:
    """Return what is said of a disk that is nearly full, full, or has room again."""
    title, detail = disk_words(state, view)
    return message(f"{title} {detail}", [section(f"*{title}*\n{detail}"), context([_advice(state, view)])])


def disk_words(state: str, view: DiskView) -> tuple[str, str]:
    """Return a title and what there is to know, as plain text."""
    free = f"{size(view.free_bytes)} of {size(view.total_bytes)} are free."
    if state == FULL:
        title = f"The disk is {percent(view.share)} full: no new images are taken in until there is room."
        return title, f"{free} Files wait in their folders, cameras are not asked. Alerts still go out."
    if state == ROOM:
        return f"New images are taken in again: the disk is {percent(view.share)} full.", f"{free} {days_left(view)}"
    return f"The disk is {percent(view.share)} full.", f"{free} {days_left(view)}"


def days_left(view: DiskView) -> str:
    """Say for how long new images are taken in as the disk fills now."""
    stop = percent(view.stop_share)
    if not view.is_known:
        return f"{TOO_EARLY} At {stop} no new images are taken in."
    if view.days is None:
        return f"It does not fill further. At {stop} no new images are taken in."
    soon = "less than a day" if view.days < 1 else f"about {several(int(view.days), 'day')}"
    return f"At the pace of the last days no new images are taken in from {stop} on, in {soon}."


def percent(share: float) -> str:
    """Write a share as whole percent, rounded down: 97 % is only said once it is."""
    return f"{int(share * 100 + 1e-9)} %"


def size(count: int) -> str:
    """Write a count of bytes in the unit that fits it."""
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def _advice(state: str, view: DiskView) -> str:
    if state == LOW:
        return f"Free some space, or keep originals of normal frames for less than {view.normal_days:g} days."
    return (
        "Above that line originals of the oldest normal frames are let go early, none younger than"
        f" {view.least_days:g} days; labelled ones, anomalies and training images are kept."
    )
