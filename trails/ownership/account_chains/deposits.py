"""Deposit addresses of services: they pass everything on to one collector; whoever pays into one may be its user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import node_column
from trails.ownership.account_chains import DEFAULTS, Settings, money, running_sums
from trails.ownership.entities import held_claims

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

USERS = (
    "the user of a deposit address is who pays into it, but several people may pay into one: customers, or migrants who pay "
    "straight into somebody's exchange account"
)
#: A native coin pays its own fee: what is swept may be a fiftieth short. Tokens are swept to the last unit.
FEE_PART = 50


def claim_deposits(
    transfers: pd.DataFrame, nodes: pd.DataFrame, assets: pd.DataFrame, services: AbstractSet[int], settings: Settings = DEFAULTS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which addresses are consistent with deposit addresses of a service, and who pays into them.

    An address is taken for a deposit address of its collector where, in one asset, everything it sends goes to that one
    address, each sending leaves nothing (a native coin: less than a fiftieth), follows the last receipt within the window,
    and the collector is known as a service or collects from ``settings.collectors`` such addresses or more. A collector that
    pays more than ``settings.paid_back`` of its payers is a market run by a contract, and has no deposit addresses.

    Parameters
    ----------
    transfers, nodes, assets
        Tables of the contract.
    services
        Nodes known as services, by tag or behaviour.

    Returns
    -------
    tuple of DataFrames
        Claims ``deposit_forward`` (address and collector: medium, accepted: the address is the service's) and
        ``deposit_user`` (first payer and each further one: weak, always held), by the transfer they rest on.

    Notes
    -----
    Cost: a few sorts. Source: F. Victor, "Address Clustering Heuristics for Ethereum" (FC 2020),
    doi:10.1007/978-3-030-51280-4_33, who joins the payers; we do not, because in smuggling cases payers are often not the
    owner of the account they pay into. What it misses: deposits swept in parts, exports that hold one side only. Where it
    errs: a person who forwards every payment at once to one tagged address looks the same.
    """
    moves = money(transfers, nodes)
    forwards = _find_forwards(moves, assets, services, settings)
    if forwards.empty:
        empty = held_claims("deposit_forward", "medium", pd.DataFrame({"one": [], "other": []}), [], None)
        return empty, empty
    by: pd.DataFrame = forwards.groupby(["src", "dst"])["transfer_id"].min().reset_index()
    pairs = by.sort_values("transfer_id").rename(columns={"src": "one", "dst": "other"})
    names = node_column(nodes, "key", pairs["other"])
    said = [
        f"passes everything it receives on to {name}, within {settings.window_hours} h: consistent with a deposit address of "
        "the service behind it"
        for name in names
    ]
    return held_claims("deposit_forward", "medium", pairs, said, None), _claim_users(moves, nodes, pairs, services)


def _find_forwards(
    moves: pd.DataFrame, assets: pd.DataFrame, services: AbstractSet[int], settings: Settings
) -> pd.DataFrame:
    """The sendings of every deposit address: src, dst, transfer_id."""
    outs = moves[~moves["src"].isin(services)]
    single = outs.groupby(["src", "asset"])["dst"].transform("nunique") == 1
    outs = outs[single]
    held = outs[["src", "asset"]].drop_duplicates()
    ins = moves.merge(held, left_on=["dst", "asset"], right_on=["src", "asset"], suffixes=("", "_held"))
    flow = pd.concat([
        pd.DataFrame({"node": ins["dst"], "asset": ins["asset"], "time": ins["time"], "transfer_id": ins["transfer_id"],
                      "signed": ins["amount"], "out": False}),
        pd.DataFrame({"node": outs["src"], "asset": outs["asset"], "time": outs["time"], "transfer_id": outs["transfer_id"],
                      "signed": [-amount for amount in outs["amount"]], "out": True}),
    ])  # fmt: skip
    flow = flow.sort_values(["node", "asset", "time", "out", "transfer_id"], ignore_index=True)
    group = flow.groupby(["node", "asset"], sort=False).ngroup().to_numpy().astype(np.int64)
    left = running_sums(flow["signed"].to_numpy(object), group)
    native = flow["asset"].isin(assets.loc[assets["contract"].isna(), "asset"]).to_numpy(bool)
    out = flow["out"].to_numpy(bool)
    swept = np.fromiter(
        (0 <= rest <= (-moved // FEE_PART if coin else 0) for rest, moved, coin in zip(left, flow["signed"], native, strict=True)),
        bool, len(flow),
    )  # fmt: skip
    wait = flow["time"].diff().to_numpy("timedelta64[s]").astype(np.int64)
    after_receipt = np.append(False, ~out[:-1] & (group[1:] == group[:-1]))
    good = swept & after_receipt & (wait <= settings.window_hours * 3_600)
    whole = pd.Series(good | ~out).groupby(group).transform("all").to_numpy(bool) & out
    kept = outs[outs["transfer_id"].isin(flow.loc[whole, "transfer_id"])]
    kept = kept[~kept["dst"].isin(_find_traders(moves, kept["dst"].unique(), settings))]
    collected = kept.groupby("dst")["src"].transform("nunique")
    return kept[(collected >= settings.collectors) | kept["dst"].isin(services)]


def _find_traders(moves: pd.DataFrame, collectors: NDArray[np.int64], settings: Settings) -> set[int]:
    """Collectors that pay a notable part of their payers: markets run by a contract, where everybody keeps his own key."""
    about = moves[["src", "dst"]].drop_duplicates()
    paid = about[about["dst"].isin(collectors)]
    back = paid.merge(about, left_on=["src", "dst"], right_on=["dst", "src"], suffixes=("", "_back"))
    payers, returned = paid.groupby("dst").size(), back.groupby("dst").size()
    part = (returned.reindex(payers.index, fill_value=0) / payers) > settings.paid_back
    return {int(str(node)) for node in part.index[part]}


def _claim_users(
    moves: pd.DataFrame, nodes: pd.DataFrame, pairs: pd.DataFrame, services: AbstractSet[int]
) -> pd.DataFrame:
    paid = moves[moves["dst"].isin(pairs["one"]) & ~moves["src"].isin(services)]
    first = paid.drop_duplicates(["dst", "src"]).sort_values("transfer_id")
    user = first.groupby("dst")["src"].transform("first")
    further = first[first["src"] != user]
    made = pd.DataFrame({"one": user[further.index], "other": further["src"], "transfer_id": further["transfer_id"]})
    names = node_column(nodes, "key", further["dst"])
    why = [f"both pay into {name}, which is consistent with a deposit address of one user" for name in names]
    return held_claims("deposit_user", "weak", made, why, USERS)
