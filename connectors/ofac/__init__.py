"""Addresses that the US Treasury (OFAC) sanctions: its XML and CSV lists, and the extracts others make of them.

Raw, of ``sdn.xml``, of ``SDN.CSV``, and of ``sanctioned_addresses_XBT.txt``::

    <sdnEntry><uid>7</uid><lastName>EXAMPLE OTC</lastName><idList><id><idType>Digital Currency Address - XBT</idType>
    7,"EXAMPLE OTC",-0- ,"CYBER2",-0- ,..,"Digital Currency Address - XBT bc1qrp33..; alt. Digital Currency .."
    bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3

Specification: OFAC, "SDN list data formats"; the one-address-a-line files are those of the public project
ofac-sanctioned-digital-currency-addresses (MIT).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.attribution import find_own_node, note_null_address
from connectors.ofac.lists import asset_of_name, read_extract, read_plain, read_plain_json, stated_count
from connectors.ofac.remarks import is_sdn_csv, note_cut_remarks, read_sdn_csv
from connectors.ofac.sdn import ROOTS, read_sdn_xml
from trails.connector import RawRecord
from trails.model import Issue, Node, RowsRead, Skip, Tag
from trails.records import find_damage, json_paths, mend, read_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.ofac.listing import Listing
    from trails.connector import Head, ReadOptions, Source
    from trails.model import Record

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(sdnList|Sanctions)[\s>]")
_TITLES = {
    "sdnList": "OFAC's list of sanctioned parties (sdn.xml)",
    "Sanctions": "OFAC's list of sanctioned parties (sdn_advanced.xml)",
    "csv": "OFAC's list of sanctioned parties (SDN.CSV)",
    "extract": "a JSON extract of sanctioned addresses, with the OFAC list each was found in",
    "json": "a list of sanctioned addresses, its currency in the file's name",
    "plain": "a list of sanctioned addresses, one a line, its currency in the file's name",
}


def recognise(head: Head) -> str | None:
    """Say why a file is a list of sanctioned addresses."""
    found = _find_format(head)
    return _TITLES[found] if found else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the listed addresses' raw text, from 1."""
    for listing in _listings(source, options):
        yield RawRecord(listing.row, mend(listing.raw), {"address": listing.address, "name": listing.name})


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give one tag a listed address, of category ``sanction``.

    Raises SourceError for a file that is broken or cut, and for a list that does not say its currency.
    """
    rows = 0
    for listing in _listings(source, options):
        rows += 1
        yield from _read_listing(listing)
    found = _find_format(read_head(source))
    if found == "csv":
        yield from note_cut_remarks(source, options)
    elif source.companions:
        message = f"--with decides nothing here: only SDN.CSV goes on in another file, {source.name} is whole"
        yield Issue(None, "warning", "option_unused", message)
    if found == "extract":
        stated = stated_count(source, options)
        if stated is not None and stated != rows:
            message = f"the file says it holds {stated} addresses and holds {rows}: it may be cut"
            yield Issue(None, "warning", "possibly_truncated", message)
    if not rows:
        yield Issue(None, "note", "no_address", "the list names no crypto-currency address")
    yield RowsRead(rows)


def _find_format(head: Head) -> str | None:
    text = head.text.lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        root = _ROOT.search(text)
        return root[1] if root and ("OFAC" in text.upper() or "sdnEntry" in text or _is_advanced(text)) else None
    if text.startswith(("{", "[")):
        if {"addresses.address", "addresses.sources"} <= json_paths(text) and "OFAC" in text:
            return "extract"
        return "json" if asset_of_name(head.name) and text.startswith("[") and "{" not in text else None
    if asset_of_name(head.name) and not any(len(line.split()) > 1 for line in text.splitlines()[:20]):
        return "plain"
    return "csv" if is_sdn_csv(head) else None


def _is_advanced(text: str) -> bool:
    return any(mark in text for mark in ("DateOfIssue", "ReferenceValueSets", "DistinctParties"))


def _listings(source: Source, options: ReadOptions) -> Iterable[Listing]:
    found = _find_format(read_head(source)) or "plain"
    if found in ROOTS:
        return read_sdn_xml(source, found)
    readers = {"csv": read_sdn_csv, "extract": read_extract, "json": read_plain_json, "plain": read_plain}
    return readers[found](source, options)


def _read_listing(listing: Listing) -> Iterator[Record]:
    label = listing.name or "OFAC sanctioned address"
    if damage := find_damage(listing.raw):
        yield Issue(listing.row, "error", "text_damaged", damage)
        return
    if not listing.address:
        yield Issue(listing.row, "error", "tag_damaged", f"an entry of {label!r} states no address")
        return
    if listing.cut:
        message = f"address {listing.address!r} of {label!r} stands where the list is cut; give its rest, --with SDN_COMMENTS.CSV"
        yield Issue(listing.row, "error", "address_cut", message)
        return
    node, doubt = find_own_node(listing.row, listing.address, listing.asset, label)
    if isinstance(node, Skip | Issue):
        yield node
        return
    if doubt:
        yield doubt
    yield from note_null_address(listing.row, node, label)
    yield _tag(listing, node, label)


def _tag(listing: Listing, node: Node, label: str) -> Tag:
    programs = f", program {', '.join(listing.programs)}" if listing.programs else ""
    actor = f"ofac:{listing.uid}" if listing.uid else None
    return Tag(listing.row, node, label, "sanction", actor, "authority_data", listing.origin + programs)
