"""What the published categories of tags mean here: every category is mapped, none has a default."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: GraphSense TagPack, INTERPOL dark web and virtual assets taxonomy, and the topics of FollowTheMoney: True for what
#: many people use at once, where tracing and blame stop.
SERVICE_CATEGORIES: dict[str, bool] = {
    "exchange": True, "decentralized_exchange": True, "atm": True, "otc": True,
    "hosted_wallet": True, "wallet_service": True, "custodian": True, "payment_processor": True,
    "service": True, "gambling": True, "market": True, "market_place": True, "marketplace": True,
    "mixer": True, "mixing_service": True, "coinjoin": True, "privacy": True,
    "miner": True, "mining_service": True, "mining_pool": True, "faucet": True, "staking": True,
    "defi": True, "defi_dex": True, "defi_lending": True, "defi_bridge": True, "bridge": True, "swap": True,
    "dex": True, "lending": True, "smart_contract": True, "nft_marketplace": True, "ico_wallet": True,
    "hosting": True, "vpn": True, "shop": True, "news": True, "social_network": True, "email": True,
    "filesharing": True, "forum": True, "document": True,
    "donation": False, "organization": False, "user": False, "individual": False, "unknown": False,
    "black_list": False, "blacklist": False, "sanction": False, "sanctions": False, "seizure": False,
    "abuse": False, "scam": False, "phishing": False, "ponzi_scheme": False, "ransomware": False, "sextortion": False,
    "extortion": False, "hack": False, "theft": False, "perpetrator": False, "victim": False, "terrorism": False,
    "malware": False, "fraud": False, "dark_web": False, "stolen_funds": False, "service_hack": False,
    "crime": False, "crime.terror": False, "crime.traffick": False, "crime.traffick.human": False,
    "crime.traffick.drug": False, "crime.cyber": False, "crime.fraud": False, "crime.fin": False, "crime.theft": False,
    "crime.boss": False, "sanction.linked": False, "sanction.counter": False, "wanted": False, "poi": False,
    "debarment": False, "export.control": False, "role.pep": False, "role.rca": False,
}  # fmt: skip


def find_service_nodes(tags: pd.DataFrame) -> set[int]:
    """The nodes that somebody published as a service that many people use.

    One service tag is enough, whatever other tags the node has: passing through a service is never traced.
    """
    category = tags["category"].map(lambda word: str(word).strip().casefold(), na_action="ignore")
    service = category.map(SERVICE_CATEGORIES, na_action="ignore").eq(True)
    return {int(node) for node in tags.loc[service, "node_id"]}


def number_actors(tags: pd.DataFrame) -> pd.Series[int]:
    """A number from 1 for the actor that the tags of each node name, by node; nodes with several get one of their own.

    The published actor counts, else the label of a service tag: other labels describe, and do not name. A node that tags
    give to two actors at once is no witness for either, and stays without a number.
    """
    from trails.identifiers import normalise_name

    category = tags["category"].map(lambda word: str(word).strip().casefold(), na_action="ignore")
    service = category.map(SERVICE_CATEGORIES, na_action="ignore").eq(True)
    named = tags["actor"].where(tags["actor"].notna(), tags["label"].where(service))
    words = named.dropna().map(lambda text: normalise_name(str(text)))
    node = tags.loc[words.index, "node_id"].astype("int64")
    several = words.groupby(node).nunique()
    numbers = {word: number for number, word in enumerate(sorted(set(words)), start=1)}
    first = words.groupby(node).min().map(numbers)
    return first[several == 1].astype("int64")


def find_unmapped_categories(tags: pd.DataFrame) -> list[str]:
    """Published categories that this map does not know, sorted: their nodes count as no service until it does."""
    category = tags["category"].dropna().map(lambda word: str(word).strip().casefold())
    return sorted(set(category) - set(SERVICE_CATEGORIES))
