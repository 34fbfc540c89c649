"""One transaction as Bitcoin Core decodes it, in a block or alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors import bitcoin
from trails.errors import AmountError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue
from trails.records import say_broken
from trails.timestamps import UNKNOWN_TIME, Instant

_POSITIONS = 10**6
#: A block that lost against another at its height has -1 confirmations: what stands in it did not happen there.
STALE = "stale"


def read_transaction(row: int, value: Any, block: dict[str, Any] | None, position: int) -> bitcoin.Transaction:
    """Read a transaction; ``block`` is the block it stands in, None where it stands alone.

    Raises ValueProblem for what is none, or has an impossible value.
    """
    if not isinstance(value, dict) or not isinstance(value.get("vin"), list) or not isinstance(value.get("vout"), list):
        raise ValueProblem(say_broken(value, "this is no transaction: an object with the lists vin and vout"))
    time, status, doubts = _when_alone(row, value) if block is None else _when_in_block(row, block)
    height, version, locktime = (block or {}).get("height"), value.get("version"), value.get("locktime")
    return bitcoin.Transaction(
        row=row,
        txid=parse_txid(str(value.get("txid"))),
        version=version if isinstance(version, int) else None,
        locktime=None if locktime is None else bitcoin.whole(locktime, "locktime"),
        inputs=tuple(_input(each) for each in value["vin"]),
        outputs=tuple(_output(each, number) for number, each in enumerate(value["vout"])),
        fee=None if value.get("fee") is None else to_satoshi(value["fee"], "fee"),
        time=time,
        seq=None if height is None else bitcoin.whole(height, "height") * _POSITIONS + position,
        status=status,
        doubts=doubts,
    )


def _when_in_block(row: int, block: dict[str, Any]) -> tuple[Instant, str, tuple[Issue, ...]]:
    time, doubts = bitcoin.block_time(row, block.get("time"))
    return time, STALE if block.get("confirmations") == -1 else "ok", doubts


def _when_alone(row: int, value: dict[str, Any]) -> tuple[Instant, str, tuple[Issue, ...]]:
    """Time and status of a transaction by itself: a node's own answer (it has ``hex``) names the block, or there is
    none yet; a decoded transaction says neither."""
    confirmations = value.get("confirmations")
    if isinstance(value.get("blockhash"), str):
        seconds = value.get("blocktime", value.get("time"))
        time, doubts = bitcoin.block_time(row, seconds) if seconds is not None else (UNKNOWN_TIME, ())
        lost = isinstance(confirmations, int) and confirmations <= 0
        return time, STALE if lost else "ok", doubts
    if confirmations == 0 or isinstance(value.get("hex"), str):
        return UNKNOWN_TIME, "unconfirmed", ()
    message = "the row does not say whether it is confirmed; its time is unknown"
    return UNKNOWN_TIME, "unstated", (Issue(row, "note", "status_missing", message),)


def _input(value: object) -> bitcoin.Input:
    if not isinstance(value, dict):
        raise ValueProblem("an input is not an object")
    script, sequence, prevout = value.get("scriptSig"), value.get("sequence"), value.get("prevout")
    mined = "coinbase" in value
    text = value["coinbase"] if mined else script.get("hex") if isinstance(script, dict) else None
    return bitcoin.Input(
        outpoint=None if mined else bitcoin.outpoint(value.get("txid"), value.get("vout")),
        script=bitcoin.hex_bytes(text, "scriptSig"),
        sequence=None if sequence is None else bitcoin.whole(sequence, "sequence"),
        prevout=None if mined or prevout is None else _output(prevout, None),
    )


def _output(value: object, number: int | None) -> bitcoin.Output:
    script = value.get("scriptPubKey") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(script, dict):
        raise ValueProblem("an output is not an object with a scriptPubKey")
    if number is not None and value.get("n") != number:
        raise ValueProblem(f"output {number} calls itself {str(value.get('n'))[:40]!r}: outputs are missing or moved")
    return bitcoin.Output(
        amount=to_satoshi(value.get("value"), "value"),
        script=bitcoin.hex_bytes(script.get("hex"), "scriptPubKey"),
        address=_address(script),
    )


def _address(script: dict[str, Any]) -> str | None:
    """Find the one address a script states; the several key addresses of a bare multisig are not its own."""
    many = script.get("addresses")
    if script.get("address") is not None:
        return str(script["address"])
    if isinstance(many, list) and len(many) == 1 and script.get("type") != "multisig":
        return str(many[0])
    return None


def to_satoshi(value: object, name: str) -> int:
    """Turn an amount in BTC, exact, into satoshi; raises AmountError.

    >>> to_satoshi(Decimal("0.00000125"), "fee")
    125
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return bitcoin.satoshi(value * 10**8, name)
    if not isinstance(value, Decimal):
        raise AmountError(f"{name} {str(value)[:60]!r} is not a number of BTC")
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or sign or not any(digits):
        return bitcoin.satoshi(0 if value.is_zero() else str(value), name)
    places, text = exponent + 8, "".join(map(str, digits))
    if places < 0:
        text, lost = text[:places], text[places:]
        if lost.strip("0"):
            raise AmountError(f"{name} {str(value)[:60]!r} has more than the 8 decimal places of BTC")
    if len(text) + max(places, 0) > 40:
        raise AmountError(f"{name} {str(value)[:60]!r} is more than there can be")
    return bitcoin.satoshi(int(text or "0") * 10 ** max(places, 0), name)
