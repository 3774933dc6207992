"""Commands about images, from `collect` and `fit` to `detect`, and about detectors: `add`, `model`, `missed`."""

import typer

from detectors.commands.add import add
from detectors.commands.collect import collect
from detectors.commands.compare import compare
from detectors.commands.detect import detect
from detectors.commands.evaluate import evaluate
from detectors.commands.fit import fit
from detectors.commands.forget import forget
from detectors.commands.missed import missed
from detectors.commands.model import model_app
from detectors.commands.score import score
from detectors.commands.triage import triage
from detectors.demo.command import demo

app = typer.Typer()
for command in (collect, triage, fit, add, score, evaluate, compare, detect, demo, missed, forget):
    app.command()(command)
app.add_typer(model_app, name="model")
