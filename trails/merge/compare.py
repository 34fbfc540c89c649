"""Staged transfers as numbers, and what they say against transfers that are known: the same, more, or something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.merge.nearer import find_open_amounts, is_rounded, note_rounded

if TYPE_CHECKING:
    import duckdb

UTXO = "kind IN ('input', 'output', 'fee')"
#: Statuses of a transfer whose outcome its source did not know.
OPEN = "('unstated', 'unconfirmed')"
#: What turns the integers of a bulk row into those of the case.
BULK = (
    "JOIN stage_batches g ON g.batch = b.batch JOIN stage_assets a ON a.local = b.asset "
    "JOIN key_nodes s ON s.keys = g.keys AND s.local = b.src JOIN key_nodes d ON d.keys = g.keys AND d.local = b.dst"
)


def resolve_transfers(con: duckdb.DuckDBPyConnection) -> None:
    """The staged transfers with integers for texts, and the occurrence count of equal ones on account chains.

    Bulk rows that stay in ``stage_bulk`` need none of this: no other row names their transaction.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE key_nodes AS SELECT k.keys, k.local, n.node_id FROM stage_keys k "
        "JOIN nodes n ON n.rail = k.rail AND n.key = k.key"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE staged AS SELECT t.place, t.row, s.node_id AS src, d.node_id AS dst, t.asset, "
        "t.amount, t.kind, t.time, t.time_error_s, t.time_basis, t.seq, t.status, x.tx_id, t.tx_index, "
        "0 AS occurrence, t.ref_text, t.identity FROM stage_transfers t "
        "JOIN nodes s ON s.rail = t.src_rail AND s.key = t.src_key "
        "JOIN nodes d ON d.rail = t.dst_rail AND d.key = t.dst_key "
        "LEFT JOIN numbered_transactions x ON x.rail = t.tx_rail AND x.hash = t.tx"
    )
    numbers = "LEFT JOIN numbered_transactions x ON x.rail = g.rail AND x.hash = b.tx"
    con.execute(f"INSERT INTO staged SELECT b.place, b.row, {bulk_columns('x.tx_id')} FROM compared b {BULK} {numbers}")
    _count_occurrences(con)


def bulk_columns(tx_id: str) -> str:
    """SQL: the columns of a bulk row as `staged` has them, with the given transaction number."""
    return (
        f"s.node_id AS src, d.node_id AS dst, a.asset, b.amount, g.kind, b.time, g.time_error_s, g.time_basis, b.seq, "
        f"g.status, {tx_id} AS tx_id, b.tx_index, 0 AS occurrence, NULL AS ref_text, NULL AS identity"
    )


