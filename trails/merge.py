"""Staged rows become facts: texts get integers, known facts get a further citation, contradictions an issue.

All of it is SQL over whole columns. The identity of a fact is made of the fewest raw fields:

- a Bitcoin input is the output it spends, an output its transaction and number, a fee its transaction;
- a transfer on an account chain is transaction, sender, receiver, asset and amount, counted where they recur in one
  source (some exports give no log index), so the same transfer from an explorer page and from a node is one fact;
- anything else is what its connector says it is (a ledger's number).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from trails.staging import Stage

#: The label of the account that stands for the unknown sender of an input.
PLACEHOLDER_LABEL = "output not in the case"

#: Every key of the stage once: the many of bulk rows, which are all accounts, and those of the others.
_FOUND = (
    "SELECT rail, key, place, kind FROM seen ANTI JOIN bulk_keys USING (rail, key) UNION ALL "
    "SELECT k.rail, k.key, least(k.place, s.place), 'account' FROM bulk_keys k LEFT JOIN seen s USING (rail, key)"
)

#: Statuses of a transfer whose outcome its source did not know.
_OPEN = "('unstated', 'unconfirmed')"
#: Bulk rows hold their hash as bytes.
_TX = "lower(hex(tx))"

_UTXO = "kind IN ('input', 'output', 'fee')"


def merge_stage(con: duckdb.DuckDBPyConnection, stage: Stage, source_id: int) -> None:
    """Turn the stage into facts of source ``source_id`` and write them.

    Leaves the temporary tables ``new_nodes``, ``new_transfers``, ``new_events``, ``new_tags``, ``new_prices``,
    ``new_issues`` (what was written) and ``row_fates`` (row, fresh: whether it stated anything new).
    """
    _write_assets(con, stage)
    _write_nodes(con)
    base = _number_transactions(con)
    _resolve_transfers(con)
    _find_contradictions(con, source_id)
    stage.drop_refused_rows()
    con.execute("DELETE FROM staged WHERE row IN (SELECT row FROM stage_issues WHERE severity = 'error')")
    _write_transfers(con, source_id, base)
    _write_events(con, source_id)
    _write_tags(con, source_id)
    _write_prices(con, source_id)
    _write_issues(con, source_id)
    _decide_fates(con, source_id)
    con.execute("DELETE FROM stage_bulk")


def _write_assets(con: duckdb.DuckDBPyConnection, stage: Stage) -> None:
    for asset in sorted(stage.assets.values(), key=lambda a: a.asset):
        con.execute(
            "INSERT INTO assets SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM assets WHERE asset = ?)",
            [asset.asset, asset.rail, asset.contract, asset.symbol, asset.decimals, asset.asset],
        )
        con.execute(
            "UPDATE assets SET decimals = ?, symbol = coalesce(symbol, ?) WHERE asset = ? AND decimals IS NULL",
            [asset.decimals, asset.symbol, asset.asset],
        )


def _write_nodes(con: duckdb.DuckDBPyConnection) -> None:
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


def _number_transactions(con: duckdb.DuckDBPyConnection) -> int:
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


def _resolve_transfers(con: duckdb.DuckDBPyConnection) -> None:
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
    con.execute(
        f"INSERT INTO staged SELECT b.place, b.row, {_bulk_columns('x.tx_id')} FROM compared b {_BULK} {numbers}"
    )
    _count_occurrences(con)


#: What turns the integers of a bulk row into those of the case.
_BULK = (
    "JOIN stage_batches g ON g.batch = b.batch JOIN stage_assets a ON a.local = b.asset "
    "JOIN key_nodes s ON s.keys = g.keys AND s.local = b.src JOIN key_nodes d ON d.keys = g.keys AND d.local = b.dst"
)


def _bulk_columns(tx_id: str) -> str:
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
        f"FROM staged WHERE identity IS NULL AND NOT {_UTXO} AND hash(tx_id, src, dst, asset, amount) IN "
        f"(SELECT hash(tx_id, src, dst, asset, amount) FROM staged WHERE identity IS NULL AND NOT {_UTXO} "
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
        f"WHEN {alias}.{_UTXO} THEN hash({alias}.kind, {alias}.tx_id, {alias}.tx_index) "
        f"ELSE hash({alias}.tx_id, {alias}.src, {alias}.dst, {alias}.asset, {alias}.amount, {alias}.occurrence) END"
    )


def _find_contradictions(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Link staged transfers to the same fact (in the case, or earlier in the stage); refuse rows that contradict it."""
    may_repeat = f"(identity IS NOT NULL OR {_UTXO} OR place IN (SELECT place FROM repeated))"
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
    con.execute(
        "INSERT INTO stage_issues SELECT s.row, 'error', 'contradiction', 'row ' || s.row || ' states ' || "
        "coalesce(s.amount::VARCHAR, '?') || ' base units, but source ' || k.fact.source_id || ' row ' || k.fact.row || "
        "' states ' || coalesce(k.fact.amount::VARCHAR, '?') || ' (or other parties) for the same transfer; this row is "
        "refused, compare both' FROM staged s JOIN known k ON k.place = s.place WHERE s.amount IS NOT NULL "
        "AND k.fact.amount IS NOT NULL AND (s.amount <> k.fact.amount OR s.src <> k.fact.src OR s.dst <> k.fact.dst)"
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
        f"WHERE s.status IN {outcomes} AND k.fact.status IN {_OPEN}"
    )


