"""`oddspot label`: a person's word on an inspection, or a report's file of them, from a terminal."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from config.counting import several
from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, print_json, say
from storage.commands.told import show_word
from storage.errors import StorageError
from storage.history.labelling import BadLabelsError, LabelReport, import_labels
from storage.opening import open_stores
from storage.queries.inspections import get_inspection
from storage.records import DEFECTS, LabelKind, Verdict
from storage.repositories.labels import add_label
from storage.repositories.undoing import last_undoable, undo

SHOWN_ERRORS = 20
CALLED = {
    LabelKind.MISSED: ": it was called normal",
    LabelKind.DEFECT: ": it was called anomalous, so it was not missed",
}
HELP = "Say what an inspection really shows, as in `oddspot label A-1042 defect`, or import a report's labels."


class BadIdError(StorageError):
    """What was given is no inspection's id."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an inspection's id; ids look like A-1042.")


class NothingToTakeBackError(StorageError):
    """An inspection nobody said anything of."""

    def __init__(self, inspection_id: int) -> None:
        super().__init__(f"A-{inspection_id} has no label that can be taken back.")


class NoAlarmError(StorageError):
    """An image that was called normal can be no false alarm."""

    def __init__(self, inspection_id: int) -> None:
        super().__init__(
            f"A-{inspection_id} was called normal, so there was no alarm that could be false;"
            " where a defect was missed, say missed."
        )


class LabelFileError(StorageError):
    """A file of labels cannot be read."""


class LabelGroup(TyperGroup):
    """`label A-1042 defect` is short for `label set A-1042 defect`: a first word that names no command is an id."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in where it was left out."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["set", *args]
        return super().parse_args(ctx, args)


label_app = typer.Typer(cls=LabelGroup, help=HELP, no_args_is_help=True)


@label_app.command("set")
def label(
    inspection: Annotated[str, typer.Argument(help="The inspection, as in A-1042.")],
    kind: Annotated[LabelKind, typer.Argument(help="What it is.")],
    config: ConfigOption = None,
    *,
    defect_class: Annotated[str | None, typer.Option("--class", help="What kind of defect.")] = None,
    note: Annotated[str | None, typer.Option(help="A few words.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Label one inspection: defect, false_alarm, unsure or missed; the word `set` may be left out."""
    inspection_id = inspection_id_of(inspection)
    stores = open_stores(load_settings(config))
    with stores.database.transaction() as session:
        found = get_inspection(session, inspection_id)
        is_no_alarm = found is not None and found.verdict is Verdict.NORMAL and found.label not in DEFECTS
        if kind is LabelKind.FALSE_ALARM and is_no_alarm:
            raise NoAlarmError(inspection_id)
        written = add_label(
            session,
            inspection_id,
            kind,
            author=person(),
            defect_class=defect_class,
            note=note,
            now=now_utc(),
        )
        show_word(session, inspection_id, now=now_utc())
    if as_json:
        print_json({"id": f"A-{inspection_id}", "label": written.kind, "defect_class": written.defect_class})
    else:
        why = "" if written.kind is kind else CALLED.get(written.kind, "")
        say(f"A-{inspection_id} is labelled {written.kind.replace('_', ' ')}{why}.")


@label_app.command("undo")
def take_back(
    inspection: Annotated[str, typer.Argument(help="The inspection, as in A-1042.")], config: ConfigOption = None
) -> None:
    """Take back the last label of an inspection; the one before it counts again."""
    inspection_id = inspection_id_of(inspection)
    with open_stores(load_settings(config)).database.transaction() as session:
        act = last_undoable(session, subject=f"A-{inspection_id}")
        if act is None:
            raise NothingToTakeBackError(inspection_id)
        undo(session, act.id, author=person(), now=now_utc())
        show_word(session, inspection_id, now=now_utc())
    say(f"Taken back: the label of A-{inspection_id} by {act.actor}.")


@label_app.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="What a report of `oddspot score` saved; - reads standard input.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Import a report's labels, all or none; photos that were only scored are taken in, and nobody is paged."""
    lines = _read_lines(file)
    stores = open_stores(load_settings(config))
    try:
        report = import_labels(stores.database, lines, author=person(), now=now_utc())
    except BadLabelsError as error:
        _tell_errors(error, as_json=as_json)
        raise
    if as_json:
        print_json(_as_json(report) | {"errors": []})
    else:
        say(sentence_of(report))


def sentence_of(report: LabelReport) -> str:
    """Say what an import did."""
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in report.kinds.items() if count)
    words = f"{several(report.labels, 'label')}: {kinds}"
    if report.known:
        words += f"; {report.known} known already"
    if report.taken_in:
        was = "was" if report.taken_in == 1 else "were"
        words += f"; {several(report.taken_in, 'photo')} {was} not on record and {was} taken in"
    return words


def _read_lines(file: Path) -> list[str]:
    try:
        with sys.stdin if str(file) == "-" else file.open(encoding="utf-8", errors="replace") as lines:
            return list(lines)
    except OSError as error:
        raise LabelFileError(f"{file} cannot be read: {error.strerror}.") from error


def _tell_errors(error: BadLabelsError, *, as_json: bool) -> None:
    if as_json:
        nothing = LabelReport(dict.fromkeys(LabelKind, 0), known=0, taken_in=0)
        errors = [{"line": number, "reason": reason} for number, reason in error.errors.items()]
        print_json(_as_json(nothing) | {"errors": errors})
    for number, reason in list(error.errors.items())[:SHOWN_ERRORS]:
        say(f"line {number}: {reason}", err=True)


def _as_json(report: LabelReport) -> dict[str, Any]:
    kinds = {str(kind): count for kind, count in report.kinds.items()}
    return {"labels": report.labels, **kinds, "known": report.known, "taken_in": report.taken_in}


def inspection_id_of(text: str) -> int:
    """Read `A-1042`, `a1042` or `1042`; raise BadIdError."""
    digits = text.strip().upper().removeprefix("A").removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:  # noqa: PLR2004 - a 64-bit id
        raise BadIdError(text)
    return int(digits)
