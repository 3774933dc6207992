"""Who is told of what, when: rules, alarms about telling itself, and webhooks."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr, model_validator

from config.sections import Minutes, Section, good_clock, is_safe

MENTION = re.compile(r"here|[UWS][A-Z0-9]{3,20}")
SECRET_PREFIX, FEWEST_BYTES, MOST_BYTES = "whsec_", 24, 64
WEBHOOK_NAME = re.compile(r"[a-z0-9][a-z0-9.:_-]{0,62}", re.IGNORECASE)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _good_mention(text: str) -> str:
    if not MENTION.fullmatch(text):
        message = f"{text!r} is neither `here` nor the id of a person (U...) or of a user group (S...)"
        raise ValueError(message)
    return text


def _good_hours(text: str) -> str:
    start, dash, end = text.replace(" ", "").partition("-")
    if not dash:
        message = f"{text!r} is not a span of hours, as 22:00-06:00"
        raise ValueError(message)
    if good_clock(start) == good_clock(end):
        message = f"{text!r} is empty: it ends when it starts"
        raise ValueError(message)
    return f"{start}-{end}"


def _good_webhook_url(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or not is_safe(url):
        message = "a webhook must use https unless it is on loopback"
        raise ValueError(message)
    if parts.username or parts.password or parts.fragment:
        message = "a webhook's address may hold no user, password or fragment; its secret signs what is sent"
        raise ValueError(message)
    return url


def _one_or_several(given: object) -> object:
    """Take one word where several may stand."""
    return (given,) if isinstance(given, str) else given


def _by_lines(given: object) -> object:
    """Take addresses that stand in one text, as a file of secrets has them, a line each."""
    return given.split() if isinstance(given, str) else given


def _host_alone(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/***" if parts.path.strip("/") or parts.query else url


Mention = Annotated[str, AfterValidator(_good_mention)]
Mentions = Annotated[tuple[Mention, ...], BeforeValidator(_one_or_several)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_one_or_several)]
Hours = Annotated[str, AfterValidator(_good_hours)]
WebhookUrl = Annotated[str, AfterValidator(_good_webhook_url), PlainSerializer(_host_alone)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[tuple[Weekday, ...], BeforeValidator(_one_or_several)]
Images = Literal["full", "crop", "heatmap", "none"]
WebhookEvent = Literal["incident.opened", "incident.updated", "incident.resolved"]


class EscalationSettings(Section):
    """What happens where nobody acknowledges an incident."""

    after_minutes: Minutes = Field(gt=0, description="Minutes from the message on, without anybody's act.")
    channel: str | None = Field(None, description="Another channel to tell; null: a reply under the message.")
    mention: Mentions = Field((), description="Ids of people or user groups, or here.")

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if self.channel is None and not self.mention:
            message = "an escalation needs a channel or somebody to mention"
            raise ValueError(message)
        return self


class QuietSettings(Section):
    """When nothing is posted; a summary follows at the end."""

    hours: Hours = Field(description="Clock times in the source's zone, as 22:00-06:00.")
    unless_severity: float | None = Field(None, gt=0, description="Score over threshold from which it is posted still.")


class RouteSettings(Section):
    """One rule: what it is for, and what it does; what it leaves open stays as it is without rules."""

    name: str | None = Field(None, max_length=80, description="What people call it.")
    source: Patterns = Field((), description="Names or patterns, as line-*; none: every source.")
    severity_from: float | None = Field(None, ge=0, description="Score over threshold, from this on.")
    severity_to: float | None = Field(None, gt=0, description="Score over threshold, below this.")
    defect_class: Patterns = Field((), description="Names or patterns of the defect's class, once it is known.")
    attributes: dict[str, str] = Field(default_factory=dict, description="Every one of these, as lot: L7*.")
    days: Weekdays = Field((), description="Weekdays in the source's zone; none: every day.")
    hours: Hours | None = Field(None, description="Clock times in the source's zone, as 06:00-22:00.")
    channel: str | None = Field(None, description="Slack channel; null: the source's.")
    mention: Mentions = Field((), description="Ids of people or user groups, or here.")
    escalate: EscalationSettings | None = Field(None, description="Whom to tell where nobody acts.")
    quiet: QuietSettings | None = Field(None, description="When nothing is posted.")

    @model_validator(mode="after")
    def _can_match(self) -> Self:
        if self.severity_from is not None and self.severity_to is not None and self.severity_from >= self.severity_to:
            message = f"severity_from {self.severity_from:g} must be below severity_to {self.severity_to:g}"
            raise ValueError(message)
        return self


class AlarmSettings(Section):
    """How people learn that something cannot be told."""

    urls: Annotated[tuple[SecretStr, ...], BeforeValidator(_by_lines)] = Field(
        (), description="Apprise addresses for e-mail, webhooks and more, as mailtos://user:password@example.com."
    )
    unsent_minutes: Minutes = Field(5.0, gt=0, description="What stays unsent this long is an alarm.")


class WebhookSettings(Section):
    """One address that gets signed JSON (Standard Webhooks)."""

    url: WebhookUrl = Field(description="https, or http on loopback.")
    secret: SecretStr = Field(
        description="whsec_ and base64 of 24 to 64 random bytes; or ODDSPOT__WEBHOOKS__0__SECRET_FILE."
    )
    events: tuple[WebhookEvent, ...] = Field(
        ("incident.opened", "incident.updated", "incident.resolved"), min_length=1, description="What is sent."
    )
    name: str | None = Field(None, description="What logs and the outbox call it; null: its host.")

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        _ = self.key
        if self.name is not None and not WEBHOOK_NAME.fullmatch(self.name):
            message = f"the name {self.name!r} may hold only letters, digits, dot, colon, dash and underscore"
            raise ValueError(message)
        return self

    @property
    def key(self) -> bytes:
        """The bytes that sign; raise ValueError where the secret is none."""
        text = self.secret.get_secret_value()
        try:
            key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if not text.startswith(SECRET_PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
            message = "a webhook's secret is whsec_ and the base64 of 24 to 64 random bytes"
            raise ValueError(message)
        return key

    @property
    def called(self) -> str:
        """What logs and the outbox call it."""
        return self.name or urlsplit(self.url).netloc


def need_distinct_names(webhooks: tuple[WebhookSettings, ...]) -> None:
    """Raise ValueError where two webhooks are called the same."""
    names = [webhook.called for webhook in webhooks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"two webhooks are called {twice}: give each a `name`"
        raise ValueError(message)
