"""`oddspot silence`: keep something quiet for a while, and look at what is."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from config.load import load_settings
from storage.commands.labels import inspection_id_of
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
from storage.queries.vocabulary import defect_classes
from storage.records import Silence
from storage.repositories.audit import write_audit
from storage.repositories.silences import active_silences, add_silence, end_silence, is_whole
from storage.repositories.sources import source_by_name

silence_app = typer.Typer(help="Until when, and for what, no alert is sent.", no_args_is_help=True)


class BadSilenceError(StorageError):
    """What a silence is to cover, or its id, cannot be read."""


@silence_app.command("list")
def show(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """List the silences in force, with how many alerts each has kept back."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        found = active_silences(session, now=now_utc())
    if as_json:
        for one in found:
            print_json(_as_json(one))
        return
    rows = [
        (
            f"S-{one.id}",
            one.source or "every source",
            _covers(one),
            local_time(one.until, settings.zone_of(one.source)),
            one.author,
            one.hits,
        )
        for one in found
    ]
    print_table(("silence", "source", "covers", "until", "by", "kept back"), rows, empty="Nothing is silenced.")


@silence_app.command("add")
def add(
    source: Annotated[str, typer.Argument(help="The source.")],
    config: ConfigOption = None,
    *,
    minutes: Annotated[float, typer.Option(min=1, max=525_600, help="How long.")] = 60,
    like: Annotated[str | None, typer.Option(help="Only what is like this anomaly, as A-12.")] = None,
    defect_class: Annotated[str | None, typer.Option("--class", help="Only the like of defects of this class.")] = None,
    attribute: Annotated[str | None, typer.Option(help="Only where an attribute has a value, as lot=L7.")] = None,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Silence a source, or a part of what it finds; what people called a defect still comes through."""
    now, settings = now_utc(), load_settings(config)
    key, _, value = (attribute or "").partition("=")
    if attribute is not None and not (key and value):
        raise BadSilenceError(f"{attribute!r} is no attribute with its value, as lot=L7.")
    until = now + timedelta(minutes=minutes)
    with open_stores(settings).database.transaction() as session:
        if defect_class is not None:
            _need_class(session, defect_class)
        silence_id = add_silence(
            session,
            source_id=source_by_name(session, source).id,
            until=until,
            author=person(),
            comment=comment,
            defect_class=defect_class,
            like_inspection_id=inspection_id_of(like) if like else None,
            attribute=(key, value) if attribute else None,
            now=now,
        )
        [made] = [one for one in active_silences(session, now=now) if one.id == silence_id]
    what = source if is_whole(made) else f"{_covers(made)} on {source}"
    say(f"S-{silence_id}: {what} is silenced until {local_time(made.until, settings.zone_of(source))}.")


@silence_app.command("end")
def end(silence: Annotated[str, typer.Argument(help="The silence, as S-3.")], config: ConfigOption = None) -> None:
    """End a silence now."""
    digits = silence.strip().upper().removeprefix("S-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:  # noqa: PLR2004 - a 64-bit id
        raise BadSilenceError(f"{silence!r} is no silence's id; ids look like S-3.")
    now = now_utc()
    with open_stores(load_settings(config)).database.transaction() as session:
        is_ended = end_silence(session, int(digits), author=person(), now=now)
        if is_ended:
            subject = f"silence-{int(digits)}"
            write_audit(session, actor=person(), action="silence_ended", subject=subject, detail={}, now=now)
    say(f"S-{int(digits)} is over." if is_ended else f"S-{int(digits)} was over already.")


def _need_class(session: Session, defect_class: str) -> None:
    known = defect_classes(session)
    if defect_class not in known:
        there = f"; there are {', '.join(known)}" if known else ""
        raise BadSilenceError(f"No defect was ever called {defect_class!r}{there}.")


def _covers(one: Silence) -> str:
    parts = [f"class {one.defect_class}" if one.defect_class else ""]
    parts += [f"like A-{one.like_inspection_id}" if one.like_inspection_id else ""]
    parts += [f"{one.attribute}={one.value}" if one.attribute else ""]
    return ", ".join(part for part in parts if part) or "everything"


def _as_json(one: Silence) -> dict[str, Any]:
    return {
        "silence": f"S-{one.id}",
        "source": one.source,
        "like": f"A-{one.like_inspection_id}" if one.like_inspection_id else None,
        "defect_class": one.defect_class,
        "attribute": one.attribute,
        "value": one.value,
        "starts_at": rfc3339(one.starts_at),
        "until": rfc3339(one.until),
        "author": one.author,
        "comment": one.comment,
        "hits": one.hits,
    }
