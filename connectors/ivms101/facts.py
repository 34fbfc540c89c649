"""What a message of the travel rule states, as facts: parties, their documents and accounts, addresses, and the transfer.

What identifies somebody stands in nodes alone, never in the words of an event: nodes are called by pseudonyms. Parties are
nodes ``party:<scope>:<name>`` of the personal rail ``vasp``; a customer number is ``<service>:account:<number>``. The transfer
passes a junction of its own; what is said of the chain hangs on it as events, and moves nothing there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.attribution import RAILS
from connectors.documents import read_document
from trails.errors import IdentifierError
from trails.identifiers import ADDRESS_SHAPE, EVM_RAILS, NULL_ADDRESSES, normalise_name, parse_address
from trails.model import Event, Issue, Node, Record, Transfer
from trails.money import Asset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.ivms101.model import Message, Party, Side

#: What moves where a message does not name it.
UNNAMED = Asset("?@vasp", "vasp", None, None, None)
_MADE_OF_LETTERS = re.compile(r"[A-Za-z0-9]{20,}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Book:
    """Whose answer it is: the scope inside which a name is one person, and the file that rows without a number are of."""

    scope: str
    file: str


def state_message(book: Book, message: Message) -> Iterator[Record]:
    """Everything a message states; raises ValueProblem where it names nobody and no account."""
    own = f"{book.scope}:{message.number}" if message.number else f"{book.file}:{message.row}"
    telling = _Telling(book, message, Node("vasp", f"ivms101:transfer:{own}", "junction"), f"ivms101|{own}")
    sides = (message.originator, message.beneficiary)
    if not any(side.parties or side.accounts for side in sides):
        raise IdentifierError("the message names neither a party nor an account on either side")
    yield from message.doubts
    for side in sides:
        yield from telling.state_side(side)
    for number, service in enumerate(message.between, start=1):
        yield telling.event("handled_by", telling.junction, _service(service), f"passed through {service}", f"between|{number}")
    if message.txid:
        rail = _rail(message.network)
        other = Node(rail, message.txid, "junction") if rail == "bitcoin" else None
        yield telling.event("stated_tx", telling.junction, other, message.txid, "tx")


@dataclass(frozen=True, slots=True)
class _Telling:
    """One message on its way to facts."""

    book: Book
    message: Message
    junction: Node
    base: str

    def event(self, kind: str, node: Node, other: Node | None, text: str, part: str) -> Event:
        """An event of this message; ``part`` tells it from the message's others."""
        return Event(self.message.row, kind, self.message.time, node, other, text, f"{self.base}|{kind}|{part}")

    def state_side(self, side: Side) -> Iterator[Record]:
        """The parties of one side, what is known of each, and the addresses used."""
        named = [party for party in side.parties if party.names]
        for number, party in enumerate(side.parties):
            node = self._node(party.names[0]) if party.names else self.junction
            if party.names:
                yield self._move(side, node, number, alone=len(side.parties) == 1)
            else:
                message = f"a party of the {side.word} has no name: its numbers are kept beside the transfer"
                yield Issue(self.message.row, "warning", "name_missing", message)
            yield from self._state_party(side, party, node, number)
        if side.service and not named:
            told = f"the {side.word}'s service is {side.service}"
            yield self.event("handled_by", self.junction, _service(side.service), told, side.word)
        owner = self._node(named[0].names[0]) if len(named) == 1 else self.junction
        for account in side.accounts:
            yield self._state_account(side, account, owner)

    def _node(self, name: str) -> Node:
        return Node("vasp", f"party:{self.book.scope}:{_plain(name)}", label=name)

    def _move(self, side: Side, party: Node, number: int, *, alone: bool) -> Transfer:
        """The party's part of the transfer; how a sum is shared by several of one side nobody says."""
        message = self.message
        src, dst = (party, self.junction) if side.word == "originator" else (self.junction, party)
        return Transfer(
            message.row, src, dst, message.asset or UNNAMED, message.amount if alone else None, "transfer", message.time,
            ref=message.number, status=message.status, identity=f"{self.base}|{side.word}|{number}",
        )  # fmt: skip

    def _state_party(self, side: Side, party: Party, node: Node, number: int) -> Iterator[Record]:
        where = f"{side.word}|{number}"
        for place, name in enumerate(party.names[1:]):
            yield self.event("identifier", node, self._node(name), f"another name of the {side.word}", f"{where}|name|{place}")
        if side.service and party.names:
            yield self.event("handled_by", node, _service(side.service), f"{side.word} at {side.service}", where)
        for place, raw in enumerate(party.documents):
            try:
                told = f"a document of the {side.word}"
                yield self.event("identifier", node, read_document(raw), told, f"{where}|document|{place}")
            except IdentifierError as problem:
                message = f"a document of the {side.word} is left out: {problem}"
                yield Issue(self.message.row, "warning", "document_damaged", message)
        for place, raw in enumerate(party.customers):
            told = f"a customer number of the {side.word}"
            yield self.event("identifier", node, _account(side.service, raw), told, f"{where}|customer|{place}")

    def _state_account(self, side: Side, raw: str, owner: Node) -> Event | Issue:
        """An address of a chain on the transfer, any other number as the party's account at its service."""
        way, rail = "from" if side.word == "originator" else "to", _rail(self.message.network)
        try:
            found = parse_address(raw)
        except IdentifierError:
            if ADDRESS_SHAPE.fullmatch(raw) or (rail is not None and _MADE_OF_LETTERS.match(raw)):
                message = f"an address of the {side.word} fails its checksum, or is of another chain: left out"
                return Issue(self.message.row, "warning", "address_damaged", message)
            told = f"an account of the {side.word}"
            return self.event("identifier", owner, _account(side.service, raw), told, f"{side.word}|account|{raw}")
        if rail is not None and found.family != ("evm" if rail in EVM_RAILS else rail):
            message = f"an address of the {side.word} is one of {found.family}, the network that is named is {rail}: left out"
            return Issue(self.message.row, "warning", "address_damaged", message)
        if rail is None and not found.checksummed:
            message = f"an address of the {side.word} has no checksum, and no network is named: left out"
            return Issue(self.message.row, "note", "address_unchecked", message)
        if found.key in NULL_ADDRESSES:
            return Issue(self.message.row, "note", "null_address", f"an address of the {side.word} is one nobody owns: left out")
        node = Node(rail or found.family, found.key)
        return self.event("stated_address", self.junction, node, f"{way} {raw}", f"{way}|{found.key}")


def _rail(network: str | None) -> str | None:
    return RAILS.get(network.strip().upper()) if network else None


def _service(name: str) -> Node:
    return Node("vasp", f"{_plain(name)}:service", label=name)


def _account(service: str | None, number: str) -> Node:
    return Node("vasp", f"{_plain(service or 'unnamed')}:account:{_plain(number)}", label=number)


def _plain(text: str) -> str:
    """A name or number inside a key, whose parts a colon divides."""
    return normalise_name(text).replace(":", "/")
