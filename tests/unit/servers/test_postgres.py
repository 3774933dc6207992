import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgres import PostgresServer, libpq_url, start_postgres


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    running = start_postgres(tmp_path_factory.mktemp("postgres"))
    yield running
    running.stop()


def test_makes_and_drops_databases(server: PostgresServer) -> None:
    name = f"line_1_{os.getpid()}"
    url = server.create_database(name)
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TABLE frame (id int)")
        row = connection.execute("SELECT current_database(), count(*) FROM frame").fetchone()

    server.drop_database(name)

    assert url.startswith("postgresql+psycopg://")
    assert row == (name, 0)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(libpq_url(url))


def test_drops_a_database_somebody_still_uses(server: PostgresServer) -> None:
    url = server.create_database(f"busy_{os.getpid()}")
    with psycopg.connect(libpq_url(url)) as connection:
        server.drop_database(f"busy_{os.getpid()}")

        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_leaves_nothing_behind_when_stopped(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, environ={})
    place = server.place

    server.stop()

    assert place is not None
    assert not place.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(libpq_url(server.url))


def test_takes_a_running_server_when_told_its_url(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, environ={"TEST_POSTGRES_URL": "postgres://u:p@127.0.0.1:1/postgres"})

    server.stop()

    assert server.url == "postgresql+psycopg://u:p@127.0.0.1:1/postgres"
    assert list(tmp_path.iterdir()) == []
