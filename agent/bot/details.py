"""The modal for class, note and region: opened from an incident's menu or by the shortcut on any of our messages."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.bot import acts
from agent.bot.permissions import Permissions
from agent.messages.details_view import CALLBACK, CLASS, KIND, NOTE, REGION, details_view
from agent.messages.words import NO_ANOMALY_HERE, SORRY_ACT
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.errors import OddspotError
from config.settings import Settings
from storage.database import Database
from storage.queries.incidents import incident_by_message
from storage.queries.inspections import get_inspection
from storage.queries.vocabulary import defect_classes
from storage.records import Inspection, LabelKind

logger = structlog.get_logger()
SHORTCUT = "label_anomaly"
SHOWN_ID = re.compile(r"\bA-(\d{1,18})\b")


class Details:
    """Opens the modal and saves what was said in it."""

    def __init__(
        self,
        client: WebClient,
        database: Database,
        settings: Settings,
        permissions: Permissions,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._database = database
        self._settings = settings
        self._permissions = permissions
        self._clock = clock

    def register(self, app: App) -> None:
        """Listen to the shortcut and to the modal being saved."""
        app.shortcut(SHORTCUT)(self._on_shortcut)
        app.view(CALLBACK)(self._on_save)

    def open(self, trigger_id: str, inspection_id: int) -> str | None:
        """Show the modal about one inspection; return what to tell the person where that is impossible."""
        with self._database.reading() as session:
            inspection = get_inspection(session, inspection_id)
            classes = tuple(defect_classes(session))
        if inspection is None:
            return NO_ANOMALY_HERE
        try:
            self._client.views_open(trigger_id=trigger_id, view=details_view(inspection, classes))
        except SlackTrouble as error:
            logger.warning("modal_not_opened", reason=explain("Slack", error).reason)
            return SORRY_ACT
        return None

    def _on_shortcut(self, ack: Callable[[], object], body: dict[str, Any], context: Any) -> None:
        ack()
        user, channel = body["user"]["id"], body["channel"]["id"]
        words = self._permissions.refusal(user, team=_team(context), channel=channel, right="label")
        words = words or self._open_for(body, channel)
        if words is None:
            return
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=words)
        except SlackTrouble as error:
            logger.warning("person_not_told", user=user, reason=explain(channel, error).reason)

    def _open_for(self, body: dict[str, Any], channel: str) -> str | None:
        message = body.get("message") or {}
        with self._database.reading() as session:
            stamps = (message.get("ts"), message.get("thread_ts"))
            found = [incident_by_message(session, channel, str(ts)) for ts in stamps if ts]
        incident = next((one for one in found if one is not None), None)
        if incident is not None and incident.cover_inspection_id is not None:
            return self.open(body["trigger_id"], incident.cover_inspection_id)
        named = SHOWN_ID.search(str(message.get("text") or ""))
        return self.open(body["trigger_id"], int(named[1])) if named else NO_ANOMALY_HERE

    def _on_save(self, ack: Callable[..., object], body: dict[str, Any], view: dict[str, Any], context: Any) -> None:
        user = body["user"]["id"]
        refusal = self._permissions.refusal(user, team=_team(context), right="label")
        if refusal is not None:
            ack(response_action="errors", errors={KIND: refusal})
            return
        try:
            self._save(user, view)
        except OddspotError as error:
            logger.warning("act_failed", act=CALLBACK, user=user, reason=str(error))
            ack(response_action="errors", errors={KIND: SORRY_ACT})
            return
        ack()

    def _save(self, user: str, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        act = acts.Act(user, str(json.loads(view["private_metadata"])["inspection"]), self._clock())
        with self._database.reading() as session:
            inspection = acts.inspection_of(session, act)
        said = acts.Said(_text(values, CLASS), _text(values, NOTE), _region(values, inspection))
        kind = LabelKind(_chosen(values, KIND) or LabelKind.DEFECT)
        acts.label(self._database, self._settings, act, kind, said)
        logger.info("act_done", act=CALLBACK, user=user, value=act.value)


def _team(context: Any) -> str:
    team = context.authorize_result
    return (team.team_id if team else "") or ""


def _text(values: dict[str, Any], block: str) -> str | None:
    said = ((values.get(block) or {}).get("value") or {}).get("value")
    return " ".join(str(said).split()) or None if said else None


def _chosen(values: dict[str, Any], block: str) -> str | None:
    option = ((values.get(block) or {}).get("value") or {}).get("selected_option")
    return str(option["value"]) if option else None


def _region(values: dict[str, Any], inspection: Inspection) -> acts.Region | None:
    number = _chosen(values, REGION)
    if number is None or not number.isdigit() or int(number) >= len(inspection.regions):
        return None
    region = inspection.regions[int(number)]
    return region.x, region.y, region.width, region.height
