"""Opening a case's database as hostile input: it may reach nothing, and it must hold what the contract lists and no more.

A case folder from somebody else may hold a view that reads a file, a default that runs a function, a trigger. The
connection is therefore made without access to files, network or extensions before the first query, and the list of
everything in the database is compared with that of an empty case before any of it is read.
"""

from __future__ import annotations

import sys
from collections import deque
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from trails.errors import CaseError, CaseLocked
from trails.parts import WAL_ENDINGS
from trails.stops import watch
from trails.stored import list_tables_sql, list_views_sql

#: Set when a connection is made; none of these can be undone while it lasts.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
}
#: The functions of its own that a database holds. Asked first, of the system's own catalogue and without any function or sign
#: of arithmetic: a macro may have the name of each of them, `duckdb_functions` too, and would answer in its place.
_MACROS = "SELECT schema_name, function_name FROM system.main.duckdb_functions() WHERE NOT internal"
#: The tables of a database, each with its columns (name, type, whether it may be empty, its default, remarks) and the statement
#: that makes it, which alone tells how texts are compared.
_TABLES = (
    "SELECT 'table', t.schema_name || '.' || t.table_name, string_agg(c.column_name || ' ' || c.data_type || ' ' || "
    "c.is_nullable || ' ' || coalesce(c.column_default, '') || coalesce(c.comment, '') || coalesce(t.comment, ''), ', ' "
    "ORDER BY c.column_index) || ' ' || t.sql FROM duckdb_tables() t "
    "JOIN duckdb_columns() c ON c.table_oid = t.table_oid AND c.schema_name = t.schema_name AND c.table_name = t.table_name "
    "WHERE NOT t.internal AND NOT t.temporary GROUP BY t.schema_name, t.table_name, t.sql"
)
#: What else a database can hold, and a case never does.
_NOTHING_ELSE = (
    "SELECT 'view', schema_name || '.' || view_name, '' FROM duckdb_views() WHERE NOT internal AND NOT temporary",
    "SELECT 'index', schema_name || '.' || index_name, '' FROM duckdb_indexes()",
    "SELECT 'sequence', schema_name || '.' || sequence_name, '' FROM duckdb_sequences() WHERE NOT temporary",
    "SELECT 'type', schema_name || '.' || type_name, '' FROM duckdb_types() WHERE NOT internal",
    "SELECT 'schema', schema_name, '' FROM duckdb_schemas() WHERE NOT internal AND schema_name <> 'main'",
    "SELECT 'database', database_name, '' FROM duckdb_databases() WHERE NOT internal AND database_name <> current_database()",
    "SELECT 'constraint', table_name || ' ' || constraint_text, '' FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL'",
    "SELECT 'trigger', trigger_name, '' FROM duckdb_triggers()",
)

#: How the database says that another process has a file open: it gives no number, only this sentence.
_LOCKED = "Could not set lock on file"
#: How it says that a file or its medium may only be read.
_NOT_WRITABLE = ("Permission denied", "Read-only file system")

Catalogue = dict[tuple[str, str], str]
#: What tells one state of a file from every other: device, file, size, and the times of its last change, in nanoseconds.
Mark = tuple[int, int, int, int, int]

#: The last databases that this process looked through and found to hold what a case holds, in the state they were left in.
_KNOWN: deque[Mark] = deque(maxlen=64)


def mark_database(database: Path) -> Mark | None:
    """What tells a database from every other state of it; None where nothing does.

    Nobody can set the time of a file's last change (``st_ctime``) but by changing it; Windows keeps another time there, and
    rows that wait beside the file are no part of it.
    """
    if sys.platform == "win32" or any(database.with_name(database.name + end).exists() for end in WAL_ENDINGS):
        return None
    try:
        at = database.stat(follow_symlinks=False)
    except OSError:
        return None
    return at.st_dev, at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns


def is_known(mark: Mark | None) -> bool:
    """Whether this process looked through a database in this very state already."""
    return mark in _KNOWN


def remember_database(database: Path) -> None:
    """Note the state in which a database was left that held nothing but what a case holds."""
    mark = mark_database(database)
    if mark is not None and mark not in _KNOWN:
        _KNOWN.append(mark)


def forget_databases() -> None:
    """Look through every database again when it is next opened."""
    _KNOWN.clear()


def connect(database: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection to a case's database that can reach nothing else; raises CaseLocked or CaseError."""
    try:
        con = duckdb.connect(str(database), read_only=read_only, config=_CLOSED)
    except duckdb.IOException as problem:
        if _LOCKED in str(problem):
            raise CaseLocked(
                f"{database}: another trails process has this case open; wait for it or close it"
            ) from None
        if not read_only and any(said in str(problem) for said in _NOT_WRITABLE):
            raise CaseError(
                f"{database} may not be written to: questions and `trails check` work on it as it is; to change anything or write "
                "a report, copy the case to a folder of your own"
            ) from None
        raise CaseError(f"{database} cannot be opened: {_first_line(problem)}") from None
    except duckdb.Error as problem:
        raise CaseError(f"{database} is damaged: {_first_line(problem)}") from None
    watch(con)
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET memory_limit = '1GB'")
    con.execute("SET enable_progress_bar = false")
    return con


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n", maxsplit=1)[0]


def make_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables of a case, all at once."""
    con.execute("BEGIN")
    for statement in list_tables_sql():
        con.execute(statement)
    con.execute("COMMIT")


def make_views(con: duckdb.DuckDBPyConnection) -> None:
    """Make the views of a connection, which show stored forms as the contract has them; the database is not changed."""
    for statement in list_views_sql():
        con.execute(statement)


def read_catalogue(con: duckdb.DuckDBPyConnection) -> Catalogue:
    """Everything that stands in a database, by kind and name; of a table its columns too.

    Where there are macros nothing else is asked: what answered might be one of them.
    """
    macros = con.execute(_MACROS).fetchall()
    found: Catalogue = {("macro", f"{schema}.{name}".removeprefix("main.")): "" for schema, name in macros}
    if found:
        return found
    for question in (_TABLES, *_NOTHING_ELSE):
        found |= _read(con, question)
    return found


def _read(con: duckdb.DuckDBPyConnection, question: str) -> Catalogue:
    rows: list[tuple[Any, ...]] = con.execute(question).fetchall()
    return {(str(kind), str(name).removeprefix("main.")): str(definition or "") for kind, name, definition in rows}


@lru_cache(maxsize=1)
def expected_catalogue() -> Catalogue:
    """What the database of a case of this version holds."""
    with duckdb.connect(":memory:", config=_CLOSED) as con:
        make_tables(con)
        return _read(con, _TABLES)


def find_foreign(found: Catalogue) -> list[str]:
    """What stands in a database and is none of a case's tables, in words."""
    return [f"{kind} `{name}`" for kind, name in sorted(set(found) - set(expected_catalogue()))]


def find_changed(found: Catalogue) -> list[str]:
    """Tables that are missing, or have other columns than in a case of this version, in words; none where nobody looked."""
    if any(kind == "macro" for kind, _ in found):
        return []
    return [
        f"{kind} `{name}` {'has another form' if (kind, name) in found else 'is missing'}"
        for (kind, name), definition in sorted(expected_catalogue().items())
        if found.get((kind, name)) != definition
    ]
