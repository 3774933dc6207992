"""Every setting of Oddspot, its type, its default and what it means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PlainSerializer, SecretStr, model_validator

from config.routes import AlarmSettings, Images, RouteSettings, WebhookSettings, need_distinct_names
from config.sections import ClockTime, Days, Minutes, Seconds, is_loopback, is_safe
from config.sections import Section as _Section

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.IGNORECASE)
CRON_FIELDS = 5
CRON_FIELD = re.compile(r"[a-z0-9*/,-]+", re.IGNORECASE)
USER_INFO = re.compile(r"//[^/@]*@")
QUERY = re.compile(r"\?.+", re.DOTALL)  # cameras and servers take keys and passwords there


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name!r} is not a time zone; allowed are IANA names such as Europe/Berlin"
        raise ValueError(message) from error
    return name


def _good_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        message = f"{pattern!r} is not a regular expression: {error}"
        raise ValueError(message) from error
    return pattern


def _good_cron(line: str) -> str:
    fields = line.split()
    if len(fields) != CRON_FIELDS or not all(CRON_FIELD.fullmatch(field) for field in fields):
        message = f"{line!r} is not five cron fields, as */5 6-22 * * mon-fri"
        raise ValueError(message)
    if any(letter.isdigit() for letter in fields[-1].split("/")[0]):
        message = f"name the weekdays in {line!r}, as mon-fri: their numbers mean different days to different programs"
        raise ValueError(message)
    return line


def without_password(url: str | None) -> str | None:
    """Return an address without the password and the query in it, as it may be shown."""
    return None if url is None else QUERY.sub("?***", USER_INFO.sub("//***@", url))


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Pattern = Annotated[str, AfterValidator(_good_pattern)]
CronLine = Annotated[str, AfterValidator(_good_cron)]
Url = Annotated[str, PlainSerializer(without_password)]


MethodName = Literal[
    "patchcore",
    "padim",
    "blend",
    "whitened",
    "within_class",
    "whole_image",
    "transformer",
    "autoencoder",
    "ganomaly",
    "residual",
    "neural_sampling",
    "simplenet",
    "devnet",
]


class LimitSettings(_Section):
    """What an image may cost before it is rejected."""

    max_bytes: int = Field(64_000_000, gt=0, description="Largest file, in bytes.")
    max_pixels: int = Field(50_000_000, gt=0, description="Largest image, in pixels.")
    max_aspect: float = Field(50.0, gt=1, description="Longest side over shortest side.")
    decode_seconds: Seconds = Field(10.0, gt=0, description="Processor time one decode may take.")
    decode_memory_bytes: int = Field(1_500_000_000, gt=0, description="Address space of the decoding process.")


# Each takes some 250 MB; more are asked for by those who have them.
MOST_WORKERS = 4


class DetectorSettings(_Section):
    """How a source's detector is fitted; `null` leaves a choice to the preset."""

    preset: Literal["fast", "default"] = Field("default", description="A named set of choices.")
    method: MethodName | None = Field(None, description="The method; null leaves it to the preset.")
    backbone: str | None = Field(
        None, description="Any timm name, or torchvision/NAME; its weights must lie in data_dir/weights."
    )
    layers: tuple[Annotated[int, Field(ge=0, le=1000)], ...] | None = Field(
        None,
        min_length=1,
        description="Strides of a CNN, as [8, 16], below 8 averaged to 8; blocks of a ViT from 0; null: its own.",
    )
    image_size: int | None = Field(None, ge=64, le=2048, description="Side of the square the image is resized to, px.")
    tiles: int | None = Field(None, ge=1, le=32, description="Parts along the longer side, each looked at in full.")
    train_seconds: Seconds = Field(240.0, gt=0, description="Time one training may take; it keeps the best so far.")
    search_seconds: Seconds = Field(300.0, gt=0, description="Time the search of the default preset may take.")
    promised_rate: float = Field(0.01, gt=0, lt=0.5, description="False alarms promised, as a share of normal images.")
    miss_cost: float | None = Field(
        None,
        gt=0,
        description="False alarms a miss costs: with labelled defects, the cheapest threshold is used; null: promised.",
    )
    defect_rate: float = Field(0.01, gt=0, lt=1, description="Share of images with a defect; weighs miss_cost.")
    seed: int = Field(0, ge=0, description="Seed of every random choice in a fit.")
    threads: int = Field(2, ge=1, le=64, description="CPU threads of a fit, and of all workers together.")
    workers: int | None = Field(None, ge=1, le=64, description="Processes that score; null: one a thread, 4 at most.")
    runtime: Literal["auto", "torch"] = Field(
        "auto", description="What runs networks: auto is OpenVINO where it can, else torch, several times slower."
    )
    memory_mb: int = Field(2000, ge=50, description="Memory for fitted detectors in all workers together, MB.")

    @property
    def processes(self) -> int:
        """How many processes score."""
        return self.workers or min(self.threads, MOST_WORKERS)

    @property
    def threads_each(self) -> int:
        """How many threads each of them uses: several that use all would wait for each other."""
        return max(1, self.threads // self.processes)


class ScheduleSettings(_Section):
    """When a source is looked at: every so many seconds, or by a cron line."""

    every_seconds: Seconds | None = Field(None, gt=0, description="Seconds between two looks.")
    cron: CronLine | None = Field(None, description='Five cron fields in its zone: "*/5 6-22 * * mon-fri".')

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.every_seconds is not None and self.cron is not None:
            message = "give every_seconds or cron, not both"
            raise ValueError(message)
        return self


class CaptureSettings(_Section):
    """Where an image's time and attributes are read from."""

    name_pattern: Pattern | None = Field(
        None,
        description="Regular expression over the file name; the group `time` is captured_at, other groups attributes.",
    )
    time_format: str = Field("%Y%m%d-%H%M%S", description="strptime format of the group `time`, in the source's zone.")
    trust_exif: bool = Field(default=False, description="Read captured_at from EXIF where nothing better is there.")
    attributes: tuple[str, ...] = Field(("lot", "part", "panel"), description="Attribute keys that are kept.")


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EVERY_DAY: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ActiveSettings(_Section):
    """When frames are expected: outside of it a still picture is no frozen one, and silence is none."""

    days: tuple[Weekday, ...] = Field(EVERY_DAY, min_length=1, description="Days on which the hours start.")
    start: ClockTime = Field("00:00", description="From when on, in the source's zone.")
    end: ClockTime = Field("00:00", description="Until when; at or before `start` it is of the next day.")


class SourceSettings(_Section):
    """One place images come from."""

    kind: Literal["folder", "snapshot"] = Field("folder", description="A watched folder, or a URL that returns a JPEG.")
    path: Path | None = Field(None, description="folder: the folder to watch, with its subfolders.")
    url: Url | None = Field(None, description="snapshot: address of the picture.")
    username: str | None = Field(None, description="snapshot: user for HTTP basic authentication.")
    password: SecretStr | None = Field(None, description="snapshot: password; better by environment or file.")
    timeout_seconds: Seconds = Field(10.0, gt=0, description="snapshot: time one picture may take.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="When to look; a folder is also watched.")
    mode: Literal["live", "batch"] = Field("live", description="live pages people; batch never does.")
    time_zone: TimeZone | None = Field(None, description="The source's own zone; null takes the global one.")
    channel: str | None = Field(None, description="Slack channel for its alerts; null takes slack.channel.")
    images: Images | None = Field(None, description="What Slack may see of its images; null takes slack.images.")
    late_after_seconds: Seconds = Field(3600.0, gt=0, description="Older frames are scored but never page.")
    active: ActiveSettings = Field(ActiveSettings(), description="Active hours, for frozen and silent; default always.")
    silent_after_seconds: Seconds | None = Field(
        None, gt=0, description="No frame for so long in active hours is told; null: by its own pace; batch never is."
    )
    bit_depth: Literal[8, 10, 12, 14, 16] | None = Field(None, description="Bits used by 16-bit images; null means 16.")
    detector: DetectorSettings | None = Field(None, description="Overrides the global `detector` section.")
    limits: LimitSettings | None = Field(None, description="Overrides the global `limits` section.")
    capture: CaptureSettings = Field(CaptureSettings(), description="Times and attributes.")
    when_behind: Literal["wait", "keep_latest"] | None = Field(
        None,
        description="More than most_waiting: its images wait outside, or the oldest are dropped and counted;"
        " null: a live snapshot keeps the latest, all else waits.",
    )
    most_waiting: int | None = Field(
        None, ge=1, description="Frames of it that may wait for a worker; null: 10000, where the latest are kept 4."
    )

    @property
    def keeps_latest(self) -> bool:
        """Whether the newest picture counts and what waits before it may be dropped."""
        if self.when_behind is None:
            return self.kind == "snapshot" and self.mode == "live"
        return self.when_behind == "keep_latest"

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        wanted = "path" if self.kind == "folder" else "url"
        if getattr(self, wanted) is None:
            message = f"a {self.kind} source needs `{wanted}`"
            raise ValueError(message)
        return self


Right = Literal["ask", "label", "acknowledge", "silence", "change"]


class SlackSettings(_Section):
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


class AssistantSettings(_Section):
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


class AlertSettings(_Section):
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


class StorageSettings(_Section):
    """Where everything is kept."""

    data_dir: Path = Field(Path("oddspot-data"), description="Folder of database, blobs and bundles.")
    database_url: SecretStr | None = Field(None, description="null: SQLite in data_dir; or postgresql://...")
    reader_url: SecretStr | None = Field(
        None, description="PostgreSQL: the assistant's own role, which only reads; `oddspot db reader` makes it."
    )
    disk_warn_share: float = Field(0.9, gt=0, lt=1, description="Share of data_dir's disk in use that is told once.")
    disk_stop_share: float = Field(
        0.97, gt=0, lt=1, description="Share in use at which nothing more is taken in until there is room."
    )

    @model_validator(mode="after")
    def _warns_first(self) -> Self:
        if self.disk_warn_share >= self.disk_stop_share:
            message = f"disk_warn_share {self.disk_warn_share} must be less than disk_stop_share {self.disk_stop_share}"
            raise ValueError(message)
        return self


class RetentionSettings(_Section):
    """What is thrown away, and when."""

    normal_days: Days = Field(30.0, gt=0, description="Originals of normal frames are kept this long.")
    least_days: Days = Field(
        1.0, ge=0, description="And at least this long where the disk is full: the oldest go early until there is room."
    )
    anomaly_days: Days = Field(365.0, gt=0, description="Originals of anomalies are kept this long.")
    question_days: Days = Field(7.0, gt=0, description="Images people asked about, and their pictures, likewise.")


class StatusSettings(_Section):
    """What monitoring may ask: /healthz, /readyz and /metrics; `detect` listens on the port, `talk` on the next one."""

    port: int | None = Field(None, ge=1, le=65_534, description="Left out: nothing listens.")
    host: str = Field("127.0.0.1", description="Where to listen; beyond this machine only with a token.")
    token: SecretStr | None = Field(None, description="Asked for as Authorization: Bearer TOKEN.")

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is None and not is_loopback(f"http://{self.host}"):
            message = f"status.host {self.host} is heard beyond this machine, so status.token is needed"
            raise ValueError(message)
        return self


class ShiftSettings(_Section):
    """When shifts start, in the source's zone."""

    starts: tuple[ClockTime, ...] = Field(("06:00", "14:00", "22:00"), description="Clock times, in order.")


class ReportSettings(_Section):
    """Which reports are told, when and where; each goes to the channel of the sources it is about."""

    daily: bool = Field(default=True, description="A line a day: frames, anomalies, what was not judged.")
    handover: bool = Field(default=False, description="At the end of a shift: what is open, silenced, down; the worst.")
    weekly: bool = Field(default=False, description="A report of the week, with a page in its thread.")
    monthly: bool = Field(default=False, description="A report of the month, with a page in its thread.")
    at: ClockTime = Field("07:00", description="When daily, weekly and monthly ones are told, in the sources' zone.")
    channel: str | None = Field(None, description="One channel for all reports; null: each source's own.")
    quiet_minutes: Minutes = Field(60.0, gt=0, description="A live source without a frame so long counts as down.")


class Settings(_Section):
    """The whole configuration."""

    time_zone: TimeZone = Field("UTC", description="Zone of every window unless one source is named.")
    sources: dict[str, SourceSettings] = Field(default_factory=dict, description="Where images come from, by name.")
    detector: DetectorSettings = Field(DetectorSettings(), description="Defaults for every source.")
    limits: LimitSettings = Field(LimitSettings(), description="What one image may cost.")
    slack: SlackSettings = Field(SlackSettings(), description="The team's channel.")
    assistant: AssistantSettings = Field(AssistantSettings(), description="The reader of questions.")
    alerts: AlertSettings = Field(AlertSettings(), description="Incidents and messages.")
    storage: StorageSettings = Field(StorageSettings(), description="Database and files.")
    status: StatusSettings = Field(StatusSettings(), description="What monitoring may ask.")
    retention: RetentionSettings = Field(RetentionSettings(), description="What is thrown away.")
    shifts: ShiftSettings = Field(ShiftSettings(), description="Working shifts.")
    routes: tuple[RouteSettings, ...] = Field((), description="Who is told of what, when: the first rule that fits.")
    alarms: AlarmSettings = Field(AlarmSettings(), description="How people learn that something cannot be told.")
    webhooks: tuple[WebhookSettings, ...] = Field((), description="Addresses that get signed JSON.")

    @model_validator(mode="after")
    def _distinct_webhooks(self) -> Self:
        need_distinct_names(self.webhooks)
        return self

    reports: ReportSettings = Field(ReportSettings(), description="Reports in the channel.")

    @model_validator(mode="after")
    def _plain_source_names(self) -> Self:
        for name in self.sources:
            if not SOURCE_NAME.fullmatch(name):
                message = f"source name {name!r} may hold only letters, digits, dot, dash and underscore"
                raise ValueError(message)
        return self

    def zone_of(self, source: str | None) -> str:
        """Return the zone of one source, or the global one."""
        if source in self.sources and self.sources[source].time_zone:
            return self.sources[source].time_zone or self.time_zone
        return self.time_zone

    def detector_of(self, source: str) -> DetectorSettings:
        """Return how a source's detector is fitted."""
        own = self.sources[source].detector if source in self.sources else None
        return own or self.detector

    def limits_of(self, source: str) -> LimitSettings:
        """Return what one image of a source may cost."""
        own = self.sources[source].limits if source in self.sources else None
        return own or self.limits

    def bit_depth_of(self, source: str) -> int | None:
        """Return the bits used by a source's 16-bit images, if it says so."""
        return self.sources[source].bit_depth if source in self.sources else None

    def channel_of(self, source: str) -> str:
        """Return where a source's alerts go."""
        own = self.sources[source].channel if source in self.sources else None
        return own or self.slack.channel

    def images_of(self, source: str) -> Images:
        """Return what Slack may see of a source's images."""
        own = self.sources[source].images if source in self.sources else None
        return own or self.slack.images

    @property
    def database_url(self) -> str:
        """The database to use: the setting, or SQLite in data_dir."""
        if self.storage.database_url is not None:
            return self.storage.database_url.get_secret_value()
        return f"sqlite:///{self.storage.data_dir / 'oddspot.db'}"
