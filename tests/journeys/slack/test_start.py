import threading

import pytest
from pydantic import SecretStr

from agent.bot.service import NoSigningSecretError
from agent.notifiers.slack_client import SlackAuthError
from agent.talk import start_talk, utc_now
from tests.factories_agent import Plant
from tests.journeys.slack.conftest import FakeAssistant, Start
from tests.journeys.slack.reading import roots
from tests.servers.slack import LocalSlack


@pytest.mark.parametrize("setting", ["bot_token", "app_token"])
def test_stops_with_one_sentence_where_a_token_is_wrong(plant: Plant, assistant: FakeAssistant, setting: str) -> None:
    changed = plant.settings.slack.model_copy(update={setting: SecretStr("xoxb-wrong-and-secret")})
    settings = plant.settings.model_copy(update={"slack": changed})

    with pytest.raises(SlackAuthError, match=f"slack.{setting}") as caught:
        start_talk(settings, plant.database, plant.blobs, threading.Event(), assistant=assistant)

    assert caught.value.permanent
    assert "wrong-and-secret" not in str(caught.value)


def test_stops_where_http_mode_has_no_signing_secret(plant: Plant, assistant: FakeAssistant) -> None:
    changed = plant.settings.slack.model_copy(update={"mode": "http", "signing_secret": None})
    settings = plant.settings.model_copy(update={"slack": changed})

    with pytest.raises(NoSigningSecretError):
        start_talk(settings, plant.database, plant.blobs, threading.Event(), assistant=assistant)


def test_starts_while_slack_is_down_and_tells_when_it_is_back(slack: LocalSlack, plant: Plant, start: Start) -> None:
    slack.down()
    start(waits_for_socket=False)
    plant.anomaly(at=utc_now())
    slack.up()

    slack.wait_for_socket()
    slack.wait_for(lambda: roots(slack))