def _count_occurrences(con: duckdb.DuckDBPyConnection) -> None:
    """Equal transfers of one transaction are told apart by their log index; where the source states none they are
    counted in its order, and the later ones are noted, because a row copied twice looks the same."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT place, CASE WHEN tx_index IS NULL THEN row_number() OVER equal "
        f"ELSE dense_rank() OVER (PARTITION BY tx_id, src, dst, asset, amount ORDER BY tx_index) END - 1 AS occurrence "
        f"FROM staged WHERE identity IS NULL AND NOT {UTXO} AND hash(tx_id, src, dst, asset, amount) IN "
        f"(SELECT hash(tx_id, src, dst, asset, amount) FROM staged WHERE identity IS NULL AND NOT {UTXO} "
        f"GROUP BY 1 HAVING count(*) > 1) WINDOW equal AS (PARTITION BY tx_id, src, dst, asset, amount ORDER BY place)"
    )
    con.execute(
        "UPDATE staged SET occurrence = r.occurrence FROM repeated r WHERE r.place = staged.place AND r.occurrence > 0"
    )
    con.execute(
        "INSERT INTO stage_issues SELECT row, 'note', 'equal_rows', 'row ' || row || ' states the same transaction, "
        "parties, asset and amount as an earlier row, and the source gives no log index: counted as a further transfer; "
        "check that the row was not copied twice' FROM staged WHERE occurrence > 0 AND tx_index IS NULL ORDER BY place"
    )


def _identity_hash(alias: str) -> str:
    """SQL: one number for the identity of a transfer, the same for equal identities."""
    return (
        f"CASE WHEN {alias}.identity IS NOT NULL THEN hash({alias}.identity) "
        f"WHEN {alias}.{UTXO} THEN hash({alias}.kind, {alias}.tx_id, {alias}.tx_index, "
        f"CASE WHEN {alias}.kind = 'input' THEN {alias}.dst END) "
        f"ELSE hash({alias}.tx_id, {alias}.src, {alias}.dst, {alias}.asset, {alias}.amount, {alias}.occurrence) END"
    )


def find_contradictions(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Link staged transfers to the same fact (in the case, or earlier in the stage); refuse rows that contradict it."""
    may_repeat = f"(identity IS NOT NULL OR {UTXO} OR place IN (SELECT place FROM repeated))"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE earlier AS "
        f"SELECT transfer_id, NULL::BIGINT AS place, src, dst, asset, amount, kind, status, time, time_error_s, tx_id, "
        f"source_id, row, {_identity_hash('t')} AS identity_hash FROM transfer_rows t "
        f"WHERE tx_id IN (SELECT tx_id FROM staged EXCEPT SELECT tx_id FROM new_transactions) "
        f"OR identity IN (SELECT identity FROM staged) "
        f"UNION ALL SELECT NULL, place, src, dst, asset, amount, kind, status, time, time_error_s, tx_id, {source_id}, row, "
        f"{_identity_hash('s')} FROM staged s WHERE {may_repeat} AND {_identity_hash('s')} IN "
        f"(SELECT {_identity_hash('r')} FROM staged r WHERE {may_repeat} GROUP BY 1 HAVING count(*) > 1)"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE known AS SELECT s.place, s.row, arg_min(struct_pack(transfer_id := e.transfer_id, "
        f"place := e.place, source_id := e.source_id, row := e.row, amount := e.amount, "
        f"src := e.src, dst := e.dst, status := e.status, time := e.time, time_error_s := e.time_error_s), "
        f"coalesce(e.place, -1)) AS fact FROM staged s JOIN earlier e ON e.identity_hash = {_identity_hash('s')} "
        f"AND s.tx_id IS NOT DISTINCT FROM e.tx_id AND s.kind = e.kind "
        f"WHERE e.place IS NULL OR e.place < s.place GROUP BY s.place, s.row"
    )
    if con.execute("SELECT 1 FROM earlier LIMIT 1").fetchone() is None:
        return
    find_open_amounts(con)
    note_rounded(con)
    con.execute(
        "INSERT INTO stage_issues SELECT s.row, 'error', 'contradiction', 'row ' || s.row || ' states ' || "
        "coalesce(s.amount::VARCHAR, '?') || ' base units, but source ' || k.fact.source_id || ' row ' || k.fact.row || "
        "' states ' || coalesce(k.fact.amount::VARCHAR, '?') || ' (or other parties) for the same transfer; this row is "
        "refused, compare both' FROM staged s JOIN known k ON k.place = s.place WHERE s.amount IS NOT NULL "
        "AND k.fact.amount IS NOT NULL AND ((s.amount <> k.fact.amount AND NOT "
        f"{is_rounded('s.amount', 'k.fact.amount', 's.kind', 's.src')}) OR s.src <> k.fact.src OR s.dst <> k.fact.dst)"
    )
    con.execute(
        "INSERT INTO stage_issues SELECT s.row, 'warning', 'time_contradiction', 'row ' || s.row || ' states the time ' || "
        "s.time || ', but source ' || k.fact.source_id || ' row ' || k.fact.row || ' states ' || k.fact.time || "
        "' for the same transfer; the first is kept' FROM staged s JOIN known k ON k.place = s.place "
        "WHERE abs(epoch(s.time) - epoch(k.fact.time)) > s.time_error_s + k.fact.time_error_s"
    )
    _find_other_statuses(con)
    _find_other_amounts(con)


def _find_other_statuses(con: duckdb.DuckDBPyConnection) -> None:
    """One source says that a transfer was carried out, the other that it failed: neither can be chosen. A source that
    knows the outcome completes one that did not state it."""
    outcomes = "('ok', 'failed')"
    con.execute(
        f"INSERT INTO stage_issues SELECT s.row, 'error', 'contradiction', 'row ' || s.row || ' states that the transfer is `' "
        f"|| s.status || '`, but source ' || k.fact.source_id || ' row ' || k.fact.row || ' states `' || k.fact.status || "
        f"'` of the same transfer; this row is refused, compare both' FROM staged s JOIN known k ON k.place = s.place "
        f"WHERE s.status IN {outcomes} AND k.fact.status IN {outcomes} AND s.status <> k.fact.status"
    )
    con.execute(
        f"INSERT INTO stage_issues SELECT s.row, 'note', 'status_completed', 'row ' || s.row || ' states that the transfer is `' "
        f"|| s.status || '`, which source ' || k.fact.source_id || ' row ' || k.fact.row || ' left open (`' || "
        f"k.fact.status || '`); the transfer is now `' || s.status || '`' FROM staged s JOIN known k ON k.place = s.place "
        f"WHERE s.status IN {outcomes} AND k.fact.status IN {OPEN}"
    )


def _find_other_amounts(con: duckdb.DuckDBPyConnection) -> None:
    """On account chains two sources may state one transfer with different amounts: same transaction, sender, receiver
    and asset, none of the amounts in common. Neither can be chosen, so the later row is refused and both are named."""
    con.execute(
        f"INSERT INTO stage_issues SELECT s.row, 'error', 'contradiction', 'row ' || s.row || ' states ' || s.amount || "
        f"' base units, but source ' || min(e.source_id) || ' row ' || min(e.row) || ' states ' || min(e.amount) || "
        f"' for the same transaction, sender, receiver and asset; this row is refused, compare both' "
        f"FROM staged s JOIN earlier e ON s.tx_id = e.tx_id AND s.src = e.src AND s.dst = e.dst AND s.asset = e.asset "
        f"AND e.place IS NULL AND e.amount IS NOT NULL AND s.amount IS NOT NULL "
        f"WHERE s.identity IS NULL AND NOT (s.{UTXO}) AND s.place NOT IN (SELECT place FROM known) "
        f"AND NOT EXISTS (SELECT 1 FROM staged o JOIN known k ON k.place = o.place WHERE o.tx_id = s.tx_id "
        f"AND o.src = s.src AND o.dst = s.dst AND o.asset = s.asset) GROUP BY s.row, s.amount, s.place"
    )
