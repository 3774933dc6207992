"""What `oddspot doctor` says of Slack and of the language model."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import yaml
from slack_sdk import WebClient

import config
from agent.channel_checks import check_channels
from agent.notifiers.other_way import AlarmUrlError, other_way
from agent.notifiers.slack_client import make_client
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.settings import Settings
from config.team import AssistantSettings
from config.values import without_password
from storage.records import Check

if TYPE_CHECKING:
    from agent.assistant.model.opening import Place

MANIFEST = Path(config.__file__).parent / "slack_manifest.yaml"
TIMEOUT_SECONDS = 10
REFUSED = (401, 403)
MOST_SKEW_SECONDS = 60
MODEL_NAMES = ("language model", "fallback model")
MODEL_SETTINGS = ("assistant.", "assistant.fallback_")


def checks(settings: Settings) -> Iterator[Check]:
    """Look at the Slack tokens, the bot's scopes and the language model."""
    if settings.slack.bot_token is None:
        yield Check("slack", is_ok=True, found="not set up: alerts are printed on this terminal")
    else:
        yield from _slack(settings)
    yield from _models(settings.assistant)
    yield _alarms(settings)


def _slack(settings: Settings) -> Iterator[Check]:
    client = make_client(settings.slack)
    try:
        response = client.auth_test()
    except SlackTrouble as error:
        fix = "Look at slack.bot_token and at the way to slack.api_url."
        yield Check("slack token", is_ok=False, found=explain("Slack", error).reason, fix=fix)
        return
    yield Check("slack token", is_ok=True, found=f"{response['user']} in {response['team']}")
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    yield from _clock(headers.get("date", ""), datetime.now(UTC))
    yield _scopes(headers.get("x-oauth-scopes", ""))
    yield check_channels(settings, client)
    yield _way_in(settings, client)


def _scopes(granted: str) -> Check:
    has = {scope.strip() for scope in granted.split(",")}
    missing = sorted(manifest_scopes() - has)
    if missing:
        fix = "Update the app from config/slack_manifest.yaml and install it again."
        return Check("slack scopes", is_ok=False, found=f"missing: {', '.join(missing)}", fix=fix)
    return Check("slack scopes", is_ok=True, found=f"all {len(manifest_scopes())} of the manifest")


def _alarms(settings: Settings) -> Check:
    count = len(settings.alarms.urls)
    if not count:
        return Check("alarms", is_ok=True, found="no other way than the log: alarms.urls is empty")
    try:
        other_way(settings.alarms)
    except AlarmUrlError as error:
        return Check("alarms", is_ok=False, found=str(error), fix="Look at alarms.urls.")
    words = "address" if count == 1 else "addresses"
    return Check("alarms", is_ok=True, found=f"{count} {words}; nothing was sent")


def _way_in(settings: Settings, client: WebClient) -> Check:
    slack = settings.slack
    if slack.mode == "http":
        is_ok = slack.signing_secret is not None
        found = f"http, {slack.host}:{slack.port}" if is_ok else "http without slack.signing_secret"
        return Check("slack events", is_ok=is_ok, found=found, fix="Set slack.signing_secret.")
    fix = "Make an app-level token with connections:write and set slack.app_token."
    if slack.app_token is None:
        return Check("slack events", is_ok=False, found="Socket Mode without slack.app_token", fix=fix)
    try:
        client.apps_connections_open(app_token=slack.app_token.get_secret_value())
    except SlackTrouble as error:
        return Check("slack events", is_ok=False, found=explain("Slack", error).reason, fix=fix)
    return Check("slack events", is_ok=True, found="Socket Mode")


def _clock(said: str, now: datetime) -> Iterator[Check]:
    """Hold our clock against Slack's: in HTTP mode a post that seems minutes old is refused."""
    try:
        ahead = (now - parsedate_to_datetime(said)).total_seconds()
    except (TypeError, ValueError):
        return  # a proxy left it out
    is_ok = abs(ahead) <= MOST_SKEW_SECONDS
    words = "" if is_ok else f": {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Slack's"
    found = f"this machine's{words}" if words else "within a minute of Slack's"
    yield Check("slack clock", is_ok=is_ok, found=found, fix="Let the machine keep its time by NTP.")


def _models(assistant: AssistantSettings) -> Iterator[Check]:
    if assistant.model is None:
        yield Check("language model", is_ok=True, found="none: the built-in reader answers")
        return
    from agent.assistant.model.opening import places_of  # noqa: PLC0415 - language model libraries take seconds to load

    for name, setting, place in zip(MODEL_NAMES, MODEL_SETTINGS, places_of(assistant), strict=False):
        yield _model(name, setting, place, assistant)


def _model(name: str, setting: str, place: "Place", assistant: AssistantSettings) -> Check:
    from agent.assistant.errors import ModelError  # noqa: PLC0415 - the same
    from agent.assistant.model.opening import open_model  # noqa: PLC0415 - the same

    address = without_password(place.base_url) or ""
    found = f"{place.model} at {address}" if address else f"{place.model}, at its provider; not called"
    fix = f"Start the server, or look at {setting}base_url and {setting}api_key."
    try:
        open_model(place, assistant)
    except ModelError as error:
        return Check(name, is_ok=False, found=str(error), fix=f"Look at {setting}model and {setting}api_key.")
    trouble = _trouble(place, setting) if place.base_url else None
    return Check(name, is_ok=trouble is None, found=f"{found}: {trouble}" if trouble else found, fix=fix)


def _trouble(place: "Place", setting: str) -> str | None:
    """Ask an OpenAI-compatible server for its models and return what is wrong; an unknown path is well enough."""
    key = place.api_key.get_secret_value() if place.api_key else ""
    address = f"{(place.base_url or '').rstrip('/')}/models"
    if not address.startswith(("http://", "https://")):
        return "it is no http address"
    request = Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310 - just checked
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - the same
            return None
    except HTTPError as error:
        error.close()
        if error.code in REFUSED:
            return f"it refuses {setting}api_key (HTTP {error.code})"
        return f"HTTP {error.code}" if error.code >= 500 else None  # noqa: PLR2004 - a server's fault
    except (URLError, HTTPException, OSError, ValueError) as error:
        return f"it cannot be reached ({type(error).__name__})"


def manifest_scopes() -> frozenset[str]:
    """Return the bot scopes the manifest asks for."""
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])
