from pathlib import Path
from urllib.parse import quote

import pytest

from tests.servers.chromium import Browser, ChromiumError, ChromiumMissingError, find_chromium

PAGE = """<!doctype html><input id=field><script>
window.pressed = [];
addEventListener("keydown", (event) => window.pressed.push(event.key));
</script>"""


@pytest.mark.timeout(600)  # it may have to be installed first
def test_opens_a_page_presses_keys_and_reads_what_it_holds(tmp_path: Path) -> None:
    with Browser(find_chromium(), tmp_path) as browser:
        browser.open(f"data:text/html,{quote(PAGE)}")
        browser.press("j", "ArrowDown", "Backspace")
        browser.value("document.querySelector('#field').focus()")
        browser.press(*"abc", "Backspace")

        assert browser.value("window.pressed.slice(0, 3)") == ["j", "ArrowDown", "Backspace"]
        assert browser.value("document.querySelector('#field').value") == "ab"
        assert browser.value("innerWidth") == 1280
        with pytest.raises(ChromiumError, match="nowhere"):
            browser.value("nowhere.at.all")


def test_finds_it_by_any_of_its_names(tmp_path: Path) -> None:
    program = tmp_path / "google-chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert find_chromium(str(tmp_path)) == program


def test_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ChromiumMissingError, match="chromium"):
        find_chromium(str(tmp_path))
