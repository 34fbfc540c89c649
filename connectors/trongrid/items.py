"""One item of a page: a token transfer, a whole transaction with its calls and fee, or an internal call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.evm import refuse, token_notes
from connectors.tron import (
    FEE,
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
)  # fmt: skip
from connectors.tron_contracts import Contract, contract_records, delegation
from trails.errors import AmountError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Record, Skip, Transfer
from trails.money import Asset, check_amount, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.timestamps import Instant

_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)
_HEX_TEXT = re.compile(r"([2-7][0-9a-f])+\Z", re.ASCII)
#: What an internal call may be said to be while it moves what it states.
_MOVING_NOTES = ("", "call", "create", "suicide")
_LENDING_NOTES = {"delegateResourceOfEnergy": False, "unDelegateResourceOfEnergy": True}


def token_records(row: int, item: dict[str, Any], info: dict[str, Any]) -> Iterator[Record]:
    """Give the transfer of a token that an item of transactions/trc20 states."""
    if item.get("type") != "Transfer":
        yield Skip(row, f"type {str(item.get('type'))[:40]}: moves no tokens")
        return
    try:
        transfer, doubts = _token_transfer(row, item, info)
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from doubts
    symbol, name = str(info.get("symbol") or ""), str(info.get("name") or "")
    yield from token_notes(row, transfer.asset, symbol, name, transfer.amount or 0)
    yield transfer


def _token_transfer(row: int, item: dict[str, Any], info: dict[str, Any]) -> tuple[Transfer, tuple[Issue, ...]]:
    decimals, value = info.get("decimals"), item.get("value")
    if isinstance(decimals, str):
        raise ValueProblem(f"decimals {decimals[:40]!r} are no whole number from 0 to 255")
    if not isinstance(value, str) or not _DIGITS.match(value):
        raise AmountError(f"value {str(value)[:90]!r} is not a whole number of at most 80 digits, as text")
    time, doubts = block_time(row, item.get("block_timestamp"))
    contract = account_key(info.get("address"))
    transfer = Transfer(
        row,
        tron_node(item.get("from")),
        tron_node(item.get("to")),
        token("tron", contract, text_or_none(info.get("symbol")), read_decimals(decimals)),
        check_amount(int(value)),
        "transfer",
        time,
        tx=parse_txid(str(item.get("transaction_id"))),
    )
    return transfer, doubts


def transaction_records(row: int, item: dict[str, Any]) -> Iterator[Record]:
    """Give the transfers, events and the fee that one transaction of an account states."""
    try:
        found = list(_transaction(row, item))
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from settle_row(row, found)


def _transaction(row: int, item: dict[str, Any]) -> Iterator[Record]:
    tx = parse_txid(str(item.get("txID")))
    time, doubts = block_time(row, item.get("block_timestamp"))
    yield from doubts
    failed = False
    contracts = [each for each in _list(item["raw_data"], "contract") if isinstance(each, dict)]
    results = [each for each in _list(item, "ret") if isinstance(each, dict)]
    if not contracts:
        raise ValueProblem("the transaction holds no contract")
    for place, raw in enumerate(contracts):
        parameter = raw.get("parameter")
        value = parameter.get("value") if isinstance(parameter, dict) else None
        if not isinstance(value, dict):
            raise ValueProblem("a contract of the transaction has no parameter.value")
        status = _result(row, str(raw.get("type")), results[min(place, len(results) - 1)] if results else {})
        if isinstance(status, Issue):
            yield status
            status = "unstated"
        failed = failed or status == "failed"
        yield from contract_records(Contract(row, str(raw.get("type")), value, tx, time, status))
    yield from _fee(row, contracts[0], results, tx, time)
    for inner in _list(item, "internal_transactions"):
        yield from _internal(row, inner, tx, time, failed=failed)


def _result(row: int, kind: str, result: dict[str, Any]) -> str | Issue:
    """Tell how a contract ended. A call must say contractRet; the others may say ``code`` alone, as they once did."""
    stated = result.get("contractRet")
    if stated in (None, "", "DEFAULT") and kind != "TriggerSmartContract":
        stated = result.get("code") or "SUCESS"
    status = status_of(None if stated == "DEFAULT" else stated)
    if status == "unstated":
        return Issue(row, "warning", "result_missing", "no contractRet says how the call ended: not counted as moved")
    return status


def _fee(
    row: int, contract: dict[str, Any], results: list[dict[str, Any]], tx: str, time: Instant
) -> Iterator[Transfer]:
    """State what the chain burned for the transaction: it is paid whether the call succeeded or not."""
    burned = sum(read_whole(result.get("fee") or 0, "fee") for result in results)
    if burned:
        payer = tron_node(contract["parameter"]["value"].get("owner_address"))
        yield Transfer(row, payer, FEE, TRX, burned, "fee", time, tx=tx)


def internal_records(row: int, item: dict[str, Any]) -> Iterator[Record]:
    """Give what an item of internal-transactions states."""
    try:
        time, doubts = block_time(row, item.get("block_timestamp"))
        found = [*doubts, *_internal(row, item, parse_txid(str(item.get("tx_id"))), time)]
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from settle_row(row, found)


def _internal(row: int, call: Any, tx: str, time: Instant, *, failed: bool = False) -> Iterator[Record]:
    """Read a call that a contract made, in the v1 API's form or in a node's (``callValueInfo``).

    Where the whole transaction failed, or the call was rejected, it moved nothing.
    """
    if not isinstance(call, dict):
        raise ValueProblem("an internal transaction is no object")
    data = call["data"] if isinstance(call.get("data"), dict) else call
    note, amounts = _note(data.get("note")), list(_values(data))
    status = "failed" if failed or data.get("rejected") is True else "ok"
    if note in _LENDING_NOTES and status == "ok":
        value = {"resource": "ENERGY", "balance": amounts[0][1] if amounts else None}
        lent = Contract(row, "internal", value, tx, time, status)
        yield delegation(lent, *_sides(call), back=_LENDING_NOTES[note])
        return
    if note not in _MOVING_NOTES:
        yield Skip(row, f"an internal {note[:40]}: no transfer between accounts")
        return
    moved = [(asset, amount) for asset, amount in amounts if amount]
    if not moved:
        yield Skip(row, "an internal call that moves nothing")
        return
    src, dst = _sides(call)
    for asset, amount in moved:
        yield Transfer(row, src, dst, asset, amount, "transfer", time, tx=tx, status=status)


def _sides(call: dict[str, Any]) -> tuple[Any, Any]:
    src = call.get("from_address") or call.get("caller_address")
    dst = call.get("to_address") or call.get("transferTo_address")
    return tron_node(src), tron_node(dst)


def _note(value: object) -> str:
    """Read what a call is said to be: a node writes the word's letters as hexadecimal digits."""
    text = value if isinstance(value, str) else ""
    return bytes.fromhex(text).decode("ascii") if len(text) > 4 and _HEX_TEXT.match(text) else text


def _values(data: dict[str, Any]) -> Iterator[tuple[Asset, int]]:
    """Give the assets and amounts of an internal call."""
    for value in _list(data, "callValueInfo"):
        if not isinstance(value, dict):
            raise ValueProblem("a callValueInfo is no object")
        number = value.get("tokenId") or value.get("tokenName")
        asset = trc10(str(number)) if number not in (None, "", "_") else TRX
        yield asset, read_whole(value.get("callValue") or 0, "callValue")
    if "call_value" in data:
        yield TRX, read_whole(_bare(data["call_value"]) or 0, "call_value")
    if tokens := read_whole(_bare(data.get("call_token_value")) or 0, "call_token_value"):
        yield trc10(str(_bare(data.get("token_id")))), tokens


def _bare(value: Any) -> Any:
    """Give a value that may stand under the key ``_``."""
    return value.get("_") if isinstance(value, dict) else value


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    found = holder.get(name)
    return found if isinstance(found, list) else []
