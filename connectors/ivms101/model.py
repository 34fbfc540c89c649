"""One message of the travel rule, whatever it stood in: who sends and gets, through whom, by which accounts and documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trails.timestamps import UNKNOWN_TIME, Instant

if TYPE_CHECKING:
    from trails.model import Issue
    from trails.money import Asset


@dataclass(frozen=True, slots=True)
class Party:
    """A person or firm: its names (the legal one first), the numbers of its documents, its customer numbers."""

    names: tuple[str, ...]
    documents: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """The originator's or the beneficiary's side: the parties, the accounts or addresses used, and the service."""

    word: str
    parties: tuple[Party, ...] = ()
    accounts: tuple[str, ...] = ()
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What one row states. ``number`` is its own reference, ``status`` whether the transfer is said to have taken place."""

    row: int
    originator: Side
    beneficiary: Side
    time: Instant = UNKNOWN_TIME
    txid: str | None = None
    network: str | None = None
    asset: Asset | None = None
    amount: int | None = None
    number: str | None = None
    status: str = "unstated"
    between: tuple[str, ...] = ()
    doubts: tuple[Issue, ...] = field(default=())
