"""Why the system refused something, in its own words."""

import shutil
from pathlib import Path

import pytest

from config.errors import reason_of


def test_says_what_the_system_says(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - any error of the system
        (tmp_path / "nothing").read_text(encoding="utf-8")

    assert reason_of(caught.value) == "No such file or directory"


def test_says_the_first_of_several_reasons(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "gone").symlink_to(tmp_path / "nothing")

    with pytest.raises(shutil.Error) as caught:
        shutil.copytree(tmp_path / "from", tmp_path / "to")

    assert caught.value.strerror is None
    assert "No such file or directory" in reason_of(caught.value)


def test_never_says_none() -> None:
    assert reason_of(OSError()) == "OSError"
