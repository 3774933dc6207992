"""Commands about people: `talk`, `ask`, `whatif`."""

import typer

from agent.commands.ask import ask
from agent.commands.talk import talk
from agent.commands.whatif import whatif

app = typer.Typer()
app.command()(talk)
app.command()(ask)
app.command()(whatif)
