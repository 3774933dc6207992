"""Where everything is kept, for how long, and what monitoring may ask."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from config.sections import Days, Section, is_loopback


class StorageSettings(Section):
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


class RetentionSettings(Section):
    """What is thrown away, and when."""

    normal_days: Days = Field(30.0, gt=0, description="Originals of normal frames are kept this long.")
    least_days: Days = Field(
        1.0, ge=0, description="And at least this long where the disk is full: the oldest go early until there is room."
    )
    anomaly_days: Days = Field(365.0, gt=0, description="Originals of anomalies are kept this long.")
    question_days: Days = Field(7.0, gt=0, description="Images people asked about, and their pictures, likewise.")


class StatusSettings(Section):
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
