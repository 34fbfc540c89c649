"""Which payments a flow picture draws, and an exact account of those it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trails.charts.fold import Folded, sum_values
from trails.charts.records import Hidden, Payment

#: Kinds that run the other way (money given back, offices squaring up): off unless asked for.
RETURN_KINDS = frozenset({"refund", "settlement"})

#: Ribbons under this share of the money are thin.
THIN_SHARE = Decimal("0.001")

#: Column of each role before empty columns are dropped.
COLUMN_OF = {"payer": 0, "office": 1, "organiser": 2, "dispatcher": 3, "driver": 4, "unknown": 4, "service": 5}

Pairs = Mapping[tuple[str, str], tuple[Payment, ...]]


@dataclass(frozen=True, slots=True)
class Selection:
    """``layout`` decides shapes and order and knows no filter; ``drawn`` is what remains of it on the rails shown."""

    layout: Pairs
    drawn: Pairs
    hidden: Hidden


def select_payments(folded: Folded, *, rails: frozenset[str] | None, show_returns: bool) -> Selection:
    """Leave out refunds and settlements, thin ribbons and other rails, counting each."""
    kept: dict[tuple[str, str], tuple[Payment, ...]] = {}
    returns: list[Payment] = []
    for ends, payments in folded.pairs.items():
        onward = tuple(p for p in payments if show_returns or p.kind not in RETURN_KINDS)
        returns += [p for p in payments if not show_returns and p.kind in RETURN_KINDS]
        if onward:
            kept[ends] = onward
    limit = _find_reference(folded, kept) * THIN_SHARE
    thin = _find_thin(kept, folded, limit)
    layout = {ends: payments for ends, payments in kept.items() if ends not in thin}
    drawn = {ends: tuple(p for p in payments if rails is None or p.rail in rails) for ends, payments in layout.items()}
    filtered = [p for payments in layout.values() for p in payments if rails is not None and p.rail not in rails]
    thin_payments = [p for ends in sorted(thin) for p in kept[ends]]
    hidden = Hidden(
        returns=len(returns), returns_value=sum_values(returns),
        thin_ribbons=len(thin), thin=len(thin_payments), thin_value=sum_values(thin_payments), thin_limit=limit,
        inside=len(folded.inside), inside_value=sum_values(folded.inside),
        filtered=len(filtered), filtered_value=sum_values(filtered),
    )
    return Selection(layout, {ends: payments for ends, payments in drawn.items() if payments}, hidden)


def find_paid_in(folded: Folded, rails: frozenset[str] | None = None) -> tuple[Decimal, dict[str, Decimal]]:
    """Money the payers paid in, whole and by rail: counted once, where it enters, never again at a later hop."""
    by_rail: dict[str, Decimal] = {}
    for (src, _), payments in folded.pairs.items():
        if folded.groups[src].role == "payer":
            for p in payments:
                if rails is None or p.rail in rails:
                    by_rail[p.rail] = by_rail.get(p.rail, Decimal(0)) + (p.value or Decimal(0))
    return sum(by_rail.values(), Decimal(0)), by_rail


def _find_reference(folded: Folded, kept: Pairs) -> Decimal:
    """The money thin is measured against: paid in by payers, else the most that enters any one column."""
    paid_in, _ = find_paid_in(folded)
    if paid_in > 0:
        return paid_in
    entering: dict[int, Decimal] = {}
    for (_, dst), payments in kept.items():
        column = COLUMN_OF[folded.groups[dst].role]
        entering[column] = entering.get(column, Decimal(0)) + sum_values(payments)
    return max(entering.values(), default=Decimal(0))


def _find_thin(kept: Pairs, folded: Folded, limit: Decimal) -> set[tuple[str, str]]:
    """Pairs under the limit; the largest ribbon of a shape, those to shared drivers and unrated ones always stay."""
    value = {ends: sum_values(payments) for ends, payments in kept.items()}
    largest: dict[str, tuple[Decimal, tuple[str, str]]] = {}
    for ends in sorted(kept):
        for end in ends:
            if end not in largest or value[ends] > largest[end][0]:
                largest[end] = (value[ends], ends)
    needed = {ends for _, ends in largest.values()}
    return {
        ends for ends, payments in kept.items()
        if value[ends] < limit and ends not in needed and not folded.groups[ends[1]].shared
        and all(p.value is not None for p in payments)
    }
