"""One row of a pick-up list as facts: what the sender handed over, what the receiver got, and who handled it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.headers import why_no_row
from trails.columns import CellProblem, DeclaredRow
from trails.errors import IdentifierError
from trails.identifiers import normalise_name, normalise_phone
from trails.mapping import Vocabulary
from trails.model import Event, Issue, Node, Record, Skip, Transfer, TransferKind
from trails.money import Asset, ascii_digits
from trails.timestamps import UNKNOWN_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import RawRecord
    from trails.mapping import DeclaredColumns
    from trails.timestamps import Instant

_IDENTIFIERS = ("sender_phone", "receiver_phone", "sender_document", "receiver_document")
_PLACES = ("send_office", "pay_office", "send_city", "pay_city", "send_country", "pay_country")
VOCABULARY = Vocabulary(
    words=("number", "operator", "sender", "receiver", "date_sent", "date_paid", "amount", "currency", "paid_amount",
           "paid_currency", "fee", "status", "note", *_PLACES, *_IDENTIFIERS),
    required=("number",),
    needs={"paid": ("receiver",), "sent": ("sender",), "refunded": ("sender",), "failed": ()},
)  # fmt: skip
_MASKED = re.compile(r"[*xX#]{2,}")
_NUMBER = re.compile(r"(?=[A-Z]*[0-9])[0-9A-Z]{4,24}\Z", re.ASCII)
_THREE_PLACES = re.compile(r"[+-]?\d{1,3}[.,]\d{3}\Z", re.ASCII)


@lru_cache(maxsize=1)
def read_words() -> dict[str, Any]:
    """The words of statuses and operators, and the length of each operator's numbers."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class PickupList:
    """What holds for all rows of one list; ``marks_said`` where a person declared the amounts' marks."""

    scope: str
    operator: str
    zone_name: str | None
    currency: str | None
    marks_said: bool
    date_order: str | None
    mapping: DeclaredColumns


@dataclass(frozen=True, slots=True)
class Entry:
    """One row on its way to facts."""

    book: PickupList
    row: DeclaredRow
    operator: str
    number: str
    status: str

    @property
    def base(self) -> str:
        """The fewest raw fields that make this transfer this transfer: whose list, operator and number."""
        return f"{self.book.scope}|{self.operator}|{self.number}"

    @property
    def junction(self) -> Node:
        """The transfer's number, which value passes on its way."""
        return Node("mto", f"mtcn:{self.operator}:{self.number}", "junction", self.row.text("number"))

    def party(self, word: str) -> Node | None:
        """The sender or receiver by name, inside the list's scope; None where the cell is empty."""
        name = normalise_name(self.row.text(word))
        return Node("mto", f"party:{self.book.scope}:{name}", label=self.row.text(word)) if name else None

    def move(
        self, src: Node, dst: Node, asset: Asset, amount: int | None, kind: TransferKind, time: Instant
    ) -> Transfer:
        """A movement of this row."""
        status = "failed" if self.status == "failed" else "ok"
        identity = f"{self.base}|{kind}"
        return Transfer(
            self.row.row, src, dst, asset, amount, kind, time, ref=self.number, status=status, identity=identity
        )


def read_entry(book: PickupList, record: RawRecord) -> list[Record]:
    """All records of one row, or the one issue that refuses it."""
    if reason := why_no_row(record.value):
        return [Skip(record.row, reason)]
    try:
        row = DeclaredRow.of(record, book.mapping)
        status = _read_status(book, row)
        if status == "skip":
            return [Skip(record.row, f"the mapping says to skip rows with status {row.text('status')!r}")]
        operator = _read_operator(book, row)
        return list(_read_facts(Entry(book, row, operator, _read_number(row), status)))
    except CellProblem as problem:
        return [Issue(record.row, "error", problem.code, str(problem))]


def _read_status(book: PickupList, row: DeclaredRow) -> str:
    """What became of a transfer: by its status, else paid where a pick-up is stated."""
    if not row.text("status"):
        return "paid" if row.text("date_paid") or row.text("paid_amount") else "sent"
    found = book.mapping.status.get(normalise_name(row.text("status")))
    if found is None:
        raise CellProblem("status_unknown", f"{row.shown('status')} is not known; say what it means under [status]")
    return found


def _read_operator(book: PickupList, row: DeclaredRow) -> str:
    said = normalise_name(row.text("operator") or book.operator)
    if not said:
        raise CellProblem("operator_missing", 'no operator is stated; say operator = "western union" in a mapping')
    return str(read_words()["operators"].get(said, said)).replace(" ", "-")


def _read_number(row: DeclaredRow) -> str:
    """The control number without spaces and dashes; raises CellProblem for a masked or a damaged one."""
    raw = row.text("number")
    if _MASKED.search(raw):
        raise CellProblem("number_masked", f"{row.shown('number')} is masked: it does not say which transfer this is")
    plain = re.sub(r"[\s.\-/\u00a0]", "", ascii_digits(raw)).upper()
    if not _NUMBER.match(plain):
        raise CellProblem("number_damaged", f"{row.shown('number')} is no control number of 4 to 24 letters and digits")
    return plain


def _read_facts(entry: Entry) -> Iterator[Record]:
    row = entry.row
    yield from _check_number(entry)
    sent_time, paid_time = _time(entry, "date_sent"), _time(entry, "date_paid")
    facts = list(_movements(entry, sent_time, paid_time))
    if not facts:
        raise CellProblem("parties_missing", "the row names neither a sender nor a receiver")
    yield from facts
    yield from _handled_by(entry, "send", sent_time)
    yield from _handled_by(entry, "pay", paid_time)
    for word in _IDENTIFIERS:
        if row.text(word):
            yield from _read_identifier(entry, word, sent_time if word.startswith("sender") else paid_time)


