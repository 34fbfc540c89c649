"""What the histories of wallets with many coins share: coins by their tickers, ids of their chains, sums, times.

A wallet's ticker is a word: whoever makes a token calls it as they like. So only BTC is taken for the coin it names; any other is
an asset of its own on the rail ``wallet``, also USDT, which is never added up with the issuer's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.coin_codes import is_coin_code, quote_code
from connectors.wallet_history.entry import Coin, to_units
from trails.columns import CellProblem, read_instant
from trails.errors import IdentifierError
from trails.identifiers import parse_txid
from trails.money import Asset, currency
from trails.words import quote_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.timestamps import Instant

#: No coin that wallets show has more.
_DECIMALS = 18
_RAILS = {"BTC": "bitcoin", "ETH": "ethereum", "TRX": "tron"}
_SHORTEST_ID = 20


def read_coin(ticker: str) -> Coin:
    """A coin by its ticker; raises CellProblem.

    >>> read_coin("btc").asset.asset, read_coin("USDT").asset.asset, read_coin("USDT").rail
    ('BTC', 'USDT@wallet', None)
    """
    name = ticker.strip().upper()
    if not is_coin_code(name):
        raise CellProblem("coin_damaged", f"coin {quote_code(ticker)} is no coin's ticker")
    asset = currency("BTC") if name == "BTC" else Asset(f"{name}@wallet", "wallet", None, name, _DECIMALS)
    return Coin(asset, _RAILS.get(name))


def read_sum(text: str, coin: Coin) -> int:
    """A sum in the coin's base units, 0 where none is stated; raises AmountError."""
    plain = text.strip()
    return to_units(plain, coin.asset.decimals or 0) if plain else 0


def read_id(cells: Mapping[str, str], column: str, coin: Coin) -> str | None:
    """A transaction's id in its chain's form, None where none is stated; raises IdentifierError for one that is damaged."""
    plain = cells[column].strip()
    if not plain:
        return None
    try:
        return parse_txid(plain)
    except IdentifierError:
        if coin.rail is not None or len(plain) < _SHORTEST_ID or not plain.isalnum():
            raise IdentifierError(f"column {column!r}: {quote_id(plain)} is no transaction id") from None
        return plain


def read_time(text: str, zone: str | None, order: str | None) -> Instant:
    """A transaction's time as a wallet states it, which is its block's; raises CellProblem."""
    found = read_instant(text.strip(), zone_name=zone, order=order)
    minute_only = 60 if text.count(":") == 1 and not found.error_s else 0
    return replace(found, error_s=(found.error_s or 0) + minute_only + bitcoin.BLOCK_TIME_ERROR_S)
