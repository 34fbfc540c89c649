"""MT940 statements of SWIFT: split into entries here, each decoded by the library mt-940.

Raw::

    :20:STARTUMS
    :25:37040044/0532013000
    :60F:C240801EUR1000,00
    :61:2408060806DR250,00NTRFNONREF//BANKREF1
    :86:166?00UEBERWEISUNG?20EREF+E2E-1?21SVWZ+invoice?31DE02120300000000202051?32Erika Fiktiv
    :62F:C240806EUR750,00

Specification: SWIFT user handbook, MT940 Customer Statement Message; the subfields of ``:86:`` by the German banks' DTAUS
rules and the slash words of Dutch banks. One bad entry is refused alone, so each is given to the library by itself.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from connectors.bank_statement.entries import (
    Entry,
    Part,
    Refused,
    Statement,
    account_node,
    is_iban,
    plain_account,
    read_asset,
    read_units,
)
from trails.columns import CellProblem
from trails.errors import SourceError, TimeError, ZoneMissing
from trails.records import RowLengths, find_damage
from trails.timestamps import Instant, parse_time
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import TransferKind

#: So many messages and fields are read; a year of a busy account is some thousand messages.
MOST_STATEMENTS, MOST_FIELDS = 100_000, 1_000_000
#: The fields before the entries have at most some dozen characters each, an entry with what banks add some thousand.
_LONGEST_HEAD, _LONGEST_ENTRY = 4_000, 20_000
_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+\Z")
_BEGINS_WITH_DAY = re.compile(r":61:\s*\d\d")
_TAG = re.compile(r":(\d{2}[A-Z]?|NS):")
_HEAD = ("20", "25", "28", "28C", "60F", "60M", "21")
_SLASH = re.compile(r"/(IBAN|NAME|EREF|REMI|CNTP|TRTP|BIC|MARF|CSID|ISDT|PREF|SVCL|ADDR|ORDP|BENM|ID)/")
_IBAN_IN_TEXT = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}[A-Z0-9]{11,30}(?![A-Z0-9])")
_PROBLEMS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: its tag, and its lines as they stand."""

    tag: str
    text: str


def read_swift(text: str, name: str, scope: str, zone_name: str | None) -> Iterator[Entry | Refused | Statement]:
    """The entries of a file, and each statement after its last one; raises SourceError for what is no such message."""
    row = statements = 0
    for block in _blocks(_fields(text, RowLengths(name)), name):
        statements += 1
        if statements > MOST_STATEMENTS:
            raise SourceError(f"{name}: more than {MOST_STATEMENTS:,} messages; split the file")
        head = "".join(field.text for field in block if field.tag in _HEAD)
        if len(head) > _LONGEST_HEAD:
            raise SourceError(f"{name}: the head of a message has {len(head):,} characters ({head[:60]!r} ...): no MT940 has")
        statement = _statement(_decode(head + _tail(block)[:_LONGEST_HEAD]), scope)
        for entry in _entries(block):
            row += 1
            try:
                yield _entry(head, entry, statement, row, zone_name)
            except CellProblem as problem:
                statement.incomplete = True
                yield Refused(row, entry, problem.code, str(problem))
        yield statement
    if not statements:
        raise SourceError(f"{name}: no MT940 message: no line begins with :20:")


def _fields(text: str, lengths: RowLengths) -> Iterator[Field]:
    """The fields of all messages; lines of the envelope around them are left out."""
    tag, lines = "", list[str]()
    for each in _LINE.finditer(text):
        line = each[0]
        lengths.see(len(line))
        found = _TAG.match(line)
        if found or line.startswith(("-}", "{")) or line.strip() == "-":
            if tag:
                yield Field(tag, "".join(lines))
            tag, lines = (found[1], [line]) if found else ("", [])
        elif tag:
            lines.append(line)
    if tag:
        yield Field(tag, "".join(lines))


def _blocks(fields: Iterator[Field], name: str) -> Iterator[list[Field]]:
    block: list[Field] = []
    for each in fields:
        if each.tag == "20" and block:
            yield block
            block = []
        if block or each.tag == "20":
            block.append(each)
        if len(block) > MOST_FIELDS:
            raise SourceError(f"{name}: a message of more than {MOST_FIELDS:,} fields; split the file")
    if block:
        yield block


def _entries(block: list[Field]) -> Iterator[str]:
    """The text of each entry: its :61: with the :86: and :NS: that follow it."""
    entry = ""
    for each in block:
        if each.tag == "61":
            if entry:
                yield entry
            entry = each.text
        elif entry and each.tag in ("86", "NS"):
            entry += each.text
        elif entry:
            yield entry
            entry = ""
    if entry:
        yield entry


def _tail(block: list[Field]) -> str:
    return "".join(each.text for each in block if each.tag in ("62F", "62M"))