def _find_other_amounts(con: duckdb.DuckDBPyConnection) -> None:
    """On account chains two sources may state one transfer with different amounts: same transaction, sender, receiver
    and asset, none of the amounts in common. Neither can be chosen, so the later row is refused and both are named."""
    con.execute(
        f"INSERT INTO stage_issues SELECT s.row, 'error', 'contradiction', 'row ' || s.row || ' states ' || s.amount || "
        f"' base units, but source ' || min(e.source_id) || ' row ' || min(e.row) || ' states ' || min(e.amount) || "
        f"' for the same transaction, sender, receiver and asset; this row is refused, compare both' "
        f"FROM staged s JOIN earlier e ON s.tx_id = e.tx_id AND s.src = e.src AND s.dst = e.dst AND s.asset = e.asset "
        f"AND e.place IS NULL WHERE s.identity IS NULL AND NOT (s.{_UTXO}) AND s.place NOT IN (SELECT place FROM known) "
        f"AND NOT EXISTS (SELECT 1 FROM staged o JOIN known k ON k.place = o.place WHERE o.tx_id = s.tx_id "
        f"AND o.src = s.src AND o.dst = s.dst AND o.asset = s.asset) GROUP BY s.row, s.amount, s.place"
    )


def _write_transfers(con: duckdb.DuckDBPyConnection, source_id: int, base: int) -> None:
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
        f"INSERT INTO transfer_rows SELECT {number.format('b')}, {_bulk_columns(f'{base} + b.place + 1')}, {source_id}, b.row "
        f"FROM stage_bulk b {_BULK} {join.format('b')}"
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
    con.execute(
        "UPDATE transfer_rows SET amount = s.amount, src = s.src FROM staged s JOIN known k ON k.place = s.place "
        "WHERE transfer_rows.transfer_id = k.fact.transfer_id AND transfer_rows.amount IS NULL AND s.amount IS NOT NULL"
    )
    con.execute(
        f"UPDATE transfer_rows SET status = s.status FROM (SELECT k.fact.source_id AS source_id, k.fact.row AS row, "
        f"coalesce(k.fact.transfer_id, n.transfer_id) AS transfer_id, min(s.status) AS status FROM staged s "
        f"JOIN known k ON k.place = s.place LEFT JOIN numbered n ON n.place = k.fact.place "
        f"WHERE s.status IN ('ok', 'failed') GROUP BY ALL) s WHERE transfer_rows.transfer_id = s.transfer_id "
        f"AND transfer_rows.status IN {_OPEN}"
    )
    _complete_inputs(con)


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
    con.execute(
        "UPDATE transfer_rows SET src = f.dst, amount = f.amount FROM found_outputs f "
        "WHERE transfer_rows.transfer_id = f.transfer_id"
    )
    con.execute(
        "INSERT INTO citations SELECT 'transfer', transfer_id, source_id, row FROM found_outputs ORDER BY transfer_id"
    )
    _complete_fees(con)
    con.execute(
        f"DELETE FROM nodes WHERE label = '{PLACEHOLDER_LABEL}' AND node_id NOT IN (SELECT src FROM transfer_rows)"
    )


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


