"""`oddspot source budget`: false incidents in the last week, and what is promised."""

from datetime import timedelta

from config.load import load_settings
from storage.commands.options import ConfigOption, JsonOption, now_utc, print_json, say
from storage.opening import open_stores
from storage.queries.budget import budget_outlook, false_incidents
from storage.records import Window
from storage.repositories.sources import list_sources
from storage.repositories.versions import active_version

WEEK = timedelta(days=7)


def budget(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Compare each source's false incidents of the last 7 days with its budget, and say what is promised."""
    settings, now = load_settings(config), now_utc()
    allowed = settings.alerts.budget
    with open_stores(settings).database.reading() as session:
        for source in list_sources(session):
            version = active_version(session, source)
            if version is None:
                continue
            false = len(false_incidents(session, source_id=source.id, window=Window(now - WEEK, now)))
            outlook = budget_outlook(session, version, budget=allowed, now=now)
            if as_json:
                figures = {
                    "source": source.name,
                    "false_incidents": false,
                    "budget": allowed,
                    "is_broken": false > allowed,
                }
                print_json(figures | {"expected": outlook.expected, "can_be_promised": outlook.is_kept})
            else:
                incidents = "1 false incident" if false == 1 else f"{false} false incidents"
                say(f"{source.name}: {incidents} in the last 7 days. {outlook.sentence}")
