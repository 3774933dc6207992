"""Commands about people: `talk`, `ask`, `report`."""

import typer

from agent.commands.ask import ask
from agent.commands.report import report
from agent.commands.talk import talk

app = typer.Typer()
app.command()(talk)
app.command()(ask)
app.command()(report)
