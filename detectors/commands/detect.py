"""`oddspot detect`: the detecting half of the service."""

import signal
import threading
from contextlib import closing
from typing import Annotated

import typer

from config.load import load_settings
from config.logs import configure_logs
from storage.commands.options import ConfigOption
from storage.opening import open_stores
from storage.status.ages import sweep_ages
from storage.status.pulse import Pulse
from storage.status.reached import Reached
from storage.status.server import serve_status
from storage.status.stages import SharedStages

LONGEST_SECONDS = 60.0


def detect(
    config: ConfigOption = None,
    *,
    only_score: Annotated[
        bool, typer.Option("--only-score", hidden=True, help="Score what waits, told by standard input.")
    ] = False,
    beats: Annotated[
        int | None, typer.Option(hidden=True, help="Where --only-score says that a round is over.")
    ] = None,
) -> None:
    """Scan the sources and score what arrives, until stopped."""
    configure_logs()
    settings = load_settings(config)
    stores = open_stores(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if only_score:
        from detectors.scoring_process import score_until  # noqa: PLC0415 - its libraries are for those that score

        score_until(stop, settings, stores, beats=beats)
    else:
        from detectors.service import run_service  # noqa: PLC0415 - the scheduler is for the one that scans

        pulse, sweeps, reached = Pulse("detecting", longest_seconds=LONGEST_SECONDS), sweep_ages(), Reached()
        with (
            closing(SharedStages()) as stages,
            serve_status(settings.status, stores.database, pulse, own=[stages, sweeps, reached]),
        ):
            run_service(
                settings,
                stores,
                stop,
                config=config,
                beat=pulse.beat,
                swept=sweeps.mark,
                looked=reached.mark,
                environment=stages.environment,
            )
    stores.database.close()
