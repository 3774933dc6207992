from pathlib import Path

from detectors.demo.home import make_home, settings_file


def test_keeps_what_was_seen_to_its_owner(tmp_path: Path) -> None:
    home = make_home(tmp_path, [], channel=None)

    assert (home / "data").stat().st_mode & 0o777 == 0o700
    assert settings_file(home).is_file()
