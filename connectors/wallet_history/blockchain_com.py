"""Blockchain.com's wallet history as CSV, in four generations.

Raw, of Bitcoin alone, of any coin, of any coin with its fee, and of an account that buys and sells::

    date,time,type,amount_btc,value_then,value_now,exchange_rate_then,tx,note
    2024-08-02,22:15:07 GMT +00:00,sent,-0.0205,$-1000.00,$-1100.00,$48780.49,48554a..,rent
    date,time,token,type,amount,value_then,value_now,exchange_rate_then,tx,note,fee_value,..,recipient_received,..
    2024-08-02,1722636907,BTC,sent,-0.0205,..,48554a..,rent,0.0005,..,0.02,..
    date_time_utc,transaction_type,asset,quantity_transacted,counter_asset,counter_amount,fee_asset,fee_amount,Notes,..
    2024-08-02 22:15:07,SEND,BTC,0.02,BTC,0.02,BTC,0,,..

The amount is what the wallet gained or lost. Where the fee and what the recipient got are stated, they must add up to it. The
value in a currency is the program's valuation, and no payment. Specification: none published; read as the open reader of
BittyTax (AGPL) reads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.wallet_history.entry import Coin, Entry
from connectors.wallet_history.many_coins import read_coin, read_id, read_sum, read_time
from trails.columns import CellProblem
from trails.errors import ValueProblem
from trails.model import Issue
from trails.money import currency
from trails.timestamps import from_unix
from trails.words import quote_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.timestamps import Instant

BITCOIN = {"date", "time", "type", "amount_btc", "value_then", "exchange_rate_then", "tx", "note"}
ANY_COIN = {"date", "time", "token", "type", "amount", "value_then", "exchange_rate_then", "tx", "note"}
TRADING = {"date_time_utc", "transaction_type", "asset", "quantity_transacted", "counter_asset", "counter_amount", "fee_asset",
           "fee_amount", "transaction_hash"}  # fmt: skip
_SECONDS = re.compile(r"\d{9,12}\Z", re.ASCII)
_GMT = re.compile(r"(\d{1,2}:\d{2}:\d{2}) GMT ([+-]\d{2}:\d{2})\Z", re.ASCII)
_TRADES = ("BUY", "SELL", "SWAP")
#: Other codes of three letters may be coins.
_CURRENCIES = ("EUR", "GBP", "USD")
_KINDS = (*_TRADES, "REWARDS", "SEND")
#: What the type says of the amount's sign; a transfer between the wallet's own addresses says nothing.
_WAYS = {"sent": -1, "received": 1}


def read_entries(row: int, cells: Mapping[str, str], zone: str | None, order: str | None) -> list[Entry]:
    """One line; raises ValueProblem."""
    if "date_time_utc" in cells:
        return _read_trading(row, cells, order)
    coin = read_coin(cells.get("token", "BTC"))
    change = read_sum(cells["amount" if "amount" in cells else "amount_btc"], coin)
    if change * _WAYS.get(cells["type"].strip().casefold(), 0) < 0:
        raise CellProblem("sign_contradicts", "the sign of the amount contradicts column 'type', which says sent or received")
    fee = abs(read_sum(cells.get("fee_value", ""), coin)) if change < 0 else 0
    doubts = []
    if fee and (got := abs(read_sum(cells.get("recipient_received", ""), coin))) and got + fee != -change:
        message = f"the amount ({-change} base units) is not what the recipient got ({got}) and the fee ({fee}): one was altered"
        doubts.append(Issue(row, "warning", "fee_mismatch", message))
    return [
        Entry(
            row=row,
            time=_read_when(cells, zone, order),
            status="ok",
            txid=read_id(cells, "tx", coin),
            change=change,
            fee=fee or None,
            label=cells["note"].strip(),
            doubts=tuple(doubts),
            coin=coin,
        )
    ]


def _read_when(cells: Mapping[str, str], zone: str | None, order: str | None) -> Instant:
    clock = cells["time"].strip()
    if _SECONDS.match(clock):
        return from_unix(int(clock), basis="stated", error_s=bitcoin.BLOCK_TIME_ERROR_S)
    written = _GMT.sub(r"\1\2", clock)
    return read_time(f"{cells['date'].strip()} {written}", zone, order)


def _read_money(code: str) -> Coin:
    """A coin, or one of the currencies in which the account buys and sells."""
    name = code.strip().upper()
    return Coin(currency(name), None) if name in _CURRENCIES else read_coin(code)


def _read_trading(row: int, cells: Mapping[str, str], order: str | None) -> list[Entry]:
    """What was got, and what was given for it; the sum given holds a fee in the same coin."""
    kind = cells["transaction_type"].strip().upper()
    if kind not in _KINDS:
        raise ValueProblem(f"transaction_type {quote_word(kind, 30)} is none of {', '.join(_KINDS)}")
    time = read_time(cells["date_time_utc"], "UTC", order)
    got, given = ((cells["asset"], cells["quantity_transacted"]), (cells["counter_asset"], cells["counter_amount"]))
    moves = list[tuple[Coin, int, int]]()
    if kind != "SEND":
        coin = _read_money(got[0])
        moves.append((coin, abs(read_sum(got[1], coin)), 0))
    if kind != "REWARDS":
        coin = _read_money(given[0])
        fee_coin = _read_money(cells["fee_asset"]) if cells["fee_asset"].strip() else coin
        fee = abs(read_sum(cells["fee_amount"], fee_coin))
        moves.append((coin, -abs(read_sum(given[1], coin)), fee if fee_coin == coin else 0))
        if fee_coin != coin and fee:
            moves.append((fee_coin, -fee, fee))
    note = cells.get("Notes", "").strip()
    number = cells.get("transaction_id", "").strip() or None
    return [
        Entry(
            row=row, time=time, status="ok", txid=read_id(cells, "transaction_hash", coin), payment=number, change=change,
            fee=fee or None, label=note, coin=coin,
        )
        for coin, change, fee in moves
        if change
    ]  # fmt: skip
