"""Hawala payouts and transfers on other rails that are consistent with being the same money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from trails.graph import HOUR_US, CaseTables, make_table, node_column, order_transfers, time_bounds
from trails.hawala.candidates import expect_by_chance, join_bounds
from trails.hawala.ties import CHANCE_LIMIT, find_ties
from trails.valuation import value_transfers

if TYPE_CHECKING:
    from trails.graph import BoolArray, IntArray

#: Candidates kept per payout for the assignment; all of them are counted as rivals.
KEEP = 25
#: Dust and address poisoning: transfers worth less than this (millionths of the reference) are no candidates.
MIN_VALUE = 10_000
_MAX_VALUE = 2**62
_DENSE_CELLS = 4_000_000


def match_payouts(
    tables: CaseTables,
    *,
    window_hours: int = 72,
    fee_max: float = 0.06,
    tolerance: float = 0.02,
    tolerance_floor: int = 15,
    reference: str = "USD",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which transfer on another rail each hawala payout is consistent with, and how easily luck would do the same.

    A payout worth R fits a transfer worth U when R * (1 - fee_max) - tau <= U <= R + tau with
    tau = max(tolerance * R, tolerance_floor EUR), and when the transfer can have happened from 0 to ``window_hours``
    after the payout, both time errors widening that window. Each payout gets at most one transfer and each transfer at
    most one payout, so that the sum of scores is greatest.

    Parameters
    ----------
    tables
        The case. Payouts: kind ``payout`` from a junction on rail hawala. Pool: kinds ``transfer`` and ``output`` on
        other rails, status ok, of known time, worth at least 0.01; change back to an input's address left out, and so
        is every token without a value (a counterfeit has none). ``entities`` are used for ties where given.
    window_hours, fee_max, tolerance, tolerance_floor, reference
        The bounds; ``tolerance_floor`` in EUR (in the reference currency where no source states a EUR rate).

    Returns
    -------
    matches, unmatched : DataFrame
        Table ``matches``, by payout: ``score`` is the mean of the fit of the amount (1 where a fee within the limit
        explains it, falling to 0 over tau) and of the time (1 at the payout, 0 at the end of the window). ``rivals``
        counts the other transfers within the payout's bounds and the other payouts within whose bounds the transfer
        lies. ``margin`` is the score less the best rival's. ``chance`` is m * (k + 1) / (n + 1): the m transfers of the
        pool in the payout's time window times the share of the n outside it, of which k are of such a value. The second
        frame has ``transfer_id`` and ``reason`` of every payout left without.

    Notes
    -----
    The words "same money" are refused where ``chance`` exceeds 0.1 and nothing else ties the two (``find_ties``).
    Cost: see ``join_bounds``; then an assignment per connected group of candidates, on the 25 best of each payout.
    Source: R. Jonker and A. Volgenant, doi:10.1007/BF02278710 (assignment as in scipy).

    What it misses: payouts paid on in parts or together with others, after more than the window, or at a fee above the
    limit. The chance formula takes sizes as independent of the time of day and the season; a small pool makes it large.
    """
    payouts, no_value = _prepare_payouts(
        tables, window_hours=window_hours, fee_max=fee_max, tolerance=tolerance, floor=tolerance_floor,
        reference=reference,
    )  # fmt: skip
    pool = _prepare_pool(tables, reference)
    pairs = join_bounds(payouts, pool, by="a", keep=KEEP)
    chosen = _assign(pairs)
    payouts["chance"] = expect_by_chance(payouts, pool, _count(pairs, "a").reindex(payouts["a"]).fillna(0))
    against = join_bounds(payouts, pool[pool["b"].isin(chosen["b"])], by="b", keep=2)
    matches = _describe(tables, chosen, pairs, against, payouts.set_index("a"))
    return matches, _explain_unmatched(payouts, pairs, chosen, no_value)


def _count(pairs: pd.DataFrame, by: str) -> pd.Series:
    return pairs.groupby(by)["found"].first()


def _value_micro(transfers: pd.DataFrame, tables: CaseTables, reference: str) -> tuple[IntArray, BoolArray, pd.Series]:
    """Values in millionths, whether there is one that fits 64 bits, and the note about the rate."""
    valued = value_transfers(transfers, tables.assets, tables.prices, reference=reference)
    whole = [None if value is None else int(value * 1_000_000) for value in valued["value"]]
    fits = np.array([number is not None and number < _MAX_VALUE for number in whole], dtype=bool)
    values = np.array([number if ok else 0 for number, ok in zip(whole, fits, strict=True)], dtype=np.int64)
    return values, fits, valued["note"]


