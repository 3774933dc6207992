"""Slack's documented Block Kit limits, checked on every block that arrives."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
KNOWN_BLOCKS = frozenset(
    {
        "actions",
        "card",
        "carousel",
        "container",
        "context",
        "context_actions",
        "data_table",
        "data_visualization",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "markdown",
        "plan",
        "rich_text",
        "section",
        "table",
        "task_card",
        "video",
    }
)
SELECTS = frozenset(
    {
        "static_select",
        "multi_static_select",
        "users_select",
        "conversations_select",
        "channels_select",
        "external_select",
        "multi_users_select",
        "multi_conversations_select",
        "multi_channels_select",
        "overflow",
        "radio_buttons",
        "checkboxes",
    }
)
OPTION_LIMITS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
TEXT_KINDS = {"plain_text", "mrkdwn"}


class BlockError(Exception):
    """A block breaks a documented rule; `path` is a JSON pointer to it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{reason} [json-pointer:{path}]")


def check_blocks(blocks: Any, has_file: Callable[[Json], bool], *, most: int = MESSAGE_BLOCKS) -> None:
    """Raise BlockError unless every block keeps the documented limits; has_file tells whether a slack_file is ready."""
    _need(isinstance(blocks, list), "/blocks", "must be an array")
    _need(len(blocks) <= most, "/blocks", f"no more than {most} items allowed")
    _need(all(isinstance(block, dict) for block in blocks), "/blocks", "must hold objects")
    _unique([block.get("block_id") for block in blocks], "/blocks", "block_id")
    _need(sum(len(b.get("text", "")) for b in blocks if b.get("type") == "markdown") <= 12_000, "/blocks", "markdown")
    _need(sum(b.get("type") == "data_visualization" for b in blocks) <= 2, "/blocks", "no more than 2 charts allowed")
    for index, block in enumerate(blocks):
        path = f"/blocks/{index}"
        _need(block.get("type") in KNOWN_BLOCKS, f"{path}/type", "unsupported type")
        _need(len(block.get("block_id") or "") <= 255, f"{path}/block_id", "must be less than 256 characters")
        check = CHECKS.get(block["type"])
        if check is not None:
            check(block, path, has_file)


def elements_of(block: Json) -> list[Json]:
    """Return everything in a block a person can press or choose."""
    found = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [element for element in found if isinstance(element, dict) and "action_id" in element]


def _section(block: Json, path: str, has_file: Callable[[Json], bool]) -> None:
    fields = block.get("fields")
    _need(bool(block.get("text") or fields), path, "missing required field: text or fields")
    if block.get("text"):
        _text(block["text"], f"{path}/text", 3000)
    _need(len(fields or []) <= 10, f"{path}/fields", "no more than 10 items allowed")
    for index, field in enumerate(fields or []):
        _text(field, f"{path}/fields/{index}", 2000)
    if block.get("accessory"):
        _element(block["accessory"], f"{path}/accessory", has_file)


def _header(block: Json, path: str, _: Callable[[Json], bool]) -> None:
    _text(block.get("text"), f"{path}/text", 150, kinds={"plain_text"})


def _image(block: Json, path: str, has_file: Callable[[Json], bool]) -> None:
    alt = block.get("alt_text")
    _need(isinstance(alt, str) and len(alt) <= 2000, f"{path}/alt_text", "required, less than 2001 characters")
    _need(("image_url" in block) != ("slack_file" in block), path, "one of image_url and slack_file is required")
    _need(len(block.get("image_url", "")) <= 3000, f"{path}/image_url", "must be less than 3001 characters")
    if block.get("title"):
        _text(block["title"], f"{path}/title", 2000, kinds={"plain_text"})
    if "slack_file" in block:
        _need(has_file(block["slack_file"]), f"{path}/slack_file", "invalid slack file")


def _context(block: Json, path: str, has_file: Callable[[Json], bool]) -> None:
    elements = block.get("elements") or []
    _need(1 <= len(elements) <= 10, f"{path}/elements", "between 1 and 10 items allowed")
    for index, element in enumerate(elements):
        where = f"{path}/elements/{index}"
        if element.get("type") == "image":
            _image(element, where, has_file)
        else:
            _text(element, where, 3000)


def _actions(block: Json, path: str, has_file: Callable[[Json], bool]) -> None:
    elements = block.get("elements") or []
    most = 5 if block["type"] == "context_actions" else 25
    _need(1 <= len(elements) <= most, f"{path}/elements", f"between 1 and {most} items allowed")
    _unique([element.get("action_id") for element in elements], f"{path}/elements", "action_id")
    for index, element in enumerate(elements):
        _element(element, f"{path}/elements/{index}", has_file)


