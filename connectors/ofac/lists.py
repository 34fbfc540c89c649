"""OFAC addresses in lists: one a line with the currency in the file's name, JSON, and the remarks of ``SDN.CSV``."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from connectors.ofac.listing import FEATURE, Listing
from trails.errors import SourceError
from trails.records import json_documents, json_records, read_lines, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trails.connector import Head, ReadOptions, Source

_NAME = re.compile(r"sanctioned_addresses_([A-Za-z0-9]{2,10})\.(?:txt|json)(?:\.gz|\.zst)?\Z")
_CONTEXT = re.compile(r"Address - ([A-Z0-9]{2,10})<")
_REMARK = re.compile(FEATURE.pattern + r"\s+([^\s;]+)")
#: SDN.CSV has no header: number, name, type, program, title, five ship columns, owner, remarks.
_CSV_FIELDS = 12
_NONE = "-0-"


def asset_of_name(name: str) -> str | None:
    """The currency in the name of a one-address-a-line list.

    >>> asset_of_name("sanctioned_addresses_XBT.txt")
    'XBT'
    """
    found = _NAME.search(name)
    return found[1].upper() if found else None


def is_sdn_csv(head: Head) -> bool:
    """Whether a file is ``SDN.CSV``: no header, twelve fields, and OFAC's mark for what is missing."""
    first = head.text.lstrip("\ufeff").partition("\n")[0]
    try:
        fields = next(csv.reader([first.replace("\x00", " ")]), [])
    except csv.Error:
        return False
    return len(fields) == _CSV_FIELDS and fields[0].strip().isdigit() and any(_NONE in each for each in fields)


def read_plain(source: Source, options: ReadOptions) -> Iterator[Listing]:
    """A list of one address a line; raises SourceError where neither its name nor ``--currency`` says of what."""
    asset = options.currency or asset_of_name(source.name)
    if asset is None:
        raise SourceError(f"{source.name}: the file's name does not say the currency; say it with --currency XBT")
    row = 0
    for line in read_lines(source, options, rows=True):
        plain = line.strip()
        if plain and not plain.startswith("#"):
            row += 1
            yield Listing(row, plain, plain, asset)


def read_plain_json(source: Source, options: ReadOptions) -> Iterator[Listing]:
    """A JSON list of addresses, the currency in the file's name."""
    asset = options.currency or asset_of_name(source.name)
    for record in json_records(source, options):
        address = record.value.strip() if isinstance(record.value, str) else ""
        yield Listing(record.row, record.raw, address, asset)


def read_extract(source: Source, options: ReadOptions) -> Iterator[Listing]:
    """A JSON extract that keeps, for each address, the list it was found in and the text around it."""
    for record in json_records(source, options, at=("addresses",)):
        value: Any = record.value if isinstance(record.value, dict) else {}
        found = value.get("sources")
        sources: list[Any] = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        assets = {hit[1] for each in sources if (hit := _CONTEXT.search(str(each.get("context"))))}
        urls = [str(each["url"]) for each in sources if isinstance(each.get("url"), str)]
        address = value.get("address")
        yield Listing(
            record.row,
            record.raw,
            address.strip() if isinstance(address, str) else "",
            assets.pop() if len(assets) == 1 else None,
            origin=urls[0] if urls else "OFAC sanctions list",
        )


def stated_count(source: Source, options: ReadOptions) -> int | None:
    """How many addresses a JSON extract says it holds."""
    document = next(json_documents(source, options), None)
    if document is None or not isinstance(document.value, dict) or "addressCount" not in document.value:
        return None
    count = value_at(document.raw, ("addressCount",), source.name)[1]
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def read_sdn_csv(source: Source, options: ReadOptions) -> Iterator[Listing]:
    """The addresses in the remarks of ``SDN.CSV``."""
    row = 0
    lines = (line.replace("\x1a", "") for line in read_lines(source, options, rows=True))
    reader = csv.reader(lines, strict=False)
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as problem:
            raise SourceError(f"{source.name}: line {reader.line_num}: {problem}; nothing was added") from None
        if fields is None:
            return
        for asset, address in _REMARK.findall(fields[-1]) if len(fields) == _CSV_FIELDS else []:
            row += 1
            yield _csv_listing(row, fields, asset, address.rstrip("."))


def _csv_listing(row: int, fields: Sequence[str], asset: str, address: str) -> Listing:
    number, name, program = (("" if _NONE in fields[at] else fields[at].strip()) for at in (0, 1, 3))
    programs = tuple(word for word in re.split(r"[\[\]\s]+", program) if word)
    return Listing(row, ",".join(fields), address, asset.upper(), name or None, number or None, programs)
