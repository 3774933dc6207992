"""Commands about what was seen and said: sources, versions, incidents, silences, memory, labels, history, database."""

import typer

from storage.commands.audits import audit_app
from storage.commands.budget import budget
from storage.commands.feedback import feedback
from storage.commands.history import history_app
from storage.commands.incidents import incident_app
from storage.commands.labels import label_app
from storage.commands.memory import memory_app
from storage.commands.outages import outage_app
from storage.commands.outbox import outbox_app
from storage.commands.requeue import requeue
from storage.commands.silences import silence_app
from storage.commands.sources import source_app
from storage.commands.upkeep import upkeep_app

source_app.command("budget")(budget)
app = typer.Typer()
app.add_typer(audit_app, name="audit")
app.add_typer(label_app, name="label")
app.add_typer(source_app, name="source")
app.add_typer(incident_app, name="incident")
app.add_typer(silence_app, name="silence")
app.add_typer(memory_app, name="memory")
app.add_typer(outage_app, name="outage")
app.add_typer(history_app, name="history")
app.add_typer(upkeep_app, name="db")
app.add_typer(outbox_app, name="outbox")
app.command()(feedback)
app.command()(requeue)
