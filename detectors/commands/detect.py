"""`oddspot detect`: the detecting half of the service."""

import signal
import threading

from config.load import load_settings
from config.logs import configure_logs
from storage.commands.options import ConfigOption
from storage.opening import open_stores


def detect(config: ConfigOption = None) -> None:
    """Scan the sources and score what arrives, until stopped."""
    from detectors.service import run_service  # noqa: PLC0415 - torch is loaded only when the service starts

    configure_logs()
    settings = load_settings(config)
    stores = open_stores(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_service(settings, stores, stop)
    stores.database.close()
