"""PostgreSQL's own programs, run with the connection of a URL; its password goes by the environment, never in sight."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from storage.upkeep.manifest import BackupError

SYSTEM_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")


class ProgramMissingError(BackupError):
    """A program of PostgreSQL is not on this machine."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} was not found: install PostgreSQL's client programs, as postgresql-client.")


def run_program(program: str, url: URL | None, *arguments: str) -> None:
    """Run a program, on a database or on none; raise ProgramMissingError, or BackupError with its first complaint."""
    command = [_find(program), *(_connection(url) if url else ()), *arguments]
    password = {"PGPASSWORD": url.password} if url and url.password else {}
    environment = os.environ | {"PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"} | password
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - ours
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"it ended with {done.returncode}"]
        raise BackupError(f"{program} failed: {lines[0].removeprefix(f'{program}: ').strip()}")


def _connection(url: URL) -> list[str]:
    given = {"--host": url.host, "--port": url.port, "--username": url.username, "--dbname": url.database}
    return ["--no-password", *(f"{name}={value}" for name, value in given.items() if value)]


def _find(program: str) -> str:
    on_path = shutil.which(program)
    if on_path:
        return on_path
    found = [path / program for pattern in SYSTEM_FOLDERS for path in Path("/").glob(pattern)]
    newest = max((path for path in found if path.exists()), key=_version, default=None)
    if newest is None:
        raise ProgramMissingError(program)
    return str(newest)


def _version(path: Path) -> float:
    return max((float(part) for part in path.parts if part.replace(".", "", 1).isdigit()), default=0.0)