def _prepare_payouts(
    tables: CaseTables, *, window_hours: int, fee_max: float, tolerance: float, floor: int, reference: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The payouts with their bounds, and those that cannot be compared with their reason."""
    ordered = order_transfers(tables.transfers[tables.transfers["kind"] == "payout"])
    rails = node_column(tables.nodes, "rail", ordered["src"])
    ordered = ordered[(rails == "hawala") & (ordered["status"] == "ok").to_numpy()].reset_index(drop=True)
    value, fits, note = _value_micro(ordered, tables, reference)
    low, high, known = time_bounds(ordered)
    usable = fits & known & (value > 0)
    tau = np.maximum(np.floor(value * tolerance).astype(np.int64), _floor_micro(ordered, tables, floor, reference))
    after_fee = value - np.floor(value * fee_max).astype(np.int64)
    ids = ordered["transfer_id"].to_numpy(dtype=np.int64)
    frame = pd.DataFrame({
        "a": ids, "value": value, "after_fee": after_fee, "tolerance": np.maximum(tau, 1),
        "value_low": after_fee - tau, "value_high": value + tau,
        "time_low": low, "time_high": high, "time_end": high + window_hours * HOUR_US, "note": note.to_numpy(),
    })  # fmt: skip
    reason = np.where(~known, "its time is unknown", np.where(fits, "its amount is zero", note.to_numpy()))
    left_out = pd.DataFrame({"transfer_id": ids[~usable], "reason": reason[~usable]})
    return frame[usable].reset_index(drop=True), left_out


def _floor_micro(payouts: pd.DataFrame, tables: CaseTables, floor: int, reference: str) -> IntArray:
    """The smallest tolerance, stated in EUR, in millionths of the reference on each payout's day."""
    euro = payouts.assign(asset="EUR", amount=pd.Series([floor] * len(payouts), dtype=object, index=payouts.index))
    assets = pd.DataFrame({"asset": ["EUR"], "rail": [None], "contract": [None], "symbol": ["EUR"], "decimals": [0]})
    values = value_transfers(euro, assets, tables.prices, reference=reference)["value"]
    return np.array([floor * 10**6 if value is None else int(value * 1_000_000) for value in values], dtype=np.int64)


def _prepare_pool(tables: CaseTables, reference: str) -> pd.DataFrame:
    """The transfers a payout may have gone on as."""
    ordered = order_transfers(tables.transfers[tables.transfers["kind"].isin(["transfer", "output"])])
    hawala = tables.nodes.loc[tables.nodes["rail"] == "hawala", "node_id"]
    live = (ordered["status"] == "ok") & ordered["time"].notna() & (ordered["src"] != ordered["dst"])
    ordered = ordered[live & ~ordered["src"].isin(hawala) & ~ordered["dst"].isin(hawala)]
    ordered = ordered[~_is_change(ordered, tables.transfers)].reset_index(drop=True)
    value, fits, _ = _value_micro(ordered, tables, reference)
    low, high, _ = time_bounds(ordered)
    pool = pd.DataFrame(
        {"b": ordered["transfer_id"].to_numpy(dtype=np.int64), "value": value, "time_low": low, "time_high": high}
    )
    return pool[fits & (value >= MIN_VALUE)].reset_index(drop=True)


def _is_change(outputs: pd.DataFrame, transfers: pd.DataFrame) -> BoolArray:
    """Outputs that return to an address that the same transaction spends from."""
    inputs = transfers.loc[transfers["kind"] == "input", ["dst", "src"]]
    spent = pd.MultiIndex.from_frame(inputs)
    back: BoolArray = pd.MultiIndex.from_arrays([outputs["src"], outputs["dst"]]).isin(spent)
    return back & (outputs["kind"] == "output").to_numpy()


def _assign(pairs: pd.DataFrame) -> pd.DataFrame:
    """One transfer at most per payout and the reverse, with the greatest sum of scores, group by connected group."""
    if not len(pairs):
        return pairs[["a", "b", "score"]]
    a_ids, rows = np.unique(pairs["a"].to_numpy(), return_inverse=True)
    b_ids, columns = np.unique(pairs["b"].to_numpy(), return_inverse=True)
    size = len(a_ids) + len(b_ids)
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns + len(a_ids))), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    grouped = pairs.assign(row=rows, column=columns).groupby(labels[rows], sort=True)
    chosen = pd.concat([_assign_group(group) for _, group in grouped])
    return chosen[["a", "b", "score"]].sort_values("a", ignore_index=True)


