"""Settings from one YAML file and the environment; the environment wins."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from config.errors import OddspotError
from config.logs import SECRET
from config.renamed import follow_renames, say
from config.settings import Settings
from config.yaml_file import read_yaml

PREFIX = "ODDSPOT__"
PLAIN_NAMES = {
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
}
DEFAULT_FILE = Path("oddspot.yaml")
NULLS = {"", "~", "null"}
HIDDEN = {"extra_forbidden", "model_type", "model_attributes_type"}  # what was meant is unknown: it may be a secret


class ConfigError(OddspotError):
    """The settings cannot be used; the message names the key, the value and what is allowed."""


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `path`, else ODDSPOT_CONFIG, else ./oddspot.yaml, else the defaults; raise ConfigError."""
    environ = os.environ if environ is None else environ
    file = find_file(path, environ)
    values = _read_yaml(file) if file else {}
    _overlay(values, environ)
    say(follow_renames(values))
    settings = _validated(values, file)
    return _with_absolute_paths(settings, file.parent if file else Path.cwd())


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file settings come from, or None where the defaults hold; raise ConfigError if a named one is gone."""
    named = path or (Path(environ["ODDSPOT_CONFIG"]) if environ.get("ODDSPOT_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            message = f"There is no settings file {named}."
            raise ConfigError(message)
        return named.absolute()
    return DEFAULT_FILE.absolute() if DEFAULT_FILE.is_file() else None


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        values = read_yaml(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        message = f"{file.name} cannot be read: {_without_content(error)}."
        raise ConfigError(message) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        message = f"{file.name} must hold keys and values, not {type(values).__name__}."
        raise ConfigError(message)
    return values


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, keys in PLAIN_NAMES.items():
        section = values.get(keys[0])
        if environ.get(name) and not (isinstance(section, dict) and section.get(keys[1])):
            _put(values, keys, environ[name])
    for name, value in environ.items():
        if not name.upper().startswith(PREFIX):
            continue
        path = tuple(name[len(PREFIX) :].lower().split("__"))
        if path[-1].endswith("_file"):
            _put(values, (*path[:-1], path[-1].removesuffix("_file")), _secret_from(name, value))
        else:
            _put(values, path, _parsed(value))


def _secret_from(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name} names a file that cannot be read: {path}"
        raise ConfigError(message) from error


def _parsed(value: str) -> Any:
    try:
        parsed = read_yaml(value)
    except yaml.YAMLError:
        return value
    if parsed is None:  # "#channel" is a comment to YAML, and no null
        return None if value.strip().lower() in NULLS else value
    return parsed if isinstance(parsed, list | dict) else value  # "00123" may be a password: the setting's type decides


def _put(values: dict[str, Any], keys: tuple[str, ...], value: object) -> None:
    for number, wanted in enumerate(keys[:-1], 1):
        key = next((known for known in values if str(known).lower() == wanted), wanted)
        inner = values.get(key)
        if isinstance(inner, list) and _is_place(inner, keys[number]):
            _put_into_list(inner, keys[number:], value)
            return
        if not isinstance(inner, dict):
            inner = {}
            values[key] = inner
        values = inner
    matching = next((key for key in values if str(key).lower() == keys[-1]), keys[-1])
    values[matching] = value


def _is_place(items: list[Any], key: str) -> bool:
    return key.isascii() and key.isdigit() and int(key) < len(items)


def _put_into_list(items: list[Any], keys: tuple[str, ...], value: object) -> None:
    """Set one item, or a key within it, by its place from 0 on: as WEBHOOKS__0__SECRET."""
    place = int(keys[0])
    if len(keys) == 1:
        items[place] = value
    elif isinstance(items[place], dict):
        _put(items[place], keys[1:], value)


def _validated(values: dict[str, Any], file: Path | None) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        is_hidden = _is_secret(key) or first["type"] in HIDDEN or isinstance(first["input"], dict | list)
        shown = "" if is_hidden else f" (got {first['input']!r})"
        where = file.name if file else "the environment"
        message = f"Setting {key or 'the whole file'} in {where}: {first['msg']}{shown}."
        raise ConfigError(SECRET.sub("***", message)) from error


def _without_content(error: Exception) -> str:
    """Say what is wrong with a file, and where, but nothing of what it says."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"{error.problem} in line {mark.line + 1}, column {mark.column + 1}"
    return getattr(error, "strerror", None) or type(error).__name__


def _is_secret(key: str) -> bool:
    return any(word in key for word in ("token", "secret", "password", "key", "url"))


def _with_absolute_paths(settings: Settings, base: Path) -> Settings:
    data_dir = (base / settings.storage.data_dir.expanduser()).absolute()
    sources = {
        name: source.model_copy(update={"path": (base / source.path.expanduser()).absolute()})
        if source.path
        else source
        for name, source in settings.sources.items()
    }
    storage = settings.storage.model_copy(update={"data_dir": data_dir})
    return settings.model_copy(update={"storage": storage, "sources": sources})
