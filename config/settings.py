"""The whole configuration: every section, and what holds for one source."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, model_validator

from config.keeping import RetentionSettings, StatusSettings, StorageSettings
from config.routes import AlarmSettings, Images, RouteSettings, WebhookSettings, need_distinct_names
from config.sections import ClockTime, Section
from config.sources import DetectorSettings, LimitSettings, SourceSettings
from config.team import AlertSettings, AssistantSettings, ReportSettings, SlackSettings
from config.values import TimeZone

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.IGNORECASE)


class ShiftSettings(Section):
    """When shifts start, in the source's zone."""

    starts: tuple[ClockTime, ...] = Field(("06:00", "14:00", "22:00"), description="Clock times, in order.")


class Settings(Section):
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
