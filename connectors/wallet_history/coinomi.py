"""Coinomi's history of all coins as CSV.

Raw::

    Asset,AccountName,Address,AddressName,Value,Symbol,Fees,InternalTransfer,TransactionID,Time(UTC),Time(ISO8601-UTC),..
    Bitcoin,Main,bc1qr..,rent,-0.0205,BTC,0.0005,false,48554a..,Fri Aug 2 2024 13:05,2024-08-02T13:05Z,..

Value is what the wallet gained or lost, fee included. The line does not say in which coin the fee is: a coin's own is meant; of a
token, whose fee its chain takes in another coin, it is not counted, with a note.
Specification: none published; read as the open reader of BittyTax (AGPL) reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.wallet_history.entry import Entry
from connectors.wallet_history.many_coins import read_coin, read_id, read_sum, read_time
from trails.model import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = {"Asset", "AccountName", "Address", "Value", "Symbol", "Fees", "TransactionID", "Time(ISO8601-UTC)"}


#: Coins whose chains take their fee in them; any other ticker may be a token's.
_OWN_CHAIN = frozenset({
    "ADA", "BCH", "BNB", "BSV", "BTC", "BTG", "DASH", "DGB", "DOGE", "ETC", "ETH", "LTC", "TRX", "VTC", "XLM", "XRP", "ZEC",
})  # fmt: skip


def read_entries(row: int, cells: Mapping[str, str], order: str | None) -> list[Entry]:
    """One line; raises ValueProblem."""
    coin = read_coin(cells["Symbol"])
    change, fee = read_sum(cells["Value"], coin), abs(read_sum(cells["Fees"], coin))
    doubts: tuple[Issue, ...] = ()
    # what somebody sent to the wallet, somebody else paid the fee of
    paid = fee if change < 0 else 0
    if paid and coin.asset.symbol not in _OWN_CHAIN:
        message = "the fee's coin is not stated, and a token's fee is in another: it is not counted"
        paid, doubts = 0, (Issue(row, "note", "fee_unclear", message),)
    address = cells["Address"].strip()
    return [
        Entry(
            row=row,
            time=read_time(cells["Time(ISO8601-UTC)"], "UTC", order),
            status="ok",
            txid=read_id(cells, "TransactionID", coin),
            change=change,
            fee=paid or None,
            addresses=(address,) if address else (),
            label=cells.get("AddressName", "").strip(),
            doubts=doubts,
            coin=coin,
        )
    ]
