"""The other way to reach people: e-mail, webhooks and more through Apprise, where Slack itself is the trouble."""

import logging
from typing import Protocol

from agent.errors import AgentError
from config.routes import AlarmSettings


class AlarmUrlError(AgentError):
    """An address among alarms.urls is none that Apprise knows; the message holds its scheme only."""

    def __init__(self, number: int, scheme: str) -> None:
        super().__init__(f"alarms.urls: address {number} ({scheme}://...) is none that Apprise understands.")


class OtherWay(Protocol):
    """Tells people of an alarm without Slack."""

    def tell(self, title: str, body: str) -> bool:
        """Send a text and return whether every address took it."""


class NoOtherWay:
    """Where no address is set: the log line is all there is."""

    def tell(self, title: str, body: str) -> bool:
        """Take it as told."""
        del title, body
        return True


class AppriseWay:
    """Sends through the addresses of the settings; Apprise logs addresses, so it is not heard at all."""

    def __init__(self, settings: AlarmSettings) -> None:
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - takes long to load, and few set it up

        for name in ("apprise", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._apprise = Apprise(asset=AppriseAsset(app_id="Oddspot", app_desc="Oddspot", secure_logging=True))
        for number, url in enumerate(settings.urls, 1):
            if not self._apprise.add(url.get_secret_value()):
                raise AlarmUrlError(number, url.get_secret_value().partition("://")[0][:20])

    def tell(self, title: str, body: str) -> bool:
        """Send a text and return whether every address took it."""
        return bool(self._apprise.notify(title=title, body=body, body_format="text"))


def other_way(settings: AlarmSettings) -> OtherWay:
    """Return the way the settings name; raise AlarmUrlError."""
    return AppriseWay(settings) if settings.urls else NoOtherWay()
