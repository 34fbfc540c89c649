"""Address poisoning: transfers of next to nothing from, or to, an address made to look like a true counterparty's.

The poisoner hopes that somebody copies the wrong address out of a history. Such a transfer is kept as the fact it is, and
must not be read as a payment, nor its address as a counterparty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import order_transfers

if TYPE_CHECKING:
    from trails.graph import CaseTables

COLUMNS = ["transfer_id", "victim", "lookalike", "imitated", "like_transfer_id", "same_first", "same_last"]

#: Most base units per whole unit that count as next to nothing: a hundredth.
DUST_SHARE = 100
#: How many characters must be the same after the rail's own prefix (`T`, `0x`), and at the end. Wallets shorten
#: addresses to about these; by chance two addresses agree so once in ten billion.
SAME_FIRST, SAME_LAST = 2, 4
_PREFIX = {"tron": 1, "ethereum": 2, "bsc": 2, "polygon": 2, "gnosis": 2, "evm": 2}


def find_poisoning(tables: CaseTables) -> pd.DataFrame:
    """Which transfers are consistent with address poisoning, and whose address they imitate.

    A transfer of at most a hundredth of a unit between a victim and an address whose first and last characters are those
    of another address the victim truly exchanged value with, on the same rail.

    Parameters
    ----------
    tables
        The facts of the case; of account chains only, since Bitcoin spends whole outputs.

    Returns
    -------
    DataFrame
        One row per poisoning transfer and imitated address, by transfer: ``transfer_id``; ``victim``, ``lookalike``,
        ``imitated`` (node ids); ``like_transfer_id`` (the earliest true transfer between victim and imitated);
        ``same_first``, ``same_last`` (equal characters after the rail's prefix, and at the end).

    Notes
    -----
    Source: usdtbanlist.com and tronorigin.io on poisoning of USDT holders; the shortened forms wallets show. Cost: two
    joins on (victim, first and last characters). What it misses: a look-alike of an address whose true transfers are not
    in the case, and look-alikes with fewer equal characters. A test transfer of a cent to one's own second address with
    the same ends would be found too, which nobody but its maker could bring about.

    >>> from trails.graph import CaseTables, make_table
    >>> empty = {name: make_table(name, {}) for name in ("nodes", "assets", "transfers", "events", "tags", "prices",
    ...                                                  "judgements")}
    >>> len(find_poisoning(CaseTables(**empty)))
    0
    """
    ordered = order_transfers(tables.transfers)
    ordered = ordered[(ordered["kind"] == "transfer") & ordered["amount"].notna()]
    decimals = dict(zip(tables.assets["asset"], tables.assets["decimals"], strict=True))
    bound = ordered["asset"].map(lambda asset: _dust_bound(decimals.get(asset))).astype(object)
    dust = (ordered["amount"].to_numpy(dtype=object) <= bound.to_numpy(dtype=object)).astype(bool)
    ends = _key_ends(tables.nodes)
    small, large = _both_ways(ordered[dust], ends), _both_ways(ordered[~dust & (ordered["status"] == "ok")], ends)
    first = large.drop_duplicates(["victim", "other"])
    pairs = small.merge(first, on=["victim", "ends"], suffixes=("", "_true"))
    pairs = pairs[pairs["other"] != pairs["other_true"]]
    key = dict(zip(tables.nodes["node_id"], tables.nodes["key"], strict=True))
    rail = dict(zip(tables.nodes["node_id"], tables.nodes["rail"], strict=True))
    equal = [_count_equal(rail[a], key[a], key[b]) for a, b in zip(pairs["other"], pairs["other_true"], strict=True)]
    found = pd.DataFrame({
        "transfer_id": pairs["transfer_id"], "victim": pairs["victim"], "lookalike": pairs["other"],
        "imitated": pairs["other_true"], "like_transfer_id": pairs["transfer_id_true"],
        "same_first": [head for head, _ in equal], "same_last": [tail for _, tail in equal],
    }).astype(dict.fromkeys(COLUMNS, np.int64))  # fmt: skip
    return found.sort_values(["transfer_id", "imitated"]).reset_index(drop=True)[COLUMNS]


def _dust_bound(decimals: float | None) -> int:
    return 0 if decimals is None or pd.isna(decimals) else int(10 ** int(decimals)) // DUST_SHARE


def _key_ends(nodes: pd.DataFrame) -> dict[int, str]:
    """The first and last characters of each address of an account chain, with its rail."""
    chains = nodes[nodes["rail"].isin(list(_PREFIX)) & (nodes["kind"] == "account")]
    return {
        int(node): f"{rail} {key[: _PREFIX[rail] + SAME_FIRST]} {key[-SAME_LAST:]}"
        for node, rail, key in zip(chains["node_id"], chains["rail"], chains["key"], strict=True)
    }


def _both_ways(transfers: pd.DataFrame, ends: dict[int, str]) -> pd.DataFrame:
    """Each transfer twice: seen from its sender and from its receiver, with the ends of the other's address."""
    ways = [
        pd.DataFrame({"transfer_id": transfers["transfer_id"], "victim": transfers[one], "other": transfers[other]})
        for one, other in (("src", "dst"), ("dst", "src"))
    ]
    both = pd.concat(ways, ignore_index=True)
    both["ends"] = both["other"].map(ends)
    return both[both["ends"].notna() & (both["victim"] != both["other"])]


def _count_equal(rail: str, a: str, b: str) -> tuple[int, int]:
    """How many characters two addresses have in common after the rail's prefix, and at the end."""
    head, tail = a[_PREFIX[rail] :], b[_PREFIX[rail] :]
    first = next((n for n, (x, y) in enumerate(zip(head, tail, strict=False)) if x != y), min(len(head), len(tail)))
    last = next((n for n, (x, y) in enumerate(zip(head[::-1], tail[::-1], strict=False)) if x != y), len(head))
    return first, last
