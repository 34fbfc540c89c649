"""OFAC addresses in lists: one a line with the currency in the file's name, and JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.ofac.listing import Listing
from trails.errors import SourceError
from trails.records import json_documents, json_records, read_lines, value_at
from trails.said import decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions, Source

_NAME = re.compile(r"sanctioned_addresses_([A-Za-z0-9]{2,10})\.(?:txt|json)(?:\.gz|\.zst)?\Z")
_CONTEXT = re.compile(r"Address - ([A-Z0-9]{2,10})<")


def asset_of_name(name: str) -> str | None:
    """The currency in the name of a one-address-a-line list.

    >>> asset_of_name("sanctioned_addresses_XBT.txt")
    'XBT'
    """
    found = _NAME.search(name)
    return found[1].upper() if found else None


def _asset(source: Source, options: ReadOptions) -> str | None:
    """The currency of a list by its name, else the one said; raises SourceError where they differ."""
    return decide("currency", options.currency, asset_of_name(source.name), "the file's name says", source.name)


def read_plain(source: Source, options: ReadOptions) -> Iterator[Listing]:
    """A list of one address a line; raises SourceError where neither its name nor ``--currency`` says of what."""
    asset = _asset(source, options)
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
    asset = _asset(source, options)
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
