"""Addresses that sign one transaction together: the strongest sign of one owner on Bitcoin, outside CoinJoins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trails.graph import make_table, node_column
from trails.identifiers import NULL_ADDRESSES

if TYPE_CHECKING:
    import pandas as pd


def claim_co_spend(transfers: pd.DataFrame, nodes: pd.DataFrame, coinjoins: pd.DataFrame) -> pd.DataFrame:
    """Which addresses were spent together, and are therefore consistent with one owner.

    Every transaction with several distinct input addresses gives one claim per further address, from the one with the
    smallest number, so each claim can be read and rejected by itself.

    Parameters
    ----------
    transfers, nodes
        Tables of the contract. Inputs (kind ``input``, status ok) are read.
    coinjoins
        What ``find_coinjoins`` gives; flagged transactions make no claim.

    Returns
    -------
    DataFrame
        Table ``claims``, all of state ``accepted`` and strength ``strong``, by transaction and address. ``why`` names
        the transaction; ``transfer_id`` is the input of ``node_b``.

    Notes
    -----
    Left out: coinbase inputs, inputs whose address no source states (``txid:vout``), addresses nobody owns. Scripts
    without an address (``script:...``) take part. Cost: one sort of the inputs. Source: S. Meiklejohn et al., "A
    Fistful of Bitcoins" (IMC 2013), doi:10.1145/2504730.2504747; contested in US v. Sterlingov, 21-cr-399 (D.D.C.).

    What it misses: owners who never spend two addresses together. Where it errs: PayJoin, joint custody and services
    that sign for their clients look like one owner.
    """
    flagged = coinjoins.loc[coinjoins["verdict"], "junction"]
    inputs = transfers.loc[
        (transfers["kind"] == "input") & (transfers["status"] == "ok") & ~transfers["dst"].isin(flagged),
        ["transfer_id", "src", "dst"],
    ]
    inputs = inputs[inputs["src"].isin(_joinable(nodes))].sort_values(["dst", "src", "transfer_id"])
    inputs = inputs.drop_duplicates(["dst", "src"])
    anchor = inputs.groupby("dst", sort=False)["src"].transform("first")
    joined = inputs[inputs["src"] != anchor]
    txids = node_column(nodes, "key", joined["dst"])
    return make_table("claims", {
        "claim_id": np.arange(1, len(joined) + 1),
        "node_a": anchor[joined.index].to_numpy(),
        "node_b": joined["src"].to_numpy(),
        "rule": ["co_spend"] * len(joined),
        "strength": ["strong"] * len(joined),
        "state": ["accepted"] * len(joined),
        "transfer_id": joined["transfer_id"].to_numpy(),
        "why": [f"both spent as inputs of transaction {txid}" for txid in txids],
    })


def _joinable(nodes: pd.DataFrame) -> pd.Series:
    """Numbers of the account nodes that an input may join: real addresses and scripts."""
    key = nodes["key"].astype(str)
    placeholder = key.str.contains(":", regex=False) & ~key.str.startswith("script:")
    nobody = key.isin(list(NULL_ADDRESSES)) | key.str.startswith("coinbase")
    return nodes.loc[(nodes["kind"] == "account") & ~placeholder & ~nobody, "node_id"]
