"""Commands about people: `talk`, `ask`."""

import typer

from agent.commands.ask import ask
from agent.commands.talk import talk

app = typer.Typer()
app.command()(talk)
app.command()(ask)
