"""`oddspot feedback`: which answers of the assistant helped, and which did not."""

from typing import Annotated

import typer

from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, local_time, print_json, print_table, rfc3339
from storage.opening import open_stores
from storage.repositories.feedback import list_feedback

MOST = 100_000


def feedback(
    config: ConfigOption = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The newest so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List what people thought of answers, newest first: question, answer, tools, who and when."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        found = list_feedback(session, limit=limit)
    if as_json:
        for one in found:
            print_json(
                {
                    "at": rfc3339(one.at),
                    "author": one.author,
                    "helpful": one.is_helpful,
                    "question": one.question,
                    "answer": one.answer,
                    "tools": list(one.tools),
                    "place": one.place,
                }
            )
        return
    rows = [
        (
            local_time(one.at, settings.time_zone),
            "helpful" if one.is_helpful else "not helpful",
            one.author,
            one.question,
            " ".join(one.answer.split()),
        )
        for one in found
    ]
    print_table(("when", "was", "says", "question", "answer"), rows, empty="Nobody has said anything of an answer yet.")
