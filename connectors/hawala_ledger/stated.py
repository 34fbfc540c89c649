"""What a row states besides its movements: a party's phone, address or handle, and the rate it was reckoned at."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.hawala_ledger.vocabulary import IDENTIFIERS
from trails.columns import CellProblem, read_amount
from trails.errors import AmountError, IdentifierError
from trails.identifiers import NULL_ADDRESSES, normalise_handle, normalise_phone, parse_address
from trails.model import Event, Issue, Node, Price
from trails.money import as_decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hawala_ledger.book import Entry

_CUT = re.compile(r"(\w{4,})\s*(?:…|\.{2,})\s*(\w{3,})", re.ASCII)
_RATE_PLACES = 12


def read_identifiers(entry: Entry) -> Iterator[Event | Issue]:
    """The identifiers that a row states of its parties."""
    for word in IDENTIFIERS:
        if entry.row.text(word):
            yield from _read_identifier(entry, word)


def _read_identifier(entry: Entry, word: str) -> Iterator[Event | Issue]:
    """What a row states as a party's own: a phone, an address or a handle. A bad one is doubted and left out."""
    side, _, what = word.partition("_")
    row, raw = entry.row, entry.row.text(word)
    try:
        party = entry.party(side)
        if what == "address" and _CUT.fullmatch(raw):
            yield entry.event("address_possible", party, None, raw, mark=f"{word}|possible")
            said = "match its beginning and end only as possible; look-alike addresses share exactly these characters"
            yield Issue(row.row, "note", "address_truncated", f"{row.shown(word)} is cut: {said}")
            return
        other = _identifier_node(what, raw, entry.book.mapping.said("region"))
    except CellProblem:
        yield Issue(row.row, "warning", "identifier_without_party", f"{row.shown(word)}: the row names no {side}")
        return
    except IdentifierError as problem:
        why = "it is damaged, cut or mistyped" if what == "address" else problem  # which would repeat the address
        yield Issue(row.row, "warning", f"{what}_damaged", f"{row.shown(word)} is left out: {why}")
        return
    if other.rail == "evm":
        yield Issue(row.row, "note", "rail_not_stated", f"{row.shown(word)}: an EVM address does not say its chain")
    if other.key in NULL_ADDRESSES:
        yield Issue(row.row, "note", "null_address", f"{row.shown(word)} is an address nobody owns")
    yield entry.event("identifier", party, other, raw, mark=f"{word}|{other.key}")


def _identifier_node(what: str, raw: str, region: str | None) -> Node:
    if what == "phone":
        return Node("phone", normalise_phone(raw, region))
    if what == "handle":
        return Node("chat", normalise_handle(raw, "telegram"))
    address = parse_address(raw)
    return Node(address.family, address.key)


def read_rate(entry: Entry) -> Iterator[Price | Issue]:
    """The rate between the sum of a row and its equal in another currency, where the three fit one another.

    Which of the two the rate counts is not written in such columns: it is the direction in which they multiply.
    """
    row, book = entry.row, entry.book
    if not (row.text("rate") and row.text("equal_amount") and row.text("equal_currency")):
        return
    try:
        equal = book.sums(row, "equal_amount", book.default_unit(row, "equal_currency"))[0]
        rate = as_decimal(read_amount(row.cells["rate"], _RATE_PLACES, book.mapping), _RATE_PLACES).normalize()
    except (AmountError, CellProblem) as problem:
        yield Issue(row.row, "warning", "rate_damaged", f"{row.shown('rate')} is left out: {problem}")
        return
    if len(entry.amounts) != 1 or not (amount := entry.amounts[0][1]) or equal.asset == entry.amounts[0][0]:
        return
    asset = entry.amounts[0][0]
    ours, theirs = as_decimal(amount, asset.decimals or 0), as_decimal(equal.amount, equal.asset.decimals or 0)
    if rate > 0 and _is_product(ours, rate, theirs):
        yield Price(row.row, asset.asset, equal.asset.asset, rate, entry.time, f"ledger {book.scope}")
    elif rate > 0 and _is_product(theirs, rate, ours):
        yield Price(row.row, equal.asset.asset, asset.asset, rate, entry.time, f"ledger {book.scope}")
    else:
        said = f"{row.shown('rate')} does not lead from {ours:f} {asset.asset} to {theirs:f} {equal.asset.asset}"
        yield Issue(row.row, "warning", "rate_differs", said)


def _is_product(sum_: Decimal, rate: Decimal, product: Decimal) -> bool:
    """Whether the product is right to half a unit of its last written place, or of one whole unit where it is whole."""
    place = Decimal(1).scaleb(product.normalize().as_tuple().exponent) if product else Decimal(1)  # type: ignore[arg-type]
    return abs(sum_ * rate - product) <= min(place, Decimal(1)) / 2
