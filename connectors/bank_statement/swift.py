"""Statements of SWIFT: MT940 and MT950, and MT942 (interim), entry by entry.

Raw::

    :20:STARTUMS
    :25:37040044/0532013000
    :60F:C240801EUR1000,00
    :61:2408060806DR250,00NTRFNONREF//BANKREF1
    :86:166?00UEBERWEISUNG?20EREF+E2E-1?21SVWZ+invoice?31DE02120300000000202051?32Erika Fiktiv
    :62F:C240806EUR750,00

Specification: SWIFT user handbook, MT940, MT942, MT950. A field of an amount is read whole or not at all: the patterns of
the library for it (mt-940) match the beginning of a field and give ``1000.45`` as 1000, so the fields are read here.
Where a field begins is said in :mod:`.swift_fields`, who pays whom by ``:86:`` in :mod:`.swift_details`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from connectors.bank_statement.accounts import is_own, known_account
from connectors.bank_statement.amounts import read_amount, read_asset, read_units
from connectors.bank_statement.entries import Entry, Part, Refused, Statement
from connectors.bank_statement.swift_details import Details, is_structured, lone_iban, read_details
from connectors.bank_statement.swift_fields import RawEntry, read_blocks
from connectors.bank_statement.swift_heads import Head, read_head
from trails.columns import CellProblem
from trails.errors import SourceError, TimeError, ZoneMissing
from trails.model import Issue
from trails.records import find_damage
from trails.timestamps import Instant, parse_time
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import TransferKind

#: An entry with what banks add has some thousand signs.
_LONGEST_ENTRY = 20_000
_LINE = re.compile(
    r"(?P<day>\d{6})(?P<booked>\d{4}|[ ]{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?[ ]?"
    r"(?P<amount>\d[\d.,]*|[.,]\d+)(?:[ ]?(?P<type>[A-Z][A-Z0-9 ]{3})(?P<refs>.*)|(?P<bare>//.*)?)\Z"
)
#: What stands before the amount, where a bank wraps the line there; and a whole amount with its type on the next one.
_BEFORE_AMOUNT = re.compile(r"\d{6}(?:\d{4})?(?:R?[CD]|E[CD])[A-Z]?\s*\Z")
_WRAPPED_AMOUNT = re.compile(r"\d+[.,]\d*[A-Z][A-Z0-9 ]{3}")
#: What some banks write behind their own reference, on the same line.
_BEHIND_REFERENCE = re.compile(r"/(?:TRCD|OCMT|CHGS|IACC)/")
#: Words that stand for a reference and say where it is written, or that there is none.
_REFERENCE_WORDS = frozenset({"EREF", "PREF", "MARF", "KREF", "KREF+", "EREF+", "IREF", "NONREF", "NOREF", "N"})
#: A reference has at most 16 signs; behind them, filled up with spaces, old layouts write a name.
_REFERENCE = 16
_RABOBANK_ACCOUNT = re.compile(r"P\d{3,9}\Z|\d{9,10}\Z|[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z")
#: Marks of money that comes in: a credit, the reversal of a debit, an expected credit.
_INWARD = ("C", "RD", "EC")
_FEBRUARY, _MONTH_OF_30 = 2, (29, 30)
#: Years of two figures up to this one are of this century, as SWIFT reads them.
_LAST_YEAR = 79


@dataclass(frozen=True, slots=True)
class Line:
    """The statement line (:61:) of an entry, each part as it is written."""

    valued: date | None
    booked: date
    mark: str
    funds: str
    amount: str
    kind: str
    reference: str
    bank_reference: str
    supplement: str


def read_swift(
    text: str, name: str, scope: str, zone_name: str | None, code: str | None = None
) -> Iterator[Entry | Refused | Statement]:
    """The entries of a file, and each statement after its last one; raises SourceError for what is no such message.

    ``code`` is the currency that was said for statements that state none.
    """
    row = statements = 0
    for block in read_blocks(text, name):
        statements += bool(block.head)
        head = read_head(block, scope, statements, code)
        for entry in block.entries:
            row += 1
            raw = entry.raw
            try:
                yield _entry(head, entry, raw, row, zone_name)
            except CellProblem as problem:
                yield Refused(row, raw, problem.code, str(problem), _units(head, entry))
        for stray in block.strays:
            row += 1
            yield Refused(
                row, stray, "entry_misplaced", "an entry that stands in no statement, behind a closing balance"
            )
        if block.head:
            yield head.statement
    if not statements:
        raise SourceError(f"{name}: no MT940 message: no line begins with :20: or :25:")


def _entry(head: Head, entry: RawEntry, raw: str, row: int, zone_name: str | None) -> Entry:
    if damage := find_damage(raw):
        raise CellProblem("text_damaged", damage)
    if len(raw) > _LONGEST_ENTRY:
        raise CellProblem("entry_damaged", f"an entry of {len(raw):,} characters: no MT940 entry is as long")
    statement = head.statement
    code = statement.currency or ""
    asset = read_asset(code)
    line = _read_line(entry.fields[0].rows)
    amount = read_amount(line.amount, asset.decimals or 0)
    incoming = line.mark in _INWARD
    booked = _day(line.booked, zone_name)
    if entry.doubts:
        statement.doubted.append(row)
    return Entry(
        row=row, raw=raw, statement=statement, amount=amount, currency=code, incoming=incoming,
        reversal=line.mark in ("RC", "RD"), status="unconfirmed" if head.interim or line.mark in ("EC", "ED") else "ok",
        kind=_kind(line.kind), booked=booked, valued=_day(line.valued, zone_name) if line.valued else None,
        bank_reference=line.bank_reference, parts=(_part(head, entry, line, incoming=incoming),),
        doubts=tuple(_doubts(row, entry, line, code)),
    )  # fmt: skip


def _units(head: Head, entry: RawEntry) -> int | None:
    """The signed units of an entry that is refused, where its line can be read all the same."""
    found = _LINE.match(entry.fields[0].rows[0].rstrip())
    if not found:
        return None
    try:
        asset = read_asset(head.statement.currency or "")
        units = read_units(read_amount(found["amount"], asset.decimals or 0), asset)
    except CellProblem:
        return None
    return units if found["mark"] in _INWARD else -units


def _doubts(row: int, entry: RawEntry, line: Line, code: str) -> Iterator[Issue]:
    if entry.doubts:
        said = count_words(entry.doubts, "line of its text begins", "lines of its text begin")
        yield Issue(row, "note", "tag_in_text", f"{said} like a field of MT940 where none can stand: read as text")
    if line.valued is None:
        message = "its value day is one that February lacks, as banks count interest: the booked day is kept"
        yield Issue(row, "warning", "value_day_unreal", message)
    if line.funds and code and line.funds != code[2]:
        message = f"its mark of the currency is {line.funds!r}, the statement is in {code}: kept in {code}"
        yield Issue(row, "warning", "currency_mark_differs", message)


def _read_line(rows: list[str]) -> Line:
    """A statement line, the whole of it; raises CellProblem."""
    first, *more = rows
    if more and _BEFORE_AMOUNT.match(first) and _WRAPPED_AMOUNT.match(more[0]):
        first, more = first.rstrip() + more[0], more[1:]
    found = _LINE.match(first.rstrip())
    if not found:
        raise CellProblem(
            "entry_damaged", f"the entry's :61: cannot be read whole, in {count_words(len(first), 'sign')}"
        )
    amount = found["amount"]
    if (
        not found["type"]
        and not found["bare"]
        and (not re.search(r"[.,]", amount) or re.match(r"\s*[\d.,]", "".join(more[:1])))
    ):
        raise CellProblem("entry_damaged", "nothing stands behind the amount of the entry's :61:, which may be cut")
    valued, booked = _days(found["day"], (found["booked"] or "").strip())
    customer, _, bank = (found["refs"] or found["bare"] or "").partition("//")
    behind = _BEHIND_REFERENCE.search(bank)
    if behind:
        bank, more = bank[: behind.start()], [bank[behind.start() :], *more]
    if len(customer) > _REFERENCE and customer[_REFERENCE - 1] == " ":
        customer, more = customer[:_REFERENCE], [customer[_REFERENCE:], *more]
    return Line(
        valued, booked, found["mark"], found["funds"] or "", amount, found["type"] or "", customer.strip(), bank.strip(),
        "\n".join(line.strip() for line in more if line.strip()),
    )  # fmt: skip


def _days(day: str, booked: str) -> tuple[date | None, date]:
    """Value day and booked day; the booked one, without a year, is of the year that brings it nearest to the other."""
    year, month, number = int(day[:2]), int(day[2:4]), int(day[4:])
    year += 2000 if year <= _LAST_YEAR else 1900
    valued = _real_day(year, month, number)
    if booked.strip("0"):
        near = valued or date(year, max(1, min(12, month)), 28)
        found = [
            real for each in (year - 1, year, year + 1) if (real := _real_day(each, int(booked[:2]), int(booked[2:])))
        ]
        if found and (valued or (month == _FEBRUARY and number in _MONTH_OF_30)):
            return valued, min(found, key=lambda real: abs((real - near).days))
    elif valued:
        return valued, valued
    raise CellProblem(
        "entry_damaged", f"the day {day} or {booked or 'none'} of the entry's :61: is none of the calendar"
    )


def _real_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(day: date, zone_name: str | None) -> Instant:
    try:
        return parse_time(day.isoformat(), zone_name=zone_name)
    except TimeError as problem:
        code = "time_no_zone" if isinstance(problem, ZoneMissing) else "time_damaged"
        raise CellProblem(code, str(problem)) from None


def _kind(code: str) -> TransferKind:
    """What the three letters after N or S in :61: mean, for charges and cash."""
    return "fee" if code[1:] in ("CHG", "COM", "BRF") else "cash" if code[1:] in ("CSH", "ATM") else "transfer"


def _part(head: Head, entry: RawEntry, line: Line, *, incoming: bool) -> Part:
    """The other side by the text of the payment, by Rabobank's second line of :61:, or by an IBAN that stands alone."""
    texts = [field.rows for field in entry.fields[1:]]
    begin = 0  # before it, where there are several: the bank's words
    if len(texts) > 1:
        begin = next((place for place, rows in enumerate(texts) if is_structured(rows)), 0)
    found = read_details(_join(texts[begin:]), credit=line.mark.endswith("C"), giro=head.giro)
    account, name, reference = found.account, found.name, line.reference
    if head.rabobank and not found.account:
        account, name, reference = _rabobank(head.rabobank, line, found)
    text = " ".join(" ".join((*_join(texts[:begin]), found.text, line.supplement)).split())
    if not known_account(account) or is_own(head.statement.account, account.replace(" ", ""), found.bank):
        alone = lone_iban(text)
        account = alone if alone and not is_own(head.statement.account, alone) else account
    if reference in _REFERENCE_WORDS or reference == account:
        reference = ""
    return Part(
        amount="", incoming=incoming, name=name, account=account, bank=found.bank,
        reference=found.reference or reference, text=text,
    )  # fmt: skip


def _join(texts: list[list[str]]) -> list[str]:
    return [line for rows in texts for line in rows]


def _rabobank(layout: str, line: Line, found: Details) -> tuple[str, str, str]:
    """Account, name and reference: the account is the second line of :61:, of old it is the reference with a name behind it."""
    first, _, more = line.supplement.partition("\n")
    if layout == "A" and _RABOBANK_ACCOUNT.match(line.reference) and line.reference.strip("P0"):
        return line.reference, found.name or first, ""
    if layout == "A" and line.reference == "NONREF" and not more:
        return "", found.name or first, ""
    account = first.replace(" ", "")
    known = account.strip("P0") and _RABOBANK_ACCOUNT.match(account)
    return account if known else "", found.name, line.reference
