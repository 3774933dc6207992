"""`oddspot memory`: what a source has learned from labels, and what that has held back."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from config.load import load_settings
from config.settings import Settings
from storage.commands.options import ConfigOption, JsonOption, local_time, now_utc, print_json, print_table, rfc3339
from storage.opening import open_stores
from storage.records import LabelKind, Remembered
from storage.repositories.memory import HeldBack, held_back, remembered
from storage.repositories.sources import source_by_name

memory_app = typer.Typer(help="What was learned from labels.", no_args_is_help=True)
NOTHING = "none of the anomalies it raised was labelled (photos that were only scored teach thresholds and refits)"
HELP = "List the false alarms that hold back their like, until when, and the defects that nothing may cover."


@memory_app.command("list", help=HELP)
def show(
    source: Annotated[str, typer.Argument(help="The source.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List what a source remembers; the same word again renews a false alarm, another word ends it."""
    settings, now = load_settings(config), now_utc()
    with open_stores(settings).database.reading() as session:
        since = now - timedelta(days=settings.alerts.remember_days)
        known = remembered(session, source_by_name(session, source).id, false_alarms_since=since)
        held = held_back(session, [one.likeness.inspection_id for one in known])
    lines = [_line(one, held.get(one.likeness.inspection_id, HeldBack()), settings) for one in known]
    if as_json:
        for line in lines:
            print_json(
                {"source": source} | line | {key: rfc3339(line[key]) for key in ("said_at", "until", "last_held")}
            )
        return
    zone = settings.zone_of(source)
    rows = [
        (
            line["anomaly"],
            str(line["label"]).replace("_", " "),
            line["defect_class"] or "",
            line["author"],
            local_time(line["said_at"], zone),
            local_time(line["until"], zone) if line["until"] else "for good",
            line["held"],
        )
        for line in lines
    ]
    columns = ("anomaly", "label", "class", "by", "said", "until", "held back")
    print_table(columns, rows, empty=f"{source} remembers nothing: {NOTHING}.")


def _line(one: Remembered, held: HeldBack, settings: Settings) -> dict[str, Any]:
    is_alarm = one.label is LabelKind.FALSE_ALARM
    until: datetime | None = one.said_at + timedelta(days=settings.alerts.remember_days) if is_alarm else None
    return {
        "anomaly": one.shown_id,
        "label": str(one.label),
        "defect_class": one.defect_class,
        "author": one.author,
        "said_at": one.said_at,
        "until": until,
        "held": held.count,
        "last_held": held.last_at,
    }
