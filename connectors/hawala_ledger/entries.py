"""One ledger row as facts: who handed over, who was paid, what the office kept, and what the row states of them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from trails.columns import CellProblem, DeclaredRow, read_amount
from trails.errors import AmountError, IdentifierError
from trails.identifiers import (
    NULL_ADDRESSES,
    normalise_code,
    normalise_handle,
    normalise_name,
    normalise_phone,
    parse_address,
)
from trails.mapping import Vocabulary
from trails.model import Event, Issue, Node, Record, Skip, Transfer, TransferKind
from trails.money import ascii_digits
from trails.timestamps import UNKNOWN_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import RawRecord
    from trails.mapping import DeclaredColumns
    from trails.money import Asset
    from trails.timestamps import Instant

_IDENTIFIERS = ("payer_phone", "payee_phone", "payer_address", "payee_address", "payer_handle", "payee_handle")
VOCABULARY = Vocabulary(
    words=("number", "date", "code", "payer", "payee", "office", "amount", "currency", "fee", "status", "note",
           *_IDENTIFIERS),
    required=("date", "amount", "status"),
    needs={
        "deposit": ("code", "payer"),
        "payout": ("code", "payee"),
        "refund": ("code", "payer"),
        "settlement": ("payee",),
    },
)  # fmt: skip
_KINDS: dict[str, TransferKind] = {
    "deposit": "deposit", "payout": "payout", "refund": "refund", "settlement": "settlement",
}  # fmt: skip
_PERCENT_PLACES = 6


@dataclass(frozen=True, slots=True)
class Book:
    """What holds for all rows of one ledger."""

    scope: str
    sha256: str
    zone_name: str | None
    currency: str | None
    mapping: DeclaredColumns


@dataclass(frozen=True, slots=True)
class Entry:
    """One row on its way to facts; ``kind`` is what the mapping says its status word means."""

    book: Book
    row: DeclaredRow
    kind: TransferKind
    asset: Asset
    amount: int | None
    time: Instant

    @property
    def base(self) -> str:
        """The fewest raw fields that make this row this row: scope, office and number, or file and row."""
        number = ascii_digits(self.row.text("number"))
        if number:
            return f"{self.book.scope}|{normalise_name(self.row.text('office'))}|{number}"
        return f"{self.book.sha256[:16]}|{self.row.row}"

    def party(self, word: str) -> Node:
        """A party of this ledger's scope by the name in a column; an office is a party too, in whatever column."""
        raw = self.row.text(word)
        name = normalise_name(raw)
        if not name:
            raise CellProblem(f"{word}_missing", f"a row of kind {self.kind} needs its {word}, and the cell is empty")
        return Node("hawala", f"party:{self.book.scope}:{name}", label=raw)

    def office(self) -> Node:
        """The office by its column; where no column is declared, the one office that keeps this ledger."""
        if "office" in self.book.mapping.columns:
            return self.party("office")
        scope = self.book.scope
        return Node("hawala", f"party:{scope}:{normalise_name(scope)}", label=f"office of ledger {scope}")

    def code(self) -> Node:
        """The junction of the row's code."""
        raw = self.row.text("code")
        code = normalise_code(raw)
        if not code:
            raise CellProblem("code_missing", f"a row of kind {self.kind} needs its code; the cell holds {raw!r}")
        return Node("hawala", f"code:{self.book.scope}:{code}", "junction", label=raw)

    def transfer(self, src: Node, dst: Node, amount: int | None, kind: TransferKind) -> Transfer:
        """A movement of this row; the fees of two rows under one number are told apart by what the row is."""
        identity = f"{self.base}|{self.kind}|fee" if kind == "fee" else f"{self.base}|{kind}"
        ref = self.row.text("number") or None
        return Transfer(self.row.row, src, dst, self.asset, amount, kind, self.time, ref=ref, identity=identity)


def read_entry(book: Book, record: RawRecord) -> list[Record]:
    """All records of one row, or the one issue that refuses it."""
    if all(cell is None or not str(cell).strip() for name, cell in record.value.items() if name is not None):
        return [Skip(record.row, "empty row")]
    try:
        row = DeclaredRow.of(record, book.mapping)
        meaning = _read_status(row)
        if meaning == "skip":
            return [Skip(record.row, f"the mapping says to skip rows with status {row.text('status')!r}")]
        return list(_read_facts(book, row, _KINDS[meaning]))
    except CellProblem as problem:
        return [Issue(record.row, "error", problem.code, str(problem))]


def _read_status(row: DeclaredRow) -> str:
    meaning = row.mapping.status.get(normalise_name(row.text("status")))
    if meaning is None:
        known = ", ".join(row.mapping.status) or "none"
        raise CellProblem("status_unknown", f"{row.shown('status')} is not under [status]; there are: {known}")
    return meaning


