"""Ledgers of hawala offices: CSV, pipe tables and workbooks with declared columns, notebooks with declared lines.

A line of one, with the mapping of ``sample.csv.mapping.toml``::

    12;02.08.2024 14:20;47-18;Family Quince;Alder;Office Amber;4.500,00;100,00;emanet

states a deposit of 4,500 from Family Quince to the code 4718, and a fee of 100 from the code to the office. The fee
comes out of what the payer handed over: payout + fee = deposit.

Known layouts are profiles (``profiles/*.toml``): one whose column names stand in the file is taken by itself, any other
where a mapping names it (``profile = "jeweller-notebook"``). What a mapping says itself wins over its profile.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.hawala_ledger.book import Book
from connectors.hawala_ledger.checks import Checks
from connectors.hawala_ledger.entries import read_entry
from connectors.hawala_ledger.lines import line_rows
from connectors.hawala_ledger.vocabulary import check_settings, choose_vocabulary
from connectors.hawala_ledger.words import find_words
from connectors.profiles import Found, find_profile, load_profiles
from connectors.transcription import Sheet, Transcription, cited_pictures, find_place, is_transcription
from trails.calendars import ORDERS, patterns_of_order
from trails.columns import TABLE_ENDINGS, CellProblem, DeclaredRow, declared_rows, note_unread
from trails.errors import SourceError
from trails.mapping import kind_of, load_mapping
from trails.model import Issue, RowsRead
from trails.records import read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.mapping import DeclaredColumns
    from trails.model import Record

_FOLDER = Path(__file__).parent


def recognise(head: Head) -> str | None:
    """Say why a file is a ledger: it came with a mapping that declares one, or has the columns of a known layout."""
    if not head.name.lower().endswith(TABLE_ENDINGS):
        return None
    said = head.mapping or {}
    profiles = {profile.name: profile for profile in load_profiles(_FOLDER)}
    if kind_of(head.mapping) == "ledger" and ("columns" in said or "lines" in said):
        return "a mapping declares its columns" if "columns" in said else "a mapping declares its kinds of line"
    name = said.get("profile")
    if isinstance(name, str) and name in profiles:
        return f"a mapping names its layout: {profiles[name].title}"
    if kind_of(head.mapping) not in (None, "ledger") or "profile" in said:
        return None
    found = find_profile(head, tuple(profiles.values()))
    return f"it has the columns of a known layout: {found.profile.title}" if found else None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read deposits, payouts, refunds, settlements, payments, fees and stated identifiers; see :mod:`.entries`."""
    mapping, rows = _open(source, options)
    count, checks = 0, None
    for record in rows:
        if checks is None:
            # only now is the mapping known to be sound
            checks = Checks.of(_make_book(source, options, mapping))
            if mapping.said("layout") != "lines":
                yield from note_unread(record, mapping)
        count += 1
        yield from read_entry(checks.book, checks, record)
    if checks is None:
        yield Issue(None, "warning", "no_rows", "the file has no row under its header; see header_row in the mapping")
    else:
        yield from checks.finish()
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw rows; of a transcription each with its place on the picture."""
    mapping, rows = _open(source, options)
    return map(partial(_with_place, mapping), rows) if is_transcription(mapping) else rows


def cites(source: Source, options: ReadOptions) -> Iterator[str]:
    """The pictures that the rows of a transcription name."""
    mapping, rows = _open(source, options)
    return cited_pictures(rows, mapping) if is_transcription(mapping) else iter(())


def _with_place(mapping: DeclaredColumns, record: RawRecord) -> RawRecord:
    """A row with its place on the picture, where it states one; what it does not state is said when it is read."""
    try:
        return replace(record, place=find_place(DeclaredRow.of(record, mapping)))
    except CellProblem:
        return record


def _make_book(source: Source, options: ReadOptions, mapping: DeclaredColumns) -> Book:
    return Book(
        scope=mapping.said("scope") or source.sha256[:12],
        sha256=source.sha256,
        zone_name=options.timezone or mapping.said("timezone"),
        currency=options.currency or mapping.said("currency"),
        mapping=mapping,
        words=find_words(mapping),
        transcription=_look_at_pictures(source, options, mapping),
    )


def _look_at_pictures(source: Source, options: ReadOptions, mapping: DeclaredColumns) -> Transcription | None:
    """The pictures of a transcription, and its lines that are told twice: its rows, and those before, are read once more."""
    if is_transcription(mapping):
        sheets = [Sheet(_open(source, options)[1], mapping)]
        for each in source.others:
            other, rows = _open(each.source, each.options)
            sheets.append(Sheet(rows, other, each.source_id, each.refused))
        return Transcription.of(source, sheets)
    if source.companions:
        names = ", ".join(each.name for each in source.companions)
        raise SourceError(f"{source.name}: {names} given with --with, but its mapping does not say which column `picture` is")
    return None


def _open(source: Source, options: ReadOptions) -> tuple[DeclaredColumns, Iterator[RawRecord]]:
    """The mapping to read with, and the rows, which raise SourceError where the mapping does not fit."""
    data = _settings(source, options)
    vocabulary = choose_vocabulary(data)
    mapping = load_mapping(data, vocabulary, options.mapping or ())
    mapping = replace(mapping, problems=(*mapping.problems, *check_settings(mapping)))
    if mapping.said("layout") == "lines":
        return mapping, line_rows(source, options, mapping, vocabulary)
    return mapping, declared_rows(source, options, mapping)


def _settings(source: Source, options: ReadOptions) -> Mapping[str, Any]:
    """What the person's mapping says, over what the profile says, with what was said on the command line over both."""
    said = dict(options.mapping or {})
    found = _find_layout(source, said)
    if found is None and "columns" not in said and "lines" not in said:
        raise SourceError(
            f"{source.name}: a ledger needs a mapping that declares its columns; write {source.name}.mapping.toml "
            "beside it, or say --mapping FILE"
        )
    data = found.settings(said) if found else said
    if options.calendar:
        data["calendars"] = [options.calendar]
    if options.date_order in ORDERS and "date_pattern" not in data:
        data["date_pattern"] = list(patterns_of_order(options.date_order))
        if not {"period", "year"} & set(data):
            data["date_pattern"] = [each for each in data["date_pattern"] if "%Y" in each or "%y" in each]
    return data


def _find_layout(source: Source, said: Mapping[str, Any]) -> Found | None:
    """The profile that a mapping names, or that the file's columns show where a mapping declares none."""
    profiles = {profile.name: profile for profile in load_profiles(_FOLDER)}
    name = said.get("profile")
    if name is None:
        declared = "columns" in said or "lines" in said
        return None if declared else find_profile(read_head(source), tuple(profiles.values()))
    if not isinstance(name, str) or name not in profiles:
        raise SourceError(f"{source.name}: there is no profile {name!r} of a ledger; there are: {', '.join(profiles)}")
    return find_profile(read_head(source), (profiles[name],)) or Found(profiles[name], 1, ",")