def _check_number(entry: Entry) -> Iterator[Issue]:
    usual = read_words()["digits"].get(entry.operator.replace("-", " "))
    if usual and (len(entry.number) != usual or not entry.number.isdigit()):
        message = (
            f"{entry.row.shown('number')}: numbers of {entry.operator} have {usual} digits; kept as written, "
            "compare it with the original (a spreadsheet drops zeros at the beginning)"
        )
        yield Issue(entry.row.row, "warning", "number_unusual", message)


def _movements(entry: Entry, sent_time: Instant | None, paid_time: Instant | None) -> Iterator[Record]:
    row = entry.row
    sender, receiver = entry.party("sender"), entry.party("receiver")
    sent, paid = _sum(entry, "amount", "currency"), _sum(entry, "paid_amount", "paid_currency")
    asset, amount = sent or (paid[0] if paid else _asset(entry, "currency"), None)
    time = sent_time or UNKNOWN_TIME
    if sender:
        yield entry.move(sender, entry.junction, asset, amount, "deposit", time)
        if sent is None:
            yield Issue(row.row, "note", "amount_missing", "what was sent is not stated: it stays unknown")
        if fee := row.amount("fee", asset.decimals or 0):
            operator = Node("mto", f"operator:{entry.operator}", label=entry.operator)
            yield entry.move(sender, operator, asset, _not_negative(row, "fee", fee), "fee", time)
        if sent_time is None:
            yield Issue(row.row, "note", "time_missing", "when it was sent is not stated: it stays unknown")
    if entry.status == "paid" and receiver:
        got_asset, got = paid or (asset, amount)
        yield entry.move(entry.junction, receiver, got_asset, got, "payout", paid_time or UNKNOWN_TIME)
        if paid_time is None:
            yield Issue(row.row, "warning", "time_missing", "when it was paid out is not stated: it stays unknown")
    if entry.status == "refunded" and sender:
        yield entry.move(entry.junction, sender, asset, amount, "refund", paid_time or UNKNOWN_TIME)


def _sum(entry: Entry, word: str, currency_word: str) -> tuple[Asset, int] | None:
    """An amount with its currency, None where none is stated."""
    row = entry.row
    text = row.text(word)
    if not text:
        return None
    if not entry.book.marks_said and isinstance(row.cells[word], str) and _THREE_PLACES.match(text):
        raise CellProblem(
            "amount_ambiguous", f"{row.shown(word)} is two different amounts; say decimal_mark in a mapping"
        )
    asset = _asset(entry, currency_word)
    amount = row.amount(word, asset.decimals or 0)
    return None if amount is None else (asset, _not_negative(row, word, amount))


def _asset(entry: Entry, word: str) -> Asset:
    """The currency of an amount: by its own column, the row's only one, or what was said of the whole list."""
    row = entry.row
    named = word if word in row.mapping.columns else "currency"
    return row.asset(named if row.text(named) or not entry.book.currency else "", entry.book.currency)


def _not_negative(row: DeclaredRow, word: str, amount: int) -> int:
    if amount < 0:
        raise CellProblem("negative_amount", f"{row.shown(word)} is negative: give a refund its own status")
    return amount


def _time(entry: Entry, word: str) -> Instant | None:
    """A time; of patterns in which day and month change places by the one that is said."""
    return entry.row.instant(word, entry.book.zone_name, entry.book.date_order)


def _handled_by(entry: Entry, side: str, time: Instant | None) -> Iterator[Event]:
    """The office or agent where value was handed over, with its town and country."""
    row = entry.row
    office = row.text(f"{side}_office")
    where = ", ".join(part for part in (office, row.text(f"{side}_city"), row.text(f"{side}_country")) if part)
    if not where or (side == "pay" and entry.status not in ("paid", "refunded")):
        return
    identity = f"{entry.base}|handled_by|{side}"
    what = "sent at" if side == "send" else "paid at"
    if not office:
        yield Event(row.row, "place", time or UNKNOWN_TIME, entry.junction, None, f"{what} {where}", identity)
        return
    agent = Node("mto", f"agent:{entry.operator}:{normalise_name(where)}", label=where)
    yield Event(row.row, "handled_by", time or UNKNOWN_TIME, entry.junction, agent, f"{what} {where}", identity)


def _read_identifier(entry: Entry, word: str, time: Instant | None) -> Iterator[Event | Issue]:
    """A phone or document that the row states as a party's own. A bad one is doubted and left out."""
    side, _, what = word.partition("_")
    row, raw, party = entry.row, entry.row.text(word), entry.party(side)
    if party is None:
        yield Issue(row.row, "warning", "identifier_without_party", f"{row.shown(word)}: the row names no {side}")
        return
    try:
        other = _identifier_node(what, raw, row)
    except IdentifierError as problem:
        yield Issue(row.row, "warning", f"{what}_damaged", f"{row.shown(word)} is left out: {problem}")
        return
    identity = f"{entry.base}|{word}|{other.key}"
    yield Event(row.row, "identifier", time or UNKNOWN_TIME, party, other, raw, identity)


def _identifier_node(what: str, raw: str, row: DeclaredRow) -> Node:
    if what == "phone":
        return Node("phone", normalise_phone(raw, row.mapping.said("region")))
    plain = re.sub(r"[\s\-/.]", "", ascii_digits(raw)).upper()
    if not plain.isalnum() or not any(ch.isdigit() for ch in plain) or _MASKED.search(plain):
        raise IdentifierError("no document's number")
    return Node("document", plain, label=raw)
