"""Bank statements: CAMT.053 (XML of ISO 20022), MT940 and MT942 (SWIFT), and OFX.

Each format's own page has its raw sample and its specification: :mod:`.camt`, :mod:`.swift`, :mod:`.ofx`. All give
movements between the account (its IBAN) and the counterparty on the rail ``bank``, and a warning where opening balance
and entries do not make the closing balance.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.bank_statement.balances import balance_issues
from connectors.bank_statement.camt import read_camt
from connectors.bank_statement.entries import Entry, Refused, Statement, entry_facts, follow
from connectors.bank_statement.ofx import is_ofx, ofx_encoding, read_ofx
from connectors.bank_statement.swift import read_swift
from trails.columns import CellProblem
from trails.connector import RawRecord, ReadOptions
from trails.errors import SourceError
from trails.model import Event, Issue, Record, RowsRead, Skip
from trails.records import mend, open_bytes, read_bytes, read_head, read_text
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, Source

#: The header of an OFX file, which states its encoding, stands in its first bytes.
_OFX_HEAD = 2_048
_CAMT = re.compile(r"camt\.05[234]\.\d{3}\.\d{2}")
#: A head of MT940 begins with its reference or, where a bank leaves that out, with the account; what follows shows it.
_SWIFT = re.compile(r"^:(?:20|25P?):", re.MULTILINE)
_SWIFT_HEAD = re.compile(r"^:(?:60[FM]?|34F|28C?|61):", re.MULTILINE)
_SWIFT_ACCOUNT = re.compile(r"^:(?:25P?|60[FM]):", re.MULTILINE)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: a CAMT message, the fields of MT940, or the header of OFX."""
    form = _form(head)
    if head.members or form is None:
        return None
    return {
        "camt": "the XML is a CAMT message of ISO 20022",
        "swift": "its fields :25: and :60: (or :20: or :34F:) are those of MT940 or MT942",
        "ofx": "the header is that of OFX",
    }[form]


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read every booked entry, and check each statement's balances."""
    count, statements, told = 0, 0, set[str]()
    rows: list[int] = []  # of the statement that is being read
    current: Statement | None = None
    last: dict[str, Statement] = {}  # of each account
    refused: dict[int, int | None] = {}
    currencies = _Currencies(source.name, options.currency)
    for item in _items(source, options):
        here = None if isinstance(item, Refused) else item if isinstance(item, Statement) else item.statement
        if here is not None and here is not current:
            current = here
            follow(current, last.get(current.account.key))
        if isinstance(item, Statement):
            statements += 1
            last[item.account.key] = item
            currencies.see(item)
            yield from item.said
            yield from balance_issues(item, rows, refused)
            rows, refused = [], {}
            continue
        count += 1
        rows.append(item.row)
        for record in _read_entry(currencies.fill(item)):
            if isinstance(record, Event):  # two statements of a file may overlap
                if record.identity in told:
                    continue
                told.add(record.identity)
            if isinstance(record, Issue) and record.severity == "error":
                refused[item.row] = item.units if isinstance(item, Refused) else None
            yield record
    currencies.check()
    if not count:
        yield Issue(None, "warning", "no_rows", f"no booked entry in {count_words(statements, 'statement')}")
    yield RowsRead(count)


class _Currencies:
    """Whether ``--currency`` decides what a file leaves open, or says something else than it states."""

    def __init__(self, name: str, said: str | None) -> None:
        self.name, self.said = name, (said or "").strip().upper()
        self.stated: list[str] = []
        self.needed = False

    def see(self, statement: Statement) -> None:
        if statement.currency and statement.stated_currency:
            if statement.currency not in self.stated:
                self.stated.append(statement.currency)
        else:
            self.needed = True

    def fill(self, item: Entry | Refused) -> Entry | Refused:
        """An entry whose currency nothing states, with the one that was said."""
        if not self.said or isinstance(item, Refused) or item.currency:
            return item
        self.needed = True
        if item.statement.currency is None:
            item.statement.currency, item.statement.stated_currency = self.said, False
        return replace(item, currency=self.said)

    def check(self) -> None:
        """Raises SourceError where nothing was open and the file states another currency."""
        if self.said and self.stated and not self.needed and self.said not in self.stated:
            raise SourceError(
                f"{self.name}: --currency {self.said} contradicts the file, which states {', '.join(self.stated[:5])}; "
                "nothing was added. Leave the option out"
            )


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the text of each entry."""
    for item in _items(source, options):
        if not isinstance(item, Statement):
            yield RawRecord(item.row, item.raw, item.raw)


def _read_entry(item: Entry | Refused) -> list[Record]:
    if isinstance(item, Refused):
        return [Issue(item.row, "error", item.code, item.message)]
    if item.status not in ("ok", "unconfirmed"):
        return [Skip(item.row, f"an entry of status {item.status!r}: for information, nothing was booked")]
    try:
        return list(entry_facts(item))
    except CellProblem as problem:
        return [Issue(item.row, "error", problem.code, str(problem))]


def _items(source: Source, options: ReadOptions) -> Iterator[Entry | Refused | Statement]:
    form = _form(read_head(source))
    scope = source.sha256[:12]
    if form == "camt":
        return read_camt(read_bytes(source), source.name, scope, options.timezone, options.currency)
    if form == "swift":
        text = read_text(source, options, rows=True)
        return _mended(read_swift(text, source.name, scope, options.timezone, options.currency))
    if form == "ofx":
        with open_bytes(source) as stream:
            encoding = options.encoding or ofx_encoding(stream.read(_OFX_HEAD))
        text = read_text(source, ReadOptions(encoding=encoding), rows=True)
        return _mended(read_ofx(text, source.name, scope, options.timezone, options.currency))
    raise SourceError(f"{source.name}: none of CAMT.053, MT940 and OFX; export the statement in one of them")


def _mended(items: Iterator[Entry | Refused | Statement]) -> Iterator[Entry | Refused | Statement]:
    """Entries with raw texts that can be shown; one that held bytes of another encoding was refused."""
    for item in items:
        yield item if isinstance(item, Statement) else replace(item, raw=mend(item.raw))


def _form(head: Head) -> str | None:
    text = head.text.replace("\x00", "").replace("\r", "\n")
    if _CAMT.search(text[:8_192]) and "<" in text[:1_024]:
        return "camt"
    if _SWIFT.search(text) and _SWIFT_ACCOUNT.search(text) and _SWIFT_HEAD.search(text):
        return "swift"
    return "ofx" if is_ofx(text) else None
