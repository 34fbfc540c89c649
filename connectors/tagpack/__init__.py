"""GraphSense TagPacks: attributions that somebody published, one address a tag; and ActorPacks, who the actors are.

What stands in the header holds for every tag that does not say otherwise::

    title: Example reserve wallets
    category: exchange
    source: https://example.org/reserves
    tags:
    - address: bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3
      currency: BTC
      label: Example cold wallet
      actor: example

An ActorPack lists what the word ``example`` means; it holds no address, so it is of use beside a TagPack only::

    actors:
    - id: example
      label: Example Exchange
      categories: [exchange]

Specification: the TagPack and ActorPack schemas of the graphsense-tagpack-tool repository (MIT).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.attribution import find_node, note_null_address
from connectors.tagpack.items import read_pack
from trails.errors import SourceError
from trails.model import Issue, Node, RowsRead, Skip, Tag
from trails.records import say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_LIST = re.compile(r"^(tags|actors):", re.MULTILINE)
_HEADER = re.compile(r"^(title|creator):", re.MULTILINE)
_ITEM = re.compile(r"^\s*- .*\n?.*address:", re.MULTILINE)


def recognise(head: Head) -> str | None:
    """Say why a file is a TagPack or an ActorPack."""
    text = head.text
    found = None if text.lstrip().startswith(("{", "[", "<")) else _LIST.search(text)
    if not found or not (_HEADER.search(text) or _ITEM.search(text)):
        return None
    return "a GraphSense TagPack: header and tags" if found[1] == "tags" else "a GraphSense ActorPack: actors"


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read every tag of a pack; header fields hold for tags that do not state their own.

    A tag that names an actor and no category takes the categories of the ActorPack given with it. Raises SourceError
    for a broken pack, and for a file given with it that is no ActorPack.
    """
    pack = read_pack(source, options)
    actors = _read_actors(source, options)
    for item in pack.items:
        if pack.kind == "actors":
            yield Skip(
                item.row, "actor record: no address in it; given with a TagPack (--with) its categories are used"
            )
        elif isinstance(item.value, dict):
            yield from _read_tag(item.row, {**pack.header, **item.value}, actors)
        else:
            why = say_broken(item.value, f"a tag is a mapping with an address, not {item.raw[:60]!r}")
            yield Issue(item.row, "error", "tag_damaged", why)
    yield RowsRead(len(pack.items))


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw tags."""
    yield from read_pack(source, options).items


def _read_actors(source: Source, options: ReadOptions) -> dict[str, list[str]]:
    """The categories of every actor in the ActorPacks given with a file."""
    actors: dict[str, list[str]] = {}
    for companion in source.companions:
        pack = read_pack(companion, options)
        if pack.kind != "actors":
            raise SourceError(
                f"{companion.name}: this is a TagPack; add it on its own. Only an ActorPack goes --with one"
            )
        for item in pack.items:
            name = _text(item.value, "id") if isinstance(item.value, dict) else None
            if name:
                actors[name] = _texts(item.value, "categories")
    return actors


def _read_tag(row: int, fields: Mapping[str, Any], actors: Mapping[str, list[str]]) -> Iterator[Record]:
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
    node = find_node(row, address, word, label)
    if not isinstance(node, Node):
        yield node
        return
    yield from note_null_address(row, node, label)
    actor = _text(fields, "actor")
    categories: list[str | None] = [*(_categories(fields) or actors.get(actor or "", []))]
    for category in categories or [None]:
        yield Tag(row, node, label, category, actor, _text(fields, "confidence"), _text(fields, "source"))


def _categories(fields: Mapping[str, Any]) -> list[str]:
    """What a tag says its address is: its category, the abuse it was used for, and its concepts, each once."""
    stated = [_text(fields, "category"), _text(fields, "abuse"), *_texts(fields, "concepts")]
    return list(dict.fromkeys(word for word in stated if word))


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    value = fields.get(name)
    return [word.strip() for word in value if isinstance(word, str) and word.strip()] if isinstance(value, list) else []
