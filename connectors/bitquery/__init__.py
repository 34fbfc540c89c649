"""Bitquery's answers: transfers on EVM chains and TRON, outputs on Bitcoin, of versions 1 and 2 of its GraphQL API.

Raw, version 2 (``data`` may be missing, as the web page shows answers without it)::

    {"data": {"EVM": {"Transfers": [{"Block": {"Number": "20445012", "Time": "2024-08-02T23:20:11Z"}, "ChainId": "1",
     "Transaction": {"Hash": "0x8c98.."}, "Transfer": {"Amount": "18200.000000", "Sender": "0x7cfe..",
     "Receiver": "0x8a4d..", "Success": true, "Currency": {"SmartContract": "0xdac1..", "Symbol": "USDT",
     "Decimals": 6, "Fungible": true, "Native": false}}}]}}}

Raw, version 1::

    {"data": {"ethereum": {"transfers": [{"amount": 18200.0, "sender": {"address": "0x7cfe.."},
     "receiver": {"address": "0x8a4d.."}, "transaction": {"hash": "0x8c98.."},
     "currency": {"address": "0xdac1..", "symbol": "USDT", "decimals": 6},
     "block": {"height": 20445012, "timestamp": {"iso8601": "2024-08-02T23:20:11Z"}}}]}}}

Specification: docs.bitquery.io, "EVM Token Transfers API", "Tron Transfers API", v1 "Transfer API", "Inputs and Outputs".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.bitquery.answers import Item, read_items
from connectors.bitquery.transfers import item_records, read_chain, read_place
from connectors.evm_chains import find_rail
from connectors.evm_coins import unstated_note
from trails.model import Issue, Record, RowsRead, Transfer
from trails.records import json_paths
from trails.said import contradicted
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_LIST = re.compile(r"(?:data\.){0,2}(ethereum|EVM|tron|Tron|bitcoin)\.\w+")
#: Bitquery cuts answers at these lengths unless the query says otherwise.
_CAPS = (10_000, 25_000)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: lists under a chain's name, or errors of GraphQL."""
    text = head.text
    if text.lstrip()[:1] not in ("{", "["):
        return None
    paths = json_paths(text)
    chain = next((found[1] for path in sorted(paths) if (found := _LIST.fullmatch(path))), None)
    if chain:
        return f"an answer of Bitquery about {chain}"
    if "errors.message" in paths and not any(path.partition(".")[0] not in ("errors", "data") for path in paths):
        return "an error answer of GraphQL, as Bitquery gives them"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw items of all lists, from 1, counted on over all answers."""
    return (item.raw for item in read_items(source, options))


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of every list.

    Raises SourceError for errors, and for a rail that the answer is not about.
    """
    items = list(read_items(source, options))
    rail, issue = _find_rail(items, options, source.name)
    if issue:
        yield issue
    unstated = timeless = 0
    for item in items:
        stated = list(item_records(item, rail if item.family == "evm" else item.family, options))
        unstated += any(isinstance(each, Transfer) and each.status == "unstated" for each in stated)
        timeless += any(isinstance(each, Transfer) and each.time.basis == "unknown" for each in stated)
        yield from stated
    yield from unstated_note(unstated)
    yield from _source_notes(len(items), timeless)
    yield RowsRead(len(items))


def _find_rail(items: list[Item], options: ReadOptions, name: str) -> tuple[str, Issue | None]:
    """Name the chain of the items of EVM chains; the others' is named by the answer."""
    evm = [item.raw.value for item in items if item.family == "evm" and item.kind in ("v1", "v2")]
    if not evm:
        about = sorted({item.family for item in items})
        if options.rail is not None and about and options.rail not in about:
            raise contradicted("rail", options.rail, f"the answer is about {', '.join(about)}", name)
        return "evm", None
    chains = [chain for value in evm if (chain := read_chain(value)) is not None]
    return find_rail((read_place(value, options) for value in evm), options, chains=chains, name=name)


def _source_notes(rows: int, timeless: int) -> Iterator[Issue]:
    if not rows:
        yield Issue(None, "warning", "no_rows", "the answer holds no row: nothing matched the query")
    if timeless:
        many = count_words(timeless, "transfer states", "transfers state")
        message = f"{many} no time: it stays unknown; ask for it in the query (Block {{ Time }})"
        yield Issue(None, "note", "time_missing", message)
    if rows in _CAPS:
        message = f"exactly {rows} rows, where answers are cut off: rows may be missing"
        yield Issue(None, "warning", "possibly_truncated", message)
