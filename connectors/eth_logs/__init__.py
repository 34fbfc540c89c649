"""Logs as a node answers them: ``eth_getLogs``, receipts with their logs, one answer or many, and bare lists of logs.

Raw (one answer; a batch is a list of these, a log file has one answer or one bare log a line)::

    {"jsonrpc": "2.0", "id": 1, "result": [{"address": "0xdac17f..", "topics": ["0xddf252ad..", "0x000..", "0x000.."],
     "data": "0x000..2710", "blockNumber": "0x137f754", "transactionHash": "0x4f..", "logIndex": "0x29"}]}

The time of a block stands in newer answers only (``blockTimestamp``); else it comes from a file of blocks given beside
(``trails add CASE logs.json --with blocks.csv``). The answers of Etherscan's module ``logs`` are read too, and those of
TRON's nodes with ``--rail tron``. Specification: Ethereum JSON-RPC (execution-apis); decoding: ``connectors.evm_logs``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.evm_blocks import read_block_times
from connectors.evm_chains import find_rail
from connectors.evm_logs import block_times_missing, is_log, lacks_time, read_place, state_log
from trails.connector import RawRecord
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead
from trails.records import check_row, items_at, json_documents, json_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, ReadOptions, Source

_EMPTY = re.compile(r'"result"\s*:\s*\[\s*\]')
#: Providers cut answers at these lengths: most nodes at 10,000, Etherscan's module logs at 1,000.
_CAPS = (1_000, 10_000)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: logs, bare or in answers or receipts, or a node's error."""
    paths = json_paths(head.text)
    if {"result.topics", "result.data"} <= paths or {"result.logs", "result.transactionHash"} <= paths:
        return "answers of a node: logs, or receipts with their logs"
    if {"address", "topics", "data"} <= paths and paths & {"transactionHash", "txHash"}:
        return "logs as a node gives them"
    if {"logs", "transactionHash", "blockNumber"} <= paths:
        return "receipts of a node with their logs"
    if "jsonrpc" in paths and _EMPTY.search(head.text[:4_096]):
        return "answers of a node without a log in the first"
    if {"jsonrpc", "error.code"} <= paths and "result" not in paths:
        return "an error answer of a node"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw logs, from 1, counted on over all answers and receipts.

    Raises SourceError for an answer that is an error.
    """
    return _read_logs(source, options, _Sizes())


@dataclass
class _Sizes:
    """How many logs the last answer holds, and the largest of those that are as long as answers are cut off at."""

    last: int = 0
    cut: int = 0

    def note(self, size: int) -> None:
        """Note the number of logs in one answer."""
        self.last, self.cut = size, max(self.cut, size) if size in _CAPS else self.cut

    def is_suspect(self, rows: int) -> bool:
        """Whether logs may be missing: pages of Etherscan's thousand end in a shorter one, a node's answer has no pages."""
        return rows in _CAPS or self.last in _CAPS or self.cut == max(_CAPS)


def _read_logs(source: Source, options: ReadOptions, sizes: _Sizes) -> Iterator[RawRecord]:
    """Give the raw logs; ``sizes`` is told how many each answer holds."""
    row = 0
    for document in json_documents(source, options, pages=("logs", "result")):
        before = row
        for raw, value in _find_logs(document.raw, document.value, f"{source.name}: answer {document.row}"):
            row += 1
            yield RawRecord(row, raw, value)
        sizes.note(row - before)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of tokens and every event of the issuer of USDT.

    Raises SourceError for a node's error, UsageError for a rail that is none.
    """
    times = read_block_times(source.companions, options)
    places = (read_place(record.value, options, times) for record in records(source, options))
    rail, issue = find_rail(places, options, also=("tron",), name=source.name)
    if issue:
        yield issue
    rows, timeless, sizes = 0, 0, _Sizes()
    for record in _read_logs(source, options, sizes):
        rows += 1
        stated = list(state_log(record.row, record.value, rail, options, times))
        timeless += lacks_time(stated)
        yield from stated
    yield from block_times_missing(timeless)
    if not rows:
        yield Issue(None, "warning", "no_rows", "the answer holds no log: nothing matched what was asked for")
    if sizes.is_suspect(rows):
        message = f"exactly {sizes.cut or rows} logs, where answers are cut off: rows may be missing"
        yield Issue(None, "warning", "possibly_truncated", message)
    yield RowsRead(rows)


def _find_logs(raw: str, value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Give the logs of one document: a bare log, a receipt, an answer with logs, one receipt, or many.

    Raises SourceError for an error, and for an answer to another question.
    """
    if not isinstance(value, dict) or is_log(value):
        yield raw, check_row(raw, value)
        return
    if value.get("error"):
        raise SourceError(f"{where}: {_say_error(value['error'])}")
    result = value.get("result")
    if isinstance(value.get("logs"), list):
        yield from items_at(raw, ("logs",), where)
    elif isinstance(result, dict) and isinstance(result.get("logs"), list):
        yield from items_at(raw, ("result", "logs"), where)
    elif isinstance(result, list):
        for item_raw, item in items_at(raw, ("result",), where):
            yield from _find_logs(item_raw, item, where) if _is_receipt(item) else [(item_raw, item)]
    elif "result" in value and result is None:
        raise SourceError(
            f"{where}: the result is null: the node does not know the transaction, or it is not in a block yet"
        )
    else:
        raise SourceError(f"{where}: no logs: an answer of eth_getLogs or eth_getTransactionReceipt has them")


def _is_receipt(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("logs"), list)


def _say_error(error: Any) -> str:
    code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, error)
    shown = f"the node answered error {str(code)[:12]}: {str(message)[:200]}"
    if code in (-32_005, -32_602, -32_600) or re.search(r"range|limit|10000|too many", str(message)[:500]):
        return f"{shown}; ask for fewer blocks at a time"
    return f"{shown}; get it again"
