from tests.servers.manifest import bot_events, bot_scopes, read_manifest, slash_commands

SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "reaction_added": "reactions:read",
    "member_joined_channel": "channels:read",
    "agent_session_stopped": "assistant:write",
    "app_context_changed": "assistant:write",
}


def test_asks_for_no_more_scopes_than_the_bot_needs() -> None:
    assert set(bot_scopes()) == {
        "app_mentions:read",
        "assistant:write",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "im:history",
        "im:read",
        "im:write",
        "channels:history",
        "groups:history",
        "channels:read",
        "groups:read",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
    }
    assert len(bot_scopes()) == len(set(bot_scopes()))


def test_holds_the_scope_of_every_event_it_subscribes_to() -> None:
    assert set(bot_events()) == {*SCOPE_OF_EVENT, "app_home_opened"}
    assert {SCOPE_OF_EVENT[event] for event in bot_events() if event in SCOPE_OF_EVENT} <= set(bot_scopes())


def test_works_over_sockets_without_any_address_of_ours() -> None:
    settings = read_manifest()["settings"]

    assert settings["socket_mode_enabled"]
    assert settings["interactivity"] == {"is_enabled": True}
    assert "request_url" not in settings["event_subscriptions"]


def test_has_the_surfaces_of_an_agent() -> None:
    features = read_manifest()["features"]

    assert "assistant_view" not in features
    assert features["agent_view"]["agent_description"]
    assert features["app_home"]["home_tab_enabled"]
    assert features["app_home"]["messages_tab_enabled"]
    assert not features["app_home"]["messages_tab_read_only_enabled"]
    assert slash_commands() == ("/oddspot",)
    assert features["slash_commands"][0]["should_escape"]


def test_keeps_the_lengths_slack_allows() -> None:
    manifest = read_manifest()

    assert manifest["display_information"]["name"] == "Oddspot"
    assert len(manifest["display_information"]["description"]) <= 140
    assert len(manifest["features"]["agent_view"]["agent_description"]) <= 300