def _assign_group(group: pd.DataFrame) -> pd.DataFrame:
    """The best assignment of one group. Every payout has a column of its own that means unmatched, at score 0."""
    _, rows = np.unique(group["row"].to_numpy(), return_inverse=True)
    _, columns = np.unique(group["column"].to_numpy(), return_inverse=True)
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    score = group["score"].to_numpy(dtype=np.float64)
    own = np.arange(height)
    all_rows, all_columns = np.concatenate([rows, own]), np.concatenate([columns, own + width])
    weight = np.concatenate([2.0 - score, np.full(height, 2.0)])
    if height * (width + height) <= _DENSE_CELLS:
        cost = np.full((height, width + height), 4.0 * (height + 1))
        cost[all_rows, all_columns] = weight
        found: tuple[Any, Any] = linear_sum_assignment(cost)
    else:
        sparse = coo_array((weight, (all_rows, all_columns)), shape=(height, width + height)).tocsr()
        found = min_weight_full_bipartite_matching(sparse)
    taken = dict(zip(found[0].tolist(), found[1].tolist(), strict=True))
    return group[[taken[row] == column for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]]


def _best_other(pairs: pd.DataFrame, by: str, chosen: pd.DataFrame) -> pd.Series:
    """Per chosen pair, the best score of another pair of the same payout (by "a") or transfer (by "b")."""
    joined = pairs.merge(chosen[["a", "b"]].rename(columns={"a": "a0", "b": "b0"}), left_on=by, right_on=f"{by}0")
    others = joined[(joined["a"] != joined["a0"]) | (joined["b"] != joined["b0"])]
    return others.groupby("a0")["score"].max()


def _describe(
    tables: CaseTables, chosen: pd.DataFrame, pairs: pd.DataFrame, against: pd.DataFrame, payouts: pd.DataFrame
) -> pd.DataFrame:
    """Table ``matches`` of the chosen pairs, with rivals on both sides, margin, chance and wording."""
    best = pd.concat([_best_other(pairs, "a", chosen), _best_other(against, "b", chosen)], axis=1).max(axis=1)
    margin = chosen["score"] - chosen["a"].map(best).fillna(0.0)
    rivals = chosen["a"].map(_count(pairs, "a")) - 1 + chosen["b"].map(_count(against, "b")) - 1
    named = pd.DataFrame({"transfer_a": chosen["a"], "transfer_b": chosen["b"]})
    ties = find_ties(tables, named)
    chance = payouts["chance"].reindex(chosen["a"]).to_numpy(dtype=np.float64)
    notes = payouts["note"].reindex(chosen["a"]).tolist()
    wording = [
        _word_match(a, b, f"score {score:.2f}, {int(rival)} rival(s)", chance=luck, tie=tie, note=note)
        for a, b, score, rival, luck, tie, note in zip(
            chosen["a"], chosen["b"], chosen["score"], rivals, chance, ties, notes, strict=True
        )
    ]
    return make_table("matches", {
        "match_id": np.arange(1, len(chosen) + 1),
        "transfer_a": chosen["a"].to_numpy(), "transfer_b": chosen["b"].to_numpy(),
        "score": chosen["score"].to_numpy(dtype=np.float64), "margin": margin.to_numpy(dtype=np.float64),
        "rivals": rivals.to_numpy(dtype=np.int64), "chance": chance, "wording": wording,
    })  # fmt: skip


def _word_match(a: int, b: int, fit: str, *, chance: float, tie: str, note: str) -> str:
    numbers = f"{fit}, {chance:.3g} such match(es) expected by chance"
    doubt = f" Rate: {note}." if note else ""
    if chance > CHANCE_LIMIT and not tie:
        return (
            f"Payout transfer {a} and transfer {b} fit in amount and time ({numbers}), but nothing else ties them: "
            f"not enough to read them as one payment.{doubt}"
        )
    second = f" Second tie: {tie}." if tie else ""
    return f"Payout transfer {a} and transfer {b}: consistent with the same money ({numbers}).{second}{doubt}"


def _explain_unmatched(
    payouts: pd.DataFrame, pairs: pd.DataFrame, chosen: pd.DataFrame, no_value: pd.DataFrame
) -> pd.DataFrame:
    left = payouts.loc[~payouts["a"].isin(chosen["a"]), "a"]
    reasons = np.where(
        left.isin(pairs["a"]), "every transfer within bounds fits another payout better or not at all",
        "no transfer within bounds of amount and time",
    )  # fmt: skip
    found = pd.DataFrame({"transfer_id": left.to_numpy(dtype=np.int64), "reason": reasons.astype(object)})
    return pd.concat([found, no_value]).sort_values("transfer_id", ignore_index=True)
