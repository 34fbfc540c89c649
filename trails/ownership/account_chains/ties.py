"""Ties that are recorded and never join by themselves: fuelling, one key on two chains, activation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trails.graph import node_column
from trails.identifiers import NULL_ADDRESSES
from trails.ownership.account_chains import ACCOUNT_RAILS, DEFAULTS, Settings, money
from trails.ownership.entities import held_claims

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

FUELLED = "who pays for fees may be an employer, a relative or a shop: control of the wallets is a judgement"
FUNDED = "who pays the first coins into several wallets may be a relative, an employer, a shop or a desk that nobody tagged"
SAME_KEY = "the same 20 bytes on two chains are one key for a person's account, but may be two contracts of different people"
ORIGIN = "activation says who paid for an account's first entry, not who owns or controls it"
_EMPTY = pd.DataFrame({"one": [], "other": []})


def claim_fuelling(
    transfers: pd.DataFrame, events: pd.DataFrame, nodes: pd.DataFrame, assets: pd.DataFrame, services: AbstractSet[int],
    settings: Settings = DEFAULTS,
) -> pd.DataFrame:  # fmt: skip
    """Which wallets one account keeps supplied with coins for fees, or with energy.

    Held claims ``fuelling`` (weak) between the account and each of ``settings.fuelled`` wallets or more that it topped up
    ``settings.top_ups`` times or more with a native coin, or lent energy to. Services, and whoever supplies more than
    ``settings.most_fuelled`` wallets (rental providers), are left out.

    Notes
    -----
    Cost: one grouping of transfers and events. Source: the practice of TRON investigations; no published error rate, so it
    never joins. What it misses: fuel bought from providers. Where it errs: employers, shops, families.
    """
    native = assets.loc[assets["contract"].isna(), "asset"]
    moves = money(transfers, nodes)
    paid = moves.loc[moves["asset"].isin(native), ["src", "dst", "transfer_id"]]
    times = paid.groupby(["src", "dst"])["transfer_id"].agg(["size", "min"]).reset_index()
    topped = times.loc[times["size"] >= settings.top_ups, ["src", "dst", "min"]].set_axis(["one", "other", "transfer_id"], axis=1)
    lent = events[(events["kind"] == "energy_delegated") & events["node_id"].notna() & events["other_node_id"].notna()]
    lent = lent.groupby(["node_id", "other_node_id"])["event_id"].min().reset_index().set_axis(["one", "other", "event_id"], axis=1)
    both = pd.concat([topped, lent]).astype({"one": "int64", "other": "int64"})
    both = both[~both["one"].isin(services) & (both["one"] != both["other"])]
    wallets = both.groupby("one")["other"].transform("nunique")
    kept = both[(wallets >= settings.fuelled) & (wallets <= settings.most_fuelled)].drop_duplicates(["one", "other"])
    kept = kept.sort_values(["one", "other"])
    kept = kept.astype({"transfer_id": "Int64", "event_id": "Int64"})
    why = [
        f"{name} keeps {count} wallets supplied with coins for fees or with energy"
        for name, count in zip(node_column(nodes, "key", kept["one"]), wallets[kept.index], strict=True)
    ] if len(kept) else []  # fmt: skip
    return held_claims("fuelling", "weak", kept if len(kept) else _EMPTY, why, FUELLED)


def claim_common_funders(
    transfers: pd.DataFrame, nodes: pd.DataFrame, assets: pd.DataFrame, services: AbstractSet[int], settings: Settings = DEFAULTS
) -> pd.DataFrame:  # fmt: skip
    """Which wallets got their first native coins from one account.

    Held claims ``common_funder`` (hint) between the first wallet that an account funded and each further one, resting on the
    payment that funded the further one. Left out: services, and whoever first funds more than ``settings.most_fuelled``
    wallets; funders that the case does not show as such.

    Notes
    -----
    Cost: one sort of the transfers of native coins. Source: the practice of investigations on account chains, where a wallet
    needs coins for fees before it can do anything; no published error rate. What it misses: wallets funded by exchanges. Where
    it errs: the first receipt in the case may not be the first there was.
    """
    native = assets.loc[assets["contract"].isna(), "asset"]
    moves = money(transfers, nodes)
    first = moves[moves["asset"].isin(native)].drop_duplicates("dst")
    first = first[~first["src"].isin(services) & ~first["dst"].isin(services)]
    wallets = first.groupby("src")["dst"].transform("size")
    first = first[(wallets > 1) & (wallets <= settings.most_fuelled)].sort_values(["src", "time", "transfer_id"])
    head = first.groupby("src")["dst"].transform("first")
    further = first[first["dst"] != head]
    pairs = pd.DataFrame({"one": head[further.index], "other": further["dst"], "transfer_id": further["transfer_id"]})
    why = [f"both got their first coins in this case from {name}" for name in node_column(nodes, "key", further["src"])]
    return held_claims("common_funder", "hint", pairs, why, FUNDED)


def claim_same_keys(transfers: pd.DataFrame, events: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Which accounts of different chains have the same 20 bytes (Ethereum, BSC, Polygon, TRON).

    Held claims ``same_key`` (weak) from the account with the smallest number to each of the others, resting on the first
    transfer or event that names it. Cost: decoding the TRON addresses, where there is a second chain. Source: GraphSense links
    chains by key; a contract at the same bytes may be anybody's, so it never joins by itself.
    """
    accounts = nodes[nodes["rail"].isin(ACCOUNT_RAILS) & ~nodes["key"].isin(NULL_ADDRESSES) & (nodes["kind"] == "account")]
    if accounts["rail"].nunique() < 2:
        return held_claims("same_key", "weak", _EMPTY, [], SAME_KEY)
    keys = pd.Series(list(_bytes_of(accounts)), index=accounts.index, dtype=object)
    known = accounts.assign(body=keys)[keys.notna()].sort_values("node_id")
    first = known.groupby("body")["node_id"].transform("first")
    rails = known.groupby("body")["rail"].transform("nunique")
    twins = known[(rails > 1) & (known["node_id"] != first)]
    pairs = pd.DataFrame({"one": first[twins.index], "other": twins["node_id"]})
    moved = pd.concat([transfers.set_index(side)["transfer_id"] for side in ("src", "dst")]).groupby(level=0).min()
    named = pd.concat([events.dropna(subset=[side]).set_index(side)["event_id"] for side in ("node_id", "other_node_id")])
    pairs["transfer_id"] = pairs["other"].map(moved).astype("Int64")
    pairs["event_id"] = pairs["other"].map(named.groupby(level=0).min()).astype("Int64").where(pairs["transfer_id"].isna())
    pairs = pairs[pairs["transfer_id"].notna() | pairs["event_id"].notna()]
    rail = [node_column(nodes, "rail", pairs[side]) for side in ("one", "other")]
    key = [node_column(nodes, "key", pairs[side]) for side in ("one", "other")]
    why = [
        f"{a_rail}:{a} and {b_rail}:{b} are the same 20 bytes"
        for a_rail, a, b_rail, b in zip(rail[0], key[0], rail[1], key[1], strict=True)
    ]
    return held_claims("same_key", "weak", pairs, why, SAME_KEY)


def _bytes_of(accounts: pd.DataFrame) -> Iterator[str | None]:
    from base58_bech32 import base58

    for rail, key in zip(accounts["rail"], accounts["key"], strict=True):
        if rail != "tron":
            yield key[2:].lower() if len(key) == 42 else None
            continue
        try:
            body = base58.b58decode_check(key)
        except ValueError:
            yield None
            continue
        yield body[1:].hex() if len(body) == 21 else None


def claim_origins(events: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Who activated whom on TRON: held hints ``origin``, which say nothing about control. Cost: one pass of the events."""
    made = events[(events["kind"] == "activated") & events["node_id"].notna() & events["other_node_id"].notna()]
    made = made[made["node_id"] != made["other_node_id"]].sort_values("event_id")
    pairs = pd.DataFrame({"one": made["node_id"], "other": made["other_node_id"], "event_id": made["event_id"]})
    why = [f"{name} activated it" for name in node_column(nodes, "key", pairs["one"])] if len(pairs) else []
    return held_claims("origin", "hint", pairs if len(pairs) else _EMPTY, why, ORIGIN)
