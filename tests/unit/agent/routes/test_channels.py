from agent.routes.channels import channels_of
from config.settings import Settings


def settings(**values: object) -> Settings:
    places = {"line-1": {"path": "x"}, "press": {"path": "x", "channel": "#press"}}
    return Settings.model_validate({"sources": places} | values)


def test_is_told_in_its_own_channel_where_there_are_no_rules() -> None:
    assert channels_of(settings(), "line-1") == {"#oddspot"}
    assert channels_of(settings(), "press") == {"#press"}
    assert channels_of(settings(), "imported") == {"#oddspot"}


def test_may_be_told_wherever_a_rule_can_send_it() -> None:
    severe = {"severity_from": 4, "channel": "#leads", "escalate": {"after_minutes": 5, "channel": "#boss"}}
    lines = {"source": "LINE-*", "days": ["sat"], "channel": "#weekend"}
    made = settings(routes=[severe, lines])

    assert channels_of(made, "line-1") == {"#oddspot", "#leads", "#boss", "#weekend"}
    assert channels_of(made, "press") == {"#press", "#leads", "#boss"}


def test_is_never_told_behind_a_rule_that_takes_everything() -> None:
    made = settings(routes=[{"source": "line-1", "channel": "#all"}, {"channel": "#late"}])

    assert channels_of(made, "line-1") - {"#oddspot"} == {"#all"}
    assert "#late" in channels_of(made, "press")


def test_is_reported_where_all_reports_go() -> None:
    assert channels_of(settings(reports={"channel": "#daily"}), "press") == {"#press", "#daily"}
