"""The app's own page: what to ask, and suggested questions where people write to it."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.messages.message import section
from agent.messages.words import HELP, PROMPTS, PROMPTS_TITLE
from agent.notifiers.slack_errors import SlackTrouble, explain

logger = structlog.get_logger()


class Home:
    """Fills the Home and the Messages tab when a person opens them."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def register(self, app: App) -> None:
        """Listen to the tabs being opened."""
        app.event("app_home_opened")(self._on_open)

    def _on_open(self, event: dict[str, Any]) -> None:
        show = self._suggest if event.get("tab") == "messages" else self._publish
        self._quietly(show, event)

    def _suggest(self, event: dict[str, Any]) -> None:
        prompts = [{"title": title, "message": question} for title, question in PROMPTS]
        arguments = {"channel_id": event["channel"], "title": PROMPTS_TITLE, "prompts": prompts}
        self._client.api_call("assistant.threads.setSuggestedPrompts", json=arguments)

    def _publish(self, event: dict[str, Any]) -> None:
        self._client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section(HELP)]})

    @staticmethod
    def _quietly(show: Callable[[dict[str, Any]], None], event: dict[str, Any]) -> None:
        try:
            show(event)
        except SlackTrouble as error:  # older workspaces have no prompts
            logger.info("home_not_shown", tab=event.get("tab"), reason=explain("Slack", error).reason)
