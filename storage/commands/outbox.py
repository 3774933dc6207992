"""`oddspot outbox`: what is unsent and why, and what a person does about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from config.load import load_settings
from storage.commands.options import (
    ConfigOption,
    JsonOption,
    local_time,
    now_utc,
    person,
    print_json,
    print_table,
    rfc3339,
    say,
)
from storage.database import Session
from storage.errors import StorageError
from storage.opening import open_stores
from storage.queries.outbox import list_outbox, next_try_at, untaken_events, why_unsent
from storage.records import DeliveryState, Unsent
from storage.repositories.alarms import open_alarms
from storage.repositories.outbox import drop_delivery, retry_delivery

SHOWN_ID = re.compile(r"(?:d-)?(\d{1,18})", re.IGNORECASE)
MOST = 10_000
NOBODY_TALKS = "is `oddspot talk` running?"
HELP = "What is not sent yet, or was given up, and why."

outbox_app = typer.Typer(help=HELP, invoke_without_command=True)
Ids = Annotated[list[str] | None, typer.Argument(help="Deliveries, as D-12.", show_default=False)]
Failed = Annotated[bool, typer.Option("--failed", help="Everything that was given up.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="Rows at most.")]
Channel = Annotated[str | None, typer.Option(help="Only what is for this channel.")]


class BadDeliveryIdError(StorageError):
    """What was given is no delivery's id."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a delivery's id; ids look like D-12.")


class NothingChosenError(StorageError):
    """Neither ids nor --failed were given, or both."""

    def __init__(self) -> None:
        super().__init__(
            "Name deliveries, as D-12, or give --failed for all that were given up, with --channel or not."
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which deliveries a person means: those named, or all that were given up, of one channel or of all."""

    ids: list[str] | None
    is_failed: bool
    channel: str | None

    def numbers(self, session: Session) -> list[int]:
        """Return their ids; raise BadDeliveryIdError or NothingChosenError."""
        if bool(self.ids) == self.is_failed or (self.ids and self.channel):
            raise NothingChosenError
        if self.ids:
            return [_number(text) for text in self.ids]
        found = list_outbox(session, limit=MOST, channel=self.channel)
        return [one.delivery.id for one in found if one.delivery.state is DeliveryState.FAILED]


@outbox_app.callback()
def show(
    ctx: typer.Context,
    config: ConfigOption = None,
    *,
    channel: Channel = None,
    limit: Limit = 100,
    as_json: JsonOption = False,
) -> None:
    """List what is unsent, what waits longest first."""
    if ctx.invoked_subcommand is not None:
        return
    settings, now = load_settings(config), now_utc()
    with open_stores(settings).database.reading() as session:
        found, alarms = list_outbox(session, limit=limit, channel=channel), open_alarms(session)
        untaken = untaken_events(session) if channel is None else None
    if as_json:
        if untaken is not None:
            print_json(_events_as_json(*untaken, now))
        for unsent in found:
            print_json(_as_json(unsent, now))
        return
    columns = ("id", "what", "channel", "state", "tries", "age", "next try", "why")
    rows = [_as_row(unsent, settings.time_zone, now) for unsent in found]
    if untaken is not None:
        say(f"{_events(untaken[0])} not taken up yet, the oldest {_age(now - untaken[1])} ago: {NOBODY_TALKS}")
    if rows or untaken is None:
        print_table(columns, rows, empty="Everything is sent.")
    for alarm in alarms:
        say(f"Alarm since {local_time(alarm.raised_at, settings.time_zone)}: {alarm.channel}, {alarm.reason}.")


@outbox_app.command()
def retry(ids: Ids = None, config: ConfigOption = None, *, failed: Failed = False, channel: Channel = None) -> None:
    """Try deliveries again now; what may have arrived is looked for first."""
    _act(Chosen(ids, failed, channel), config, retry_delivery, "will be tried again now")


@outbox_app.command()
def drop(ids: Ids = None, config: ConfigOption = None, *, failed: Failed = False, channel: Channel = None) -> None:
    """Let deliveries go: they are never sent."""
    _act(Chosen(ids, failed, channel), config, drop_delivery, "is dropped")


def _act(chosen: Chosen, config: ConfigOption, act: Callable[..., None], done: str) -> None:
    with open_stores(load_settings(config)).database.transaction() as session:
        numbers = chosen.numbers(session)
        for number in numbers:
            act(session, number, actor=person(), now=now_utc())
    for number in numbers:
        say(f"D-{number} {done}.")
    if not numbers:
        say("Nothing of the kind was given up.")


def _number(text: str) -> int:
    found = SHOWN_ID.fullmatch(text.strip())
    if found is None:
        raise BadDeliveryIdError(text)
    return int(found[1])


def _what(unsent: Unsent) -> str:
    delivery = unsent.delivery
    about = f"I-{delivery.incident_id}" if delivery.incident_id else str(delivery.payload.get("notice", ""))
    return f"{delivery.kind} {about}".strip()


def _as_row(unsent: Unsent, zone: str, now: datetime) -> tuple[object, ...]:
    delivery = unsent.delivery
    return (
        unsent.shown_id,
        _what(unsent),
        delivery.channel,
        delivery.state,
        delivery.attempts,
        _age(now - unsent.wanted_at),
        local_time(next_try_at(unsent, now=now), zone),
        why_unsent(unsent, now=now),
    )


def _age(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "-"
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"


def _events(count: int) -> str:
    return "1 event is" if count == 1 else f"{count} events are"


def _events_as_json(count: int, oldest: datetime, now: datetime) -> dict[str, Any]:
    return {
        "id": None,
        "kind": "event",
        "count": count,
        "state": "waiting",
        "wanted_at": rfc3339(oldest),
        "age_seconds": max(0, int((now - oldest).total_seconds())),
        "why": NOBODY_TALKS,
    }


def _as_json(unsent: Unsent, now: datetime) -> dict[str, Any]:
    delivery = unsent.delivery
    return {
        "id": unsent.shown_id,
        "kind": delivery.kind,
        "notice": delivery.payload.get("notice"),
        "incident": f"I-{delivery.incident_id}" if delivery.incident_id else None,
        "channel": delivery.channel,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "error": delivery.error,
        "wanted_at": rfc3339(unsent.wanted_at),
        "age_seconds": max(0, int((now - unsent.wanted_at).total_seconds())),
        "next_try_at": rfc3339(next_try_at(unsent, now=now)),
        "why": why_unsent(unsent, now=now),
    }
