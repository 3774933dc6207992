import json
import shutil
from pathlib import Path

from tests.servers.node import FOLDER, find_node, install_packages, is_stale


def test_pins_emulate_alone_and_names_no_registry() -> None:
    package = json.loads((FOLDER / "package.json").read_text())
    lock = (FOLDER / "package-lock.json").read_text()

    assert package["dependencies"] == {"emulate": "0.11.2"}
    assert "resolved" not in lock
    assert "registry" not in lock
    assert json.loads(lock)["packages"]["node_modules/emulate"]["integrity"].startswith("sha512-")


def test_installs_once_and_again_when_the_lock_file_changes(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FOLDER / name, tmp_path)

    modules = install_packages(find_node(), tmp_path)

    assert (modules / "emulate" / "dist" / "index.js").exists()
    assert not is_stale(tmp_path)
    (tmp_path / "package-lock.json").write_text((tmp_path / "package-lock.json").read_text() + "\n")
    assert is_stale(tmp_path)
