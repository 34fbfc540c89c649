"""FollowTheMoney entities (OpenSanctions, Aleph): the crypto wallets among them, with who is said to hold each.

Raw, one entity a line::

    {"id": "w1", "schema": "CryptoWallet", "properties": {"publicKey": ["bc1qrp33.."], "currency": ["XBT"],
     "holder": ["p1"], "topics": ["sanction"]}, "datasets": ["us_ofac_sdn"]}
    {"id": "p1", "schema": "Person", "caption": "Example Person", "properties": {"name": ["Example Person"]}}

The holder may stand before or after the wallet, or nested in it. Specification: FollowTheMoney schema, CryptoWallet
(MIT); OpenSanctions, "entities.ftm.json" and "targets.nested.json".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.attribution import find_node, note_null_address
from connectors.followthemoney.entities import (
    Context,
    find_links,
    find_name,
    find_wallets,
    is_entity,
    note_entity,
    texts,
    values,
)
from trails.model import Issue, Node, RowsRead, Skip, Tag
from trails.records import Held, json_paths, json_records, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_EVM_RAIL = "evm"


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its first object is an entity with id, schema and properties."""
    if {"id", "schema", "properties"} <= json_paths(head.text):
        return "the first JSON object is a FollowTheMoney entity: id, schema, properties"
    return None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw entities, from 1."""
    return json_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the tags of every wallet; other entities are left out, but lend wallets the names of their holders.

    Two passes: the first collects whom wallets name, the second those names. Memory grows with the wallets only.
    """
    context = Context()
    context.wanted = find_links(record.value for record in records(source, options) if is_entity(record.value))
    rows, weighed = 0, Held(source.name)
    held: list[tuple[int, dict[str, Any], dict[str, Any] | None]] = []
    for record in records(source, options):
        rows += 1
        if not is_entity(record.value):
            otherwise = "this is no FollowTheMoney entity: an object with id, schema and properties"
            yield Issue(record.row, "error", "malformed", say_broken(record.value, otherwise))
            continue
        note_entity(context, record.value)
        wallets = [(record.row, wallet, holder) for wallet, holder in find_wallets(record.value)]
        held += wallets
        if wallets:
            weighed.add(record)
        if not wallets:
            yield Skip(record.row, f"schema {record.value['schema'][:40]}: no wallet in it")
    for row, wallet, holder in held:
        yield from _read_wallet(row, wallet, holder, context)
    yield RowsRead(rows)


def _read_wallet(row: int, wallet: dict[str, Any], holder: dict[str, Any] | None, context: Context) -> Iterator[Record]:
    addresses = texts(wallet, "publicKey", "cryptoAddress")
    exchanges = [context.name_of(each) or str(each) for each in _exchanges(wallet)]
    if not addresses:
        yield Skip(row, "a wallet without an address")
        return
    if exchanges and all(address.isdigit() for address in addresses):
        yield Skip(row, "a customer number at an exchange, no address")
        return
    holders = _find_holders(wallet, holder, context)
    ended = context.has_ended(wallet["id"])
    if ended:
        message = f"the file states that every order against this wallet has ended, the last on {ended[:40]}"
        yield Issue(row, "note", "sanction_ended", message)
    label = ", ".join(name for _, name in holders)[:200] or _own_label(wallet)
    for address in addresses:
        for found in _find_nodes(row, address, wallet, label):
            if not isinstance(found, Node):
                yield found
                continue
            yield from note_null_address(row, found, label)
            yield from _tags(row, found, wallet, holders, exchanges)


def _exchanges(wallet: dict[str, Any]) -> list[Any]:
    return values(wallet, "managingExchange") or values(wallet, "mangingExchange")


def _find_holders(wallet: dict[str, Any], holder: dict[str, Any] | None, context: Context) -> list[tuple[str, str]]:
    """Id and name of every holder; an id that the file does not explain is its own name."""
    found: list[Any] = [*values(wallet, "holder"), *([holder] if holder else [])]
    pairs = []
    for each in found:
        name = each["id"] if isinstance(each, dict) else each
        pairs.append((name, context.name_of(each) or f"entity {name}"))
    return list(dict.fromkeys(pairs))


def _own_label(wallet: dict[str, Any]) -> str:
    """What a wallet without a holder is called: its own name, where that is not the address again."""
    name = find_name(wallet)
    return name if name and name not in texts(wallet, "publicKey", "cryptoAddress") else "listed crypto wallet"


def _find_nodes(row: int, address: str, wallet: dict[str, Any], label: str) -> list[Node | Skip | Issue]:
    """The nodes of an address by every currency stated for it; a chain that is named wins over `some EVM chain`."""
    words: list[str | None] = [*texts(wallet, "currency", "currencySymbol")]
    found = [find_node(row, address, word, label) for word in words or [None]]
    nodes = list(dict.fromkeys(each for each in found if isinstance(each, Node)))
    if not nodes:
        return [next((each for each in found if isinstance(each, Issue)), found[0])]
    named = [node for node in nodes if node.rail != _EVM_RAIL]
    return [*(named or nodes)]


def _tags(
    row: int, node: Node, wallet: dict[str, Any], holders: list[tuple[str, str]], exchanges: list[str]
) -> Iterator[Tag]:
    """One tag for each holder and topic, and one for the exchange that keeps the wallet."""
    origin = _origin(wallet)
    parties: list[tuple[str | None, str]] = [*holders] or [(None, _own_label(wallet))]
    topics: list[str | None] = [*texts(wallet, "topics")]
    for party, name in parties:
        for topic in topics or [None]:
            yield Tag(row, node, name, topic, party, None, origin)
    for exchange in dict.fromkeys(exchanges):
        yield Tag(row, node, f"kept at {exchange}", "hosted_wallet", None, None, origin)


def _origin(wallet: dict[str, Any]) -> str | None:
    """Who says so: the data sets of the entity, else the pages it names."""
    named = wallet.get("datasets")
    datasets = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    return ", ".join(datasets or texts(wallet, "sourceUrl", "publisher")) or None
