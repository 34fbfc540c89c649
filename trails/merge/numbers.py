"""Texts become numbers: assets, nodes and transactions that the case does not know yet, by their first place in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from trails.staging import Stage

#: Every key of the stage once: the many of bulk rows, which are all accounts, and those of the others.
_FOUND = (
    "SELECT rail, key, place, kind FROM seen ANTI JOIN bulk_keys USING (rail, key) UNION ALL "
    "SELECT k.rail, k.key, least(k.place, s.place), 'account' FROM bulk_keys k LEFT JOIN seen s USING (rail, key)"
)
#: Bulk rows hold their hash as bytes.
_TX = "lower(hex(tx))"


def write_assets(con: duckdb.DuckDBPyConnection, stage: Stage) -> None:
    """Add the assets the case does not know, and the decimals and symbols it did not know of others."""
    for asset in sorted(stage.assets.values(), key=lambda a: a.asset):
        con.execute(
            "INSERT INTO assets SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM assets WHERE asset = ?)",
            [asset.asset, asset.rail, asset.contract, asset.symbol, asset.decimals, asset.asset],
        )
        con.execute(
            "UPDATE assets SET decimals = ?, symbol = coalesce(symbol, ?) WHERE asset = ? AND decimals IS NULL",
            [asset.decimals, asset.symbol, asset.asset],
        )


def write_nodes(con: duckdb.DuckDBPyConnection) -> None:
    """Number the nodes the case does not know yet by their first appearance in the source."""
    sides = (
        ("stage_transfers", 0, "src"), ("stage_transfers", 1, "dst"),
        ("stage_events", 2, "node"), ("stage_events", 3, "other"), ("stage_tags", 2, "node"),
    )  # fmt: skip
    # each side is thinned first: a file names the same few addresses again and again
    thin = " UNION ALL ".join(
        f"SELECT {side}_rail AS rail, {side}_key AS key, min({order} + 4 * {_place(table)}) AS place, "
        f"any_value({side}_kind) AS kind FROM {table} WHERE {side}_key IS NOT NULL GROUP BY {side}_rail, {side}_key"
        for table, order, side in sides
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE seen AS SELECT rail, key, min(place) AS place, min(kind) AS kind FROM ({thin}) "
        f"GROUP BY rail, key"
    )
    # a key stands in a table of keys once; where a rail has several of these they are compared
    several = con.execute("SELECT count(DISTINCT keys) > count(DISTINCT rail) FROM stage_batches").fetchone() == (True,)
    con.execute(
        "CREATE OR REPLACE TEMP VIEW bulk_keys AS SELECT rail, key, "
        + ("min(place) AS place FROM stage_keys GROUP BY rail, key" if several else "place FROM stage_keys")
    )
    labelled = " UNION ALL ".join(
        f"SELECT {side}_rail AS rail, {side}_key AS key, {side}_label AS label, {order} + 4 * {_place(table)} AS place "
        f"FROM {table} WHERE {side}_label IS NOT NULL"
        for table, order, side in sides
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_nodes AS WITH named AS (SELECT rail, key, arg_min(label, place) AS label "
        f"FROM ({labelled}) GROUP BY rail, key), found AS ({_FOUND}) "
        f"SELECT (SELECT coalesce(max(node_id), 0) FROM nodes) + row_number() OVER (ORDER BY s.place, s.rail, s.key) "
        f"AS node_id, s.kind, s.rail, s.key, l.label FROM found s LEFT JOIN named l ON l.rail = s.rail AND l.key = s.key "
        f"ANTI JOIN nodes n ON n.rail = s.rail AND n.key = s.key"
    )
    con.execute("INSERT INTO nodes SELECT * FROM new_nodes ORDER BY node_id")


def _place(table: str) -> str:
    """A staged record's place in its source: transfers know theirs, the others are counted as they came."""
    return "place" if table == "stage_transfers" else "rowid"


def number_transactions(con: duckdb.DuckDBPyConnection) -> int:
    """Give each new transaction hash a number: its first place in the source after what it returns, the last one given.
    Numbers have gaps and are internal.

    Most transactions of a bulk file stand in it once. Only those whose first 64 bits recur are compared as texts, and
    those the case has already; they leave ``stage_bulk`` for ``compared``.
    """
    base = int((con.execute("SELECT coalesce(max(tx_id), 0) FROM transactions").fetchone() or (0,))[0])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE shared_prefixes AS SELECT tx_prefix FROM (SELECT tx_prefix FROM stage_bulk UNION ALL "
        "SELECT tx_prefix FROM stage_transfers) WHERE tx_prefix IS NOT NULL GROUP BY tx_prefix HAVING count(*) > 1"
    )
    known = f"OR {_TX} IN (SELECT hash FROM transactions)" if base else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE compared AS SELECT * REPLACE ({_TX} AS tx) FROM stage_bulk "
        f"WHERE tx IS NULL OR tx_prefix IN (SELECT tx_prefix FROM shared_prefixes) {known}"
    )
    con.execute("DELETE FROM stage_bulk WHERE place IN (SELECT place FROM compared)")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE named AS SELECT rail, tx, min(place) AS place FROM (SELECT tx_rail AS rail, tx, place "
        "FROM stage_transfers UNION ALL SELECT g.rail, c.tx, c.place FROM compared c JOIN stage_batches g "
        "ON g.batch = c.batch) WHERE tx IS NOT NULL GROUP BY rail, tx"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_transactions AS SELECT {base} + place + 1 AS tx_id, rail, tx AS hash FROM named s "
        f"ANTI JOIN transactions x ON x.rail = s.rail AND x.hash = s.tx"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE numbered_transactions AS FROM new_transactions UNION ALL "
        "SELECT x.tx_id, x.rail, x.hash FROM named s JOIN transactions x ON x.rail = s.rail AND x.hash = s.tx"
    )
    con.execute("INSERT INTO transactions SELECT * FROM new_transactions")
    con.execute(
        f"INSERT INTO transactions SELECT {base} + b.place + 1, g.rail, {_TX} FROM stage_bulk b "
        f"JOIN stage_batches g ON g.batch = b.batch"
    )
    return base
