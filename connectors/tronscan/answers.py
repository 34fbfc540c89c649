"""Tronscan's API answers, item by item: token transfers, TRX and TRC-10 transfers, transactions, balances.

The lists differ in their field names, so each field is looked up by all of them. The contract of a token is the one that
stands in ``tokenInfo`` or ``contract_address``; where both stand and differ, the item is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.evm import refuse, token_notes
from connectors.tron import (
    RAIL,
    TRX,
    account_key,
    block_time,
    read_decimals,
    read_whole,
    settle_row,
    status_of,
    text_or_none,
    trc10,
    tron_node,
    unconfirmed,
)  # fmt: skip
from connectors.tron_contracts import TYPE_NUMBERS, Contract, contract_records
from trails.errors import ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Record, Skip, Transfer
from trails.money import Asset, token
from trails.records import say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS: dict[str, tuple[str, ...]] = {
    "tx": ("transaction_id", "transactionHash", "hash"),
    "time": ("block_ts", "block_timestamp", "timestamp"),
    "src": ("from_address", "transferFromAddress", "from"),
    "dst": ("to_address", "transferToAddress", "to"),
    "amount": ("quant", "amount"),
    "contract": ("contract_address",),
}
_RESULTS = ("contractRet", "contract_ret", "finalResult", "final_result")
_NATIVE = ("_", "TRX", "trx")
_COLLECTIBLES = ("trc721", "trc1155")


def item_records(row: int, item: Any, common: dict[str, Any]) -> Iterator[Record]:
    """Give what an item of a list states; ``common`` is the ``tokenInfo`` of the whole answer, where it has one."""
    if not isinstance(item, dict):
        yield Issue(row, "error", "malformed", say_broken(item, "this is no item of a Tronscan answer: an object"))
        return
    try:
        if "contractData" in item or "ownerAddress" in item:
            found = list(settle_row(row, _transaction(row, item)))
        elif _field(item, "src") is None and ("balance" in item or "tokenAbbr" in item):
            found = [Skip(row, "a balance: no transfer")]
        else:
            found = list(_transfer(row, item, common))
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from found


def _field(item: dict[str, Any], name: str) -> Any:
    return next((item[each] for each in _FIELDS[name] if item.get(each) is not None), None)


def _transfer(row: int, item: dict[str, Any], common: dict[str, Any]) -> Iterator[Record]:
    said = item.get("tokenInfo")
    info: dict[str, Any] = said if isinstance(said, dict) and said else common
    kinds = {str(each).casefold() for each in (info.get("tokenType"), item.get("contract_type"))}
    if kinds & set(_COLLECTIBLES):
        yield Skip(row, "a collectible (TRC-721 or TRC-1155), not money")
        return
    if item.get("event_type") not in (None, "", "Transfer"):
        yield Skip(row, f"event {str(item['event_type'])[:40]}: moves no tokens")
        return
    time, doubts = block_time(row, _field(item, "time"), "the time")
    asset = _asset(item, info)
    amount = read_whole(_field(item, "amount"), "amount")
    transfer = Transfer(
        row, tron_node(_field(item, "src")), tron_node(_field(item, "dst")), asset, amount, "transfer", time,
        tx=parse_txid(str(_field(item, "tx"))), status=_status(item, unstated="ok"),
    )  # fmt: skip
    yield from doubts
    yield from _waiting(row, item)
    symbol, name = str(info.get("tokenAbbr") or ""), str(info.get("tokenName") or item.get("token_name") or "")
    yield from token_notes(row, asset, symbol, name, amount)
    yield transfer


def _asset(item: dict[str, Any], info: dict[str, Any]) -> Asset:
    """Read what moved: TRX, a TRC-10 token by its number, or a contract's token."""
    stated = {str(key) for key in (info.get("tokenId"), item.get("contract_address"), item.get("id")) if key}
    stated |= {str(item["tokenName"])} if item.get("tokenName") and not stated else set()
    if not stated and item.get("contract_type") == "TransferContract":
        return TRX
    keys = {"_" if key in _NATIVE else key for key in stated}
    symbol, decimals = (
        text_or_none(info.get("tokenAbbr")),
        read_decimals(info.get("tokenDecimal", item.get("decimals"))),
    )
    addresses = {account_key(key) for key in keys if key.startswith(("T", "41"))}
    numbers = {key for key in keys if key.isdigit() and not key.startswith("41")}
    if len(addresses) > 1 or len(numbers) > 1 or (addresses and numbers):
        raise ValueProblem(f"the item names several tokens: {', '.join(sorted(addresses | numbers))[:200]}")
    if addresses:
        return token(RAIL, addresses.pop(), symbol, decimals)
    if numbers:
        return trc10(numbers.pop(), symbol, decimals)
    if keys == {"_"}:
        return TRX
    raise ValueProblem("the item does not say which token moved: no contract, no number")


def _status(item: dict[str, Any], *, unstated: str) -> str:
    """Give the status; the lists of transfers hold what happened, also where an item has no result of its own."""
    if item.get("revert") in (True, 1):
        return "failed"
    status = status_of(*(item.get(name) for name in _RESULTS))
    status = unstated if status == "unstated" else status
    return "unconfirmed" if status == "ok" and _is_waiting(item) else status


def _is_waiting(item: dict[str, Any]) -> bool:
    return item.get("confirmed") in (False, 0) and item.get("confirmed") is not None


def _waiting(row: int, item: dict[str, Any]) -> Iterator[Issue]:
    if _is_waiting(item):
        yield unconfirmed(row)


def _transaction(row: int, item: dict[str, Any]) -> Iterator[Record]:
    """Read an item of ``transaction``: the contract as a node would give it, addresses in base58.

    The cost is left out: its parts are not documented well enough to be the fee that a node states.
    """
    value, number = item.get("contractData"), item.get("contractType")
    if not isinstance(value, dict):
        raise ValueProblem("the transaction has no contractData")
    kind = TYPE_NUMBERS.get(number, f"contract type {number}") if isinstance(number, int) else str(number)
    time, doubts = block_time(row, _field(item, "time"), "the time")
    unstated = "unstated" if kind == "TriggerSmartContract" else "ok"
    contract = Contract(row, kind, value, parse_txid(str(_field(item, "tx"))), time, _status(item, unstated=unstated))
    yield from doubts
    yield from _waiting(row, item)
    if contract.status == "unstated":
        yield Issue(row, "warning", "result_missing", "no contractRet says how the call ended: not counted as moved")
    yield from contract_records(contract)
