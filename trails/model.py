"""The frozen records a connector hands over: what one row of one source states, and nothing more.

Each record carries ``row``, the position of its row in the source as the connector's manifest counts it. One row may
state several facts (a Bitcoin transaction states its inputs, outputs and fee); they stand or fall together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from trails.money import Asset
from trails.timestamps import Instant

if TYPE_CHECKING:
    import pyarrow as pa

    from trails.keys import KeyTable

NodeKind = Literal["account", "junction"]
Severity = Literal["error", "warning", "note"]
#: How every table of a simulation's answer key begins. Such a file is never evidence: no case takes it.
ANSWER_KEY = "# ANSWER KEY of a simulated case: never evidence, refused by `trails add`\n"

TransferKind = Literal["transfer", "input", "output", "fee", "deposit", "payout", "refund", "settlement", "cash"]


@dataclass(frozen=True, slots=True)
class Node:
    """An account (holds value over time) or a junction (value only passes)."""

    rail: str
    key: str
    kind: NodeKind = "account"
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of one asset from one node to another, as one row states it. Always a fact.

    ``amount`` is in base units, None where the row does not state it. ``tx`` is a transaction hash without ``0x`` and
    ``index`` the log index or output number, from which the rail's own reference is made (``hash:index``); for an
    input they name the output it spends. ``ref`` is the reference of a rail without transaction hashes. ``identity``
    names the fewest raw fields that make the fact this fact, for rails without transaction hashes.
    """

    row: int
    src: Node
    dst: Node
    asset: Asset
    amount: int | None
    kind: TransferKind
    time: Instant
    tx: str | None = None
    index: int | None = None
    ref: str | None = None
    seq: int | None = None
    status: str = "ok"
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something recorded that moves no value: a code quoted, a proof of delivery, a mention, a freeze.

    ``span`` says which characters of the row's text carry it (from, to; the last one excluded), where it was found in
    running text.

    Where ``identity`` has a line feed, what stands before it names a message by its number, and what follows says which of
    its words this is (``kind|text|rail:key of other``): sources that give one message other words are told of.
    """

    row: int
    kind: str
    time: Instant
    node: Node | None
    other: Node | None
    text: str
    identity: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """An attribution that somebody else published."""

    row: int
    node: Node
    label: str
    category: str | None
    actor: str | None
    confidence: str | None
    origin: str | None


@dataclass(frozen=True, slots=True)
class Price:
    """One unit of ``base`` cost ``rate`` units of ``quote`` at an instant."""

    row: int
    base: str
    quote: str
    rate: Decimal
    time: Instant
    origin: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about a row, or (row None) the whole source. An ``error`` refuses the row: none of its facts is kept."""

    row: int | None
    severity: Severity
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A row left out on purpose (not a transfer, no payment content), with the reason."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class RowsRead:
    """How many rows the connector has visited since its last such record. The sum must account for every row."""

    count: int


@dataclass(frozen=True, slots=True)
class TransferTable:
    """Many transfers at once, as an Arrow table, from connectors of bulk files.

    ``table`` has the columns ``row`` (int64), ``src``, ``dst`` (canonical keys of accounts), ``asset`` (an id from
    ``assets``), ``amount`` (whole base units as text), ``time_us`` (microseconds since 1970, null = unknown), ``tx``
    and, optional, ``tx_index`` and ``seq`` (int64). ``constants`` gives the columns that are the same in every row:
    ``rail``, ``kind``, ``status``, ``time_basis``, ``time_error_s``.

    A connector that numbers the keys itself gives its ``keys``: ``src`` and ``dst`` are then dictionary arrays over
    ``keys.texts()``, and a number means the same key in all tables that come with the same ``keys``.
    """

    table: pa.Table
    assets: tuple[Asset, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
    keys: KeyTable | None = None


Record = Transfer | Event | Tag | Price | Issue | Skip | RowsRead | TransferTable
