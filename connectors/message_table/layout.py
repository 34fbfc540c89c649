"""How one table of messages is read: a known layout, a person's mapping, or both."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.messages import Rules, make_rules
from connectors.profiles import find_profile, load_profiles
from trails.errors import SourceError
from trails.identifiers import normalise_name
from trails.mapping import DeclaredColumns, Vocabulary, kind_of, load_mapping
from trails.records import is_workbook, list_sheets, read_head, sheet_head, visible_sheets

if TYPE_CHECKING:
    from trails.connector import Head, ReadOptions, Source

VOCABULARY = Vocabulary(
    words=("time", "date", "sender", "sender_name", "text", "direction", "status", "attachment", "service"),
    required=("time", "text"),
    needs={"deleted": (), "kept": ()},
    choices={"service": ("whatsapp", "telegram", "signal", "sms", "viber", "messenger", "instagram", "chat")},
    lists=("code_words",),
    kind="messages",
    unused=("decimal_mark", "thousands_mark", "currency", "currencies"),
    serves={"status": ("status",)},
)
_FOLDER = Path(__file__).parent
_MESSAGE_SHEETS = re.compile(r"chat|message|sms|mms", re.IGNORECASE)
_REPORT = re.compile(r"cellebrite|physical analyzer|\bufed\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """One table: its mapping, its rules for content, where it stands, and whether the layout itself says the zone."""

    mapping: DeclaredColumns
    rules: Rules
    sheet: str | None = None
    zone_is_stated: bool = False


def find_table(head: Head) -> str | None:
    """Why a file is a table of messages, or None."""
    if kind_of(head.mapping) == "messages" or (head.mapping or {}).get("profile") in _names():
        return "its mapping declares the columns of messages"
    if kind_of(head.mapping) is not None:
        return None
    found = find_profile(head, load_profiles(_FOLDER))
    if found:
        return f"the header is that of {found.profile.title}"
    return "a Cellebrite report with several sheets" if _is_report(head) else None


def _names() -> set[str]:
    return {profile.name for profile in load_profiles(_FOLDER)}


def _is_report(head: Head) -> bool:
    return any(_REPORT.search(cell) for row in head.sheet for cell in row)


def load_layouts(source: Source, options: ReadOptions) -> list[Layout]:
    """The tables of a source, with a remark where another zone is said than their program writes.

    Raises SourceError where no layout fits and no mapping says one.
    """
    layouts = _load_layouts(source, options)
    usual = next((each.mapping.said("timezone") for each in layouts if each.zone_is_stated), None)
    if usual and options.timezone and options.timezone != usual:
        message = (
            f"--timezone {options.timezone} is taken, though the program that made this table writes {usual} unless it was told "
            "another zone: make sure that it was"
        )
        source.remark("warning", "zone_differs", message)
    return layouts


def _load_layouts(source: Source, options: ReadOptions) -> list[Layout]:
    said = dict(options.mapping or {})
    head = read_head(source)
    chosen = said.get("sheet")
    if isinstance(chosen, str) and is_workbook(source):
        return [_load(sheet_head(source, chosen), said, source, chosen)]
    if "columns" in said or find_profile(head, load_profiles(_FOLDER)) or not _is_report(head):
        return [_load(head, said, source, None)]
    layouts = []
    sheets = visible_sheets(source)
    unread = [sheet for sheet in list_sheets(source) if not sheet.visible]
    for sheet in sheets:
        if _MESSAGE_SHEETS.search(sheet.name):
            inner = sheet_head(source, sheet.name)
            if find_profile(inner, load_profiles(_FOLDER)):
                layouts.append(_load(inner, said, source, sheet.name))
            elif any(any(row) for row in inner.sheet):
                unread.append(sheet)
    if not layouts:
        raise SourceError(
            f"{source.name}: no sheet of this report has the columns of messages (From, Body, Timestamp: Time); its sheets "
            f"are {', '.join(sheet.name for sheet in sheets)[:300]}; name one with `sheet` in a mapping, and declare its columns"
        )
    if unread:
        places = ", ".join(str(sheet.position + 1) for sheet in unread)[:300]
        message = f"not read: sheet {places} of the workbook, hidden or without the columns of messages; name one with `sheet`"
        source.remark("warning", "sheet_not_read", message)
    return layouts


def _load(head: Head, said: dict[str, Any], source: Source, sheet: str | None) -> Layout:
    profiles = load_profiles(_FOLDER)
    wanted = said.get("profile")
    if "optional" in said:
        raise SourceError(f"{source.name}: the mapping has the unknown setting `optional`; say each column under [columns]")
    said = {key: value for key, value in said.items() if key != "profile"}
    if wanted is not None and wanted not in _names():
        raise SourceError(f"{source.name}: there is no profile {wanted!r} of messages; there are: {', '.join(sorted(_names()))}")
    if wanted is not None:
        profiles = tuple(profile for profile in profiles if profile.name == wanted)
    found = None if "columns" in said and wanted is None else find_profile(head, profiles)
    if found is None and "columns" not in said:
        raise SourceError(
            f'{source.name}: no known header of a table of messages; write a mapping: kind = "messages", with [columns] '
            f"{', '.join(VOCABULARY.required)} and what else there is of {', '.join(VOCABULARY.words)}"
        )
    settings: dict[str, Any] = dict(found.settings(said)) if found else dict(said)
    optional = settings.pop("optional", {})
    if found:
        header = _header(head, found.header_row, found.delimiter)
        named = settings["columns"]
        settings["columns"] = {word: header.get(normalise_name(str(name)), name) for word, name in named.items()}
        for word, names in optional.items():
            column = next((header[normalise_name(name)] for name in names if normalise_name(name) in header), None)
            if column is not None:
                settings["columns"].setdefault(word, column)
    if sheet is not None:
        settings["sheet"] = sheet
    mapping = load_mapping(settings, VOCABULARY, said)
    declared = {"code_words": list(mapping.lists.get("code_words", ())), "region": mapping.said("region")}
    stated = bool(found and "timezone" in found.profile.mapping and "timezone" not in said)
    return Layout(mapping, make_rules(declared, source.name), sheet, stated)


def _header(head: Head, row: int, delimiter: str) -> dict[str, str]:
    """The columns of a header row by their compared names."""
    if head.sheet:
        cells = list(head.sheet[row - 1])
    else:
        utf16 = head.data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        text = head.data[: len(head.data) & ~1].decode("utf-16", errors="replace") if utf16 else head.text
        cells = next(islice(csv.reader(text.splitlines(), delimiter=delimiter), row - 1, None), [])
    return {normalise_name(cell): cell.strip() for cell in cells}
