"""What config/slack_manifest.yaml grants: the scopes, events and commands a test server enforces."""

from pathlib import Path
from typing import Any

import yaml

MANIFEST_FILE = Path(__file__).parents[2] / "config" / "slack_manifest.yaml"


def read_manifest() -> dict[str, Any]:
    """Return the app manifest people paste into Slack."""
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST_FILE.read_text(encoding="utf-8"))
    return manifest


def bot_scopes() -> tuple[str, ...]:
    """Return the bot token's scopes."""
    return tuple(read_manifest()["oauth_config"]["scopes"]["bot"])


def bot_events() -> tuple[str, ...]:
    """Return the events the app is subscribed to."""
    return tuple(read_manifest()["settings"]["event_subscriptions"]["bot_events"])


def slash_commands() -> tuple[str, ...]:
    """Return the slash commands the app owns."""
    return tuple(item["command"] for item in read_manifest()["features"]["slash_commands"])
