"""The app's own page: what is open, silenced and down, for those who may act; suggested questions for everybody."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.bot.permissions import Permissions
from agent.messages.message import Block, section
from agent.messages.words import HELP, PROMPTS, PROMPTS_TITLE
from agent.notifiers.slack_errors import SlackTrouble, explain
from agent.reports.standing import read_standing
from agent.reports.standing_words import HOME_LINES, home_blocks
from config.settings import Settings
from storage.database import Database

logger = structlog.get_logger()


class Home:
    """Fills the Home and the Messages tab whenever a person opens them."""

    def __init__(
        self,
        client: WebClient,
        database: Database,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._database = database
        self._settings = settings
        self._clock = clock
        self._permissions = Permissions.of(client, settings.slack)

    def register(self, app: App) -> None:
        """Listen to the tabs being opened."""
        app.event("app_home_opened")(self._on_open)

    def _on_open(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        try:
            if event.get("tab") == "messages":
                self._suggest(event["channel"])
            else:
                self._publish(event["user"], team=str(body.get("team_id") or ""))
        except SlackTrouble as error:  # older workspaces have no prompts
            logger.info("home_not_shown", tab=event.get("tab"), reason=explain("Slack", error).reason)

    def _suggest(self, channel: str) -> None:
        prompts = [{"title": title, "message": question} for title, question in PROMPTS]
        arguments = {"channel_id": channel, "title": PROMPTS_TITLE, "prompts": prompts}
        self._client.api_call("assistant.threads.setSuggestedPrompts", json=arguments)

    def _publish(self, user: str, *, team: str) -> None:
        refusal = self._permissions.refusal(user, team=team, right="ask")
        if refusal is not None:
            logger.info("home_refused", user=user)
        blocks = self._standing() if refusal is None else [section(refusal)]
        self._client.views_publish(user_id=user, view={"type": "home", "blocks": [*blocks, section(HELP)]})

    def _standing(self) -> list[Block]:
        with self._database.reading() as session:
            standing = read_standing(session, self._settings, limit=HOME_LINES, now=self._clock())
        return home_blocks(standing, self._settings.zone_of)
