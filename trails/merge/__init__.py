"""Staged rows become facts: texts get integers, known facts get a further citation, contradictions an issue.

All of it is SQL over whole columns. The identity of a fact is made of the fewest raw fields:

- a Bitcoin input is the output it spends and the transaction that spends it (of two that spend one output, at most one is
  confirmed; the other waits, or was replaced), an output its transaction and number, a fee its transaction;
- a transfer on an account chain is transaction, sender, receiver, asset and amount, counted where they recur in one
  source (some exports give no log index), so the same transfer from an explorer page and from a node is one fact;
- anything else is what its connector says it is (a ledger's number).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.merge.compare import find_contradictions, resolve_transfers
from trails.merge.numbers import number_transactions, write_assets, write_nodes
from trails.merge.records import decide_fates, find_stated, write_events, write_issues, write_prices, write_tags
from trails.merge.transfers import PLACEHOLDER_LABEL, write_transfers

if TYPE_CHECKING:
    import duckdb

    from trails.staging import Stage

__all__ = ["PLACEHOLDER_LABEL", "merge_stage"]


def merge_stage(con: duckdb.DuckDBPyConnection, stage: Stage, source_id: int) -> list[str]:
    """Turn the stage into facts of source ``source_id`` and write them.

    Gives the tables of facts that the source stated anything of, besides nodes and issues: most files state one kind, and
    nothing is asked about the others. Leaves the temporary tables ``new_nodes``, ``new_issues``, and of those stated
    ``new_transfers``, ``new_events``, ``new_tags``, ``new_prices`` (what was written), ``row_fates`` (row, fresh: whether
    it stated anything new) and ``touched_blocks`` (which blocks of earlier facts it completed, see ``trails.contents``).
    """
    con.execute("CREATE OR REPLACE TEMP TABLE touched_blocks (name VARCHAR, block BIGINT)")
    write_assets(con, stage)
    write_nodes(con)
    stated = find_stated(con)
    if "transfers" in stated:
        base = number_transactions(con)
        resolve_transfers(con)
        find_contradictions(con, source_id)
        stage.drop_refused_rows()
        con.execute("DELETE FROM staged WHERE row IN (SELECT row FROM stage_issues WHERE severity = 'error')")
        write_transfers(con, source_id, base)
    for name, write in (("events", write_events), ("tags", write_tags), ("prices", write_prices)):
        if name in stated:
            write(con, source_id)
    write_issues(con, source_id)
    decide_fates(con, source_id, stated)
    con.execute("DELETE FROM stage_bulk")
    return stated
