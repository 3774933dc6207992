"""The role on PostgreSQL that the assistant reads through: made, and looked at for what it may do beyond that."""

from datetime import datetime

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from storage.database import Database, parsed_url
from storage.errors import StorageError
from storage.reader import SCHEMA, drop_views, grant_views, make_views, own_statements, role_of, role_statements
from storage.repositories.audit import write_audit

MORE = (
    "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles"
    " WHERE rolname = :role"
)
ALTER_ROLE = "SELECT format('ALTER ROLE %I PASSWORD %L', CAST(:role AS text), CAST(:hashed AS text))"
# Privileges on what is not the system's, as (what it is called, SQL that counts it).
THEIRS = "('pg_catalog', 'information_schema')"
TABLES = "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm')"
BEYOND = {
    "may make temporary tables": "SELECT has_database_privilege(:role, current_database(), 'TEMP')",
    "may make schemas": "SELECT has_database_privilege(:role, current_database(), 'CREATE')",
    "may make things in a schema": "SELECT bool_or(has_schema_privilege(:role, oid, 'CREATE')) FROM pg_namespace",
    "may write": f"SELECT bool_or(has_table_privilege(:role, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) {TABLES}"
    f" AND n.nspname NOT IN {THEIRS}",
    "sees more than the views": f"SELECT bool_or(has_any_column_privilege(:role, c.oid, 'SELECT')) {TABLES}"
    f" AND n.nspname NOT IN {THEIRS} AND n.nspname <> '{SCHEMA}' AND has_schema_privilege(:role, n.oid, 'USAGE')",
}


class RoleError(StorageError):
    """The role that reads cannot be made with the rights of storage.database_url."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"The user of storage.database_url may not make the role {role}: let an administrator run what"
            " `oddspot db reader --sql` prints, then run `oddspot db reader` again."
        )


def make_role(database: Database, *, reader_url: str, database_url: str, actor: str, now: datetime) -> list[str]:
    """Make the role and its views, or set them right; return what the role may do beyond reading them.

    Raise ReaderUrlError, or RoleError where the user in use may not make a role.
    """
    role, password = role_of(reader_url, database_url)
    with database.transaction() as session:
        connection = session.connection()
        is_there = has_role(connection, role)
        try:
            with session.begin_nested():
                for statement in role_statements(role, connection.engine.url.database or "", is_there=is_there):
                    connection.execute(text(statement))
                if password:
                    _set_password(connection, role, password)
        except ProgrammingError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            if not is_there:
                raise RoleError(role) from error
        for statement in own_statements(role):
            connection.execute(text(statement))
        drop_views(connection)
        make_views(connection)
        connection.execute(text(grant_views(role)))
        write_audit(session, actor=actor, action="reader_made", subject=role, detail={}, now=now)
        return shortcomings(connection, role)


def statements_for_administrator(reader_url: str, database_url: str) -> list[str]:
    """Return the SQL that an administrator runs where the user in use may not; the password is left to them."""
    role, _ = role_of(reader_url, database_url)
    return role_statements(role, parsed_url(database_url).database or "", is_there=False)


def shortcomings(connection: Connection, role: str) -> list[str]:
    """Return what a role may do beyond reading the views, in words; one that is not there, that it is not."""
    if not has_role(connection, role):
        return ["is not there"]
    beyond = ["is more than a user"] if connection.scalar(text(MORE), {"role": role}) else []
    return beyond + [words for words, query in BEYOND.items() if connection.scalar(text(query), {"role": role})]


def has_role(connection: Connection, role: str) -> bool:
    """Say whether a role is there."""
    return bool(connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}))


def _set_password(connection: Connection, role: str, password: str) -> None:
    """Set a role's password, hashed here, so that no log of the server holds it."""
    plain = connection.connection.driver_connection
    if plain is None:
        return
    hashed = plain.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    given = {"role": role, "hashed": hashed}
    statement = connection.scalar(text(ALTER_ROLE), given)
    connection.exec_driver_sql(str(statement).replace("%", "%%"))
