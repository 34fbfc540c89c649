"""The rows of hawala books that move money into or out of a code, in one frame: what every question about codes starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trails.graph import node_column, order_transfers, time_bounds
from trails.hawala.records import value_micro
from trails.identifiers import normalise_code

if TYPE_CHECKING:
    import pandas as pd

    from trails.graph import CaseTables

LEG_KINDS = ("deposit", "payout", "refund", "fee")


def list_legs(tables: CaseTables, *, reference: str = "USD") -> pd.DataFrame:
    """Deposits, payouts, refunds and fees of hawala codes, by number.

    Parameters
    ----------
    tables
        The case; amounts in base units.
    reference
        Currency of ``value``.

    Returns
    -------
    DataFrame
        ``transfer_id``, ``kind``, ``code`` (node), ``party`` (the other node), ``scope`` (whose code it is), ``text`` (the
        code in one form, without its scope), ``asset``, ``amount`` (exact, or None), ``value`` (millionths of the reference,
        -1 where unknown), ``low``, ``high`` (microseconds), ``timed`` (whether there is a time), ``source_id``, ``row``.
        Failed rows are left out. Cost: one pass over the transfers.
    """
    ordered = order_transfers(tables.transfers[tables.transfers["kind"].isin(LEG_KINDS)])
    codes = tables.nodes.loc[(tables.nodes["rail"] == "hawala") & (tables.nodes["kind"] == "junction"), "node_id"]
    into = ordered["dst"].isin(codes) & (ordered["kind"] == "deposit")
    out = ordered["src"].isin(codes) & (ordered["kind"] != "deposit")
    pick = (into | out) & (ordered["status"] == "ok")
    legs = ordered[pick].reset_index(drop=True)
    is_in = into[pick].to_numpy()
    low, high, timed = time_bounds(legs)
    value, known, _ = value_micro(legs, tables, reference)
    code = np.where(is_in, legs["dst"], legs["src"]).astype(np.int64)
    legs = legs.assign(
        code=code, party=np.where(is_in, legs["src"], legs["dst"]).astype(np.int64), low=low, high=high, timed=timed,
        value=np.where(known, value, -1),
    )  # fmt: skip
    keys = [str(key) for key in node_column(tables.nodes, "key", legs["code"])]
    legs["scope"] = [key.split(":")[1] if key.count(":") > 1 else "" for key in keys]
    legs["text"] = [normalise_code(key.rsplit(":", 1)[-1]) for key in keys]
    names = (
        "transfer_id",
        "kind",
        "code",
        "party",
        "scope",
        "text",
        "asset",
        "amount",
        "value",
        "low",
        "high",
        "timed",
    )
    return legs[[*names, "source_id", "row"]]
