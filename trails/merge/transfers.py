"""Transfers written to the case, and facts of other sources completed by what they state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.contents import BLOCK
from trails.merge.compare import BULK, OPEN, bulk_columns
from trails.merge.nearer import complete_rounded

if TYPE_CHECKING:
    import duckdb

#: The label of the account that stands for the unknown sender of an input.
PLACEHOLDER_LABEL = "output not in the case"


def write_transfers(con: duckdb.DuckDBPyConnection, source_id: int, base: int) -> None:
    """Write new transfers, cite the known ones again, and complete what a source left open.

    ``base`` is what a bulk row's place is added to for its transaction's number. Leaves ``numbered`` and ``new_transfers``.
    """
    con.execute("DELETE FROM known WHERE place NOT IN (SELECT place FROM staged)")
    first = int((con.execute("SELECT coalesce(max(transfer_id), 0) FROM transfer_rows").fetchone() or (0,))[0])
    places = "SELECT place FROM staged ANTI JOIN known USING (place) UNION ALL SELECT place FROM stage_bulk"
    count, last = con.execute(f"SELECT count(*), coalesce(max(place), -1) FROM ({places})").fetchone() or (0, -1)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE numbered AS SELECT place, {first} + row_number() OVER (ORDER BY place) "
        f"AS transfer_id FROM ({places if count <= last else 'SELECT place FROM staged ANTI JOIN known USING (place)'})"
    )
    # places have gaps only where rows were refused or known already; without gaps the number is the place
    number, join = f"{first} + {{}}.place + 1", ""
    if count <= last:
        number, join = "n.transfer_id", "JOIN numbered n ON n.place = {}.place"
    columns = "src, dst, asset, amount, kind, time, time_error_s, time_basis, seq, status, tx_id, tx_index, occurrence"
    con.execute(
        f"INSERT INTO transfer_rows SELECT {number.format('t')}, {columns}, ref_text, identity, {source_id}, row "
        f"FROM (SELECT * FROM staged ANTI JOIN known USING (place)) t {join.format('t')}"
    )
    con.execute(
        f"INSERT INTO transfer_rows SELECT {number.format('b')}, {bulk_columns(f'{base} + b.place + 1')}, {source_id}, b.row "
        f"FROM stage_bulk b {BULK} {join.format('b')}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW new_transfers AS SELECT transfer_id, src, dst, asset, amount, kind, time, "
        f"time_error_s, time_basis, seq, status, source_id, row FROM transfer_rows WHERE source_id = {source_id}"
    )
    con.execute(
        f"INSERT INTO citations SELECT DISTINCT 'transfer', coalesce(k.fact.transfer_id, n.transfer_id) AS fact_id, "
        f"{source_id}, k.row FROM known k LEFT JOIN numbered n ON n.place = k.fact.place "
        f"WHERE NOT (k.fact.source_id = {source_id} AND k.fact.row = k.row) ORDER BY fact_id, k.row"
    )
    # a source that states the value of an input another source left open completes that fact
    _note_touched(con, "SELECT k.fact.transfer_id FROM known k WHERE k.fact.transfer_id IS NOT NULL")
    con.execute(
        "UPDATE transfer_rows SET amount = s.amount, src = s.src FROM staged s JOIN known k ON k.place = s.place "
        "WHERE transfer_rows.transfer_id = k.fact.transfer_id AND transfer_rows.amount IS NULL AND s.amount IS NOT NULL"
    )
    complete_rounded(con)
    con.execute(
        f"UPDATE transfer_rows SET status = s.status FROM (SELECT k.fact.source_id AS source_id, k.fact.row AS row, "
        f"coalesce(k.fact.transfer_id, n.transfer_id) AS transfer_id, min(s.status) AS status FROM staged s "
        f"JOIN known k ON k.place = s.place LEFT JOIN numbered n ON n.place = k.fact.place "
        f"WHERE s.status IN ('ok', 'failed') GROUP BY ALL) s WHERE transfer_rows.transfer_id = s.transfer_id "
        f"AND transfer_rows.status IN {OPEN}"
    )
    _complete_inputs(con)
    _warn_of_double_spends(con, source_id)


def _warn_of_double_spends(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Two confirmed transactions that spend one output: on one chain that cannot be, so a file was altered, or is of a fork."""
    if not con.execute(
        f"SELECT 1 FROM transfer_rows WHERE source_id = {source_id} AND kind = 'input' AND tx_id IS NOT NULL LIMIT 1"
    ).fetchall():
        return
    con.execute(
        "INSERT INTO stage_issues SELECT n.row, 'warning', 'double_spend', 'output ' || x.hash || ':' || n.tx_index || ' is spent "
        "by transaction ' || any_value(mine.key) || ', and by ' || min(its.key) || ' in source ' || min(o.source_id) || "
        "': both are said to be confirmed, which cannot be on one chain' FROM transfer_rows n JOIN transfer_rows o ON "
        "o.tx_id = n.tx_id AND o.tx_index = n.tx_index AND o.kind = 'input' AND o.status = 'ok' AND o.dst <> n.dst "
        "AND o.transfer_id < n.transfer_id JOIN transactions x ON x.tx_id = n.tx_id JOIN nodes mine ON mine.node_id = n.dst "
        f"JOIN nodes its ON its.node_id = o.dst WHERE n.source_id = {source_id} AND n.kind = 'input' AND n.status = 'ok' "
        "GROUP BY n.transfer_id, n.row, x.hash, n.tx_index ORDER BY n.transfer_id"
    )


