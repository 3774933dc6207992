"""The settings file that `oddspot init` writes: every key with its meaning and its default."""

import json
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.settings import Settings
from config.sources import SourceSettings

HEADER = """\
# Oddspot's settings. Every key is shown with its meaning above it; a key behind "# " stands at its default.
# Secrets are better given by environment: ODDSPOT__SLACK__BOT_TOKEN=..., or ODDSPOT__SLACK__BOT_TOKEN_FILE=/path.
# Any key can be set so: ODDSPOT__STORAGE__DATA_DIR=/var/lib/oddspot
"""
SOURCE_EXAMPLE = """\
# Where images come from, by name.
sources:
  line-1:
    kind: folder
    path: photos/incoming
    # Everything else a source can say:
"""


def settings_template() -> str:
    """Return the commented YAML; it loads as it stands and equals the defaults plus one folder source."""
    sections = [HEADER, SOURCE_EXAMPLE + _fields(SourceSettings, indent=4, skip=("kind", "path"))]
    for name, field in Settings.model_fields.items():
        if name != "sources":
            sections.append(_field(name, field, indent=0))
    return "\n".join(sections)


def _fields(model: type[BaseModel], *, indent: int, skip: tuple[str, ...] = ()) -> str:
    return "".join(_field(name, field, indent=indent) for name, field in model.model_fields.items() if name not in skip)


def _field(name: str, field: FieldInfo, *, indent: int) -> str:
    pad = " " * indent
    explained = f"{pad}# {field.description}\n" if field.description else ""
    default: Any = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        return f"{explained}{pad}# {name}:\n{_fields(type(default), indent=indent + 2)}"
    return f"{explained}{pad}# {name}: {_yaml(default)}\n{_each(field, pad)}"


def _each(field: FieldInfo, pad: str) -> str:
    """Explain what each of several may say, as in a list of rules; nothing where a setting is no list of sections."""
    item = _section_in(field)
    if get_origin(field.annotation) is not tuple or item is None:
        return ""
    return f"{pad}# Each may say:\n{_keys(item, f'{pad}#   ')}"


def _keys(model: type[BaseModel], before: str) -> str:
    lines = []
    for name, field in model.model_fields.items():
        inner = _section_in(field)
        lines.append(f"{before}{name} - {field.description}\n")
        lines += [_keys(inner, f"{before}  ")] if inner else []
    return "".join(lines)


def _section_in(field: FieldInfo) -> type[BaseModel] | None:
    parts = get_args(field.annotation)
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _yaml(value: object) -> str:
    return (
        "null"
        if value is None
        else json.dumps(value, default=lambda other: list(other) if isinstance(other, tuple) else str(other))
    )
