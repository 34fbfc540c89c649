"""Who may move an account's tokens, or sign for it: permissions that accounts gave. Recorded, and never joined by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trails.graph import node_column
from trails.identifiers import NULL_ADDRESSES
from trails.ownership.account_chains import ACCOUNT_RAILS, DEFAULTS, Settings
from trails.ownership.entities import held_claims

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

SELF_AUTHORISED = (
    "who may spend an account's tokens may be its owner's second wallet, but also a contract (a market, a lending pool), "
    "a custodian, or a thief who had the permission signed"
)
CONTROL = (
    "who holds a key of an account can act for it, which is not owning it: a custodian, a co-signer, or a thief who had the "
    "change of keys signed (a common fraud) holds one too"
)
_EMPTY = pd.DataFrame({"one": [], "other": [], "event_id": []})


def claim_self_authorised(
    events: pd.DataFrame, nodes: pd.DataFrame, assets: pd.DataFrame, services: AbstractSet[int], settings: Settings = DEFAULTS
) -> pd.DataFrame:  # fmt: skip
    """Which account let which other one spend its tokens, where the other is nobody's shop.

    Parameters
    ----------
    events, nodes, assets
        Tables of the contract; events of kind ``approved`` are read.
    services
        Nodes known as services: leave to one of these ties nobody.
    settings
        ``most_authorised``: whoever more accounts than this let spend is taken for a contract.

    Returns
    -------
    DataFrame
        Held claims ``self_authorised`` (weak) between owner and spender, by the first approval.

    Notes
    -----
    Cost: one grouping of the events. Source: F. Victor, "Address Clustering Heuristics for Ethereum" (FC 2020),
    doi:10.1007/978-3-030-51280-4_33, found it the weakest of his three rules and removed contracts by their code; we have
    no code, so whoever many accounts authorise is left out instead. What it misses: approvals of collectibles. Where it
    errs: contracts few accounts of this case use, and wallets that a fraud emptied.
    """
    given = events[(events["kind"] == "approved") & events["node_id"].notna() & events["other_node_id"].notna()]
    given = given.astype({"node_id": "int64", "other_node_id": "int64"}).sort_values("event_id")
    contracts = set(assets["contract"].dropna())
    nobody = nodes.loc[nodes["key"].isin(NULL_ADDRESSES) | nodes["key"].isin(contracts), "node_id"]
    asked = given.groupby("other_node_id")["node_id"].transform("nunique") if len(given) else pd.Series(dtype="int64")
    given = given[
        (asked <= settings.most_authorised) & (given["node_id"] != given["other_node_id"])
        & ~given["other_node_id"].isin(services) & ~given["other_node_id"].isin(nobody) & ~given["node_id"].isin(nobody)
    ].drop_duplicates(["node_id", "other_node_id"])  # fmt: skip
    if given.empty:
        return held_claims("self_authorised", "weak", _EMPTY, [], SELF_AUTHORISED)
    pairs = pd.DataFrame({"one": given["node_id"], "other": given["other_node_id"], "event_id": given["event_id"]})
    owner, spender = (node_column(nodes, "key", given[side]) for side in ("node_id", "other_node_id"))
    why = [f"{one} lets {other} spend its tokens" for one, other in zip(owner, spender, strict=True)]
    return held_claims("self_authorised", "weak", pairs, why, SELF_AUTHORISED)


def claim_controls(events: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Who may sign for which TRON account since a change of its keys.

    Parameters
    ----------
    events, nodes
        Tables of the contract; events of kind ``permission_changed`` are read, one for each key that is not the account's.

    Returns
    -------
    DataFrame
        Held claims ``control`` (weak), by the first change that lists the key; ``why`` says where a later one does not.

    Notes
    -----
    Cost: one grouping of the events. Source: account permissions of the TRON protocol (TIP-16). What it misses: keys that
    are shared without the chain knowing it. Origin (who activated an account) is another claim and says nothing of this.
    """
    changed = events[(events["kind"] == "permission_changed") & events["node_id"].notna()]
    changed = changed[node_column(nodes, "rail", changed["node_id"]) == ACCOUNT_RAILS[-1]] if len(changed) else changed
    listed = changed[changed["other_node_id"].notna() & (changed["node_id"] != changed["other_node_id"])]
    if listed.empty:
        return held_claims("control", "weak", _EMPTY, [], CONTROL)
    newest = changed.groupby("node_id")["time"].max()
    last = listed.groupby(["node_id", "other_node_id"])["time"].max()
    first = listed.sort_values("event_id").drop_duplicates(["node_id", "other_node_id"])
    pairs = pd.DataFrame({"one": first["node_id"], "other": first["other_node_id"], "event_id": first["event_id"]})
    gone = [  # where a time is not known, neither is which change came later
        bool(last[one, other] < newest[one])
        for one, other in zip(first["node_id"], first["other_node_id"], strict=True)
    ]
    why = [
        str(text) + ("; a later change does not list this key any more" if over else "")
        for text, over in zip(first["text"], gone, strict=True)
    ]
    return held_claims("control", "weak", pairs.astype("int64"), why, CONTROL)
