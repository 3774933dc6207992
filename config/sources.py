"""Where images come from, when, what one may cost, and how each source's detector is fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from config.routes import Images
from config.sections import ClockTime, Seconds, Section
from config.values import CronLine, Pattern, TimeZone, Url

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
# Each takes some 250 MB; more are asked for by those who have them.
MOST_WORKERS = 4
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EVERY_DAY: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class LimitSettings(Section):
    """What an image may cost before it is rejected."""

    max_bytes: int = Field(64_000_000, gt=0, description="Largest file, in bytes.")
    max_pixels: int = Field(50_000_000, gt=0, description="Largest image, in pixels.")
    max_aspect: float = Field(50.0, gt=1, description="Longest side over shortest side.")
    decode_seconds: Seconds = Field(10.0, gt=0, description="Processor time one decode may take.")
    decode_memory_bytes: int = Field(1_500_000_000, gt=0, description="Address space of the decoding process.")


class DetectorSettings(Section):
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
    precision: Literal["float32", "int8"] | None = Field(
        None, description="Of the network: int8 takes half the time; null: int8 for preset fast, float32 for default."
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


class ScheduleSettings(Section):
    """When a source is looked at: every so many seconds, or by a cron line."""

    every_seconds: Seconds | None = Field(None, gt=0, description="Seconds between two looks.")
    cron: CronLine | None = Field(None, description='Five cron fields in its zone: "*/5 6-22 * * mon-fri".')

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.every_seconds is not None and self.cron is not None:
            message = "give every_seconds or cron, not both"
            raise ValueError(message)
        return self


class CaptureSettings(Section):
    """Where an image's time and attributes are read from."""

    name_pattern: Pattern | None = Field(
        None,
        description="Regular expression over the file name; the group `time` is captured_at, other groups attributes.",
    )
    time_format: str = Field("%Y%m%d-%H%M%S", description="strptime format of the group `time`, in the source's zone.")
    trust_exif: bool = Field(default=False, description="Read captured_at from EXIF where nothing better is there.")
    attributes: tuple[str, ...] = Field(("lot", "part", "panel"), description="Attribute keys that are kept.")


class ActiveSettings(Section):
    """When frames are expected: outside of it a still picture is no frozen one, and silence is none."""

    days: tuple[Weekday, ...] = Field(EVERY_DAY, min_length=1, description="Days on which the hours start.")
    start: ClockTime = Field("00:00", description="From when on, in the source's zone.")
    end: ClockTime = Field("00:00", description="Until when; at or before `start` it is of the next day.")


class SourceSettings(Section):
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
