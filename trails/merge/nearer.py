"""Two sources of one transfer of an account chain, of which one knows the amount better than the other.

An explorer's export may round a fee, or state a token's sum without the places of its unit; a node and the API state both
exactly. That is no contradiction: the fact is one, cites both rows and takes the better amount, with a note at the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: A fee of fewer digits than this, without the zeros behind them, is no rounding of another.
_LEAST_DIGITS = 2
_BITCOIN = "('bitcoin', 'bitcoin-test')"


def _unit(amount: str) -> str:
    """SQL: the value of the last digit of an amount that is not zero, 1 for one that ends with such a digit."""
    return f"('1' || repeat('0', length({amount}::VARCHAR) - length(rtrim({amount}::VARCHAR, '0'))))::DECIMAL(38,0)"


def is_rounded(one: str, other: str, kind: str, node: str) -> str:
    """SQL: whether, of two amounts of a fee on an account chain, the shorter is the longer one rounded, or cut."""
    digits = f"least(length(rtrim({one}::VARCHAR, '0')), length(rtrim({other}::VARCHAR, '0')))"
    return (
        f"({kind} = 'fee' AND {one} > 0 AND {other} > 0 AND length({one}::VARCHAR) < 38 AND length({other}::VARCHAR) < 38 "
        f"AND {digits} >= {_LEAST_DIGITS} AND abs({one} - {other}) < greatest({_unit(one)}, {_unit(other)}) "
        f"AND EXISTS (SELECT 1 FROM nodes n WHERE n.node_id = {node} AND n.rail NOT IN {_BITCOIN}))"
    )


def find_open_amounts(con: duckdb.DuckDBPyConnection) -> None:
    """Add to ``known`` the one transfer of a transaction, its parties and its asset whose amount one of two sources left open.

    Where there are several of them nothing says which is which: they stay apart, and the row is noted.
    """
    same = "tx_id, src, dst, asset"
    if not con.execute("SELECT 1 FROM earlier e WHERE place IS NULL AND kind = 'transfer' LIMIT 1").fetchall():
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


def note_rounded(con: duckdb.DuckDBPyConnection) -> None:
    """Note each row that states a fee better, or less well, than the row that stated it first."""
    con.execute(
        "INSERT INTO stage_issues SELECT s.row, 'note', 'amount_rounded', 'row ' || s.row || ' states a fee of ' || s.amount || "
        "' of the smallest unit, source ' || k.fact.source_id || ' row ' || k.fact.row || ' states ' || k.fact.amount || "
        "': one is the other rounded, and the longer one is kept' FROM staged s JOIN known k ON k.place = s.place "
        f"WHERE s.amount <> k.fact.amount AND {is_rounded('s.amount', 'k.fact.amount', 's.kind', 's.src')}"
    )


def complete_rounded(con: duckdb.DuckDBPyConnection) -> None:
    """Give fees that a source rounded the amount of the one that did not."""
    con.execute(
        "UPDATE transfer_rows SET amount = s.amount FROM staged s JOIN known k ON k.place = s.place "
        "WHERE transfer_rows.transfer_id = k.fact.transfer_id AND s.amount <> k.fact.amount "
        f"AND {_unit('s.amount')} < {_unit('k.fact.amount')} AND {is_rounded('s.amount', 'k.fact.amount', 's.kind', 's.src')}"
    )
