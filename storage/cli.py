"""Commands about what was seen and said: `source`, `model`, `incident`, `label`, `history`, `db`, `outbox`."""

import typer

from storage.commands.history import history_app
from storage.commands.labels import label_app
from storage.commands.lists import db_app, incident_app, model_app
from storage.commands.outbox import outbox_app
from storage.commands.sources import source_app

app = typer.Typer()
app.add_typer(label_app, name="label")
app.add_typer(source_app, name="source")
app.add_typer(model_app, name="model")
app.add_typer(incident_app, name="incident")
app.add_typer(history_app, name="history")
app.add_typer(db_app, name="db")
app.add_typer(outbox_app, name="outbox")