def _complete_inputs(con: duckdb.DuckDBPyConnection) -> None:
    """Inputs whose value no row stated take it from the output they spend, once that is in the case, and cite it too.
    A transaction all of whose inputs are known then gets its fee, and placeholders nothing points to go."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE found_outputs AS SELECT i.transfer_id, i.dst AS junction, o.dst, o.amount, "
        "o.source_id, o.row FROM transfer_rows i JOIN transfer_rows o "
        "ON o.kind = 'output' AND o.tx_id = i.tx_id AND o.tx_index = i.tx_index "
        "WHERE i.kind = 'input' AND i.amount IS NULL AND o.amount IS NOT NULL"
    )
    if con.execute("SELECT 1 FROM found_outputs LIMIT 1").fetchone() is None:
        return
    _note_touched(con, "SELECT transfer_id FROM found_outputs")
    con.execute(
        "UPDATE transfer_rows SET src = f.dst, amount = f.amount FROM found_outputs f "
        "WHERE transfer_rows.transfer_id = f.transfer_id"
    )
    con.execute(
        "INSERT INTO citations SELECT 'transfer', transfer_id, source_id, row FROM found_outputs ORDER BY transfer_id"
    )
    _complete_fees(con)
    gone = f"label = '{PLACEHOLDER_LABEL}' AND node_id NOT IN (SELECT src FROM transfer_rows)"
    _note_touched(con, f"SELECT node_id FROM nodes WHERE {gone}", "nodes")
    con.execute(f"DELETE FROM nodes WHERE {gone}")


def _note_touched(con: duckdb.DuckDBPyConnection, numbers: str, table: str = "transfer_rows") -> None:
    """Remember which blocks of a table hold facts that are about to change; ``numbers`` is a query for their numbers."""
    con.execute(f"INSERT INTO touched_blocks SELECT DISTINCT '{table}', number // {BLOCK} FROM ({numbers}) AS t(number)")


def _complete_fees(con: duckdb.DuckDBPyConnection) -> None:
    """What the inputs bring and no output takes is the fee: arithmetic on stated values, cited to the same row."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE balanced AS SELECT t.junction, sum(i.amount) - any_value(t.taken) AS fee, "
        "count(*) FILTER (i.amount IS NULL) AS open, any_value(t.tx_id) AS tx_id, any_value(n.rail) AS rail, "
        "arg_min(i.transfer_id, i.transfer_id) AS like_transfer FROM transfer_rows i "
        "JOIN (SELECT src AS junction, sum(amount) AS taken, min(tx_id) AS tx_id, count(*) FILTER (kind = 'fee') AS fees "
        "FROM transfer_rows WHERE kind IN ('output', 'fee') AND src IN (SELECT junction FROM found_outputs) GROUP BY src) t "
        "ON t.junction = i.dst JOIN nodes n ON n.node_id = t.junction WHERE i.kind = 'input' AND t.fees = 0 "
        "GROUP BY t.junction HAVING open = 0 AND fee > 0"
    )
    con.execute(
        "INSERT INTO nodes SELECT (SELECT max(node_id) FROM nodes) + row_number() OVER (ORDER BY rail), 'account', rail, "
        "'fee', 'miner fee' FROM (SELECT DISTINCT rail FROM balanced) b "
        "WHERE NOT EXISTS (SELECT 1 FROM nodes n WHERE n.rail = b.rail AND n.key = 'fee')"
    )
    con.execute(
        "INSERT INTO transfer_rows SELECT (SELECT max(transfer_id) FROM transfer_rows) "
        "+ row_number() OVER (ORDER BY b.junction), b.junction, n.node_id, i.asset, b.fee, 'fee', i.time, i.time_error_s, "
        "i.time_basis, i.seq, i.status, b.tx_id, NULL, 0, NULL, NULL, i.source_id, i.row FROM balanced b "
        "JOIN transfer_rows i ON i.transfer_id = b.like_transfer JOIN nodes n ON n.rail = b.rail AND n.key = 'fee'"
    )
