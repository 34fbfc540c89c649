"""Whether each hawala code balances, and which codes were used by two payers: notes for findings, no accusations."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from trails.graph import DAY_US, moved, order_transfers, time_bounds

#: What leaves a code may exceed what came in by this much before it is called over (rounding and rates of the day).
TOLERANCE = 0.02

BALANCE_COLUMNS = ["node_id", "asset", "deposited", "paid_out", "refunded", "fees", "difference", "state", "transfers"]
REUSE_COLUMNS = ["node_id", "payers", "days", "transfers"]


def check_codes(transfers: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Whether what was paid in on each code equals what was paid out, refunded and kept, or by how much it does not.

    Parameters
    ----------
    transfers, nodes
        Tables of the contract; amounts in base units.

    Returns
    -------
    DataFrame
        One row per code and asset, by number and asset: ``node_id``; ``asset``; ``deposited``, ``paid_out``,
        ``refunded``, ``fees`` and ``difference`` (deposits less the rest; exact integers of base units); ``state``:
        ``balanced``, ``open`` (less out than in), ``over`` (more out than in by over 2 %), ``mixed`` (several assets on
        one code, not comparable without rates), ``unknown`` (an amount is not stated); ``transfers`` (JSON list).

    Notes
    -----
    Cost: one grouping of the code transfers. An open code is normal while a journey lasts or a page is missing; a code
    over its deposits is consistent with credit, a missing row, or one row read twice.
    """
    legs = _code_legs(transfers, nodes)
    assets = legs.groupby("code")["asset"].nunique()
    rows = []
    for key, group in legs.groupby(["code", "asset"], sort=True):
        code, asset = int(str(key[0])), str(key[1])
        sums = {kind: sum(int(x) for x in part["amount"].dropna()) for kind, part in group.groupby("kind")}
        came, out, back, fee = (sums.get(kind, 0) for kind in ("deposit", "payout", "refund", "fee"))
        state = _judge_balance(came, out + back + fee)
        state = "mixed" if assets[code] > 1 else state
        state = "unknown" if group["amount"].isna().any() else state
        listed = json.dumps(sorted(int(x) for x in group["transfer_id"]))
        rows.append((code, asset, came, out, back, fee, came - out - back - fee, state, listed))
    return pd.DataFrame(rows, columns=BALANCE_COLUMNS).astype(dict.fromkeys(BALANCE_COLUMNS[2:7], object))


def _judge_balance(came: int, gone: int) -> str:
    if came == gone:
        return "balanced"
    if gone < came:
        return "open"
    return "over" if gone > came * (1 + TOLERANCE) else "balanced"


def _code_legs(transfers: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Transfers into and out of hawala codes, with the number of the code."""
    codes = nodes.loc[(nodes["rail"] == "hawala") & (nodes["kind"] == "junction"), "node_id"]
    ordered = order_transfers(transfers[moved(transfers)])
    into = ordered["dst"].isin(codes) & (ordered["kind"] == "deposit")
    out = ordered["src"].isin(codes) & ordered["kind"].isin(["payout", "refund", "fee"])
    legs = ordered[into | out]
    return legs.assign(code=np.where(into[into | out], legs["dst"], legs["src"]))


def find_code_reuse(transfers: pd.DataFrame, nodes: pd.DataFrame, *, window_days: int = 90) -> pd.DataFrame:
    """Which codes have deposits of two payers close in time: reuse, reassignment, a spouse, or a misreading.

    Parameters
    ----------
    transfers, nodes
        Tables of the contract.
    window_days
        Deposits of different payers count when they can lie within this many days; unknown times do not count.

    Returns
    -------
    DataFrame
        By code: ``node_id``; ``payers`` (JSON list of node numbers, for protected use only); ``days`` (smallest gap,
        may be 0 where the times overlap); ``transfers`` (JSON list). Cost: one sort of the deposits.
    """
    legs = _code_legs(transfers, nodes)
    legs = legs[(legs["kind"] == "deposit") & legs["time"].notna()]
    rows = []
    for code, group in legs.groupby("code", sort=True):
        gap = _closest_gap(group)
        if gap is not None and gap <= window_days * DAY_US:
            payers = json.dumps(sorted({int(x) for x in group["src"]}))
            listed = json.dumps(sorted(int(x) for x in group["transfer_id"]))
            rows.append((int(str(code)), payers, gap // DAY_US, listed))
    return pd.DataFrame(rows, columns=REUSE_COLUMNS)


def _closest_gap(deposits: pd.DataFrame) -> int | None:
    """The smallest possible time between deposits of two payers, in microseconds; None with one payer only."""
    low, high, _ = time_bounds(deposits)
    latest: dict[int, int] = {}
    gaps: list[int] = []
    for at in np.argsort(low, kind="stable").tolist():
        payer = int(deposits["src"].iloc[at])
        gaps += [max(0, int(low[at]) - end) for other, end in latest.items() if other != payer]
        latest = dict(sorted({**latest, payer: max(int(high[at]), latest.get(payer, 0))}.items(), key=_by_end)[-2:])
    return min(gaps, default=None)


def _by_end(payer_and_end: tuple[int, int]) -> tuple[int, int]:
    return payer_and_end[1], payer_and_end[0]
