"""One transaction as Blockbook gives it, checked against its raw bytes where the answer holds them.

Blockbook leaves out every field that is empty or 0 (``vout``, ``sequence``, ``lockTime``), and most input scripts. The
raw transaction under ``hex`` has them all: they are taken from it, amounts and outpoints from the answer, and the hash
made of both must be the txid.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from btclib.exceptions import BTClibException
from btclib.tx.tx import Tx

from connectors import bitcoin
from trails.errors import AmountError, ValueProblem
from trails.identifiers import parse_txid
from trails.records import say_broken
from trails.timestamps import UNKNOWN_TIME, Instant

if TYPE_CHECKING:
    from trails.model import Issue

_DIGITS = re.compile(r"\d{1,20}\Z", re.ASCII)


def read_transaction(row: int, value: Any) -> bitcoin.Transaction:
    """Read a transaction; raises ValueProblem for what is none, has an impossible value, or damaged raw bytes."""
    if not isinstance(value, dict) or not isinstance(value.get("vin"), list) or not isinstance(value.get("vout"), list):
        raise ValueProblem(say_broken(value, "this is no Blockbook transaction: an object with the lists vin and vout"))
    txid = parse_txid(str(value.get("txid")))
    raw = _parse_raw(value.get("hex"))
    if raw is not None and (len(raw.vin), len(raw.vout)) != (len(value["vin"]), len(value["vout"])):
        raise ValueProblem("the raw transaction has another number of inputs or outputs than the answer: altered")
    time, status, doubts = _when(row, value)
    fees = value.get("fees")
    return bitcoin.Transaction(
        row=row,
        txid=txid,
        version=None if raw is None else raw.version,
        locktime=None if raw is None else raw.lock_time,
        inputs=tuple(_input(each, None if raw is None else raw.vin[at]) for at, each in enumerate(value["vin"])),
        outputs=tuple(_output(each, number) for number, each in enumerate(value["vout"])),
        fee=None if fees is None or not _spends(value) else to_satoshi(fees, "fees"),
        time=time,
        seq=None,
        status=status,
        doubts=doubts,
    )


def to_satoshi(value: object, name: str) -> int:
    """Read an amount: satoshi as text; raises AmountError."""
    if not isinstance(value, str) or not _DIGITS.match(value):
        raise AmountError(f"{name} {str(value)[:60]!r} is not a whole number of satoshi, as text")
    return bitcoin.satoshi(int(value), name)


def find_address(value: Any) -> str | None:
    """The one address of an input or output; data and the several keys of a bare multisig are none."""
    listed = value.get("addresses") if isinstance(value, dict) else None
    if not isinstance(listed, list) or len(listed) != 1 or value.get("isAddress") is False:
        return None
    return str(listed[0])


def _parse_raw(text: object) -> Tx | None:
    if text is None:
        return None
    try:
        return Tx.parse(text if isinstance(text, str) else "")
    except (BTClibException, ValueError) as problem:
        raise ValueProblem(f"the raw transaction under `hex` is damaged: {str(problem)[:120]}") from None


def _spends(value: dict[str, Any]) -> bool:
    return all(isinstance(each, dict) and "txid" in each for each in value["vin"])


def _when(row: int, value: dict[str, Any]) -> tuple[Instant, str, tuple[Issue, ...]]:
    """Time and status: without confirmations the time is when the server first heard of it, which is no block time."""
    confirmations, height = value.get("confirmations", 0), value.get("blockHeight", 0)
    mined = isinstance(height, int) and height > 0 and isinstance(value.get("blockHash"), str)
    if not mined and not (isinstance(confirmations, int) and confirmations > 0):
        return UNKNOWN_TIME, "unconfirmed", ()
    time, doubts = bitcoin.block_time(row, value.get("blockTime"))
    return time, "ok", doubts


def _input(value: Any, raw: Any) -> bitcoin.Input:
    if not isinstance(value, dict):
        raise ValueProblem("an input is not an object")
    spends = "txid" in value
    address = find_address(value)
    known = spends and address is not None and "value" in value
    return bitcoin.Input(
        outpoint=bitcoin.outpoint(value["txid"], value.get("vout", 0)) if spends else None,
        script=None if raw is None else raw.script_sig,
        sequence=None if raw is None else raw.sequence,
        prevout=bitcoin.Output(to_satoshi(value["value"], "value"), None, address) if known else None,
    )


def _output(value: Any, number: int) -> bitcoin.Output:
    if not isinstance(value, dict):
        raise ValueProblem("an output is not an object")
    if value.get("n", 0) != number:
        raise ValueProblem(f"output {number} calls itself {str(value.get('n'))[:40]!r}: outputs are missing or moved")
    return bitcoin.Output(
        amount=to_satoshi(value.get("value", "0"), "value"),
        script=bitcoin.hex_bytes(value.get("hex"), "hex"),
        address=find_address(value),
    )
