"""Rows of the tables transactions and traces: what each moves of the chain's own coin.

Raw transaction (CSV or JSON line; ``receipt_*`` stand in streamed exports and in BigQuery only)::

    {"type": "transaction", "hash": "0xeb107a..", "from_address": "0xae2f..", "to_address": "0x6b75..",
     "value": 1642894143, "gas_price": 80869370967, "input": "0x", "block_timestamp": 1683029999,
     "block_number": 17173049, "receipt_gas_used": 85143, "receipt_status": 1, "receipt_effective_gas_price": 80869370967}

Raw trace: ``transaction_hash``, ``from_address``, ``to_address``, ``value``, ``trace_type`` (call, create, suicide,
reward ...), ``call_type`` (call, delegatecall, staticcall, callcode), ``error``, ``status``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.ethereum_etl.kinds import kind_of, plain_row, table_records
from connectors.ethereum_etl.rows import optional_number, required_number, required_text
from connectors.evm import implausible, read_stamp, refuse
from connectors.evm_blocks import read_block_times
from connectors.evm_coins import FAILED, OK, UNSTATED, CoinTransaction, state_coins
from trails.errors import IdentifierError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Record, Skip, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions, Source
    from trails.timestamps import Instant

_MOVING_TRACES = ("call", "create", "suicide")
_BLOB = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says of its transaction; None where it does not."""

    status: int | None
    gas_used: int | None
    gas_price: int | None
    created: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the files given beside a source state: the times of blocks, and receipts by transaction hash."""

    times: dict[int, Instant]
    receipts: dict[str, Receipt]


def read_beside(source: Source, options: ReadOptions) -> Beside:
    """Read the files given beside a source: receipts, else blocks. Raises SourceError for one that is neither."""
    receipts: dict[str, Receipt] = {}
    blocks = []
    for companion in source.companions:
        before = len(receipts)
        for record in table_records(companion, options):
            if not isinstance(record.value, dict) or kind_of(record.value) != "receipt":
                break
            found = _read_receipt(record.value)
            if found:
                receipts.setdefault(*found)
        if len(receipts) == before:
            blocks.append(companion)
    return Beside(read_block_times(blocks, options), receipts)


def _read_receipt(value: dict[str, Any]) -> tuple[str, Receipt] | None:
    try:
        return parse_txid(required_text(value, "transaction_hash")), Receipt(
            optional_number(value, "status"),
            optional_number(value, "gas_used"),
            optional_number(value, "effective_gas_price"),
            value.get("contract_address") or None,
        )
    except ValueProblem:
        return None


def read_transaction(row: int, value: Any, rail: str, options: ReadOptions, beside: Beside) -> Iterator[Record]:
    """Give what a transaction moves and the fee it pays, or the issue that refuses its row."""
    try:
        yield from list(_transaction_records(row, plain_row(value), rail, options, beside))
    except ValueProblem as problem:
        yield refuse(row, problem)


def _transaction_records(
    row: int, value: dict[str, Any], rail: str, options: ReadOptions, beside: Beside
) -> Iterator[Record]:
    tx = parse_txid(required_text(value, "hash"))
    receipt = _merge_receipt(value, beside.receipts.get(tx))
    receiver = value.get("to_address") or receipt.created
    time, doubt = _time(value, options, beside)
    if doubt:
        yield implausible(row, doubt)
    yield from state_coins(
        CoinTransaction(
            row,
            rail,
            tx,
            canonical_address(required_text(value, "from_address"), rail),
            canonical_address(str(receiver), rail) if receiver else None,
            required_number(value, "value"),
            _fee(value, receipt),
            time,
            {1: OK, 0: FAILED, None: UNSTATED}.get(receipt.status, UNSTATED),
            is_call=str(value.get("input") or "0x") != "0x" or not value.get("to_address"),
        )
    )


def _merge_receipt(value: dict[str, Any], beside: Receipt | None) -> Receipt:
    """Give what the row says of its receipt, and what the receipt beside it says where the row does not."""
    own = Receipt(
        optional_number(value, "receipt_status"),
        optional_number(value, "receipt_gas_used"),
        optional_number(value, "receipt_effective_gas_price"),
        value.get("receipt_contract_address") or None,
    )
    if beside is None:
        return own
    return Receipt(
        beside.status if own.status is None else own.status,
        beside.gas_used if own.gas_used is None else own.gas_used,
        beside.gas_price if own.gas_price is None else own.gas_price,
        own.created or beside.created,
    )


def _fee(value: dict[str, Any], receipt: Receipt) -> int | None:
    """Multiply gas used and price; None where one is missing, or where a further fee is not stated (blobs)."""
    price = optional_number(value, "gas_price") if receipt.gas_price is None else receipt.gas_price
    if receipt.gas_used is None or price is None:
        return None
    fee = receipt.gas_used * price
    if optional_number(value, "transaction_type") != _BLOB:
        return fee
    blobs = optional_number(value, "receipt_blob_gas_used"), optional_number(value, "receipt_blob_gas_price")
    return None if blobs[0] is None or blobs[1] is None else fee + blobs[0] * blobs[1]


def _time(value: dict[str, Any], options: ReadOptions, beside: Beside) -> tuple[Instant, str | None]:
    time, doubt = read_stamp(value.get("block_timestamp"), options)
    block = optional_number(value, "block_number")
    if time.time is None and block is not None and block in beside.times:
        return beside.times[block], None
    return time, doubt


def read_trace(row: int, value: Any, rail: str, options: ReadOptions, beside: Beside) -> Iterator[Record]:
    """Give the coins an internal call moves, why it moves none, or the issue that refuses its row."""
    try:
        yield from list(_trace_records(row, plain_row(value), rail, options, beside))
    except ValueProblem as problem:
        yield refuse(row, problem)


def _trace_records(
    row: int, value: dict[str, Any], rail: str, options: ReadOptions, beside: Beside
) -> Iterator[Record]:
    kind, call = str(value.get("trace_type") or ""), str(value.get("call_type") or "")
    if kind not in _MOVING_TRACES or (kind == "call" and call != "call"):
        yield Skip(
            row, f"a trace of type {(call if kind == 'call' else kind)[:20] or 'unknown'}: moves no coin of an account"
        )
        return
    amount = optional_number(value, "value")
    if not amount:
        yield Skip(row, "an internal call that sends no coin")
        return
    if not value.get("transaction_hash"):
        raise IdentifierError("the trace states no transaction_hash (exports made from geth lack it)")
    receiver = value.get("to_address")
    time, doubt = _time(value, options, beside)
    if doubt:
        yield implausible(row, doubt)
    yield from state_coins(
        CoinTransaction(
            row,
            rail,
            parse_txid(required_text(value, "transaction_hash")),
            canonical_address(required_text(value, "from_address"), rail),
            canonical_address(str(receiver), rail) if receiver else None,
            amount,
            None,
            time,
            _trace_status(value),
        )
    )


def _trace_status(value: dict[str, Any]) -> str:
    """Say whether a call succeeded: its status counts the failure of the calls around it, its error does not."""
    if value.get("error"):
        return FAILED
    return {1: OK, 0: FAILED}.get(optional_number(value, "status"), UNSTATED)  # type: ignore[arg-type]


def is_unstated(record: Record) -> bool:
    """Whether a fact does not say if its transaction failed."""
    return isinstance(record, Transfer) and record.status == UNSTATED
