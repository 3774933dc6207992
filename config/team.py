"""How the team is reached and told: Slack, the assistant, alerts and reports."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from config.routes import Images
from config.sections import ClockTime, Days, Minutes, Seconds, Section, is_safe
from config.values import Url

Right = Literal["ask", "label", "acknowledge", "silence", "change"]


class SlackSettings(Section):
    """How to reach the team."""

    bot_token: SecretStr | None = Field(None, description="Bot token, xoxb-...; better by environment or file.")
    app_token: SecretStr | None = Field(None, description="App token for Socket Mode, xapp-...")
    signing_secret: SecretStr | None = Field(None, description="Signing secret, for HTTP mode.")
    mode: Literal["socket", "http"] = Field("socket", description="How Slack reaches the bot.")
    host: str = Field("127.0.0.1", description="http: address to listen on.")
    port: int = Field(3000, ge=1, le=65535, description="http: port to listen on.")
    api_url: str = Field("https://slack.com/api/", description="Where Slack's Web API is; https unless loopback.")
    channel: str = Field("#oddspot", description="Channel for alerts.")
    images: Images = Field(
        "heatmap", description="Pictures in Slack: full (image beside heatmap), crop (regions alone), heatmap, none."
    )
    allowed_users: tuple[str, ...] = Field((), description="User ids that may press and ask; empty: every full member.")
    allowed_groups: tuple[str, ...] = Field((), description="User group ids whose members may do so too.")
    allowed_channels: tuple[str, ...] = Field((), description="Channel ids where they may; empty: all.")
    may: dict[Right, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Who of them may do what, ids by ask, label, acknowledge, silence, change (thresholds, versions, "
        "views, live); what is left out: all of them.",
    )
    only_own_sources: bool = Field(
        default=False, description="A channel's questions see only sources told there; direct messages see all."
    )

    @model_validator(mode="after")
    def _safe_api_url(self) -> Self:
        if not is_safe(self.api_url):
            message = f"api_url {self.api_url!r} must use https unless it is on loopback"
            raise ValueError(message)
        return self


class AssistantSettings(Section):
    """Who reads the questions."""

    model: str | None = Field(None, description='A LangChain model string such as "openai:gpt-5-mini"; null: built-in.')
    base_url: Url | None = Field(None, description="An OpenAI-compatible server, e.g. http://127.0.0.1:11434/v1.")
    api_key: SecretStr | None = Field(None, description="Key for the model; better by environment or file.")
    time_limit_seconds: Seconds = Field(60.0, gt=0, description="Longest a question may take.")
    max_model_calls: int = Field(8, ge=1, le=50, description="Model calls in one question.")
    max_tool_calls: int = Field(20, ge=1, le=200, description="Calls of tools in one question.")
    max_tokens: int = Field(120_000, ge=100, description="Tokens of all model calls of one question, in and out.")
    max_answer_tokens: int | None = Field(None, ge=16, description="Tokens of one reply; null: as its server says.")
    retries: int = Field(1, ge=0, le=5, description="Times a call is tried again where the server was busy or failed.")
    fallback_model: str | None = Field(
        None, description="Asked where `model` fails; null: the built-in reader at once."
    )
    fallback_base_url: Url | None = Field(
        None, description="Its server; null: that of `model` where both have one provider, else the provider's own."
    )
    fallback_api_key: SecretStr | None = Field(None, description="Its key; null: as for its server.")
    mode: Literal["tools", "picks"] = Field(
        "tools", description="tools, for models that call them, or picks, for small ones that only pick what is wanted."
    )
    pick_seconds: Seconds = Field(10.0, gt=0, description="Longest a pick may take before the built-in reader goes on.")
    vision: bool = Field(
        default=False, description="Show the model crop and heatmap, as `images` allows, when asked what is wrong."
    )
    price_per_million_input: float | None = Field(None, ge=0, description="Price of a million tokens it reads.")
    price_per_million_output: float | None = Field(None, ge=0, description="Price of a million tokens it writes.")
    currency: str = Field("USD", min_length=1, max_length=8, description="Of both prices.")
    row_limit: int = Field(50, ge=1, le=500, description="Rows a tool returns at most.")


class AlertSettings(Section):
    """When anomalies become one incident, and how often a message may change."""

    join_minutes: Minutes = Field(30.0, gt=0, description="An anomaly this near the last one, and alike, joins it.")
    alike: float = Field(
        0.5, ge=-1, le=1, description="Least cosine of two anomalies that are alike; -1: by time alone."
    )
    edit_every_seconds: Seconds = Field(5.0, ge=0, description="At most one edit of a message in this time.")
    resolve_minutes: Minutes = Field(60.0, gt=0, description="A quiet incident resolves after this time.")
    repeat_minutes: Minutes = Field(240.0, gt=0, description="An open incident nobody took up is told again then.")
    storm_incidents: int = Field(20, ge=1, description="New incidents an hour and source; what is more goes into one.")
    remember_days: Days = Field(30.0, gt=0, description="A false alarm holds back its like for this long.")
    outage_edit_seconds: Seconds = Field(60.0, ge=0, description="At most one edit of `not judged since` in this time.")
    silence_minutes: Minutes = Field(60.0, gt=0, description="What the button Silence gives.")
    silence_like_days: Days = Field(7.0, gt=0, description="What the button Silence things like this gives.")
    digest_frames: int = Field(5, ge=1, le=20, description="Oddest frames in the digest of a commissioning source.")
    audit_frames: int = Field(
        5, ge=0, le=9, description="Frames called normal that a live source's daily audit asks about; 0: no audit."
    )
    audit_time: ClockTime = Field("09:00", description="When the audit of the day before is posted, in its zone.")
    budget: float = Field(2.0, ge=0, description="False incidents a source may have in a week.")
    sweep_labels: int = Field(
        10, ge=0, description="So many new labels of a source start a search for a better threshold; 0: none."
    )


class ReportSettings(Section):
    """Which reports are told, when and where; each goes to the channel of the sources it is about."""

    daily: bool = Field(default=True, description="A line a day: frames, anomalies, what was not judged.")
    handover: bool = Field(default=False, description="At the end of a shift: what is open, silenced, down; the worst.")
    weekly: bool = Field(default=False, description="A report of the week, with a page in its thread.")
    monthly: bool = Field(default=False, description="A report of the month, with a page in its thread.")
    at: ClockTime = Field("07:00", description="When daily, weekly and monthly ones are told, in the sources' zone.")
    channel: str | None = Field(None, description="One channel for all reports; null: each source's own.")
    quiet_minutes: Minutes = Field(60.0, gt=0, description="A live source without a frame so long counts as down.")
