"""IVMS101: who sent and got a transfer of crypto, as services tell each other by the travel rule, and exchanges authorities.

Raw (2020; in 2023 ``originatorPerson``, ``beneficiaryPerson``)::

    {"originator": {"originatorPersons": [{"naturalPerson": {"name": {"nameIdentifier": [{"primaryIdentifier": "Quince",
     "secondaryIdentifier": "Amber", "nameIdentifierType": "LEGL"}]}, "nationalIdentification": {"nationalIdentifier":
     "X1234567", "nationalIdentifierType": "CCPT"}}}], "accountNumber": ["bc1qr.."]}, "beneficiary": {..},
     "originatingVASP": {"originatingVASP": {"legalPerson": {..}}}, "beneficiaryVASP": {..}}

An answer sheet with the same content is any table whose columns a mapping of kind ``travel_rule`` declares::

    kind = "travel_rule"
    [columns]
    originator = "Sender"
    originator_document = "Sender ID no."
    beneficiary_address = "To address"

Specification: interVASP data model standard IVMS101, issue 1 (2020), and IVMS101.2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.evm import refuse
from connectors.headers import why_no_row
from connectors.ivms101.facts import Book, state_message
from connectors.ivms101.messages import MARKS, plain_name, read_message
from connectors.ivms101.sheet import load_sheet, read_row
from trails.columns import CellProblem, declared_rows, note_unread
from trails.errors import SourceError, ValueProblem
from trails.mapping import kind_of
from trails.model import Issue, RowsRead, Skip
from trails.records import json_paths, json_records, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.ivms101.model import Message
    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_KIND = "travel_rule"
_BESIDE_MESSAGES = ("kind", "scope", "timezone")


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its first JSON object has the persons of an IVMS101 message, or a mapping says so."""
    if kind_of(head.mapping) == _KIND:
        return "its mapping declares the columns of an answer by the travel rule"
    if head.text.lstrip("\ufeff\x00 \t\r\n")[:1] not in ("{", "["):
        return None
    names = {plain_name(part) for path in json_paths(head.text) for part in path.split(".")}
    return "the persons of an IVMS101 message stand in it" if names & MARKS else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw messages, from 1, or the raw rows of a sheet."""
    if _is_sheet(options):
        return declared_rows(source, options, load_sheet(options.mapping or {}, options).mapping)
    return json_records(source, options)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the parties, documents, accounts and addresses of every message, and the transfer between them."""
    said = _check_said(source, options).get("scope")
    book = Book(said.strip() if isinstance(said, str) and said.strip() else source.sha256[:12], source.sha256[:12])
    sheet = load_sheet(options.mapping or {}, options) if _is_sheet(options) else None
    rows = timeless = 0
    numbers: set[str] = set()
    for record in records(source, options):
        if sheet and not rows:
            yield from note_unread(record, sheet.mapping)
        rows += 1
        if sheet and (reason := why_no_row(record.value)):
            yield Skip(record.row, reason)
            continue
        try:
            message = read_row(sheet, record) if sheet else _read_json(record, options)
            stated = list(_state_once(book, message, numbers))
        except CellProblem as problem:
            yield Issue(record.row, "error", problem.code, str(problem))
        except ValueProblem as problem:
            yield refuse(record.row, problem)
        else:
            timeless += message.time.time is None
            yield from stated
    yield from _note_source(rows, timeless, known=book.scope != book.file)
    yield RowsRead(rows)


def _is_sheet(options: ReadOptions) -> bool:
    return kind_of(options.mapping) == _KIND and "columns" in (options.mapping or {})


def _read_json(record: RawRecord, options: ReadOptions) -> Message:
    if not isinstance(record.value, dict):
        raise ValueProblem(say_broken(record.value, "this is no message: an object with originator and beneficiary"))
    zone = options.timezone or (options.mapping or {}).get("timezone")
    return read_message(record.row, record.value, zone, options.date_order)


def _check_said(source: Source, options: ReadOptions) -> Mapping[str, Any]:
    """What a mapping says beside messages, where no columns are to be declared; raises SourceError for what has no effect."""
    said = options.mapping or {}
    idle = [key for key in said if key not in _BESIDE_MESSAGES] if not _is_sheet(options) else []
    if idle or not all(isinstance(said.get(key, ""), str) for key in _BESIDE_MESSAGES):
        known = ", ".join(_BESIDE_MESSAGES)
        raise SourceError(f"{source.name}: the mapping does not fit: beside messages it may say {known} as texts")
    return said


def _state_once(book: Book, message: Message, numbers: set[str]) -> Iterator[Record]:
    """A message's facts; a second row with a number of the sheet would state its transfer again."""
    if message.number:
        if message.number in numbers:
            raise CellProblem("number_repeated", "the row has the number of a row above it")
        numbers.add(message.number)
    stated = list(state_message(book, message))
    if all(isinstance(each, Issue) for each in stated):
        why = "; ".join(each.message for each in stated if isinstance(each, Issue))
        raise CellProblem("nothing_stated", f"nothing of it can be kept: {why or 'it names nobody and no account'}")
    yield from stated


def _note_source(rows: int, timeless: int, *, known: bool) -> Iterator[Issue]:
    if not rows:
        yield Issue(None, "warning", "no_rows", "the file holds no message")
    elif not known:
        message = (
            "a name is one person inside this file only; say the same `scope` in the mappings of several files of one service to "
            "join them"
        )
        yield Issue(None, "note", "scope_not_stated", message)
    if timeless:
        yield Issue(None, "note", "time_missing", "IVMS101 states no time: where none stands beside a message, it stays unknown")
