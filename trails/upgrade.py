"""A case of an earlier version, brought to the form of this one: on a copy, which takes its place when it is whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from trails.database import Catalogue, connect, expected_catalogue
from trails.errors import CaseError
from trails.parts import WAL_ENDINGS
from trails.plain_files import create_new, open_regular
from trails.stored import STORED, list_tables_sql
from trails.tables import TABLES, VIEWS

#: What earlier versions had in the database, and this one has not.
_GONE = {("table", "claims"), ("table", "clustered"), ("view", "transfers"), ("view", "claims")}
#: What an earlier version wrote otherwise and that is made anew by `trails analyse`.
_REMADE = {name for name, table in TABLES.items() if table.layer == "inference" and name not in VIEWS} | {"claim_rows"}


def upgrade_copy(database: Path, found: Catalogue) -> str:
    """Bring the tables of an earlier version to this one's form; gives the version that made them.

    Facts, judgements and the log are copied by column name; results are left empty, since they are made anew. The copy
    replaces the database only when it is whole. Raises CaseError where the tables are of no version known here.
    """
    _refuse_unknown(database, found)
    copy = database.with_name("case.duckdb.upgrading")
    for ending in WAL_ENDINGS:
        copy.with_name(f"{copy.name}{ending}").unlink(missing_ok=True)
    _copy(database, copy)
    wal = database.with_name("case.duckdb.wal")
    if wal.exists():
        _copy(wal, copy.with_name(f"{copy.name}.wal"))
    con = connect(copy, read_only=False)
    try:
        made_by = _rebuild(con, found)
        con.execute("CHECKPOINT")
    except duckdb.Error as problem:
        raise CaseError(f"{database} is of an earlier trails and cannot be brought up to date: {problem}") from None
    finally:
        con.close()
    wal.unlink(missing_ok=True)
    copy.replace(database)
    return made_by


def _copy(path: Path, copy: Path) -> None:
    with open_regular(path, CaseError) as original, create_new(copy) as out:
        shutil.copyfileobj(original, out, 1 << 22)


def find_unknown(found: Catalogue) -> list[str]:
    """What stands in a database and is of no version of trails, in words."""
    return [f"{kind} `{name}`" for kind, name in sorted(set(found) - set(expected_catalogue()) - _GONE)]


def _refuse_unknown(database: Path, found: Catalogue) -> None:
    foreign = find_unknown(found)
    if foreign or ("table", "transfer_rows") not in found or ("table", "journal") not in found:
        what = ", ".join(foreign[:5]) or "its tables are missing"
        raise CaseError(f"{database} is not as any version of trails makes it: {what}; make a new case from its sources")


def _rebuild(con: duckdb.DuckDBPyConnection, found: Catalogue) -> str:
    """Move every table to a form that is new, by column name, in one transaction."""
    con.execute("BEGIN TRANSACTION")
    tables = [name for kind, name in found if kind == "table"]
    for kind, name in found:
        if kind == "view":
            con.execute(f"DROP VIEW {name}")
    for name in tables:
        con.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    stored = [name for name in (*TABLES, *STORED) if name not in VIEWS]
    for statement in list_tables_sql():
        con.execute(statement)
    for name in stored:
        if name in tables and name not in _REMADE:
            _move_rows(con, name)
    for name in tables:
        con.execute(f"DROP TABLE old_{name}")
    made_by = con.execute("SELECT made_by FROM about").fetchone()
    con.execute("COMMIT")
    return str(made_by[0]) if made_by else "0.1.0"


def _move_rows(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Copy what a table of an earlier version holds, by the columns that both have; a column that is gone must be empty."""
    here = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    there = [row[0] for row in con.execute(f"DESCRIBE old_{name}").fetchall()]
    for column in sorted(set(there) - here):
        if con.execute(f'SELECT 1 FROM old_{name} WHERE "{column}" IS NOT NULL LIMIT 1').fetchone():
            raise CaseError(f"table `{name}` has a column `{column}` that this version does not know; use a newer trails")
    listed = ", ".join(f'"{column}"' for column in there if column in here)
    con.execute(f"INSERT INTO {name} ({listed}) SELECT {listed} FROM old_{name}")
