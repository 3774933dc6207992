"""Commands about people: `talk`, `ask`, `chat`, `whatif`, `routes`, `report`."""

import typer

from agent.commands.ask import ask
from agent.commands.chat import chat
from agent.commands.report import report
from agent.commands.routes import routes_app
from agent.commands.talk import talk
from agent.commands.whatif import whatif

app = typer.Typer()
app.command()(talk)
app.command()(ask)
app.command()(chat)
app.command()(whatif)
app.add_typer(routes_app, name="routes")
app.command()(report)