def _decode(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A message's own fields and its entries' by the library; raises CellProblem for what it cannot read."""
    from mt940 import Options
    from mt940.models import Transactions

    logging.getLogger("mt940").setLevel(logging.CRITICAL)  # it explains at length what does not match
    read = Transactions(options=Options.all())
    try:
        read.parse(text if text.endswith("\n") else text + "\n")
        return dict(read.data), [dict(entry.data) for entry in read.transactions]
    except _PROBLEMS:
        last = text.rstrip().rpartition("\n:61:")
        raise CellProblem(
            "entry_damaged", f"no field of MT940 that can be read, in {count_words(len((last[1] + last[2]).strip()), 'sign')}"
        ) from None


def _statement(decoded: tuple[dict[str, Any], list[dict[str, Any]]], scope: str) -> Statement:
    data = decoded[0]
    number = str(data.get("account_identification") or "")
    plain = plain_account(number.rpartition("/")[2] if is_iban(plain_account(number.rpartition("/")[2])) else number)
    account = account_node(plain or "unstated", scope)
    label = f"statement {data.get('statement_number') or data.get('transaction_reference') or '?'} of {plain or 'no account'}"
    statement = Statement(account, None, label)
    statement.opening = _balance(statement, data, "opening_balance")
    statement.closing = _balance(statement, data, "closing_balance")
    return statement


def _balance(statement: Statement, data: dict[str, Any], which: str) -> int | None:
    """A balance in base units, with its sign; None where the message states none that can be read."""
    balance = data.get(f"final_{which}") or data.get(f"intermediate_{which}")
    amount = getattr(balance, "amount", None)
    number, code = getattr(amount, "amount", None), getattr(amount, "currency", None)
    if number is None or not isinstance(code, str):
        return None
    try:
        units = read_units(f"{number:f}", read_asset(code))
    except (CellProblem, ValueError):
        return None
    statement.currency = statement.currency or code
    return units if code == statement.currency else None


def _entry(head: str, raw: str, statement: Statement, row: int, zone_name: str | None) -> Entry:
    if damage := find_damage(raw):
        raise CellProblem("text_damaged", damage)
    if len(raw) > _LONGEST_ENTRY:
        raise CellProblem("entry_damaged", f"an entry of {len(raw):,} characters: no MT940 entry is as long")
    if not _BEGINS_WITH_DAY.match(raw):  # known without asking the library, which takes its time
        raise CellProblem("entry_damaged", f"no field of MT940 that can be read, in {count_words(len(raw.strip()), 'sign')}")
    entries = _decode(head + raw)[1]
    if len(entries) != 1 or not entries[0].get("date"):
        raise CellProblem("entry_damaged", "the entry's :61: cannot be read")
    data = entries[0]
    mark, number = str(data.get("status") or "").upper(), getattr(data.get("amount"), "amount", None)
    if mark not in ("C", "D", "RC", "RD") or number is None:
        raise CellProblem("entry_damaged", f"the mark {mark[:20]!r} is none of C, D, RC, RD")
    valued = _day(data["date"], zone_name)
    booked = _day(data["guessed_entry_date"], zone_name) if data.get("guessed_entry_date") else valued
    return Entry(
        row=row, raw=raw, statement=statement, amount=f"{abs(number):f}",
        currency=str(data.get("currency") or statement.currency or ""), incoming=mark in ("C", "RD"),
        reversal=mark in ("RC", "RD"), status="ok", kind=_kind(str(data.get("id") or "")), booked=booked, valued=valued,
        bank_reference=str(data.get("bank_reference") or ""), parts=(_part(data, mark in ("C", "RD")),),
    )  # fmt: skip


def _day(day: date, zone_name: str | None) -> Instant:
    try:
        return parse_time(date(day.year, day.month, day.day).isoformat(), zone_name=zone_name)
    except TimeError as problem:
        code = "time_no_zone" if isinstance(problem, ZoneMissing) else "time_damaged"
        raise CellProblem(code, str(problem)) from None


def _kind(code: str) -> TransferKind:
    """What the three letters after N or S in :61: mean, for charges and cash."""
    return "fee" if code[1:] in ("CHG", "COM", "BRF") else "cash" if code[1:] in ("CSH", "ATM") else "transfer"


def _part(data: dict[str, Any], incoming: bool) -> Part:
    """The counterparty by the subfields of :86:, the Dutch slash words, or an IBAN that stands in it alone."""
    text = " ".join(
        str(data.get(word) or "") for word in ("purpose", "additional_purpose", "transaction_details", "extra_details")
    )
    words = dict(zip(*_slash_words(text), strict=True))
    account = str(data.get("applicant_iban") or data.get("gvc_applicant_iban") or words.get("IBAN") or "")
    if not account:
        found = {plain for plain in _IBAN_IN_TEXT.findall(text) if is_iban(plain)}
        account = found.pop() if len(found) == 1 else ""
    customer = str(data.get("customer_reference") or "")
    return Part(
        amount="",
        incoming=incoming,
        name=str(data.get("applicant_name") or words.get("NAME") or "").replace("\n", " "),
        account=account,
        reference=str(data.get("end_to_end_reference") or words.get("EREF") or customer),
        text=" ".join(text.split()),
    )


def _slash_words(text: str) -> tuple[list[str], list[str]]:
    """The slash words of a text, and what stands after each."""
    pieces = _SLASH.split(text.replace("\n", ""))
    return pieces[1::2], [piece.strip() for piece in pieces[2::2]]
