"""Pick-up lists of money-transfer operators: who sent what to whom, where it was picked up, and by which document.

Raw (common English headers; every operator's differ)::

    MTCN,Sender Name,Receiver Name,Send Date,Pay Date,Principal,Send Currency,Paid Amount,Pay Currency,Status,Pay Agent
    123-456-7890,Sender Fictional,Receiver Fictional,2024-08-05,2024-08-06,500.00,EUR,58500.00,RSD,Paid,Agent Fictional

gives 500 EUR from the sender to ``mtcn:western-union:1234567890`` and 58,500 RSD from there to the receiver, with the
agent as an event on the number. No operator publishes its layout: the files of ``profiles/`` hold common headers, and a
mapping of kind ``pickup`` declares any other.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.headers import header_cells, present_columns
from connectors.pickup_list.entries import VOCABULARY, PickupList, read_entry, read_words
from connectors.profiles import Found, find_profile, load_profiles
from trails.columns import TABLE_ENDINGS, declared_rows, note_unread
from trails.errors import SourceError
from trails.identifiers import normalise_name
from trails.mapping import kind_of, load_mapping
from trails.model import Event, Issue, Record, RowsRead
from trails.records import read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source

FOLDER = Path(__file__).parent


def recognise(head: Head) -> str | None:
    """Say why a file is ours: its header is a known one, or its mapping is of a pick-up list."""
    said = _said(head.mapping)
    if "columns" in said and head.name.lower().endswith(TABLE_ENDINGS):
        return "a mapping declares the columns of a pick-up list"
    found = _find(head, said)
    return f"the header is that of {found.profile.title}" if found else None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read what was sent, paid out, given back and stated of the parties; see :mod:`.entries`."""
    book = _load(source, options)
    count, stated = 0, set[str]()
    for row in declared_rows(source, options, book.mapping):
        if not count:
            yield from note_unread(row, book.mapping)
        count += 1
        for record in read_entry(book, row):
            if isinstance(record, Event):  # a number may stand in several rows, with the same office in each
                if record.identity in stated:
                    continue
                stated.add(record.identity)
            yield record
    if not count:
        yield Issue(None, "warning", "no_rows", "no row stands under the header; see header_row in the mapping")
    elif book.mapping.said("scope") is None:
        message = (
            f"the list's parties are names inside {book.scope}; say the same `scope` in the mappings of lists of one "
            "operator to join them, else a transfer in two lists is counted twice"
        )
        yield Issue(None, "note", "scope_not_stated", message)
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows."""
    return declared_rows(source, options, _load(source, options).mapping)


def _said(mapping: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return mapping if mapping and kind_of(mapping) == "pickup" else {}


def _find(head: Head, said: Mapping[str, Any]) -> Found | None:
    profiles = load_profiles(FOLDER)
    if "profile" in said:
        profiles = tuple(profile for profile in profiles if profile.name == said["profile"])
    elif "columns" in said:
        return None
    return find_profile(head, profiles)


def _load(source: Source, options: ReadOptions) -> PickupList:
    """How to read a list; raises SourceError where neither a profile nor a mapping says so."""
    said, head = _said(options.mapping), read_head(source)
    found = _find(head, said)
    if found is None and "columns" not in said:
        raise SourceError(
            f"{source.name}: no known header of a pick-up list; write {source.name}.mapping.toml beside it with "
            'kind = "pickup" and its [columns]'
        )
    settings = dict(said)
    if found is not None:
        settings = found.settings(said)
        header = header_cells(head, found.header_row, found.delimiter)
        settings["columns"] = present_columns(settings.get("columns", {}), header)
    operator = settings.pop("operator", "")
    settings.pop("profile", None)
    mapping = load_mapping(settings, VOCABULARY, said)
    problems = list(mapping.problems)
    if not isinstance(operator, str):
        problems.append(f'`operator` is {operator!r}; say a text like "western union"')
        operator = ""
    if not {"date_sent", "date_paid"} & set(mapping.columns):
        problems.append("[columns] says neither which column `date_sent` nor which `date_paid` is")
    words = {normalise_name(word): meaning for word, meaning in read_words()["status"].items()}
    return PickupList(
        scope=mapping.said("scope") or source.sha256[:12],
        operator=operator,
        zone_name=said.get("timezone") or options.timezone or mapping.said("timezone"),
        currency=options.currency or mapping.said("currency"),
        marks_said=found is None or "decimal_mark" in said,
        date_order=options.date_order,
        mapping=replace(mapping, status={**words, **mapping.status}, problems=tuple(problems)),
    )
