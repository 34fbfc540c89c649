"""Two sources of one transfer of an account chain, of which one knows the amount better than the other.

An explorer's export may round a fee, or state a token's sum without the places of its unit; a node and the API state both
exactly. That is no contradiction: the fact is one, cites both rows and takes the better amount, with a note at the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def _unit(amount: str) -> str:
    """SQL: the value of the last digit of an amount that is not zero, 1 for one that ends with such a digit."""
    return f"('1' || repeat('0', length({amount}::VARCHAR) - length(rtrim({amount}::VARCHAR, '0'))))::DECIMAL(38,0)"


def find_rounded(con: duckdb.DuckDBPyConnection) -> None:
    """Fill ``rounded``: staged fees of which one is the fee known of the same transaction rounded, or cut; and note their rows.

    Only where an event of one of both rows says that its source may have rounded it: of two exact sources none is.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rounded AS SELECT s.place, s.row, s.amount, k.fact.transfer_id AS transfer_id, "
        "k.fact.amount AS its_amount, k.fact.source_id AS source_id, k.fact.row AS its_row FROM staged s "
        "JOIN known k ON k.place = s.place WHERE s.kind = 'fee' AND s.amount <> k.fact.amount AND s.amount > 0 "
        "AND k.fact.amount > 0 AND length(s.amount::VARCHAR) < 38 AND length(k.fact.amount::VARCHAR) < 38 "
        f"AND abs(s.amount - k.fact.amount) < greatest({_unit('s.amount')}, {_unit('k.fact.amount')}) "
        "AND (s.row IN (SELECT row FROM stage_events WHERE kind = 'rounded') OR (k.fact.source_id, k.fact.row) IN "
        "(SELECT (source_id, row) FROM events WHERE kind = 'rounded'))"
    )
    con.execute(
        "INSERT INTO stage_issues SELECT row, 'note', 'amount_rounded', 'row ' || row || ' states a fee of ' || amount || "
        "' of the smallest unit, source ' || source_id || ' row ' || its_row || ' states ' || its_amount || "
        "': one is the other rounded, and the longer one is kept' FROM rounded ORDER BY place"
    )


def find_open_amounts(con: duckdb.DuckDBPyConnection) -> None:
    """Add to ``known`` the one transfer of a transaction, its parties and its asset whose amount one of two sources left open.

    Where there are several of them nothing says which is which: they stay apart, and the row is noted.
    """
    same = "tx_id, src, dst, asset"
    left = " UNION ALL ".join(f"SELECT 1 FROM {name} WHERE amount IS NULL AND kind = 'transfer'" for name in ("staged", "earlier"))
    if not con.execute(f"SELECT 1 FROM ({left}) LIMIT 1").fetchall():
        return
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE half_open AS SELECT s.place, s.row, e.transfer_id, e.source_id, e.row AS its_row, "
        f"e.amount AS its_amount, e.src, e.dst, e.status, e.time, e.time_error_s, "
        f"count(*) OVER (PARTITION BY s.place) * count(*) OVER (PARTITION BY e.transfer_id) AS pairs "
        f"FROM staged s JOIN earlier e USING ({same}) WHERE e.place IS NULL AND s.identity IS NULL AND e.kind = s.kind "
        f"AND s.kind NOT IN ('input', 'output', 'fee') AND s.tx_id IS NOT NULL "
        f"AND s.place NOT IN (SELECT place FROM known) AND ((s.amount IS NULL) <> (e.amount IS NULL))"
    )
    con.execute(
        "INSERT INTO known SELECT place, row, struct_pack(transfer_id := transfer_id, place := NULL::BIGINT, "
        "source_id := source_id, row := its_row, amount := its_amount, src := src, dst := dst, status := status, "
        "time := time, time_error_s := time_error_s) FROM half_open WHERE pairs = 1"
    )
    con.execute(
        "INSERT INTO stage_issues SELECT row, 'note', 'amount_open', 'row ' || row || ' may state what source ' || "
        "min(source_id) || ' row ' || min(its_row) || ' states of the same transaction, parties and asset, but one of them states "
        "no amount and there are several: they are kept apart' FROM half_open WHERE pairs > 1 GROUP BY row, place ORDER BY place"
    )


def complete_rounded(con: duckdb.DuckDBPyConnection) -> None:
    """Give fees that an earlier source rounded the amount of one that did not."""
    con.execute(
        "UPDATE transfer_rows SET amount = r.amount FROM rounded r JOIN staged s ON s.place = r.place "
        f"WHERE transfer_rows.transfer_id = r.transfer_id AND {_unit('r.amount')} < {_unit('r.its_amount')}"
    )
