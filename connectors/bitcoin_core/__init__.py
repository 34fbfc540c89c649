"""Blocks as Bitcoin Core's ``getblock`` gives them with verbosity 2 or 3, bare or in an RPC answer, also as JSON lines.

Raw, shortened::

    {"hash": "00..", "height": 50001, "time": 1270917100, "tx": [{"txid": "7940..", "version": 1, "locktime": 0,
     "vin": [{"txid": "76a8..", "vout": 0, "scriptSig": {"hex": "4930.."}, "sequence": 4294967295,
              "prevout": {"value": 50.00000000, "scriptPubKey": {"hex": "76a9..", "address": "1Pkq.."}}}],
     "vout": [{"value": 100.00000000, "n": 0, "scriptPubKey": {"hex": "76a9..", "addresses": ["1HaH.."]}}],
     "fee": 0.00000125}]}

``prevout`` stands in verbosity 3 only. Before 22.0 scripts state a list ``addresses``, since then one ``address``.
Specification: the RPC help of getblock, Bitcoin Core.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.evm import refuse
from trails.errors import AmountError, SourceError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Record, RowsRead
from trails.records import json_paths, json_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_BLOCK_WORDS = {"merkleroot", "previousblockhash", "versionHex", "nTx", "mediantime", "height", "hash"}
_POSITIONS = 10**6


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its first object is a block with its transactions, bare or under ``result``."""
    paths = json_paths(head.text)
    for prefix in ("", "result."):
        words = {path.removeprefix(prefix) for path in paths if path.startswith(prefix)}
        if len(words & _BLOCK_WORDS) >= 3 and ("tx" in words or ("vin" not in words and "bits" in words)):
            return "the first JSON object is a block as Bitcoin Core's getblock gives it"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the transactions' raw text, from 1, over all blocks of the file."""
    first = next(json_records(source, options), None)
    enveloped = first is not None and isinstance(first.value, dict) and "result" in first.value
    return json_records(source, options, at=("result", "tx") if enveloped else ("tx",))


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the inputs, outputs and fee of every transaction of every block; one whose hash or balance fails is refused.

    Raises SourceError for an RPC error, for blocks that list only ids, and for a mix of bare blocks and answers.
    """
    rows, kinds, blocks = 0, set(), []
    for document in json_records(source, options):
        kinds.add(isinstance(document.value, dict) and "result" in document.value)
        if len(kinds) > 1:
            raise SourceError(f"{source.name}: it mixes bare blocks and RPC answers; put them into separate files")
        block = _block(document.value, f"{source.name}: block {document.row}")
        good, refused = _transactions(block, rows)
        yield from refused
        blocks.append(good)
        rows += len(block["tx"])
    usual = bitcoin.network((tx for block in blocks for tx in block), options)
    for transactions in blocks:
        rail = bitcoin.network(transactions, options, usual)
        for tx in transactions:
            yield from bitcoin.state(tx, rail)
    yield RowsRead(rows)


def _block(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict) and value.get("error"):
        raise SourceError(f"{where}: the node answered with an error: {str(value['error'])[:200]}")
    block = value["result"] if isinstance(value, dict) and "result" in value else value
    if not isinstance(block, dict) or not isinstance(block.get("tx"), list):
        raise SourceError(f"{where}: no list of transactions under `tx`; get the block with verbosity 2 or 3")
    if any(isinstance(tx, str) for tx in block["tx"]):
        raise SourceError(f"{where}: it lists only transaction ids (verbosity 1); get it with verbosity 2 or 3")
    return block


def _transactions(block: dict[str, Any], before: int) -> tuple[list[bitcoin.Transaction], list[Issue]]:
    """Read the transactions of one block, the first being row ``before`` + 1, and refuse what is none."""
    good, refused = [], []
    for position, value in enumerate(block["tx"]):
        row = before + position + 1
        try:
            good.append(_transaction(row, value, block, position))
        except ValueProblem as problem:
            refused.append(refuse(row, problem))
    return good, refused


def _transaction(row: int, value: Any, block: dict[str, Any], position: int) -> bitcoin.Transaction:
    if not isinstance(value, dict) or not isinstance(value.get("vin"), list) or not isinstance(value.get("vout"), list):
        raise ValueProblem("this is no transaction: an object with the lists vin and vout")
    time, doubts = bitcoin.block_time(row, block.get("time"))
    height, version, locktime = block.get("height"), value.get("version"), value.get("locktime")
    return bitcoin.Transaction(
        row=row,
        txid=parse_txid(str(value.get("txid"))),
        version=version if isinstance(version, int) else None,
        locktime=None if locktime is None else bitcoin.whole(locktime, "locktime"),
        inputs=tuple(_input(each) for each in value["vin"]),
        outputs=tuple(_output(each, number) for number, each in enumerate(value["vout"])),
        fee=None if value.get("fee") is None else _satoshi(value["fee"], "fee"),
        time=time,
        seq=None if height is None else bitcoin.whole(height, "height") * _POSITIONS + position,
        status="ok",
        doubts=doubts,
    )


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
        amount=_satoshi(value.get("value"), "value"),
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


def _satoshi(value: object, name: str) -> int:
    """Turn an amount in BTC, exact, into satoshi; raises AmountError.

    >>> _satoshi(Decimal("0.00000125"), "fee")
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
