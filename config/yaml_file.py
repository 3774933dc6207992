"""YAML as people mean it: 17:00 is a time of day, and a key given twice is refused, not lost."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError

INTEGER, FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"


def read_yaml(text: str) -> Any:
    """Return what a YAML text holds; raise yaml.YAMLError, whose `problem` says nothing of the text."""
    return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML 1.1 without its numbers to the base of 60, which take 17:00 for 1020."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Read a mapping and see that it says each key once."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in seen:
                problem = f"the key of line {seen[key.tag, key.value]} is given again"
                raise ConstructorError(None, None, problem, key.start_mark)
            seen[key.tag, str(key.value)] = key.start_mark.line + 1
        return node


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    if ":" in node.value:
        return loader.construct_yaml_str(node)
    return loader.construct_yaml_int(node) if node.tag == INTEGER else loader.construct_yaml_float(node)


for _tag in (INTEGER, FLOAT):
    _PlainLoader.add_constructor(_tag, _number)
