"""Exodus' history of all coins as CSV: the export of everything, and that of one coin.

Raw::

    DATE,TYPE,FROMPORTFOLIO,TOPORTFOLIO,OUTAMOUNT,OUTCURRENCY,FEEAMOUNT,FEECURRENCY,TOADDRESS,OUTTXID,OUTTXURL,INAMOUNT,..
    2024-08-02T13:05:11.000Z,withdrawal,exodus_0,,-0.02,BTC,-0.0005,BTC,bc1qr..,48554a..,https://..,,,,,,rent
    TXID,TXURL,DATE,TYPE,FROMPORTFOLIO,TOPORTFOLIO,COINAMOUNT,FEE,BALANCE,EXCHANGE,PERSONALNOTE
    48554a..,https://..,2024-08-02T13:05:11.000Z,withdrawal,exodus_0,,-0.02 BTC,-0.0005 BTC,0.1 BTC,,rent

The sum sent is without the fee, which may be in another coin. An exchange inside the program is two movements, each with
its own transaction. Older exports write the time as JavaScript does (``Fri Aug 02 2024 13:05:11 GMT+0000 (..)``).
Specification: the help pages of Exodus name the columns; signs and kinds as the open reader of BittyTax (AGPL) reads them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.wallet_history.entry import Coin, Entry
from connectors.wallet_history.many_coins import read_coin, read_id, read_sum, read_time
from trails.columns import CellProblem
from trails.errors import ValueProblem
from trails.model import Skip
from trails.words import quote_cell, quote_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.timestamps import Instant

ALL_COINS = {"DATE", "TYPE", "OUTAMOUNT", "OUTCURRENCY", "FEEAMOUNT", "FEECURRENCY", "OUTTXID", "INAMOUNT", "INCURRENCY", "INTXID"}
ONE_COIN = {"TXID", "DATE", "TYPE", "COINAMOUNT", "FEE", "BALANCE"}
_KINDS = ("deposit", "withdrawal", "exchange")
_JAVASCRIPT = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d{1,2} \d{4} \d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \(.*\))?\Z", re.ASCII)
#: A number with commas between its thousands; 0,001 is none.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_WITH_COIN = re.compile(r"(-?[\d.,eE+-]+) ([A-Za-z0-9.$_-]{1,30})\Z", re.ASCII)


def read_entries(row: int, cells: Mapping[str, str], zone: str | None, order: str | None) -> list[Entry] | Skip:
    """One line: what left, what it cost, what came; raises ValueProblem."""
    kind = cells["TYPE"].strip().casefold()
    if kind.endswith("(failed)"):
        return Skip(row, "failed: moves nothing")
    if kind not in _KINDS:
        raise ValueProblem(f"type {quote_word(kind, 30)} is none of {', '.join(_KINDS)}")
    time = _read_date(cells["DATE"], zone, order)
    legs = _one_coin_legs(cells, kind) if "COINAMOUNT" in cells else _legs(cells, kind)
    address = cells.get("TOADDRESS", "").strip()
    return [
        Entry(
            row=row,
            time=time,
            status="ok",
            txid=read_id(cells, column, coin),
            change=change,
            fee=fee or None,
            addresses=(address,) if address and change < 0 and change != -fee else (),
            label=cells.get("PERSONALNOTE", "").strip(),
            coin=coin,
        )
        for coin, change, fee, column in legs
        if change
    ]


_Leg = tuple[Coin, int, int, str]


def _legs(cells: Mapping[str, str], kind: str) -> Iterator[_Leg]:
    """Coin, change, fee, and the column of its transaction, of each movement of a line of the whole export."""
    if kind != "deposit":
        sent = (cells["OUTAMOUNT"], cells["OUTCURRENCY"])
        yield from _sent(sent, (cells["FEEAMOUNT"], cells["FEECURRENCY"]), "OUTTXID")
    if kind != "withdrawal":
        coin = read_coin(cells["INCURRENCY"])
        yield coin, abs(read_sum(cells["INAMOUNT"], coin)), 0, "INTXID"


def _one_coin_legs(cells: Mapping[str, str], kind: str) -> Iterator[_Leg]:
    stated = _split(cells["COINAMOUNT"])
    if kind == "deposit" or (kind == "exchange" and not stated[0].startswith("-")):
        coin = read_coin(stated[1])
        yield coin, abs(read_sum(stated[0], coin)), 0, "TXID"
    else:
        yield from _sent(stated, _split(cells["FEE"]) if cells["FEE"].strip() else ("", ""), "TXID")


def _sent(sent: tuple[str, str], cost: tuple[str, str], column: str) -> Iterator[_Leg]:
    """What left the wallet with its fee; a fee in another coin left it beside."""
    coin = read_coin(sent[1])
    amount = abs(read_sum(sent[0], coin))
    if not cost[0].strip():
        yield coin, -amount, 0, column
        return
    fee_coin = read_coin(cost[1]) if cost[1].strip() else coin
    fee = abs(read_sum(cost[0], fee_coin))
    if fee_coin == coin:
        yield coin, -amount - fee, fee, column
    else:
        # a token moves on the chain whose coin pays for it
        yield replace(coin, rail=coin.rail or fee_coin.rail), -amount, 0, column
        yield fee_coin, -fee, fee, column


def _split(text: str) -> tuple[str, str]:
    """A sum and its coin, which stand in one cell; a comma stands between thousands there."""
    found = _WITH_COIN.match(text.strip())
    if not found:
        raise CellProblem("amount_damaged", f"{quote_cell(text)} is no sum with its coin behind it")
    whole = found[1].replace(",", "") if _THOUSANDS.fullmatch(found[1]) else found[1]
    return whole, found[2]


def _read_date(text: str, zone: str | None, order: str | None) -> Instant:
    found = _JAVASCRIPT.match(text.strip())
    if not found:
        return read_time(text, zone, order)
    try:
        written = datetime.strptime(f"{found[1]} {found[2]}", "%b %d %Y %H:%M:%S %z")
    except ValueError:
        raise CellProblem("time_damaged", f"time {quote_cell(found[1])} is no date") from None
    return read_time(written.isoformat(), zone, order)
