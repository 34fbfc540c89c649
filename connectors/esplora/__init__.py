"""Bitcoin transactions as Esplora and mempool servers give them: one object, a list, an address's page, JSON lines.

Raw, shortened::

    {"txid": "0b64..", "version": 1, "locktime": 0, "vin": [{"txid": "09dc..", "vout": 1, "scriptsig": "4830..",
     "sequence": 4294967294, "is_coinbase": false, "prevout": {"scriptpubkey": "76a9..", "value": 83013905944,
     "scriptpubkey_address": "1K8Y.."}}], "vout": [{"scriptpubkey": "76a9..", "value": 39852779, ..}],
     "fee": 10000, "status": {"confirmed": true, "block_height": 399996, "block_time": 1456416472}}

An address has three pages: its transactions (``/txs``, the list above, 25 confirmed ones a page), its sums
(``{"address": .., "chain_stats": ..}``) and its unspent outputs (``/utxo``). Only the first holds transactions.

Specification: API.md of the Blockstream/esplora repository, section "Transaction format"; mempool.space REST API.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.evm import refuse
from trails.errors import ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Record, RowsRead, Skip
from trails.records import json_paths, json_records, say_broken
from trails.timestamps import UNKNOWN_TIME, Instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_MARKS = {"vin.prevout.scriptpubkey", "vin.scriptsig", "vin.is_coinbase", "vout.scriptpubkey"}
_SUMS = {"chain_stats.funded_txo_sum", "chain_stats.spent_txo_sum"}
_UNSPENT = {"txid", "vout", "value", "status.confirmed"}
#: A server's page of an address or block ends after so many confirmed transactions.
_PAGE = 25


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its first object has txid, vin and the lower-case script fields of Esplora."""
    paths = json_paths(head.text)
    if {"txid", "vin"} <= paths and paths & _MARKS:
        return "the first JSON object is a Bitcoin transaction in Esplora's form"
    if paths >= _SUMS:
        return "the first JSON object is the summary of an address in Esplora's form: it holds no transactions"
    if paths >= _UNSPENT and not paths & {"vin", "address", "confirmations"}:
        return "the first JSON object is an unspent output in Esplora's form: it is no whole transaction"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the transactions' raw text, from 1."""
    return json_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the inputs, outputs and fee of every transaction; one whose hash or balance fails is refused.

    Two passes: the first looks at the addresses, which tell the network of transactions without any. Raises UsageError
    for a rail that is no Bitcoin network.
    """
    usual = bitcoin.network(_good_ones(source, options), options, file=source.name)
    rows = confirmed = 0
    for record in records(source, options):
        rows += 1
        reason = _no_transaction(record.value)
        if reason:
            yield Skip(record.row, reason)
            continue
        try:
            tx = _transaction(record.row, record.value)
        except ValueProblem as problem:
            yield refuse(record.row, problem)
            continue
        confirmed += tx.status == "ok"
        yield from bitcoin.state(tx, bitcoin.network([tx], options, usual))
    yield from _check_page(confirmed)
    yield RowsRead(rows)


def _good_ones(source: Source, options: ReadOptions) -> Iterator[bitcoin.Transaction]:
    for record in records(source, options):
        if _no_transaction(record.value) is None:
            with suppress(ValueProblem):  # refused with its reason when it is read
                yield _transaction(record.row, record.value)


def _no_transaction(value: Any) -> str | None:
    """Why a known kind of page holds no transaction; None for everything else."""
    if not isinstance(value, dict) or "vin" in value:
        return None
    if "chain_stats" in value:
        return "summary of an address: it holds no transactions; save the page that ends in /txs"
    if "txid" in value and "vout" in value and not isinstance(value["vout"], list):
        return "an unspent output, no whole transaction; save the page that ends in /txs"
    return None


def _check_page(confirmed: int) -> Iterator[Issue]:
    if confirmed and confirmed % _PAGE == 0:
        message = (
            f"{confirmed} confirmed transactions are exactly full pages of {_PAGE}: more may follow on a next page"
        )
        yield Issue(None, "warning", "possibly_truncated", message)


def _transaction(row: int, value: Any) -> bitcoin.Transaction:
    if not isinstance(value, dict) or not isinstance(value.get("vin"), list) or not isinstance(value.get("vout"), list):
        raise ValueProblem(say_broken(value, "this is no Esplora transaction: an object with the lists vin and vout"))
    time, status, doubts = _when(row, value.get("status"))
    version, locktime, fee = (value.get(name) for name in ("version", "locktime", "fee"))
    return bitcoin.Transaction(
        row=row,
        txid=parse_txid(str(value.get("txid"))),
        version=version if isinstance(version, int) else None,
        locktime=None if locktime is None else bitcoin.whole(locktime, "locktime"),
        inputs=tuple(_input(each) for each in value["vin"]),
        outputs=tuple(_output(each) for each in value["vout"]),
        fee=None if fee is None else bitcoin.satoshi(fee, "fee"),
        time=time,
        seq=None,
        status=status,
        doubts=doubts,
    )


def _when(row: int, status: object) -> tuple[Instant, str, tuple[Issue, ...]]:
    if not isinstance(status, dict) or not isinstance(status.get("confirmed"), bool):
        message = "the row does not say whether it is confirmed; its time is unknown"
        doubt = Issue(row, "note", "status_missing", message)
        return UNKNOWN_TIME, "unstated", (doubt,)
    if not status["confirmed"]:
        return UNKNOWN_TIME, "unconfirmed", ()
    time, doubts = bitcoin.block_time(row, status.get("block_time"))
    return time, "ok", doubts


def _input(value: object) -> bitcoin.Input:
    if not isinstance(value, dict):
        raise ValueProblem("an input is not an object")
    sequence, prevout = value.get("sequence"), value.get("prevout")
    mined = value.get("is_coinbase") is True
    return bitcoin.Input(
        outpoint=None if mined else bitcoin.outpoint(value.get("txid"), value.get("vout")),
        script=bitcoin.hex_bytes(value.get("scriptsig"), "scriptsig"),
        sequence=None if sequence is None else bitcoin.whole(sequence, "sequence"),
        prevout=None if mined or prevout is None else _output(prevout),
    )


def _output(value: object) -> bitcoin.Output:
    if not isinstance(value, dict):
        raise ValueProblem("an output is not an object")
    address = value.get("scriptpubkey_address")
    return bitcoin.Output(
        amount=bitcoin.satoshi(value.get("value"), "value"),
        script=bitcoin.hex_bytes(value.get("scriptpubkey"), "scriptpubkey"),
        address=None if address is None else str(address),
    )
