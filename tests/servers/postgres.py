"""A real PostgreSQL for tests: one already running by TEST_POSTGRES_URL, else a server of our own on loopback."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.servers.free_port import free_port
from tests.servers.postgres_programs import Programs, find_programs, place_for

ATTEMPTS = 3
STARTED_SECONDS = 30
OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c synchronous_commit=off "
    "-c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB -c autovacuum=off"
)


class PostgresError(Exception):
    """PostgreSQL for tests could not be started; the message holds the end of its log."""

    def __init__(self, log: str) -> None:
        super().__init__(f"PostgreSQL did not start: {log[-1500:]}")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server; url is its maintenance database as SQLAlchemy wants it (postgresql+psycopg://)."""

    url: str
    programs: Programs | None = None
    place: Path | None = None

    def create_database(self, name: str) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server and remove its files; one that was running before is left alone."""
        if self.programs is None or self.place is None:
            return
        stop = self.programs.command("pg_ctl", "-D", str(self.place / "data"), "-m", "immediate", "-w", "stop")
        subprocess.run(stop, check=False, capture_output=True, cwd="/")
        shutil.rmtree(self.place, ignore_errors=True)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            connection.execute(statement)


def start_postgres(folder: Path, environ: Mapping[str, str] = os.environ) -> PostgresServer:
    """Start PostgreSQL with its files under `folder`, or in a temporary folder where its user cannot reach that one.

    TEST_POSTGRES_URL wins. Raise PostgresMissingError without the programs, PostgresError if the server will not start.
    """
    if environ.get("TEST_POSTGRES_URL"):
        return PostgresServer(sqlalchemy_url(environ["TEST_POSTGRES_URL"]))
    programs = find_programs()
    place = place_for(programs, folder)
    try:
        initdb = programs.command("initdb", "-D", str(place / "data"), "-A", "trust", "-U", "postgres")
        _must([*initdb, "-E", "UTF8", "--locale=C.UTF-8", "-N", "--no-instructions"])
        port = _start(programs, place)
    except PostgresError:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return PostgresServer(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", programs, place)


def sqlalchemy_url(url: str) -> str:
    """Return any PostgreSQL URL with the driver Oddspot uses."""
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql+psycopg"))


def libpq_url(url: str) -> str:
    """Return a SQLAlchemy URL as psycopg itself wants it."""
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql"))


def _start(programs: Programs, place: Path) -> int:
    log = place / "log"
    start = programs.command("pg_ctl", "-D", str(place / "data"), "-l", str(log), "-w", "-t", str(STARTED_SECONDS))
    for attempt in range(ATTEMPTS):
        port = free_port()
        try:
            _must([*start, "-o", f"-p {port} {OPTIONS}", "start"])
        except PostgresError as error:
            if attempt == ATTEMPTS - 1:
                raise PostgresError(f"{error} {log.read_text() if log.exists() else ''}") from error
        else:
            return port
    raise PostgresError("no attempt was made")


def _must(command: list[str]) -> None:
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")
    if done.returncode != 0:
        raise PostgresError(done.stdout)
