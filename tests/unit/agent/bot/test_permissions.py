from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from agent.bot.permissions import NOT_NAMED, UNKNOWN, Permissions
from agent.notifiers.slack_client import make_client
from config.settings import SlackSettings
from tests.servers.slack import ANNA, BOT_USER, GUEST, STRANGER, TEAM, LocalSlack, Person


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


def permissions(slack: LocalSlack, *allowed: str) -> Permissions:
    settings = SlackSettings(bot_token=SecretStr(slack.bot_token), api_url=slack.api_url)
    return Permissions(make_client(settings), allowed)


def test_lets_full_members_and_nobody_else(slack: LocalSlack) -> None:
    slack.add_person(Person("U0GONE", "gone", is_deleted=True))
    slack.add_person(Person("U0SINGLE", "single", is_ultra_restricted=True))
    asked = {user: permissions(slack).refusal(user, team=TEAM) for user in (ANNA, GUEST, STRANGER, BOT_USER)}

    assert asked == {
        ANNA: None,
        GUEST: "Guests may not do this.",
        STRANGER: "People of another company may not do this.",
        BOT_USER: "Bots may not do this.",
    }
    assert permissions(slack).refusal("U0GONE", team=TEAM) == "This account is closed."
    assert permissions(slack).refusal("U0SINGLE", team=TEAM) == "Guests may not do this."
    assert permissions(slack).refusal(ANNA, team="T0OTHER") == "People of another company may not do this."


def test_still_refuses_a_guest_the_settings_name(slack: LocalSlack) -> None:
    assert permissions(slack, GUEST).refusal(ANNA, team=TEAM) == NOT_NAMED
    assert permissions(slack, GUEST).refusal(GUEST, team=TEAM) == "Guests may not do this."


@pytest.mark.parametrize("fault", [{"error": "user_not_found"}, {"status": 500}, {"drop_before": True}])
def test_refuses_in_doubt(slack: LocalSlack, fault: dict[str, object]) -> None:
    slack.fail_next("users.info", **fault)  # type: ignore[arg-type] # one fault a case

    assert permissions(slack).refusal(ANNA, team=TEAM) == UNKNOWN
