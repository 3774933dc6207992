"""Settings as a command's options change them."""

from typing import Any

from pydantic import ValidationError

from config.load import ConfigError
from config.sources import DetectorSettings


def choose_settings(base: DetectorSettings, given: dict[str, Any]) -> DetectorSettings:
    """Return the settings with what was given put over them; raise ConfigError naming the option."""
    values = base.model_dump() | {key: value for key, value in given.items() if value is not None}
    try:
        return DetectorSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise ConfigError(f"Option --{option}: {first['msg']} (got {first['input']!r}).") from error
