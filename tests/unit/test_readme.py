"""What the README shows exists."""

import re
from pathlib import Path

import pytest

import oddspot

ROOT = Path(__file__).resolve().parents[2]
JOINT = {"run", "doctor"}


def commands_shown() -> set[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"(?:^|[\s`/])oddspot ([a-z]+)(?=[\s`,])", text)) - {"is"}


def test_shows_only_commands_there_are() -> None:
    assert commands_shown() <= set(oddspot.COMMANDS) | JOINT
    assert {"init", "fit", "score", "run", "ask", "label", "doctor"} <= commands_shown()


@pytest.mark.parametrize("readme", ["README.md", "storage/README.md", "detectors/README.md", "config/README.md"])
def test_names_only_files_there_are(readme: str) -> None:
    file = ROOT / readme
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", file.read_text(encoding="utf-8"))

    assert [link for link in links if not (file.parent / link).exists()] == []
