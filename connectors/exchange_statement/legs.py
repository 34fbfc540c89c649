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
    from collections.abc import Iterable, Iterator, Mapping

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
    named: set[tuple[str, str, str]] = set()
    date = columns.get("date", "")
    for _, same_time in groupby(rows, key=lambda row: row.value.get(date)):
        while group := list(islice(same_time, _AT_ONCE)):
            yield from _mark_group(group, layout, named)


def _mark_group(
    group: list[RawRecord], layout: Layout, named: set[tuple[str, str, str]]
) -> Iterator[tuple[RawRecord, frozenset[str]]]:
    sides = [_sides(row.value, layout) for row in group]
    further: list[set[str]] = [set() for _ in group]
    order = range(len(group)) if len(group) == 1 else sorted(range(len(group)), key=lambda at: _id(group[at], layout))
    for at in order:
        for part, side in sides[at]:
            if side in named:
                further[at].add(part)
            named.add(side)
    for row, parts in zip(group, further, strict=True):
        yield row, frozenset(parts) if parts else NO_PARTS


def _id(row: RawRecord, layout: Layout) -> str:
    return str(row.value.get(layout.mapping.columns["id"]) or "")


def _sides(cells: Mapping[str | None, Any], layout: Layout) -> list[tuple[str, tuple[str, str, str]]]:
    """The sides of its order that a row states: a coin given or got, and a coin charged."""
    columns = layout.mapping.columns
    trade = str(cells.get(columns["trade_id"]) or "").strip()
    if not trade or not cells.get(columns["id"]):
        return []
    written = str(cells.get(columns["coin"]) or "").strip()
    coin = layout.meaning("coins", written) or written.upper()
    amount, fee = str(cells.get(columns["amount"]) or "").strip(), str(cells.get(columns.get("fee", "")) or "")
    found = []
    if amount.strip(" 0.,+-"):
        found.append(("leg", (trade, "out" if amount.startswith("-") else "in", coin)))
    if fee.strip(" 0.,+-"):
        charged = str(cells.get(columns.get("fee_coin", "")) or "").strip()
        found.append(("fee", (trade, "fee", layout.meaning("coins", charged) or charged.upper() or coin)))
    return found
