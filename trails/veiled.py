"""The tables of a case as a question sees them: whoever is hidden stands in them by a pseudonym before the query is worked out.

An answer that is cleaned afterwards shows whole names only as pseudonyms, and a query may ask for a piece of one, or turn it
round, or put it into an error. So the connection of a question gets a temporary view for every table, under the table's name.
What could reach the tables behind the views is refused before (``trails.question``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trails.claims_sql import claims_view_sql
from trails.persons import PERSONAL
from trails.pseudonyms import WITHHELD
from trails.stored import STORED, list_views_sql
from trails.tables import TABLES, VIEWS

if TYPE_CHECKING:
    import duckdb

    from trails.case import Case
    from trails.pseudonyms import Names

#: Columns that are made of our own words, digits and hashes alone: nothing in them is a name, and not to look at them saves time.
_OURS = frozenset({"sha256", "public_id", "rail", "connector", "connector_version", "severity", "kind", "rate", "hash"})
#: The reference of a coin's or token's transfer: a transaction id, with what stands in it. It can name nobody else.
_TRANSACTION = "(0x)?[0-9a-f]{64}(:.*)?"
_AFTER = re.compile(r"\b(FROM|JOIN) ([a-z_]+)\b")
#: The function that cleans a text, that for a text which may be a name alone, the hidden transactions and nodes. Nobody can ask for
#: the last two: ``trails.question`` refuses them.
_CLEAN, _ALONE, _WITHHELD, _NODES = "clean_text", "clean_value", "veil_withheld", "veil_nodes"


def veil_tables(case: Case, names: Names) -> None:
    """Lay a view over every table of the connection: of whom ``names`` hides it shows the pseudonym alone."""
    con = case.con
    (name,) = con.execute("SELECT current_database()").fetchall()[0]
    con.create_function(_CLEAN, names.clean_text, ["VARCHAR"], "VARCHAR")
    con.create_function(_ALONE, names.clean_value, ["VARCHAR"], "VARCHAR")
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_WITHHELD} AS SELECT unnest(?::VARCHAR[]) AS hash", [sorted(names.withheld)])
    _list_nodes(con, name, names)
    bodies = {table: f'SELECT * FROM "{name}".main.{table}' for table in (*TABLES, *STORED) if table not in VIEWS}
    bodies |= {
        statement.split()[5]: _AFTER.sub(rf'\1 "{name}".main.\2', statement.partition(" AS\n")[2])
        for statement in (*list_views_sql(), claims_view_sql())
    }
    for table, body in bodies.items():
        described = con.execute(f"DESCRIBE {body}").fetchall()
        columns = ", ".join(f'{_show_column(table, str(column), str(type_))} AS "{column}"' for column, type_, *_ in described)
        rows = f"({body}) t" + (f" LEFT JOIN {_NODES} v ON v.node = t.node_id" if table == "nodes" else "")
        con.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT {columns} FROM {rows}")


def _list_nodes(con: duckdb.DuckDBPyConnection, name: str, names: Names) -> None:
    """The key and the name that stand for each hidden node; of those on chains who are not protected the address stays."""
    asked = f'SELECT node_id, rail, "key" FROM "{name}".main.nodes WHERE node_id IN (SELECT unnest(?::INTEGER[]))'
    rows = con.execute(asked, [sorted(names.hidden)]).fetchall()
    listed = [
        (node, _show_key(rail, key, names.shown[node], names) if rail in PERSONAL or node in names.protected else key,
         names.shown[node])
        for node, rail, key in rows
    ]  # fmt: skip
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_NODES} AS SELECT unnest(?::INTEGER[]) AS node, unnest(?::VARCHAR[]) AS shown_key, "
        "unnest(?::VARCHAR[]) AS shown",
        [list(column) for column in zip(*listed, strict=True)] or [[], [], []],
    )


def _show_key(rail: str, key: str, shown: str, names: Names) -> str:
    """The key with the pseudonym in place of the name or number in it, its scope as it is."""
    before, sign, _ = key.rpartition(":") if rail in PERSONAL else ("", "", key)
    return f"{names.clean_text(before)}{sign}{shown}"


def _show_column(table: str, column: str, type_: str) -> str:
    """What the view says in place of a column: itself, or what is left of it when names are taken out."""
    plain = f't."{column}"'
    meant = next((each for each in TABLES[table].columns if each.name == column), None) if table in TABLES else None
    if type_ != "VARCHAR" or (meant is not None and meant.words):
        return plain
    withheld = f"IN (SELECT hash FROM {_WITHHELD})"
    if table == "nodes" and column in ("key", "label"):
        shown = "v.shown_key" if column == "key" else f"CASE WHEN {plain} IS NOT NULL THEN v.shown END"
        looked = "true" if column == "label" else f"t.rail IN {PERSONAL}"
        first = f"t.kind = 'junction' AND {plain} {withheld} THEN '{WITHHELD}'"
        kept = f"CASE WHEN {first} WHEN {looked} THEN {_CLEAN}({plain}) ELSE {plain} END"
        return f"CASE WHEN v.node IS NOT NULL THEN {shown} ELSE {kept} END"
    if column in ("ref", "ref_text", "hash"):
        first = f"split_part({plain}, ':', 1) {withheld} THEN '{WITHHELD}'"
        return f"CASE WHEN {first} WHEN regexp_full_match({plain}, '{_TRANSACTION}') THEN {plain} ELSE {_CLEAN}({plain}) END"
    if table == "events":
        return f"{_ALONE}({plain})"
    return plain if column in _OURS else f"{_CLEAN}({plain})"
