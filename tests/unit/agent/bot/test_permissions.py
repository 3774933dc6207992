import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr, ValidationError

from agent.assistant.proposals import ProposedAct
from agent.bot import askers, buttons, confirming, details, feedback, home, looks, missed, proposals
from agent.bot.acts import Act
from agent.bot.permissions import NOT_NAMED, NOT_NAMED_FOR_THIS, UNKNOWN, Permissions
from agent.bot.rights import OF_BUTTONS, OF_PROPOSALS, right_to_undo
from agent.messages.incident_buttons import (
    ACKNOWLEDGE,
    DEFECT,
    DETAILS,
    FALSE_ALARM,
    SILENCE,
    SILENCE_LIKE,
    UNSURE,
)
from agent.messages.notices import GO_LIVE
from agent.notifiers.slack_client import make_client
from config.team import SlackSettings
from storage.records import LabelKind
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from tests.factories_agent import NOON, Plant
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


def by_settings(slack: LocalSlack, **settings: object) -> Permissions:
    values = {"bot_token": slack.bot_token, "api_url": slack.api_url} | settings
    read = SlackSettings.model_validate(values)
    return Permissions.of(make_client(read), read)


def test_lets_only_those_named_for_an_act_do_it(slack: LocalSlack) -> None:
    slack.add_person(Person("U0BEN", "ben"))
    asked = by_settings(slack, may={"silence": ["U0BEN"], "change": []})

    assert asked.refusal(ANNA, team=TEAM, right="silence") == NOT_NAMED_FOR_THIS
    assert asked.refusal("U0BEN", team=TEAM, right="silence") is None
    assert asked.refusal(ANNA, team=TEAM, right="label") is None
    assert asked.refusal("U0BEN", team=TEAM, right="change") == NOT_NAMED_FOR_THIS


def test_an_act_is_given_to_those_allowed_at_all(slack: LocalSlack) -> None:
    asked = by_settings(slack, allowed_users=["U0BEN"], may={"silence": [ANNA]})

    assert asked.refusal(ANNA, team=TEAM, right="silence") == NOT_NAMED


def test_refuses_an_act_nobody_has_heard_of(slack: LocalSlack) -> None:
    with pytest.raises(ValidationError, match="ask"):
        by_settings(slack, may={"delete": [ANNA]})


@pytest.mark.parametrize("module", [buttons, confirming, proposals, missed, askers, feedback, looks, home, details])
def test_everybody_who_asks_goes_by_all_of_the_settings(module: ModuleType) -> None:
    source = Path(str(module.__file__)).read_text(encoding="utf-8")

    assert not re.search(r"\bPermissions\(", source)


def test_every_button_and_every_proposal_needs_a_right() -> None:
    assert set(OF_PROPOSALS) == set(ProposedAct)
    assert {DEFECT, FALSE_ALARM, UNSURE, DETAILS, ACKNOWLEDGE, SILENCE, SILENCE_LIKE, GO_LIVE} <= set(OF_BUTTONS)


def test_to_take_an_act_back_needs_the_right_to_it(plant: Plant) -> None:
    anomaly = plant.anomaly()
    with plant.database.transaction() as session:
        add_label(session, anomaly.id, LabelKind.DEFECT, author="U1", now=NOON)
        add_silence(session, source_id=None, until=NOON + timedelta(hours=1), author="U1", comment="", now=NOON)
    acts = {row.action: row.id for row in plant.audit()}

    needed = {name: right_to_undo(plant.database, Act(ANNA, str(number), NOON)) for name, number in acts.items()}
    assert (needed["label"], needed["silence"]) == ("label", "silence")
    assert right_to_undo(plant.database, Act(ANNA, "999", NOON)) == "change"
    assert right_to_undo(plant.database, Act(ANNA, "1; DROP", NOON)) == "change"
