"""`oddspot whatif`: what another threshold would have done with the scores on record."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from agent.errors import AgentError
from config.load import load_settings
from config.printable import printable
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json
from storage.opening import open_stores


class WhatIfError(AgentError):
    """A threshold cannot be compared, said in one sentence."""


def whatif(
    source: Annotated[str, typer.Argument(help="The source whose threshold it is.")],
    config: ConfigOption = None,
    *,
    threshold: Annotated[float | None, typer.Option(help="The score above which is abnormal; else a table.")] = None,
    since: Annotated[str | None, typer.Option(help='From when on, as "Monday 6am" or 2026-11-20.')] = None,
    window: Annotated[
        str | None, typer.Option(help='Which time, as "last week" or FROM/TO; else the last 7 days.')
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what another threshold would have done: alerts saved, labelled defects lost, false alarms avoided."""
    from agent.assistant.answers.whatif import tell_what_if  # noqa: PLC0415 - loaded only once the options are good
    from agent.assistant.tools.context import ToolContext  # noqa: PLC0415 - the same
    from agent.assistant.tools.registry import run_tool  # noqa: PLC0415 - the same
    from agent.assistant.tools.result import ToolStatus  # noqa: PLC0415 - the same

    if since is not None and window is not None:
        raise WhatIfError("Give --since or --window, not both.")
    settings = load_settings(config)
    context = ToolContext(open_stores(settings).database, settings, now_utc())
    said = f"since {since}" if since is not None else window
    result = run_tool(context, "what_if", {"sources": [source], "threshold": threshold, "window": said})
    if result.status is ToolStatus.ERROR:
        raise WhatIfError(result.message)
    if as_json:
        print_json(result.as_json())
    else:
        Console().print(Text(printable(tell_what_if(result))), soft_wrap=True)
