"""Fuel and dust: transfers too small to be anybody's pay, and coins that only buy the right to send something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import moved, order_transfers
from trails.valuation import value_transfers

if TYPE_CHECKING:
    from trails.graph import BoolArray

#: The coins that pay a chain's own fees, with the number of whole coins below which an unvalued transfer counts as fuel.
FUEL_COINS = {"TRX": "100", "ETH": "0.01", "BNB": "0.02"}
#: Assets of which one unit is worth a dollar or more: amounts far above the floors need no rate to be seen as payments.
_DEAR = ("USDT", "BTC")


def flag_payments(
    transfers: pd.DataFrame, assets: pd.DataFrame, prices: pd.DataFrame, *, fuel_usd: float, dust_usd: float
) -> pd.Series:
    """Whether each transfer moved a sum that may be a payment, and not fuel or dust.

    A wallet on an account chain needs a few coins before it can send a token, and spammers send fractions of a cent: neither
    pays anybody for anything.

    Parameters
    ----------
    transfers, assets, prices
        Tables of the contract.
    fuel_usd
        A transfer of a chain's own coin (TRX, ETH, BNB) worth less than so many US dollars is fuel. Where no rate values it:
        under 100 TRX, 0.01 ETH or 0.02 BNB.
    dust_usd
        A transfer of anything worth less is dust. What nothing values counts as a payment.

    Returns
    -------
    Series of bool
        By the index of ``transfers``: False for fuel, dust, and whatever did not move value at all.

    Notes
    -----
    Cost: values the transfers of native coins, of currencies, and of small amounts of other assets (3 s per million of
    these). What it misses: fuel sent in large lots for resale, and pay in parts of less than a dollar.

    """
    counted = moved(transfers)
    if not len(transfers):
        return counted
    native = _native(assets)
    looked = transfers[counted & _worth_a_look(transfers, assets, native, dust_usd)]
    valued = value_transfers(looked, assets, prices, reference="USD")
    worth = dict(zip(valued["transfer_id"].tolist(), valued["value"].tolist(), strict=True))
    small: set[int] = set()
    for number, asset, amount in order_transfers(looked)[["transfer_id", "asset", "amount"]].itertuples(index=False):
        value = worth.get(number)
        if value is not None:
            if value < dust_usd or (asset in native and value < fuel_usd):
                small.add(int(number))
        elif asset in native and amount is not None and amount == amount and amount < native[asset]:
            small.add(int(number))
    return counted & ~transfers["transfer_id"].isin(small)


def _native(assets: pd.DataFrame) -> dict[str, int]:
    """The chains' own coins among the assets, with the base units below which an unvalued transfer is fuel."""
    from decimal import Decimal

    own = assets[assets["contract"].isna() & assets["rail"].notna() & assets["symbol"].isin(list(FUEL_COINS))]
    return {
        str(asset): int(Decimal(FUEL_COINS[symbol]) * 10 ** int(decimals))
        for asset, symbol, decimals in own[["asset", "symbol", "decimals"]].itertuples(index=False)
        if decimals == decimals and decimals is not None and not pd.isna(decimals)
    }


def _worth_a_look(transfers: pd.DataFrame, assets: pd.DataFrame, native: dict[str, int], dust_usd: float) -> BoolArray:
    """Transfers that may be small: not those of dear assets whose number of units alone is above the floor."""
    found = np.ones(len(transfers), dtype=bool)
    asset = transfers["asset"].to_numpy(dtype=object)
    for name, decimals in assets[["asset", "decimals"]].itertuples(index=False):
        if str(name).partition("@")[0] in _DEAR and name not in native and not pd.isna(decimals):
            mine = np.flatnonzero(asset == name)
            limit = int(2 * max(dust_usd, 1)) * 10 ** int(decimals)
            amounts = transfers["amount"].to_numpy(dtype=object)[mine]
            found[mine] = [amount is not None and amount == amount and amount < limit for amount in amounts]
    return found
