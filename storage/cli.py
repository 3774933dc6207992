"""Commands about what was seen and said: `source`, `audit`, `incident`, `label`, `history`, `db`."""

import typer

from storage.commands.audits import audit_app
from storage.commands.budget import budget
from storage.commands.history import history_app
from storage.commands.labels import label_app
from storage.commands.lists import db_app, incident_app
from storage.commands.sources import source_app

source_app.command("budget")(budget)
app = typer.Typer()
app.add_typer(audit_app, name="audit")
app.add_typer(label_app, name="label")
app.add_typer(source_app, name="source")
app.add_typer(incident_app, name="incident")
app.add_typer(history_app, name="history")
app.add_typer(db_app, name="db")
