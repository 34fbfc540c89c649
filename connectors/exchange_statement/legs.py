"""One order in several rows: which rows of a ledger state the same side of a trade, in the same coin, in parts.

A trade has one number in ledger and list of trades, so that a leg that both state is one fact. Where a ledger gives a
side in parts (one row for each wallet the coins came from), the number and the coin name no single row: the row with the
smallest id keeps that name, each other one is told apart by its own id. Equal halves are then two facts, and unequal
ones contradict nothing. A list of trades that states their sum is refused beside them as a contradiction.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.exchange_statement.layout import Layout
    from trails.connector import RawRecord

#: Rows of one time that are looked at together; those of one order stand at one time.
_AT_ONCE = 10_000
_WORDS = ("trade_id", "id", "coin", "amount")
NO_PARTS: frozenset[str] = frozenset()


def mark_parts(rows: Iterable[RawRecord], layout: Layout) -> Iterator[tuple[RawRecord, frozenset[str]]]:
    """Each row with what of it is a further part of an order's side: its ``leg``, its ``fee``."""
    columns = layout.mapping.columns
    if layout.table != "movements" or "trade_legs_by_id" not in layout.flags or any(w not in columns for w in _WORDS):
        for row in rows:
            yield row, NO_PARTS
        return
    sides = _Sides(layout)
    date = columns.get("date", "")
    for _, same_time in groupby(rows, key=lambda row: row.value.get(date)):
        while group := list(islice(same_time, _AT_ONCE)):
            yield from zip(group, sides.mark(group), strict=True)


class _Sides:
    """The sides of orders that rows have named so far, as ``order|in|coin``."""

    def __init__(self, layout: Layout) -> None:
        columns = layout.mapping.columns
        self._layout = layout
        self._trade, self._id, self._coin, self._amount = (columns[word] for word in _WORDS)
        self._fee, self._fee_coin = columns.get("fee", ""), columns.get("fee_coin", "")
        self._named: set[str] = set()
        self._coins: dict[str, str] = {}

    def mark(self, group: list[RawRecord]) -> list[frozenset[str]]:
        """What of each row of one time is a further part; the rows are looked at in the order of their ids."""
        found = [NO_PARTS] * len(group)
        order = range(len(group))
        for at in sorted(order, key=lambda at: str(group[at].value.get(self._id))) if len(group) > 1 else order:
            cells = group[at].value
            trade, amount, fee = (str(cells.get(column) or "") for column in (self._trade, self._amount, self._fee))
            if not trade or not cells.get(self._id):
                continue
            coin = self._code(cells.get(self._coin))
            if amount.strip(" 0.,+-"):
                way = "out" if amount.lstrip().startswith("-") else "in"
                found[at] |= self._name(f"{trade}|{way}|{coin}", "leg")
            if fee.strip(" 0.,+-"):
                charged = self._code(cells.get(self._fee_coin)) or coin
                found[at] |= self._name(f"{trade}|fee|{charged}", "fee")
        return found

    def _name(self, side: str, part: str) -> frozenset[str]:
        if side in self._named:
            return frozenset((part,))
        self._named.add(side)
        return NO_PARTS

    def _code(self, cell: Any) -> str:
        written = str(cell or "")
        code = self._coins.get(written)
        if code is None:
            code = self._coins[written] = self._layout.coin_code(written)
        return code
