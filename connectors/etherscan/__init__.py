"""Token transfers from Etherscan and the explorers built like it: the CSV export of an address, or tokentx answers.

Raw CSV (older exports say ``Txhash``, ``DateTime``, ``Value``; all known names are in ``fields.COLUMNS``)::

    "Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","TokenValue","USDValueDayOfTx",
    "ContractAddress","TokenName","TokenSymbol"
    "0x4f..","20445012","1722640811","2024-08-02 23:20:11","0xab..","0xcd..","1,680.5","$1,680",
    "0xdac1..","Tether USD","USDT"

Raw JSON::

    {"status": "1", "message": "OK", "result": [{"blockNumber": "20445012", "timeStamp": "1722640811", "hash": "0x4f..",
     "from": "0xab..", "to": "0xcd..", "contractAddress": "0xdac1..", "value": "1680500000", "tokenName": "Tether USD",
     "tokenSymbol": "USDT", "tokenDecimal": "6"}]}

Specification: Etherscan API documentation, "Get a list of ERC20 - Token Transfer Events by Address".
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from connectors.etherscan.fields import COLUMNS, JSON_FIELDS, Entry, find_columns, transfer_records
from connectors.evm import rails_by_pace, stated_rail
from trails.errors import SourceError
from trails.model import Issue, Record, RowsRead
from trails.records import csv_records, json_paths, json_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source

_CAPS = {5_000: "CSV exports", 10_000: "API answers"}


def recognise(head: Head) -> str | None:
    """Say why a file is ours: a tokentx answer (also an error or an empty one), or the header of a token export."""
    text = head.text
    if text.lstrip()[:1] in ("{", "["):
        paths = json_paths(text)
        if {"status", "message", "result"} <= paths:
            inner = {path for path in paths if path.startswith("result.")}
            if not inner or {"result.contractAddress", "result.tokenSymbol"} <= inner:
                return "an API answer of the Etherscan family about token transfers"
        return None
    columns = find_columns(next(csv.reader(text.splitlines()[:1]), []))
    if {"tx", "src", "dst", "value", "block"} <= set(columns):
        return "the CSV header is that of a token export of the Etherscan family"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows: CSV records from row 2, or the items of ``result`` from 1."""
    return json_records(source, options, at=("result",)) if _is_json(source) else csv_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give every transfer of the file.

    Raises SourceError for an API error or a header without the needed columns, UsageError for a rail that is none.
    """
    is_json = _is_json(source)
    if is_json:
        for document in json_records(source, options):
            _check_answer(document.value, f"{source.name}: answer {document.row}")
    raw = list(records(source, options))
    columns = dict(JSON_FIELDS) if is_json else _check_header(raw, source, options)
    entries = [Entry(each.row, each.value, columns, exact=is_json) for each in raw]
    rail, issue = _find_rail([entry.pace for entry in entries], options)
    if issue:
        yield issue
    if not is_json:
        yield from _unknown_columns(raw, columns)
    for entry in entries:
        yield from transfer_records(entry, rail, options)
    if len(raw) in _CAPS:
        message = f"exactly {len(raw)} rows, where {_CAPS[len(raw)]} are cut off: rows may be missing"
        yield Issue(None, "warning", "possibly_truncated", message)
    yield RowsRead(len(raw))


def _is_json(source: Source) -> bool:
    with source.path.open("rb") as file:
        start = file.read(4_096).decode("utf-8-sig", errors="replace")
    return start.replace("\x00", "").lstrip()[:1] in ("{", "[")


def _check_answer(value: Any, where: str) -> None:
    result = value.get("result") if isinstance(value, dict) else None
    if isinstance(result, list) and (str(value.get("status")) == "1" or not result):
        return
    if not isinstance(value, dict) or "result" not in value:
        raise SourceError(f"{where}: no API answer with status, message and result")
    shown = result if isinstance(result, str) else "no reason given"
    raise SourceError(f"{where}: the API answered {str(value.get('message'))[:80]!r}: {shown[:200]}; get it again")


def _check_header(raw: list[RawRecord], source: Source, options: ReadOptions) -> dict[str, str]:
    """Map our names to the export's columns; raises SourceError where one we cannot do without is missing."""
    from trails.records import read_text

    header = next(csv.reader(read_text(source, options).splitlines()), [])
    columns = find_columns(raw[0].value if raw else header)
    missing = [COLUMNS[name][0] for name in ("tx", "src", "dst", "value", "contract") if name not in columns]
    if missing:
        raise SourceError(
            f"{source.name}: row 1: no column like {', '.join(missing)}; "
            "export the token transfers of an address: the export of one token's page names no contract"
        )
    return columns


def _unknown_columns(raw: list[RawRecord], columns: dict[str, str]) -> Iterator[Issue]:
    known = set(columns.values())
    names = [str(name) for name in (raw[0].value if raw else {}) if name is not None and name not in known]
    unknown = [name for name in names if name.strip().casefold() not in COLUMNS["unused"]]
    if unknown:
        yield Issue(None, "note", "unknown_columns", f"columns not read: {', '.join(unknown)[:300]}")


def _find_rail(pairs: list[tuple[int, int] | None], options: ReadOptions) -> tuple[str, Issue | None]:
    """Name the chain: the one stated, else the only one whose pace fits every row that states block and time."""
    stated = stated_rail(options)
    if stated:
        return stated, None
    found = rails_by_pace(pair for pair in pairs if pair)
    if len(found) == 1:
        message = (
            f"the file names no chain; its block numbers and times fit {found[0]} and not the other of Ethereum, BSC"
        )
        return found[0], Issue(None, "note", "chain_by_pace", message)
    if not pairs:
        return "evm", None
    message = (
        "the file names no chain, and its block numbers and times do not single out Ethereum or BSC: say it with --rail"
    )
    return "evm", Issue(None, "warning", "chain_not_stated", message)
