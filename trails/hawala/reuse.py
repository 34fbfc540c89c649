"""Which codes were used by two payers, and which may be one code misread: possible identities, never merged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from trails.graph import DAY_US
from trails.hawala.debts import WINDOW_DAYS, is_misread

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A payout of less than this of the deposit is no sign that the two codes are one.
HALF = 0.5
REUSE_COLUMNS = ["code", "payers", "days", "transfers"]
POSSIBLE_COLUMNS = ["code_a", "code_b", "why", "rivals", "transfers"]


def find_two_payers(legs: pd.DataFrame, *, window_days: int = WINDOW_DAYS) -> pd.DataFrame:
    """Which codes have deposits of two payers close in time: reuse, reassignment, a spouse, or a misreading.

    Parameters
    ----------
    legs
        As ``list_legs`` gives them.
    window_days
        Deposits of different payers count when they can lie within this many days; unknown times do not count.

    Returns
    -------
    DataFrame
        By code: ``code`` (node); ``payers`` (JSON list of node numbers, for protected use only); ``days`` (smallest gap, may
        be 0 where the times overlap); ``transfers`` (JSON list). Cost: one sort of the deposits.
    """
    deposits = legs[(legs["kind"] == "deposit") & legs["timed"]]
    many = deposits.groupby("code")["party"].transform("nunique") > 1
    rows = []
    for code, group in deposits[many].groupby("code", sort=True):
        gap = _closest_gap(group)
        if gap is not None and gap <= window_days * DAY_US:
            payers = json.dumps(sorted({int(x) for x in group["party"]}))
            listed = json.dumps(sorted(int(x) for x in group["transfer_id"]))
            rows.append((int(str(code)), payers, gap // DAY_US, listed))
    return pd.DataFrame(rows, columns=REUSE_COLUMNS)


def _closest_gap(deposits: pd.DataFrame) -> int | None:
    """The smallest possible time between deposits of two payers, in microseconds; None with one payer only."""
    ordered = deposits.sort_values(["low", "transfer_id"])
    latest: dict[int, int] = {}
    gaps: list[int] = []
    for low, high, payer in ordered[["low", "high", "party"]].itertuples(index=False, name=None):
        gaps += [max(0, int(low) - end) for other, end in latest.items() if other != payer]
        latest = dict(
            sorted({**latest, int(payer): max(int(high), latest.get(int(payer), 0))}.items(), key=_by_end)[-2:]
        )
    return min(gaps, default=None)


def _by_end(payer_and_end: tuple[int, int]) -> tuple[int, int]:
    return payer_and_end[1], payer_and_end[0]


def find_possible_codes(legs: pd.DataFrame, *, tolerance: float = 0.02) -> pd.DataFrame:
    """Codes that may be one misread: one has deposits only, the other payouts only, of a fitting sum, in order and in time.

    Parameters
    ----------
    legs
        As ``list_legs`` gives them; rows told again taken out.
    tolerance
        By how much the payout may exceed the deposit.

    Returns
    -------
    DataFrame
        ``code_a`` (deposited on), ``code_b`` (paid out), ``why`` (which sign differs), ``rivals`` (other codes that would do
        as well), ``transfers`` (JSON list). A possibility to be looked at on paper: nothing is merged. Cost: every code with
        one sign left out is looked up once.
    """
    lonely = legs[legs["kind"].isin(["deposit", "payout"])]
    kinds = lonely.groupby("code")["kind"].nunique()
    lonely = lonely[lonely["code"].isin(kinds[kinds == 1].index) & lonely["timed"] & (lonely["value"] > 0)]
    deposits, payouts = (lonely[lonely["kind"] == kind] for kind in ("deposit", "payout"))
    names = ["text", "code", "transfer_id", "value", "low", "high"]
    held = list(deposits[names].itertuples(index=False, name=None))
    index: dict[str, set[int]] = {}
    for at, (text, *_) in enumerate(held):
        for form in _leave_one_out(text):
            index.setdefault(form, set()).add(at)
    rows = []
    for text, code, number, value, _, high in payouts[names].itertuples(index=False, name=None):
        near = {at for form in _leave_one_out(text) for at in index.get(form, ())}
        fitting = [
            held[at] for at in sorted(near)
            if is_misread(held[at][0], text) and HALF * held[at][3] <= value <= (1 + tolerance) * held[at][3]
            and 0 <= high - held[at][4] <= WINDOW_DAYS * DAY_US
        ]  # fmt: skip
        for mine, node, deposit, *_ in fitting:
            why = f"{mine} and {text} differ by one sign, or by two that changed places"
            rows.append((int(node), int(code), why, len(fitting) - 1, json.dumps(sorted((int(deposit), int(number))))))
    return pd.DataFrame(rows, columns=POSSIBLE_COLUMNS)


def _leave_one_out(text: str) -> Iterable[str]:
    """The text, and the text without each of its signs: two that differ by one sign, or two changed places, share one."""
    return {text, *(text[:at] + text[at + 1 :] for at in range(len(text)))}
