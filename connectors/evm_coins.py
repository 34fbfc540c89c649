"""What a transaction of an EVM chain moves of the chain's own coin: its value, and the fee its sender pays.

A failed transaction moves no value but pays its fee, so its value is kept with the status ``failed`` and never counts as
money. A file that does not say whether its transactions failed gives the status ``unstated``, which does not count as
money either; the receipts beside it, or another export, say it. A call of a contract that sends no coin states its fee
alone. The fee is gas used x effective gas price, which is the whole fee on the chains with a rail of their own; on
rollups, which have none, a part for the parent chain comes on top, so there no fee is stated.

Source: Ethereum Yellow Paper, section 6 (transaction execution); EIP-658 (status), EIP-1559 (effective gas price).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.evm import COINS, native_coin
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import check_amount
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.timestamps import Instant

OK, FAILED, UNSTATED = "ok", "failed", "unstated"
_CALL = "a call of a contract that sends no coin, and its fee is not stated"
_PLAIN_ZERO = "a transfer of zero coins: often address poisoning, moves nothing"


@dataclass(frozen=True, slots=True)
class CoinTransaction:
    """One transaction or internal call as one row states it: keys canonical, amounts in the smallest unit.

    ``dst`` is None where a contract is created and the row does not state its address; ``fee`` is None where the row
    states none; ``is_call`` says whether data were sent with it; ``coin`` is the coin the file's columns state.
    """

    row: int
    rail: str
    tx: str
    src: str
    dst: str | None
    amount: int
    fee: int | None
    time: Instant
    status: str
    is_call: bool = True
    coin: str | None = None


def fee_node(rail: str) -> Node:
    """Give the account that stands for whoever takes the fees of a chain."""
    return Node(rail, "fee", label="transaction fee")


def has_whole_fee(rail: str) -> bool:
    """Whether gas used x gas price is the whole fee: on the chains with a rail of their own."""
    return rail in COINS


def state_coins(tx: CoinTransaction) -> Iterator[Record]:
    """Give what a transaction moves: its value, its fee; else why the row is left out.

    Raises AmountError for an amount that does not fit.
    """
    facts = list(_movements(tx))
    if not facts:
        yield Skip(tx.row, _CALL if tx.dst else "the creation of a contract that sends no coin")
        return
    if tx.amount == 0 and not tx.is_call:
        yield Issue(tx.row, "note", "zero_value", _PLAIN_ZERO)
    if tx.amount and tx.dst is None:
        message = f"{tx.amount} of the smallest unit went to a new contract whose address the row does not state"
        yield Issue(tx.row, "warning", "receiver_not_stated", message)
    yield from facts


def _movements(tx: CoinTransaction) -> Iterator[Transfer]:
    coin, payer = native_coin(tx.rail, tx.coin), Node(tx.rail, tx.src)
    if tx.dst is not None and (tx.amount or not tx.is_call):
        amount = check_amount(tx.amount)
        yield Transfer(
            tx.row, payer, Node(tx.rail, tx.dst), coin, amount, "transfer", tx.time, tx=tx.tx, status=tx.status
        )
    if tx.fee and (tx.coin or has_whole_fee(tx.rail)):  # a column that names its coin states the fee itself
        yield Transfer(tx.row, payer, fee_node(tx.rail), coin, check_amount(tx.fee), "fee", tx.time, tx=tx.tx)


def unstated_note(count: int) -> Iterator[Issue]:
    """Warn once per source of transfers of coins that may have failed."""
    if count:
        message = (
            f"{count_words(count, 'transfer')} of coins without a word on whether the transaction failed: kept with the status "
            f"{UNSTATED}, not counted as money; give the receipts with --with, or an export that states the status"
        )
        yield Issue(None, "warning", "status_not_stated", message)


def fee_note(rail: str, rows: int) -> Iterator[Issue]:
    """Say once per source that fees are not read because the chain is not known, and that its coin has no name."""
    if rows and not has_whole_fee(rail):
        message = "the chain is not known, and on some chains gas is only a part of the fee: no fees are read"
        yield Issue(None, "note", "fee_not_read", message)
        message = (
            f"the chain's coin is not named and kept as coin@{rail}: an export that names it (MNT, AVAX) states the same payments "
            "in another asset, and they would count twice; add one of the two"
        )
        yield Issue(None, "warning", "coin_not_named", message)
