"""What a service is, what one look-up asks, and how its pages come.

A service is a module that plans look-ups (which checks every address before anything is sent) and gives the pages of one
as answers in order. It never sends: it asks through ``Ask``, which answers from what the case keeps where it can, so a
look-up that was stopped goes on by being run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from trails.errors import IdentifierError, UsageError
from trails.http import Judge, Request
from trails.identifiers import EVM_RAILS, Address, parse_address, parse_txid


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for: addresses and transactions, and the limits to them. Times are Unix seconds; ``until`` is
    the first second left out."""

    addresses: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    blocks: tuple[int, int] | None = None
    url: str = ""
    chain: str | None = None
    contract: str | None = None
    since: int | None = None
    until: int | None = None
    confirmations: int | None = None
    freezes: bool = False
    coins: bool = False


@dataclass(frozen=True, slots=True)
class LookUp:
    """One question to one service about one subject, with everything its answer depends on."""

    source: str
    kind: str
    subject: str
    url: str
    rail: str
    contract: str | None = None
    since: int | None = None
    until: int | None = None
    confirmations: int = 0

    @property
    def key(self) -> str:
        """A short name that equal look-ups share."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The beginning of the names of its files."""
        return "-".join(part for part in (self.source, self.subject, self.kind) if part)

    @property
    def period(self) -> str:
        """The span of time asked for, in words."""
        start = f"from {show_time(self.since)}" if self.since is not None else "from the beginning"
        return f"{start} until {show_time(self.until) if self.until is not None else 'now'}"

    @property
    def question(self) -> str:
        """What is asked, in words."""
        about = f"{self.kind} of {self.subject}" if self.subject else self.kind
        history = "" if self.kind.endswith(("tx", "events", "blocks")) else f", {self.period}"
        return about + history + (f", contract {self.contract}" if self.contract else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its bytes as they came, and their JSON value."""

    body: bytes
    value: Any


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that belongs into the case, with its number of rows; ``beside`` puts it into the file of block times."""

    answer: Answer
    rows: int
    beside: bool = False


class Ask(Protocol):
    """Answers a request. ``judge`` says what a good answer is; ``condense`` keeps only what it makes of the value."""

    def __call__(
        self, request: Request, *, judge: Judge | None = None, condense: Callable[[Any], Any] | None = None
    ) -> Answer:
        """Answer from what is kept, else from the service."""
        ...


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a service's key is told, and where it is sent: ``header`` and ``parameter`` name it, ``path`` puts it in the
    place of ``{key}`` in the URL, ``login`` is a name and a password."""

    how: str
    name: str
    variables: tuple[str, ...]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A service that can be asked. ``first`` is the first request of a look-up, to be shown before it is sent."""

    name: str
    title: str
    url: str
    connector: str
    pace: float
    key: KeyPlace
    plan: Callable[[Wanted], list[LookUp]]
    first: Callable[[LookUp], Request]
    pages: Callable[[LookUp, Ask], Iterator[Page]]
    judge: Judge
    asks: str
    timeout_s: float = 60
    max_bytes: int = 64 << 20


def show_time(seconds: int) -> str:
    """Unix seconds as a UTC time for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC").replace(" 00:00:00 UTC", "")


def check_addresses(texts: Sequence[str], families: Sequence[str], service: str) -> list[Address]:
    """The addresses, each once, in the order given; one wrong address stops all, before anything is sent.

    Raises IdentifierError for a damaged one and for one of another chain.
    """
    found: dict[str, Address] = {}
    for text in texts:
        address = parse_address(text.strip())
        if address.family not in families:
            raise IdentifierError(
                f"address {text!r} is a {address.family} address, and {service} is asked about {' or '.join(families)}: "
                "nothing was sent"
            )
        found.setdefault(address.key, address)
    return list(found.values())


def check_transactions(texts: Sequence[str]) -> list[str]:
    """Transaction ids in one form, each once; raises IdentifierError."""
    return list(dict.fromkeys(parse_txid(text) for text in texts))


def check_contract(text: str | None, rail: str, default: str | None) -> str:
    """The contract of the token asked about: the one given, else the issuer's USDT; raises UsageError where neither is."""
    if text is None:
        if default is None:
            raise UsageError(f"no USDT contract is known on {rail}: say the token's contract with --contract")
        return default
    address = parse_address(text.strip())
    if address.family != ("evm" if rail in EVM_RAILS else rail):
        raise IdentifierError(f"contract {text!r} is a {address.family} address, not one of {rail}")
    return address.key


def refuse_unused(wanted: Wanted, service: str, *names: str) -> None:
    """Raise UsageError for something said that this service cannot use: it would be left out silently."""
    words = {"transactions": "--tx", "blocks": "--blocks", "chain": "--chain", "contract": "--contract",
             "since": "--since", "until": "--until", "confirmations": "--confirmations", "freezes": "--freezes", "coins": "--coins",
             "addresses": "addresses"}  # fmt: skip
    said = [
        words[name] for name in names if getattr(wanted, name) not in (None, ()) and getattr(wanted, name) is not False
    ]
    if said:
        raise UsageError(f"{service} has no use for {' and '.join(said)}; see `trails fetch --help`")


def with_parameters(url: str, parameters: dict[str, str | int]) -> str:
    """A URL with parameters, in the order given."""
    return f"{url}?{urlencode(parameters)}"


def first_at(time: Callable[[int], int], seconds: int, low: int, high: int) -> int:
    """The first block from ``low`` to ``high`` whose time is ``seconds`` or later, one more than ``high`` where there is
    none. Cost: one question for each halving, some 25 for a chain."""
    while low <= high:
        middle = (low + high) // 2
        if time(middle) < seconds:
            low = middle + 1
        else:
            high = middle - 1
    return low
