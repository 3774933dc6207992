"""The database of the bank's history: made once in a child process, kept in the folder for temporary files."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from storage.database import Database
from storage.history.importing import import_history
from storage.migrate import head, migrate
from tests.evals import world, world_extras, world_people, world_sql

NAME = "oddspot.db"


def world_folder() -> Path:
    """Return the folder with the finished database, made if this code has made none yet."""
    folder = Path(tempfile.gettempdir()) / f"oddspot-evals-{os.getuid()}-{_fingerprint()}"
    if not (folder / NAME).exists():
        subprocess.run([sys.executable, "-m", "tests.evals.world_file", str(folder)], check=True)
    return folder


def build(folder: Path) -> None:
    """Write the database into a folder, in one move at the end."""
    draft = Path(tempfile.mkdtemp(prefix="oddspot-evals-draft-"))
    database = Database(f"sqlite:///{draft / NAME}")
    migrate(database)
    lines = (json.dumps(line) for line in world.history_lines())
    for report in import_history(database, lines, now=world.NOW):
        if report.errors:
            raise ValueError(next(iter(report.errors.values())))
    database.close()
    connection = sqlite3.connect(draft / NAME)
    world_extras.add_extras(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("ANALYZE")
    connection.close()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.move(draft / NAME, folder / NAME)
    shutil.rmtree(draft)


def _fingerprint() -> str:
    """Return a hash of everything the database is made from: our modules and the newest migration."""
    sources = [Path(str(module.__file__)).read_bytes() for module in (world, world_extras, world_people, world_sql)]
    return hashlib.sha256(b"".join([*sources, head().encode()])).hexdigest()[:12]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
