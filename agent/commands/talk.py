"""`oddspot talk`: the telling half of the service."""

import signal
import threading

from config.load import load_settings
from config.logs import configure_logs
from storage.commands.options import ConfigOption
from storage.opening import open_stores
from storage.status.ages import socket_ages
from storage.status.pulse import Pulse
from storage.status.server import serve_status
from storage.status.stages import Stages

LONGEST_SECONDS = 120.0


def talk(config: ConfigOption = None) -> None:
    """Tell what was found and answer questions, in Slack or on this terminal, until stopped."""
    from agent.talk import start_talk  # noqa: PLC0415 - Slack's libraries are loaded only when the bot starts

    configure_logs()
    settings = load_settings(config)
    stores = open_stores(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    pulse = Pulse("telling", longest_seconds=LONGEST_SECONDS)
    ages, stages = socket_ages(), Stages()
    with serve_status(settings.status, stores.database, pulse, offset=1, own=[ages, stages]):
        start_talk(
            settings,
            stores.database,
            stores.blobs,
            stop,
            beat=pulse.beat,
            note=pulse.note,
            heard=ages.mark,
            stages=stages,
        )
    stores.database.close()
