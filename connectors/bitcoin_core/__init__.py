"""Bitcoin Core's answers: ``getblock`` with verbosity 2 or 3, ``getrawtransaction`` with verbosity 1 or 2.

Bare or in an RPC answer (``{"result": .., "error": null, "id": 1}``), one, a list, or JSON lines. Raw, shortened::

    {"hash": "00..", "height": 50001, "time": 1270917100, "tx": [{"txid": "7940..", "version": 1, "locktime": 0,
     "vin": [{"txid": "76a8..", "vout": 0, "scriptSig": {"hex": "4930.."}, "sequence": 4294967295,
              "prevout": {"value": 50.00000000, "scriptPubKey": {"hex": "76a9..", "address": "1Pkq.."}}}],
     "vout": [{"value": 100.00000000, "n": 0, "scriptPubKey": {"hex": "76a9..", "addresses": ["1HaH.."]}}],
     "fee": 0.00000125}]}

A transaction alone is one object of ``tx`` with ``blockhash``, ``blocktime`` and ``confirmations`` beside it. ``prevout``
stands in ``getblock`` 3 and ``getrawtransaction`` 2 only. Before 22.0 scripts state a list ``addresses``, since then one
``address``. Specification: the RPC help of getblock and getrawtransaction, Bitcoin Core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.bitcoin_core.transactions import read_transaction
from connectors.evm import refuse
from trails.connector import RawRecord
from trails.errors import SourceError, ValueProblem
from trails.model import Issue, Record, RowsRead
from trails.records import check_row, items_at, json_documents, json_paths, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, ReadOptions, Source

_BLOCK_WORDS = {"merkleroot", "previousblockhash", "versionHex", "nTx", "mediantime", "height", "hash"}
_TRANSACTION_WORDS = {"vin.scriptSig", "vin.coinbase", "vin.prevout.scriptPubKey", "vout.scriptPubKey"}
_ERROR_WORDS = {"result", "error", "error.code", "error.message"}


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its first object is a decoded block or transaction, bare or under ``result``."""
    paths = json_paths(head.text)
    for prefix in ("", "result."):
        words = {path.removeprefix(prefix) for path in paths if path.startswith(prefix)}
        if len(words & _BLOCK_WORDS) >= 3 and ("tx" in words or ("vin" not in words and "bits" in words)):
            return "the first JSON object is a block as Bitcoin Core's getblock gives it"
        if {"txid", "vin"} <= words and words & _TRANSACTION_WORDS:
            return "the first JSON object is a transaction as Bitcoin Core's getrawtransaction gives it"
    if _ERROR_WORDS <= paths <= _ERROR_WORDS | {"id"}:
        return "the first JSON object is an error answer of a Bitcoin node"
    return None


@dataclass(slots=True)
class _Document:
    """One document of a file: the transactions of a block, one transaction, or what is wrong with it."""

    transactions: list[Any] = field(default_factory=list)
    block: dict[str, Any] | None = None
    enveloped: bool = False
    problem: str | None = None

    @property
    def rows(self) -> int:
        """How many rows it is: each transaction, and what holds none is one row too."""
        return len(self.transactions) if self.problem is None else 1


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the transactions' raw text, from 1, over all blocks and transactions of the file."""
    row = 0
    for record in json_documents(source, options, pages=("tx",)):
        document = _open_document(record.value)
        items: Any = [(record.raw, check_row(record.raw, record.value))]
        if document.block is not None and document.problem is None:
            at = ("result", "tx") if document.enveloped else ("tx",)
            items = items_at(record.raw, at, source.name)
        for raw, value in items:
            row += 1
            yield RawRecord(row, raw, value)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the inputs, outputs and fee of every transaction; one whose hash or balance fails is refused.

    An error answer among others is refused as its row. Raises SourceError where the file holds nothing else: errors,
    blocks that list only ids, or transactions in hexadecimal only.
    """
    usual = bitcoin.network(_good_ones(source, options), options, file=source.name)
    rows, first, found = 0, "", False
    for record in json_documents(source, options, pages=("tx",)):
        document = _open_document(_check(record))
        if document.problem is not None:
            first = first or f"document {record.row}: {document.problem}"
            yield Issue(rows + 1, "error", "no_transactions", document.problem)
        else:
            found = True
            good, refused = _read_document(document, rows)
            yield from refused
            rail = bitcoin.network(good, options, usual)
            for tx in good:
                yield from bitcoin.state(tx, rail)
        rows += document.rows
    if first and not found:
        raise SourceError(f"{source.name}: {first}")
    yield RowsRead(rows)


def _good_ones(source: Source, options: ReadOptions) -> Iterator[bitcoin.Transaction]:
    """The transactions as a first pass sees them: their addresses tell the network of those without any."""
    for record in json_documents(source, options, pages=("tx",)):
        document = _open_document(record.value)
        if document.problem is None:
            yield from _read_document(document, 0)[0]


def _check(record: RawRecord) -> Any:
    """A document, or why it is broken where it is a row itself; a block is looked at transaction by transaction."""
    value = record.value
    inner = value.get("result", value) if isinstance(value, dict) else None
    return value if isinstance(inner, dict) and "tx" in inner else check_row(record.raw, value)


def _open_document(value: Any) -> _Document:
    """Take a document out of its RPC answer and say what it is."""
    if not isinstance(value, dict):
        return _Document(problem=say_broken(value, "no block, transaction or RPC answer: no list of transactions under `tx`"))
    is_answer = "result" in value or ("error" in value and "vin" not in value and "tx" not in value)
    if is_answer and (value.get("error") or value.get("result") is None):
        return _Document(problem=f"the node answered with an error: {_error_text(value.get('error'))}")
    inner = value["result"] if is_answer else value
    if isinstance(inner, dict) and isinstance(inner.get("vin"), list):
        return _Document([inner], enveloped=is_answer)
    listed = inner.get("tx") if isinstance(inner, dict) else None
    if isinstance(listed, list) and not any(isinstance(tx, str) for tx in listed):
        return _Document(listed, inner, is_answer)
    return _Document(problem=_say_what_lacks(inner, listed))


def _say_what_lacks(inner: object, listed: object) -> str:
    if isinstance(inner, str):
        return "the transaction in hexadecimal only (verbosity 0); get it with verbosity 1 or 2"
    if isinstance(listed, list):
        return "it lists only transaction ids (verbosity 1); get the block with verbosity 2 or 3"
    return "no list of transactions under `tx`; get the block with verbosity 2 or 3"


def _error_text(error: object) -> str:
    if isinstance(error, dict):
        return f"{str(error.get('message'))[:200]} (code {str(error.get('code'))[:20]})"
    return str(error)[:200] if error else "it gave no result"


def _read_document(document: _Document, before: int) -> tuple[list[bitcoin.Transaction], list[Issue]]:
    """Read the transactions of one document, the first being row ``before`` + 1, and refuse what is none."""
    good, refused = [], []
    for position, value in enumerate(document.transactions):
        row = before + position + 1
        try:
            good.append(read_transaction(row, value, document.block, position))
        except ValueProblem as problem:
            refused.append(refuse(row, problem))
    return good, refused
