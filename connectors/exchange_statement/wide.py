"""Tables with columns of their own for each coin: ``BTC Amount BTC``, ``Fee (BTC) BTC``, ``USD Amount USD``.

A row of a trade fills those of the coins that moved, below zero what was given; the others stay empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.exchange_statement.cells import Sum
from connectors.exchange_statement.facts import fee_leg, one_movement, read_entry
from trails.columns import CellProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.exchange_statement.cells import Row
    from connectors.exchange_statement.facts import Ledger
    from trails.model import Record

def wide_facts(ledger: Ledger, row: Row, meaning: str) -> Iterator[Record]:
    """All movements of a row, one for each coin that it fills."""
    moved = [what for what in _sums(row, "amount:") if what.units]
    fees = [Sum(fee.asset, fee.size) for fee in _sums(row, "fee:") if fee.units]
    if not moved:
        raise CellProblem("amount_missing", "the row fills no amount of any coin")
    entry = read_entry(ledger, row, meaning, moved[0])
    if meaning == "trade":
        trade = entry.junction("trade")
        for what in moved:
            given = (what.units or 0) < 0
            src, dst = (entry.account, trade) if given else (trade, entry.account)
            yield entry.move(src, dst, what, f"{'out' if given else 'in'}|{what.asset.symbol}")
        for fee in fees:
            yield fee_leg(entry, fee, by_id=False)
        return
    if len(moved) > 1 or len(fees) > 1:
        raise CellProblem("several_amounts", f"a {meaning} of {len(moved)} coins and {len(fees)} fees in one row")
    yield from one_movement(entry, meaning, moved[0], fees[0] if fees else None)


def _sums(row: Row, prefix: str) -> Iterator[Sum]:
    for word in row.layout.mapping.columns:
        if word.startswith(prefix) and row.text(word):
            yield row.sum(word, "", unit=word.removeprefix(prefix))
