"""What offices owed one another over a window, beside what they settled: netted, cleared by a transfer, open, or apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import DAY_US, make_table, node_column, order_transfers, time_bounds
from trails.hawala.records import value_micro
from trails.hawala.ties import list_verdicts
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.graph import CaseTables

#: A settlement is rounded and pays for what is about due: it agrees within this share of what was owed, or a round sum.
TOLERANCE = 0.02
_ROUND = 100_000_000
_MEDIA = (("usdt", ("USDT", "USDC")), ("gold", ("XAU", "GOLD")))
_MEDIUM_WORDS = {
    "cash": ("cash", "nakit", "keš", "kes", "gotovina", "naqd", "نقد"), "gold": ("gold", "altin", "altın", "zlato", "طلا", "ذهب"),
    "goods": ("goods", "mal", "roba", "کالا", "بضاعة"), "bank": ("bank", "banka", "havale", "iban"),
    "usdt": ("usdt", "tether", "trc", "تتر"), "netting": ("netting", "prebij", "mahsup", "تهاتر"),
}  # fmt: skip


def net_offices(
    tables: CaseTables, legs: pd.DataFrame, *, same_as: Mapping[int, int], matches: pd.DataFrame, reference: str = "USD"
) -> pd.DataFrame:
    """For every booked settlement: what the payouts before it add up to, and whether a transfer carried it.

    The window of a settlement runs from the one before it between the same two scopes. What is owed is the sum of payouts by one
    side for codes of the other, less those the other way, each at the rates of its day; payouts told by two books count once.
    What was owed and not settled since the last one is listed as open.

    Parameters
    ----------
    tables
        The case.
    legs
        As ``list_legs`` gives them.
    same_as
        Rows that tell again what another one tells.
    matches
        Table ``matches``: a settlement whose match is a link, or was accepted by an analyst, is cleared; one with a possible
        match between wallets that no other pair ties to the office is a candidate for settlement by a third party, and no more.
        A match that an analyst rejected or is unsure of carries nothing, and the wording says so.
    reference
        Currency in which sums of several currencies are compared.

    Returns
    -------
    DataFrame
        Table ``nettings``. ``state``: cleared, netted (within 2 %, or a round hundred), apart, open, candidate.

    Notes
    -----
    Never needed to show that a code was paid. Cost: one pass over the payouts for each settlement of a scope. What it misses:
    settlement outside the books, and rows that are missing: with a fifth of the payouts unwritten the sums are apart.
    Source: FATF, The Role of Hawala (2013), on net settlement over time.
    """
    ordered = order_transfers(tables.transfers[tables.transfers["kind"] == "settlement"])
    ordered = ordered[(ordered["status"] == "ok") & ~ordered["transfer_id"].isin(same_as)].reset_index(drop=True)
    low, high, timed = time_bounds(ordered)
    value, known, _ = value_micro(ordered, tables, reference)
    labels = {side: node_column(tables.nodes, "label", ordered[side]) for side in ("src", "dst")}
    keys = node_column(tables.nodes, "key", ordered["src"])
    scope = np.array([str(key).split(":")[1] if str(key).count(":") > 1 else "" for key in keys], dtype=object)
    payouts = legs[
        (legs["kind"] == "payout") & ~legs["transfer_id"].isin(same_as) & legs["timed"] & (legs["value"] > 0)
    ]
    best, doubted = _find_carriers(matches, tables)
    notes = _read_media(tables)
    rows: list[dict[str, object]] = []
    for name in sorted({str(each) for each in scope}):
        since = -(2**62)
        mine = payouts[payouts["scope"] == name]
        at = np.flatnonzero((scope == name) & timed)
        for nth in at[np.argsort(low[at], kind="stable")].tolist():
            until = int(low[nth] + high[nth]) // 2
            window = mine[(mine["low"] > since) & (mine["low"] <= until)]
            rows.append(_net_one(ordered.iloc[nth], window, (since, until), int(value[nth]) if known[nth] else None,
                                 (labels["src"][nth], labels["dst"][nth]), best, doubted, notes))  # fmt: skip
            since = until
        left = mine[mine["low"] > since]
        if len(at) and len(left):
            rows.append(_list_unsettled(left, rows[-1], since))
    return make_table("nettings", {
        "netting_id": range(1, len(rows) + 1), **{key: [row[key] for row in rows] for key in (rows[0] if rows else ())},
    } if rows else {})  # fmt: skip


def _find_carriers(
    matches: pd.DataFrame, tables: CaseTables
) -> tuple[dict[int, tuple[str, int, object]], dict[int, str]]:
    """The transfer that may have carried each settlement, with the state and second source of the match; and what a person
    said against one."""
    best: dict[int, tuple[str, int, object]] = {}
    doubted: dict[int, str] = {}
    columns = matches[["transfer_a", "transfer_b", "kind", "state", "second"]].itertuples(index=False, name=None)
    for (a, b, kind, state, second), judgement in zip(columns, list_verdicts(matches, tables), strict=True):
        if kind != "settlement":
            continue
        if judgement is None or judgement.verdict == "accept":
            best[int(a)] = ("link" if judgement else str(state), int(b), second)
        elif judgement.verdict == "reject":
            doubted[int(a)] = f" A person rejected that transfer {b} carried it (judgement {judgement.number})."
        else:
            doubted[int(a)] = f" A person is unsure whether transfer {b} carried it (judgement {judgement.number})."
    return best, doubted


def _read_media(tables: CaseTables) -> dict[tuple[int, int], str]:
    """What the row of a settlement says about how it was made."""
    said = tables.events[tables.events["kind"].isin(["note", "place", "purpose", "stated_address", "mention"])]
    found: dict[tuple[int, int], str] = {}
    for kind, text, source, row in said[["kind", "text", "source_id", "row"]].itertuples(index=False, name=None):
        words = str(text).casefold()
        medium = next((name for name, each in _MEDIUM_WORDS.items() if any(word in words for word in each)), "")
        if kind in ("stated_address", "mention"):
            medium = medium or "usdt"
        if medium:
            found.setdefault((int(source), int(row)), medium)
    return found


def _net_one(
    row: pd.Series, window: pd.DataFrame, span: tuple[int, int], value: int | None, names: tuple[object, object],
    best: dict[int, tuple[str, int, object]], doubted: dict[int, str], notes: dict[tuple[int, int], str],
) -> dict[str, object]:  # fmt: skip
    number, asset = int(row["transfer_id"]), str(row["asset"])
    settled = None if pd.isna(row["amount"]) else int(row["amount"])
    owed_value = int(window["value"].sum())
    owed = None if not settled or not value else round(owed_value * settled / value)
    state, carried, second = best.get(number, ("", 0, None))
    agrees = value is not None and abs(owed_value - value) <= max(TOLERANCE * owed_value, _ROUND)
    word = (
        "cleared"
        if state == "link"
        else "candidate"
        if state == "possible" and not second
        else "netted"
        if agrees
        else "apart"
    )
    symbol = asset.split("@", 1)[0].upper()
    medium = next((name for name, symbols in _MEDIA if symbol in symbols), "") or notes.get(
        (int(row["source_id"]), int(row["row"])), "unknown"
    )
    evidence = [f"transfer:{number}", *([f"transfer:{carried}"] if carried and word != "apart" else []),
                *(f"transfer:{each}" for each in sorted(window["transfer_id"].tolist()))]  # fmt: skip
    said = {
        "cleared": f"transfer {carried} is consistent with carrying it",
        "candidate": f"transfer {carried} would carry it between parties not known to be these offices: a candidate only",
        "netted": "the payouts of the window add up to about this sum",
        "apart": "the payouts recorded in the window do not add up to it: rows are missing, or it settles something else",
    }[word]
    return {
        "office_a": str(names[0] or ""), "office_b": str(names[1] or ""), "settlement": number,
        "since": None if span[0] < 0 else pd.Timestamp(span[0], unit="us"), "until": pd.Timestamp(span[1], unit="us"),
        "asset": asset,
        "owed": owed, "settled": settled, "difference": None if owed is None or settled is None else owed - settled,
        "medium": medium, "state": word, "evidence": json.dumps(evidence),
        "wording": f"Settlement transfer {number} ({medium}): {said}. {count_words(len(window), 'payout')} in its window."
        f"{doubted.get(number, '')}",
    }  # fmt: skip


def _list_unsettled(left: pd.DataFrame, last: dict[str, object], since: int) -> dict[str, object]:
    """Payouts after the last settlement: owed, and not known to be settled."""
    single = len(set(left["asset"])) == 1 and str(left["asset"].iloc[0]) == last["asset"]
    owed = sum(int(each) for each in left["amount"]) if single and left["amount"].notna().all() else None
    days = (int(left["high"].max()) - since) // DAY_US
    return {
        "office_a": last["office_a"], "office_b": last["office_b"], "settlement": None, "since": pd.Timestamp(since, unit="us"),
        "until": pd.Timestamp(int(left["high"].max()), unit="us"), "asset": last["asset"], "owed": owed, "settled": None,
        "difference": None, "medium": "unknown", "state": "open",
        "evidence": json.dumps([f"transfer:{each}" for each in sorted(left["transfer_id"].tolist())]),
        "wording": f"{count_words(len(left), 'payout')} of the last {count_words(days, 'day')} "
        f"{'is' if len(left) == 1 else 'are'} not "
        "settled by any row of these books: normal until the next settlement.",
    }  # fmt: skip
