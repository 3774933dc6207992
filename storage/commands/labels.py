"""`oddspot label`: a person's word on an inspection, from a terminal."""

from typing import Annotated

import typer

from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, print_json
from storage.errors import StorageError
from storage.opening import open_stores
from storage.records import LabelKind
from storage.repositories.labels import add_label


class BadIdError(StorageError):
    """What was given is no inspection's id."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an inspection's id; ids look like A-1042.")


def label(
    inspection: Annotated[str, typer.Argument(help="The inspection, as in A-1042.")],
    kind: Annotated[LabelKind, typer.Argument(help="What it is.")],
    config: ConfigOption = None,
    *,
    defect_class: Annotated[str | None, typer.Option("--class", help="What kind of defect.")] = None,
    note: Annotated[str | None, typer.Option(help="A few words.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what an inspection really shows: defect, false_alarm, unsure or missed."""
    inspection_id = inspection_id_of(inspection)
    stores = open_stores(load_settings(config))
    with stores.database.transaction() as session:
        written = add_label(
            session,
            inspection_id,
            kind,
            author=person(),
            defect_class=defect_class,
            note=note,
            now=now_utc(),
        )
    if as_json:
        print_json({"id": f"A-{inspection_id}", "label": written.kind, "defect_class": written.defect_class})
    else:
        typer.echo(f"A-{inspection_id} is labelled {written.kind.replace('_', ' ')}.")


def inspection_id_of(text: str) -> int:
    """Read `A-1042`, `a1042` or `1042`; raise BadIdError."""
    digits = text.strip().upper().removeprefix("A").removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:  # noqa: PLR2004 - a 64-bit id
        raise BadIdError(text)
    return int(digits)
