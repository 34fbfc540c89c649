"""Which codes were used by two payers, and which may be one code misread: possible identities, never merged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from trails.graph import DAY_US
from trails.hawala.debts import WINDOW_DAYS, is_misread

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        latest = dict(sorted({**latest, int(payer): max(int(high), latest.get(int(payer), 0))}.items(), key=_by_end)[-2:])
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
    index: dict[str, set[int]] = {}
    for at, text in zip(deposits.index, deposits["text"], strict=True):
        for form in _leave_one_out(text):
            index.setdefault(form, set()).add(int(at))
    rows = []
    for payout in payouts.itertuples():
        near = {at for form in _leave_one_out(str(payout.text)) for at in index.get(form, ())}
        fitting = [
            at for at in sorted(near)
            if is_misread(str(deposits.at[at, "text"]), str(payout.text))
            and 0.5 * deposits.at[at, "value"] <= payout.value <= (1 + tolerance) * deposits.at[at, "value"]
            and 0 <= payout.high - deposits.at[at, "low"] <= WINDOW_DAYS * DAY_US
        ]  # fmt: skip
        for at in fitting:
            why = f"{deposits.at[at, 'text']} and {payout.text} differ by one sign, or by two that changed places"
            listed = json.dumps(sorted((int(deposits.at[at, "transfer_id"]), int(payout.transfer_id))))
            rows.append((int(deposits.at[at, "code"]), int(payout.code), why, len(fitting) - 1, listed))
    return pd.DataFrame(rows, columns=POSSIBLE_COLUMNS)


def _leave_one_out(text: str) -> Iterable[str]:
    """The text, and the text without each of its signs: two that differ by one sign, or two changed places, share one."""
    return {text, *(text[:at] + text[at + 1 :] for at in range(len(text)))}
