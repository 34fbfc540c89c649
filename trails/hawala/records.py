"""The two sides of a cross-rail match: what offices booked, and the transfers on other rails that may be the same money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import HOUR_US, CaseTables, node_column, node_entities, order_transfers, time_bounds
from trails.hawala.candidate_loops import Bounds
from trails.valuation import value_transfers

if TYPE_CHECKING:
    from trails.graph import BoolArray, IntArray

#: What a record can be; a position in this list is its kind.
RECORD_KINDS = ("payout", "deposit", "settlement")
PAYOUT, DEPOSIT, SETTLEMENT = range(3)
#: Dust and address poisoning: transfers worth less than this (millionths of the reference) are no candidates.
MIN_VALUE = 10_000
_MAX_VALUE = 2**62
_ON_RAILS = ("transfer", "output", "cash")


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be the same money: the settings of a case."""

    window_hours: int = 72
    fee_max: float = 0.06
    tolerance: float = 0.02
    tolerance_floor: int = 15
    reference: str = "USD"


def prepare_records(tables: CaseTables, rules: Rules, *, same_as: dict[int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What offices booked as paid out, taken in or settled, with the band and window of its other half.

    Parameters
    ----------
    tables
        The case; ``entities`` may be None.
    rules
        Windows, largest fee and tolerance.
    same_as
        Transfers that tell again what another one tells (a second book, a row read twice): they are no records of their own.

    Returns
    -------
    tuple of DataFrame
        Records by number: ``a`` (transfer_id), ``kind`` (position in RECORD_KINDS), ``value``, ``value_low``,
        ``value_high`` (millionths of the reference), ``time_low``, ``time_high``, ``since``, ``until`` (microseconds),
        ``office`` (scope of the book), ``party`` (entity of the payee, payer or other office), ``near`` (the code, or the
        office of a settlement) and ``far`` (the other node), ``asset``, ``note``. And
        ``transfer_id`` with ``reason`` of those that cannot be compared.
    """
    ordered = order_transfers(tables.transfers[tables.transfers["kind"].isin(RECORD_KINDS)])
    kind = ordered["kind"].map({word: number for number, word in enumerate(RECORD_KINDS)}).to_numpy(dtype=np.int64)
    far = ordered["dst"].where(kind != DEPOSIT, ordered["src"])
    near = ordered["src"].where(kind != DEPOSIT, ordered["dst"])
    hawala = (node_column(tables.nodes, "rail", near) == "hawala") & (ordered["status"] == "ok").to_numpy()
    new = ~ordered["transfer_id"].isin(same_as).to_numpy()
    pick = hawala & new
    ordered, kind, far, near = ordered[pick].reset_index(drop=True), kind[pick], far[pick], near[pick]
    value, fits, note = value_micro(ordered, tables, rules.reference)
    low, high, known = time_bounds(ordered)
    usable = fits & known & (value > 0)
    tau = np.maximum(np.floor(value * rules.tolerance).astype(np.int64), _floor_micro(ordered, tables, rules))
    tau = np.maximum(tau, 1)
    fee = np.floor(value * rules.fee_max).astype(np.int64)
    window = rules.window_hours * HOUR_US
    entity = node_entities(tables.nodes, tables.entities) if tables.entities is not None else {}
    ids = ordered["transfer_id"].to_numpy(dtype=np.int64)
    frame = pd.DataFrame({
        "a": ids, "kind": kind, "value": value,
        "value_low": value - tau - np.where(kind == PAYOUT, fee, 0),
        "value_high": value + tau + np.where(kind == DEPOSIT, fee, 0),
        "time_low": low, "time_high": high,
        "since": low - np.where(kind == PAYOUT, 0, window), "until": high + np.where(kind == DEPOSIT, 0, window),
        "office": [_scope_of(key) for key in node_column(tables.nodes, "key", near)],
        "party": [entity.get(int(node), int(node)) for node in far],
        "near": near.to_numpy(dtype=np.int64), "far": far.to_numpy(dtype=np.int64),
        "asset": ordered["asset"].to_numpy(), "note": note.to_numpy(),
    })  # fmt: skip
    reason = np.where(~known, "its time is unknown", np.where(fits, "its amount is zero", note.to_numpy()))
    left_out = pd.DataFrame({"transfer_id": ids[~usable], "reason": reason[~usable]})
    return frame[usable].reset_index(drop=True), left_out


def _scope_of(key: object) -> str:
    """The book a code or party belongs to: ``code:SCOPE:4718`` and ``party:SCOPE:name`` say it."""
    parts = str(key).split(":")
    return parts[1] if len(parts) > 2 else ""


def bound_records(records: pd.DataFrame) -> Bounds:
    """The columns of records that the search for candidates reads."""
    return Bounds(*(np.ascontiguousarray(records[name].to_numpy(dtype=np.int64)) for name in Bounds._fields))


def prepare_pool(tables: CaseTables, rules: Rules) -> pd.DataFrame:
    """The transfers on other rails that may be the other half of what an office booked.

    Failed and zero transfers, dust, change that returns to an input, transfers to oneself, and tokens without a value are
    none.

    Returns
    -------
    DataFrame
        By number: ``b`` (transfer_id), ``value`` (millionths), ``time_low``, ``time_high``, ``source`` and ``goal``
        (entities; of a coin's output the entity of the transaction's first input), ``src``, ``dst`` (nodes), ``asset``.
    """
    ordered = order_transfers(tables.transfers[tables.transfers["kind"].isin(_ON_RAILS)])
    rails = pd.Series(node_column(tables.nodes, "rail", ordered["src"]))
    to_rails = pd.Series(node_column(tables.nodes, "rail", ordered["dst"]))
    live = (ordered["status"] == "ok") & ordered["time"].notna() & (ordered["src"] != ordered["dst"])
    ordered = ordered[live & (rails != "hawala") & (to_rails != "hawala")]
    ordered = ordered[~_is_change(ordered, tables.transfers)].reset_index(drop=True)
    value, fits, _ = value_micro(ordered, tables, rules.reference)
    low, high, _ = time_bounds(ordered)
    inputs = tables.transfers.loc[tables.transfers["kind"] == "input", ["dst", "src"]]
    spends = inputs.groupby("dst")["src"].min()
    source = ordered["src"].map(spends).fillna(ordered["src"]).astype(np.int64)
    entity = node_entities(tables.nodes, tables.entities) if tables.entities is not None else {}
    pool = pd.DataFrame({
        "b": ordered["transfer_id"].to_numpy(dtype=np.int64), "value": value, "time_low": low, "time_high": high,
        "source": [entity.get(int(node), int(node)) for node in source],
        "goal": [entity.get(int(node), int(node)) for node in ordered["dst"]],
        "src": ordered["src"].to_numpy(dtype=np.int64), "dst": ordered["dst"].to_numpy(dtype=np.int64),
        "asset": ordered["asset"].to_numpy(),
    })  # fmt: skip
    return pool[fits & (value >= MIN_VALUE)].reset_index(drop=True)


def value_micro(transfers: pd.DataFrame, tables: CaseTables, reference: str) -> tuple[IntArray, BoolArray, pd.Series]:
    """Values in millionths, whether there is one that fits 64 bits, and the note about the rate, or on a sum that is too large."""
    valued = value_transfers(transfers, tables.assets, tables.prices, reference=reference)
    whole = [None if value is None else int(value * 1_000_000) for value in valued["value"]]
    fits = np.array([number is not None and number < _MAX_VALUE for number in whole], dtype=bool)
    values = np.array([number if ok else 0 for number, ok in zip(whole, fits, strict=True)], dtype=np.int64)
    large = np.array([number is not None for number in whole], dtype=bool) & ~fits
    return values, fits, valued["note"].mask(large, "its sum is larger than any that is compared")


def _floor_micro(records: pd.DataFrame, tables: CaseTables, rules: Rules) -> IntArray:
    """The smallest tolerance, stated in EUR, in millionths of the reference on each record's day."""
    floor = rules.tolerance_floor
    euro = records.assign(asset="EUR", amount=pd.Series([floor] * len(records), dtype=object, index=records.index))
    assets = pd.DataFrame({"asset": ["EUR"], "rail": [None], "contract": [None], "symbol": ["EUR"], "decimals": [0]})
    values = value_transfers(euro, assets, tables.prices, reference=rules.reference)["value"]
    return np.array([floor * 10**6 if value is None else int(value * 1_000_000) for value in values], dtype=np.int64)


def _is_change(outputs: pd.DataFrame, transfers: pd.DataFrame) -> BoolArray:
    """Outputs that return to an address that the same transaction spends from."""
    inputs = transfers.loc[transfers["kind"] == "input", ["dst", "src"]]
    spent = pd.MultiIndex.from_frame(inputs)
    back: BoolArray = pd.MultiIndex.from_arrays([outputs["src"], outputs["dst"]]).isin(spent)
    return back & (outputs["kind"] == "output").to_numpy()
