"""A PostgreSQL that can be killed: what it has committed it keeps, whatever becomes of its processes."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from tests.crash.processes import children_of, kill
from tests.servers.free_port import free_port
from tests.servers.postgres import PostgresError
from tests.servers.postgres_programs import find_programs, place_for

# fsync guards against a power cut alone; a commit has to be handed to the system before it is answered.
OPTIONS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=100"
START_SECONDS = 60.0


class MortalPostgres:
    """A server of our own on loopback, killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._programs = find_programs()
        self._place = place_for(self._programs, folder)
        self.port = free_port()
        made = self._programs.command("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-N")
        subprocess.run([*made, "-E", "UTF8", "--locale=C.UTF-8"], check=True, capture_output=True, cwd="/")
        self.start()

    @property
    def _data(self) -> Path:
        return self._place / "data"

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start it, once the processes of one that was killed are gone."""
        deadline = time.monotonic() + START_SECONDS
        given = ["-D", str(self._data), "-l", str(self._place / "log"), "-o", f"-p {self.port} {OPTIONS}"]
        start = self._programs.command("pg_ctl", *given, "-w", "-t", "30", "start")
        while _fails(start):
            if time.monotonic() > deadline:
                raise PostgresError((self._place / "log").read_text())
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill the server as a machine out of memory does."""
        os.kill(self._pid, signal.SIGKILL)

    def kill_one_of_its_processes(self, chance: random.Random) -> bool:
        """Kill a process of the server's: it ends all sessions and starts anew by itself; False where none is there."""
        found = children_of(self._pid)
        return bool(found) and kill(chance.choice(found))

    def stop(self) -> None:
        stop = self._programs.command("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
        subprocess.run(stop, check=False, capture_output=True, cwd="/")
        shutil.rmtree(self._place, ignore_errors=True)

    @property
    def _pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)


def _fails(command: list[str]) -> bool:
    quiet = subprocess.DEVNULL  # a pipe would be kept open by the server
    return subprocess.run(command, check=False, cwd="/", stdout=quiet, stderr=quiet).returncode != 0
