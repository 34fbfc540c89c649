"""Ownership signs on account chains (Ethereum, BSC, TRON): nothing is signed together there, so every sign is weaker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.identifiers import EVM_RAILS, NULL_ADDRESSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACCOUNT_RAILS = (*EVM_RAILS, "tron")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the rules ask for; each number is a choice, printed with the claims it makes."""

    #: A deposit is swept within a day: exchanges sweep on a schedule, and people do not forward to one address for months.
    window_hours: int = 24
    #: An untagged address is a collector from ten single-sweeper addresses on; a family has fewer wallets.
    collectors: int = 10
    #: A collector that pays more than this part of its payers back is a contract that trades with them, and what they
    #: send it at once is their own: on 20,913 transfers of one token it was 0.2 % of an exchange's payers and 21 and 39 % of
    #: two decentralised exchanges' (trails/docs/accuracy-ownership.md).
    paid_back: float = 0.05
    #: Fuelling needs three wallets, twice each: one top-up is a favour.
    fuelled: int = 3
    top_ups: int = 2
    #: Who fuels more than this is a rental provider, whatever its tags say.
    most_fuelled: int = 50
    #: A spender that more accounts authorise is a contract: nobody hands out the keys of more than three wallets of his own.
    most_authorised: int = 3


DEFAULTS = Settings()


def money(transfers: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Transfers of a known value and time between accounts of account chains that somebody may own, by time and number."""
    owned = nodes[nodes["rail"].isin(ACCOUNT_RAILS) & ~nodes["key"].isin(NULL_ADDRESSES)]["node_id"]
    on_chain = transfers["src"].isin(owned) & transfers["dst"].isin(owned)
    kept = transfers[
        (transfers["kind"] == "transfer") & (transfers["status"] == "ok") & transfers["time"].notna()
        & transfers["amount"].notna() & on_chain & (transfers["src"] != transfers["dst"])
    ]  # fmt: skip
    kept = kept[kept["amount"].map(lambda amount: amount > 0).astype(bool)]
    return kept.sort_values(["time", "transfer_id"], ignore_index=True)


def running_sums(amounts: NDArray[np.object_], group: NDArray[np.int64]) -> NDArray[np.object_]:
    """The exact running sum of whole numbers within groups that lie together."""
    if not len(amounts):
        return amounts
    total = np.cumsum(amounts)
    start = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    before = total[start] - amounts[start]
    sizes = np.diff(np.append(start, len(group)))
    summed: NDArray[np.object_] = total - np.repeat(before, sizes)
    return summed