def _write_events(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE keyed_events AS SELECT e.rowid AS place, "
        "'E' || left(sha256(e.identity), 16) AS public_id, e.kind, e.time, e.time_error_s, e.time_basis, "
        "n.node_id, o.node_id AS other_node_id, e.text, e.row, e.span_start, e.span_end FROM stage_events e "
        "LEFT JOIN nodes n ON n.rail = e.node_rail AND n.key = e.node_key "
        "LEFT JOIN nodes o ON o.rail = e.other_rail AND o.key = e.other_key"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_events AS SELECT CAST((SELECT coalesce(max(event_id), 0) FROM events) "
        f"+ row_number() OVER (ORDER BY place) AS INTEGER) AS event_id, public_id, kind, time, time_error_s, time_basis, "
        f"node_id, other_node_id, text, {source_id} AS source_id, row, span_start, span_end FROM keyed_events k "
        f"WHERE public_id NOT IN (SELECT public_id FROM events) QUALIFY row_number() OVER "
        f"(PARTITION BY public_id ORDER BY place) = 1 ORDER BY place"
    )
    con.execute("INSERT INTO events SELECT * FROM new_events")
    con.execute(
        f"INSERT INTO citations SELECT DISTINCT 'event', e.event_id, {source_id}, k.row FROM keyed_events k "
        f"JOIN events e ON e.public_id = k.public_id WHERE NOT (e.source_id = {source_id} AND e.row = k.row) ORDER BY 2, 4"
    )


def _write_tags(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    same = " AND ".join(
        f"k.{name} IS NOT DISTINCT FROM t.{name}"
        for name in ("node_id", "label", "category", "actor", "confidence", "origin")
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE keyed_tags AS SELECT g.rowid AS place, n.node_id, g.label, g.category, g.actor, "
        "g.confidence, g.origin, g.row FROM stage_tags g JOIN nodes n ON n.rail = g.node_rail AND n.key = g.node_key"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_tags AS SELECT CAST((SELECT coalesce(max(tag_id), 0) FROM tags) "
        f"+ row_number() OVER (ORDER BY place) AS INTEGER) AS tag_id, node_id, label, category, actor, confidence, origin, "
        f"{source_id} AS source_id, row FROM keyed_tags k WHERE NOT EXISTS (SELECT 1 FROM tags t WHERE {same}) QUALIFY "
        f"row_number() OVER (PARTITION BY node_id, label, category, actor, confidence, origin ORDER BY place) = 1 "
        f"ORDER BY place"
    )
    con.execute("INSERT INTO tags SELECT * FROM new_tags")
    con.execute(
        f"INSERT INTO citations SELECT DISTINCT 'tag', t.tag_id, {source_id}, k.row FROM keyed_tags k JOIN tags t ON {same} "
        f"WHERE NOT (t.source_id = {source_id} AND t.row = k.row) ORDER BY 2, 4"
    )


def _write_prices(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_prices AS SELECT CAST((SELECT coalesce(max(price_id), 0) FROM prices) "
        f"+ row_number() OVER (ORDER BY rowid) AS INTEGER) AS price_id, base, quote, rate, time, time_error_s, time_basis, "
        f"origin, {source_id} AS source_id, row FROM stage_prices s WHERE NOT EXISTS (SELECT 1 FROM prices p WHERE "
        f"p.base = s.base AND p.quote = s.quote AND p.rate = s.rate AND p.time IS NOT DISTINCT FROM s.time "
        f"AND p.origin = s.origin) ORDER BY rowid"
    )
    con.execute("INSERT INTO prices SELECT * FROM new_prices")


def _write_issues(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_issues AS SELECT CAST((SELECT coalesce(max(issue_id), 0) FROM issues) "
        f"+ row_number() OVER (ORDER BY part, place) AS INTEGER) AS issue_id, {source_id} AS source_id, row, severity, code, "
        f"message FROM (SELECT 0 AS part, rowid AS place, row, severity, code, message FROM stage_issues UNION ALL "
        f"SELECT 1, rowid, row, 'skip', 'skipped', reason FROM stage_skips) ORDER BY part, place"
    )
    con.execute("INSERT INTO issues SELECT * FROM new_issues")


def _decide_fates(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Which rows stated something new, and which only what was known."""
    fresh = " UNION ".join(
        [f"SELECT row FROM transfer_rows WHERE source_id = {source_id} AND row IN (SELECT row FROM staged)",
         *(f"SELECT row FROM new_{name}" for name in ("events", "tags", "prices"))]
    )  # fmt: skip
    stated = " UNION ".join(
        ["SELECT row FROM staged", *(f"SELECT row FROM stage_{name}" for name in ("events", "tags", "prices"))]
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE row_fates AS SELECT a.row, f.row IS NOT NULL AS fresh "
        f"FROM ({stated}) a LEFT JOIN ({fresh}) f ON f.row = a.row "
        f"UNION ALL SELECT row, true FROM stage_bulk"  # one transfer a row, and none of them known before
    )
