"""One event of a contract: a Transfer, or a deed of the issuer of USDT (freeze, unfreeze, destroy, issue, redeem).

The arguments stand in ``result`` by name and by number, addresses as ``0x`` and 40 digits::

    "result": {"0": "0xb5d5..", "_user": "0xb5d5.."}

A contract may emit an event of any name about any address. Only those of the issuer's own contract freeze USDT.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.evm import refuse, token_notes
from connectors.tron import account_key, block_time, read_whole, tron_key, unconfirmed
from trails.errors import ValueProblem
from trails.identifiers import parse_txid
from trails.model import Event, Issue, Node, Record, Skip, Transfer
from trails.money import USDT_CONTRACTS, format_units, token

if TYPE_CHECKING:
    from collections.abc import Iterator

_ISSUER, _USDT_DECIMALS = USDT_CONTRACTS["tron"]
_SENDER, _RECEIVER, _AMOUNT = ("from", "_from", "src", "0"), ("to", "_to", "dst", "1"), ("value", "_value", "wad", "2")
_USER = ("_user", "_blackListedUser", "user", "0")
_BALANCE = ("_balance", "balance", "1")
_MADE = ("amount", "0")
_DEEDS = {
    "AddedBlackList": "freeze",
    "RemovedBlackList": "unfreeze",
    "DestroyedBlackFunds": "funds_destroyed",
    "Issue": "issued",
    "Redeem": "redeemed",
}
_MOST_INDEX = 1 << 31


def event_records(row: int, item: dict[str, Any]) -> Iterator[Record]:
    """Give what an event of a contract states."""
    name = str(item.get("event_name"))
    try:
        contract = account_key(item.get("contract_address"))
        if name == "Transfer":
            found = list(_transfer(row, item, contract))
        elif name in _DEEDS and contract == _ISSUER:
            found = list(_deed(row, item, name))
        elif name in _DEEDS:
            found = [Skip(row, f"{name} of {contract}, which is not the issuer's: it freezes and makes no USDT")]
        else:
            found = [Skip(row, f"event {name[:40]}: moves no tokens")]
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    if item.get("_unconfirmed") is True and not isinstance(found[-1], Skip):
        yield unconfirmed(row)
        found = [replace(each, status="unconfirmed") if isinstance(each, Transfer) else each for each in found]
    yield from found


def _argument(item: dict[str, Any], names: tuple[str, ...]) -> Any:
    result = item.get("result")
    found = [result[name] for name in names if name in result] if isinstance(result, dict) else []
    if found:
        return found[0]
    raise ValueProblem(f"the event has no argument {names[0]!r}")


def _transfer(row: int, item: dict[str, Any], contract: str) -> Iterator[Record]:
    time, doubts = block_time(row, item.get("block_timestamp"))
    index = item.get("event_index")
    amount = read_whole(_argument(item, _AMOUNT), "value")
    asset = token("tron", contract)
    transfer = Transfer(
        row,
        Node("tron", tron_key(_argument(item, _SENDER))),
        Node("tron", tron_key(_argument(item, _RECEIVER))),
        asset,
        amount,
        "transfer",
        time,
        tx=parse_txid(str(item.get("transaction_id"))),
        index=None if index is None else _check_index(index),
    )
    yield from doubts
    yield from token_notes(row, asset, "", "", amount)
    yield transfer


def _check_index(value: object) -> int:
    index = read_whole(value, "event_index")
    if index >= _MOST_INDEX:
        raise ValueProblem(f"event_index {index} is too large")
    return index


def _deed(row: int, item: dict[str, Any], name: str) -> Iterator[Event | Issue]:
    """State a deed of the issuer, under the same identity as the raw log of it."""
    time, doubts = block_time(row, item.get("block_timestamp"))
    tx, kind, contract = parse_txid(str(item.get("transaction_id"))), _DEEDS[name], Node("tron", _ISSUER)
    about = f"by the issuer's contract, transaction {tx}"
    yield from doubts
    if kind in ("issued", "redeemed"):
        made = read_whole(_argument(item, _MADE), "amount")
        text = f"{name} {format_units(made, _USDT_DECIMALS)} USDT {about}"
        yield Event(row, kind, time, contract, None, text, f"tron:{tx}:{kind}:{contract.key}:{made}")
        return
    node = Node("tron", tron_key(_argument(item, _USER)))
    amount = ""
    if kind == "funds_destroyed":
        amount = f" {format_units(read_whole(_argument(item, _BALANCE), 'balance'), _USDT_DECIMALS)} USDT"
    yield Event(row, kind, time, node, contract, f"{name}{amount} {about}", f"tron:{tx}:{kind}:{node.key}")