def _read_facts(book: Book, row: DeclaredRow, kind: TransferKind) -> Iterator[Record]:
    asset = row.asset("currency", book.currency)
    amount = row.amount("amount", asset.decimals or 0)
    time = row.instant("date", book.zone_name)
    if amount is not None and amount < 0:
        raise CellProblem(
            "negative_amount",
            f"{row.shown('amount')} is negative: a correction is no payment; give it a status of its own that means "
            "refund, settlement or skip",
        )
    entry = Entry(book, row, kind, asset, amount, time or UNKNOWN_TIME)
    yield from _read_movements(entry)
    if kind != "settlement" and row.text("office"):
        yield Event(row.row, "handled_by", entry.time, entry.code(), entry.party("office"), row.text("office"),
                    f"{entry.base}|{kind}|handled_by")  # fmt: skip
    for word in _IDENTIFIERS:
        if row.text(word):
            yield from _read_identifier(entry, word)
    for word in row.find_long_numbers():
        yield Issue(row.row, "warning", "long_number_damaged", f"{row.shown(word)}: a spreadsheet keeps 15 digits only")
    if time is None:
        yield Issue(row.row, "warning", "time_missing", "the row states no date: its time stays unknown")
    if amount is None:
        yield Issue(row.row, "warning", "amount_missing", "the row states no amount: it stays unknown")


def _read_movements(entry: Entry) -> Iterator[Transfer]:
    fee = read_fee(entry)
    if entry.kind == "settlement":
        if fee:
            raise CellProblem("fee_without_code", "a settlement has no code a fee could come from; give it its own row")
        yield entry.transfer(entry.office(), entry.party("payee"), entry.amount, "settlement")
        return
    code = entry.code()
    if entry.kind == "deposit":
        if entry.amount is not None and fee > entry.amount:
            raise CellProblem("fee_too_large", f"{entry.row.shown('fee')} is more than was deposited")
        yield entry.transfer(entry.party("payer"), code, entry.amount, "deposit")
    else:
        side = "payee" if entry.kind == "payout" else "payer"
        yield entry.transfer(code, entry.party(side), entry.amount, entry.kind)
    if fee:
        yield entry.transfer(code, entry.office(), fee, "fee")


def read_fee(entry: Entry) -> int:
    """The fee in base units, 0 where none is stated; ``5 %`` of a deposit only when it is a whole number of them."""
    row = entry.row
    if "%" in row.text("fee"):
        return _read_share(entry)
    if isinstance(cell := row.cells.get("fee"), float) and 0 < cell < 1:
        raise CellProblem("fee_damaged", f"{row.shown('fee')} may be a sheet's percentage; write the fee as an amount")
    fee = row.amount("fee", entry.asset.decimals or 0) or 0
    if fee < 0:
        raise CellProblem("negative_amount", f"{row.shown('fee')} is negative: give the correction a row of its own")
    return fee


def _read_share(entry: Entry) -> int:
    shown = entry.row.shown("fee")
    if entry.kind != "deposit" or entry.amount is None:
        raise CellProblem("fee_damaged", f"{shown}: of which sum is not stated on a {entry.kind} row; write an amount")
    try:
        percent = read_amount(entry.row.text("fee").replace("%", "", 1), _PERCENT_PLACES, entry.book.mapping)
    except AmountError as problem:
        raise CellProblem("fee_damaged", f"{shown}: {problem}") from None
    share = Fraction(percent * entry.amount, 100 * 10**_PERCENT_PLACES)
    if share.denominator != 1 or share < 0:
        raise CellProblem("fee_damaged", f"{shown} of the amount is no whole number of minor units; write an amount")
    return int(share)


def _read_identifier(entry: Entry, word: str) -> Iterator[Event | Issue]:
    """What a row states as a party's own: a phone, an address or a handle. A bad one is doubted and left out."""
    side, _, what = word.partition("_")
    row, raw = entry.row, entry.row.text(word)
    try:
        party = entry.party(side)
        other = _identifier_node(what, raw, entry.book.mapping.said("region"))
    except CellProblem:
        yield Issue(row.row, "warning", "identifier_without_party", f"{row.shown(word)}: the row names no {side}")
        return
    except IdentifierError as problem:
        yield Issue(row.row, "warning", f"{what}_damaged", f"{row.shown(word)} is left out: {problem}")
        return
    if other.rail == "evm":
        yield Issue(row.row, "note", "rail_not_stated", f"{row.shown(word)}: an EVM address does not say its chain")
    if other.key in NULL_ADDRESSES:
        yield Issue(row.row, "note", "null_address", f"{row.shown(word)} is an address nobody owns")
    yield Event(row.row, "identifier", entry.time, party, other, raw, f"{entry.base}|{entry.kind}|{word}|{other.key}")


def _identifier_node(what: str, raw: str, region: str | None) -> Node:
    if what == "phone":
        return Node("phone", normalise_phone(raw, region))
    if what == "handle":
        return Node("chat", normalise_handle(raw, "telegram"))
    address = parse_address(raw)
    return Node(address.family, address.key)
