"""GraphSense TagPacks: attributions that somebody published, one address a tag.

What stands in the header holds for every tag that does not say otherwise::

    title: Example reserve wallets
    category: exchange
    source: https://example.org/reserves
    tags:
    - address: bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3
      currency: BTC
      label: Example cold wallet
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.tagpack.items import read_pack
from trails.errors import IdentifierError
from trails.identifiers import EVM_RAILS, NULL_ADDRESSES, parse_address
from trails.model import Issue, Node, RowsRead, Skip, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_LIST = re.compile(r"^(tags|actors):", re.MULTILINE)
_HEADER = re.compile(r"^(title|creator):", re.MULTILINE)
_ITEM = re.compile(r"^\s*- .*\n?.*address:", re.MULTILINE)
#: What a pack's currency or network word says of the rail. Each is the name of one chain, or of its own token standard.
RAILS = {
    "BTC": "bitcoin", "XBT": "bitcoin", "ETH": "ethereum", "ERC20": "ethereum", "TRX": "tron", "TRON": "tron",
    "TRC20": "tron", "BSC": "bsc", "BNB": "bsc", "BEP20": "bsc",
}  # fmt: skip
#: Tokens that live on several chains: the address says which, as far as it can.
_TOKENS = frozenset({"USDT", "USDC"})


def recognise(head: Head) -> str | None:
    """Say why a file is a TagPack or an ActorPack."""
    text = head.text
    found = None if text.lstrip().startswith(("{", "[", "<")) else _LIST.search(text)
    if not found or not (_HEADER.search(text) or _ITEM.search(text)):
        return None
    return "a GraphSense TagPack: header and tags" if found[1] == "tags" else "a GraphSense ActorPack: actors"


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read every tag of a pack; header fields hold for tags that do not state their own."""
    pack = read_pack(source, options)
    for item in pack.items:
        if pack.kind == "actors":
            yield Skip(item.row, "actor record: no address in it")
        elif isinstance(item.value, dict):
            yield from _read_tag(item.row, {**pack.header, **item.value})
        else:
            yield Issue(item.row, "error", "tag_damaged", f"a tag is a mapping with an address, not {item.raw[:60]!r}")
    yield RowsRead(len(pack.items))


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw tags."""
    yield from read_pack(source, options).items


def _read_tag(row: int, fields: Mapping[str, Any]) -> Iterator[Record]:
    address, label = _text(fields, "address"), _text(fields, "label")
    if not address and _text(fields, "tx_hash"):
        yield Skip(row, "tag of a transaction: trails keeps tags of addresses")
        return
    missing = [name for name, value in (("address", address), ("label", label)) if not value]
    if not address or not label:
        yield Issue(row, "error", "tag_damaged", f"the tag states no {' and no '.join(missing)}")
        return
    word = _text(fields, "network") or _text(fields, "currency")
    if word is None:
        yield Issue(row, "error", "rail_missing", f"the tag of {address!r} states neither currency nor network")
        return
    if word.upper() not in RAILS and word.upper() not in _TOKENS:
        yield Skip(row, f"rail not in trails: {word}")
        return
    try:
        found = parse_address(address)
    except IdentifierError as problem:
        yield Issue(row, "error", "address_damaged", f"tag {label!r}, {word}: {problem}")
        return
    rail = RAILS.get(word.upper(), found.family)
    if found.family != ("evm" if rail in EVM_RAILS else rail):
        what = f"tag {label!r}: {address} is a {found.family} address, but the tag says {word}"
        yield Issue(row, "error", "address_wrong_rail", what)
        return
    node = Node(rail, found.key)
    if node.key in NULL_ADDRESSES:
        yield Issue(row, "note", "null_address", f"nobody owns {address}: the tag {label!r} names no owner")
    optional = (_text(fields, name) for name in ("category", "actor", "confidence", "source"))
    yield Tag(row, node, label, *optional)


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value.strip() or None if isinstance(value, str) else None
