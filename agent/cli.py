"""Commands about people: `talk`, `ask`, `routes`."""

import typer

from agent.commands.ask import ask
from agent.commands.routes import routes_app
from agent.commands.talk import talk

app = typer.Typer()
app.command()(talk)
app.command()(ask)
app.add_typer(routes_app, name="routes")
