"""Counterfeit tokens: a contract that calls itself USDT and is not the issuer's.

Anybody can deploy a token with any symbol. Its transfers are kept as facts of that contract and are never added to USDT;
a bridged token is found too, and which of the two it is only its contract tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.identifiers import plain_symbol
from trails.money import USDT_CONTRACTS

if TYPE_CHECKING:
    from trails.graph import CaseTables

COLUMNS = ["asset", "contract", "symbol", "transfers", "receivers", "first_transfer_id"]


def find_counterfeits(tables: CaseTables) -> pd.DataFrame:
    """Which tokens of the case call themselves USDT without being it, and how often they moved.

    Parameters
    ----------
    tables
        The facts of the case.

    Returns
    -------
    DataFrame
        One row per token, by asset: ``asset``, ``contract``, ``symbol``, ``transfers`` and ``receivers`` (counts), and
        ``first_transfer_id``.

    Notes
    -----
    Letters of other scripts that look Latin count as Latin. Source: the issuer's list of contracts. Cost: linear. What
    it misses: a token that copies only the name, where no source states the name's symbol.

    """
    issuers = {contract for contract, _ in USDT_CONTRACTS.values()}
    assets = tables.assets[tables.assets["contract"].notna() & tables.assets["symbol"].notna()]
    alike = np.array([plain_symbol(str(symbol)) == "USDT" for symbol in assets["symbol"]], dtype=bool)
    named = assets[alike]
    named = named[~named["contract"].isin(list(issuers))]
    moved = tables.transfers[tables.transfers["asset"].isin(list(named["asset"]))]
    counted = moved.groupby("asset", sort=True).agg(
        transfers=("transfer_id", "size"), receivers=("dst", "nunique"), first_transfer_id=("transfer_id", "min")
    )
    found: pd.DataFrame = named.merge(counted.reset_index(), on="asset").sort_values("asset").reset_index(drop=True)
    return found[COLUMNS]
