"""Deposit addresses of services: they pass everything on to one collector; whoever pays into one may be its user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import node_column
from trails.ownership.account_chains import DEFAULTS, Settings, money, running_sums
from trails.ownership.entities import combine_claims, held_claims

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

USERS = (
    "the user of a deposit address is who pays into it, but several people may pay into one: customers, or migrants who pay "
    "straight into somebody's exchange account"
)
TOPPED_UP = (
    "all it received came from services, or from somebody who pays ten others or more: whoever tops up a wallet at one exchange "
    "and pays at once, as families pay an organiser, looks the same"
)
#: A native coin pays its own fee: what is swept may be a fiftieth short. Tokens are swept to the last unit.
FEE_PART = 50


def claim_deposits(
    transfers: pd.DataFrame,
    nodes: pd.DataFrame,
    assets: pd.DataFrame,
    services: AbstractSet[int],
    people: AbstractSet[int] = frozenset(),
    settings: Settings = DEFAULTS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which addresses are consistent with deposit addresses of a service, and who pays into them.

    An address is taken for a deposit address of its collector where, in one asset, everything it sends goes to that one
    address, each sending leaves nothing (a native coin: less than a fiftieth), follows the last receipt within the window,
    and the collector is known as a service or collects from ``settings.collectors`` such addresses or more. A collector that
    pays more than ``settings.paid_back`` of its payers is a market run by a contract, and has no deposit addresses.

    Families who buy at an exchange and pay an organiser at once look the same from his side. So addresses whose every receipt
    is from a service, or from somebody who pays ``settings.collectors`` others or more, make nobody a collector, and their
    claims are held. Whoever is declared to be somebody is neither a deposit address nor a collector.

    Parameters
    ----------
    transfers, nodes, assets
        Tables of the contract.
    services
        Nodes known as services, by tag, behaviour or declaration.
    people
        Nodes that an analyst declared to be somebody other than a service.

    Returns
    -------
    tuple of DataFrames
        Claims ``deposit_forward`` (address and collector: medium, accepted: the address is the service's; held where the
        address may as well be that of a customer who topped it up) and
        ``deposit_user`` (first payer and each further one: weak, always held), by the transfer they rest on.

    Notes
    -----
    Cost: a few sorts. Source: F. Victor, "Address Clustering Heuristics for Ethereum" (FC 2020),
    doi:10.1007/978-3-030-51280-4_33, who joins the payers; we do not, because in smuggling cases payers are often not the
    owner of the account they pay into. What it misses: deposits swept in parts, exports that hold one side only, users who
    only ever move coins from one exchange to another (none of 440 on a real token). Where it errs: a person who forwards every
    payment at once to one tagged address looks the same.
    """
    moves = money(transfers, nodes)
    forwards = _find_forwards(moves, assets, services, settings)
    forwards = forwards[~forwards["src"].isin(people) & ~forwards["dst"].isin(people)]
    topped_up = _find_topped_up(moves, forwards, services, settings)
    paid_into = forwards[~forwards["src"].isin(topped_up)].groupby("dst")["src"].nunique()
    forwards = forwards[forwards["dst"].isin({*services, *paid_into.index[paid_into >= settings.collectors]})]
    by: pd.DataFrame = forwards.groupby(["src", "dst"])["transfer_id"].min().reset_index()
    pairs = by.sort_values("transfer_id").rename(columns={"src": "one", "dst": "other"})
    doubtful = pairs["one"].isin(topped_up)
    plain = _claim_forwards(pairs[~doubtful], nodes, settings, None)
    claims = combine_claims(plain, _claim_forwards(pairs[doubtful], nodes, settings, TOPPED_UP))
    return claims, _claim_users(moves, nodes, pairs[~doubtful], services)


def _claim_forwards(pairs: pd.DataFrame, nodes: pd.DataFrame, settings: Settings, because: str | None) -> pd.DataFrame:
    said = [
        f"passes everything it receives on to {name}, within {settings.window_hours} h: consistent with a deposit address of "
        "the service behind it"
        for name in node_column(nodes, "key", pairs["other"])
    ]
    return held_claims("deposit_forward", "medium", pairs, said, because)


def _find_topped_up(
    moves: pd.DataFrame, forwards: pd.DataFrame, services: AbstractSet[int], settings: Settings
) -> set[int]:
    """Forwarding addresses that no single person ever paid into: services did, or those who pay many."""
    payees = moves.groupby("src")["dst"].nunique()
    wide = {*services, *payees.index[payees >= settings.collectors]}
    received = moves.merge(forwards[["src", "asset"]].drop_duplicates(), left_on=["dst", "asset"], right_on=["src", "asset"])
    only = received["src_x"].isin(wide).groupby(received["dst"]).all()
    return {int(str(node)) for node in only.index[only]}


def _find_forwards(
    moves: pd.DataFrame, assets: pd.DataFrame, services: AbstractSet[int], settings: Settings
) -> pd.DataFrame:
    """The sendings of every address that passes all it gets of one asset on to one other: src, dst, asset, transfer_id."""
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
    return kept[~kept["dst"].isin(_find_traders(moves, kept["dst"].unique(), settings))]


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
