"""What was taken in through codes: at least, centrally, at most; one debt counted once, with the rows behind every figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from trails.graph import make_table
from trails.money import format_units
from trails.words import count_words

_LINES = ("paid", "held", "refunded", "coerced", "total")
_MICRO_A_CENT = 10_000


def sum_proceeds(
    codes: pd.DataFrame, states: pd.DataFrame, legs: pd.DataFrame, *, same_as: Mapping[int, int], payees: set[int] | None,
    fee_max: float = 0.06, reference: str = "USD",
) -> pd.DataFrame:  # fmt: skip
    """How much money the codes of a case brought, at least, centrally and at most.

    *At least* counts payouts that a row records. *Centrally* adds codes that a chat quotes as released and whose payout row is
    missing, at the deposit less the largest fee. *At most* counts every deposit that no row says was given back, whoever it
    was for. Sums told by two books count once; refunded and coerced codes have lines of their own and are in no other line.

    Parameters
    ----------
    codes, states
        Tables of that name.
    legs
        As ``list_legs`` gives them, valued in the reference.
    same_as
        Rows that tell again what another one tells.
    payees
        Nodes of the people whose proceeds are asked for; None for all codes of the books, whoever's they are. A code counts
        where a payout of it reached one of them; one without a payout row counts in *at most* only.
    fee_max
        The largest share an office keeps.
    reference
        Currency of the sums.

    Returns
    -------
    DataFrame
        Table ``proceeds``: lines ``paid``, ``held``, ``refunded``, ``coerced``, ``total`` (paid and held), in hundredths of the
        reference, with the rows behind each. Sums without a rate are left out and counted in the wording.

    Notes
    -----
    Cost: one pass over the codes. What it misses: cash beside the books, and rows that are missing: that is why the wording is
    "at least". Fees that offices kept are no part of it.
    """
    counted = legs[~legs["transfer_id"].isin(same_as)]
    rows_by_key: dict[tuple[str, str], list[_Row]] = {}
    for scope, text, *rest in counted[["scope", "text", *_Row._fields]].itertuples(index=False, name=None):
        rows_by_key.setdefault((str(scope), str(text)), []).append(_Row(*rest))
    marks = states.groupby("code_id")["state"].agg(set).to_dict()
    released = set(states.loc[(states["state"] == "authorised") & (states["basis"] == "recorded"), "code_id"])
    sums = {line: np.zeros(3, dtype=object) for line in _LINES}
    rows_of: dict[str, set[int]] = {line: set() for line in _LINES}
    unknown = 0
    names = ["code_id", "scope", "text", "since", "until"]
    for number, scope, text, since, until in codes[names].itertuples(index=False, name=None):
        inside = _pick_use(rows_by_key.get((str(scope), str(text)), []), since, until)
        valued = [row for row in inside if row.value >= 0]
        unknown += len(inside) - len(valued)
        payouts, deposits, refunds = ([row for row in valued if row.kind == kind] for kind in ("payout", "deposit", "refund"))
        theirs = payouts if payees is None else [row for row in payouts if row.party in payees]
        if payees is not None and payouts and not theirs:
            continue
        paid, held, back = (sum(int(row.value) for row in rows) for rows in (theirs, deposits, refunds))
        likely = round(held * (1 - fee_max)) if number in released and payees is None else 0
        least, central, most = paid, max(paid, likely), max(paid, held - back)
        state = marks.get(number, set())
        line = "coerced" if "coerced" in state else "refunded" if refunds else "paid" if paid else "held"
        if line == "refunded":
            least = central = most = back
        sums[line] = sums[line] + np.array([least, central, most], dtype=object)
        rows_of[line] |= {int(row.transfer_id) for row in [*theirs, *deposits, *refunds]}
    sums["total"] = sums["paid"] + sums["held"]
    rows_of["total"] = rows_of["paid"] | rows_of["held"]
    return _tabulate(sums, rows_of, unknown, payees is None, reference)


class _Row(NamedTuple):
    transfer_id: int
    kind: str
    party: int
    value: int
    low: int
    high: int
    timed: bool


def _pick_use(rows: list[_Row], since: object, until: object) -> list[_Row]:
    """The rows of one use of a code; all of them where none has a time."""
    if pd.isna(since):  # type: ignore[call-overload]
        return rows
    first, last = _micro(since), _micro(until)
    return [row for row in rows if not row.timed or (first <= row.low and row.high <= last)]


def _micro(instant: object) -> int:
    return int(pd.Timestamp(str(instant)).value // 1_000)


def _tabulate(
    sums: dict[str, np.ndarray], rows_of: dict[str, set[int]], unknown: int, everybody: bool, reference: str
) -> pd.DataFrame:
    whose = (
        "all codes of these books, whoever's they are"
        if everybody
        else "codes paid to the people declared or inferred as organisers"
    )
    rows = []
    for number, line in enumerate(_LINES, start=1):
        cents = _round_bounds(*(int(value) for value in sums[line]))
        has, are = ("has", "is") if unknown == 1 else ("have", "are")
        left = f" {count_words(unknown, 'sum')} {has} no rate and {are} left out." if unknown else ""
        wording = {
            "paid": f"At least {_money(cents[0], reference)} were paid out on {whose}.",
            "held": f"Up to {_money(cents[2], reference)} were taken in on codes of which no payout is recorded.",
            "refunded": f"{_money(cents[1], reference)} were given back on {whose}; they are in no other line.",
            "coerced": f"At least {_money(cents[0], reference)} were paid under threat on {whose}; whoever paid is a victim, "
            "and the sum is no fee.",
            "total": f"Brought by {whose}: at least {_money(cents[0], reference)}; centrally {_money(cents[1], reference)}; "
            f"at most {_money(cents[2], reference)}.",
        }[line]
        evidence = json.dumps([f"transfer:{each}" for each in sorted(rows_of[line])])
        rows.append((number, line, reference, *cents, evidence, wording + left))
    names = ("proceeds_id", "line", "currency", "least", "central", "most", "evidence", "wording")
    return make_table("proceeds", {name: [row[at] for row in rows] for at, name in enumerate(names)})


def _round_bounds(least: int, central: int, most: int) -> tuple[int, int, int]:
    """Hundredths of three sums of millionths, each rounded so that what is said of it stays true: down, to the nearest, up."""
    return least // _MICRO_A_CENT, (central + _MICRO_A_CENT // 2) // _MICRO_A_CENT, -(-most // _MICRO_A_CENT)


def _money(cents: int, reference: str) -> str:
    return f"{format_units(cents, 2)} {reference}"