def _input(block: Json, path: str, has_file: Callable[[Json], bool]) -> None:
    _text(block.get("label"), f"{path}/label", 2000, kinds={"plain_text"})
    _need(isinstance(block.get("element"), dict), f"{path}/element", "missing required field: element")
    _element(block["element"], f"{path}/element", has_file)


def _markdown(block: Json, path: str, _: Callable[[Json], bool]) -> None:
    _need(bool(block.get("text")), f"{path}/text", "missing required field: text")


def _table(block: Json, path: str, _: Callable[[Json], bool]) -> None:
    rows = block.get("rows") or []
    _need(1 <= len(rows) <= 100, f"{path}/rows", "between 1 and 100 rows allowed")
    _need(all(len(row) <= 20 for row in rows), f"{path}/rows", "no more than 20 cells in a row")


def _chart(block: Json, path: str, _: Callable[[Json], bool]) -> None:
    _need(0 < len(block.get("title") or "") <= 50, f"{path}/title", "between 1 and 50 characters")
    chart = block.get("chart") or {}
    _need(chart.get("type") in {"pie", "bar", "area", "line"}, f"{path}/chart/type", "unknown chart")
    if chart["type"] == "pie":
        _need(bool(chart.get("segments")), f"{path}/chart/segments", "missing required field: segments")
        return
    series = chart.get("series") or []
    _need(1 <= len(series) <= 6, f"{path}/chart/series", "between 1 and 6 items allowed")
    _unique([one.get("name") for one in series], f"{path}/chart/series", "name")
    for index, one in enumerate(series):
        where = f"{path}/chart/series/{index}"
        _need(0 < len(one.get("name") or "") <= 20, f"{where}/name", "between 1 and 20 characters")
        _need(1 <= len(one.get("data") or []) <= 20, f"{where}/data", "between 1 and 20 items allowed")


def _element(element: Json, path: str, has_file: Callable[[Json], bool]) -> None:
    kind = element.get("type")
    _need(len(element.get("action_id") or "") <= 255, f"{path}/action_id", "must be less than 256 characters")
    if kind == "button":
        _text(element.get("text"), f"{path}/text", 75, kinds={"plain_text"})
        _need(len(element.get("value") or "") <= 2000, f"{path}/value", "must be less than 2001 characters")
        _need(len(element.get("url") or "") <= 3000, f"{path}/url", "must be less than 3001 characters")
        _need(element.get("style", "primary") in {"primary", "danger"}, f"{path}/style", "unknown style")
        _need(len(element.get("accessibility_label") or "") <= 75, f"{path}/accessibility_label", "too long")
    elif kind == "image":
        _image(element, path, has_file)
    elif kind in SELECTS:
        _options(element, path)
    if element.get("confirm"):
        _confirm(element["confirm"], f"{path}/confirm")


def _options(element: Json, path: str) -> None:
    most = OPTION_LIMITS.get(element["type"], 100)
    options = element.get("options") or []
    _need(len(options) <= most, f"{path}/options", f"no more than {most} items allowed")
    for index, option in enumerate(options):
        _text(option.get("text"), f"{path}/options/{index}/text", 75)
        _need(0 < len(option.get("value") or "") <= 150, f"{path}/options/{index}/value", "between 1 and 150")
    if element.get("placeholder"):
        _text(element["placeholder"], f"{path}/placeholder", 150, kinds={"plain_text"})


def _confirm(confirm: Json, path: str) -> None:
    _text(confirm.get("title"), f"{path}/title", 100, kinds={"plain_text"})
    _text(confirm.get("text"), f"{path}/text", 300)
    for key in ("confirm", "deny"):
        if confirm.get(key):
            _text(confirm[key], f"{path}/{key}", 30, kinds={"plain_text"})


def _text(value: Any, path: str, most: int, *, kinds: set[str] = TEXT_KINDS) -> None:
    _need(isinstance(value, dict) and value.get("type") in kinds, path, f"must be one of {sorted(kinds)}")
    text = value.get("text")
    _need(isinstance(text, str) and text != "", f"{path}/text", "must be more than 0 characters")
    _need(len(text) <= most, f"{path}/text", f"must be less than {most + 1} characters")


def _unique(values: list[Any], path: str, name: str) -> None:
    given = [value for value in values if value]
    _need(len(given) == len(set(given)), path, f"{name} must be unique")


def _need(holds: bool, path: str, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise BlockError(path, reason)


CHECKS: dict[str, Callable[[Json, str, Callable[[Json], bool]], None]] = {
    "section": _section,
    "header": _header,
    "image": _image,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "input": _input,
    "markdown": _markdown,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
}
