"""Where the columns of an address list stand, when nobody declared them: known words only, or no header at all.

A file is taken for an address list only when that is beyond doubt: every column name is one of the words below, one
is the address and one the label, and an address of the first rows passes its checksum (a list of people has a name and
an address too). Without a header: two fields a line, an address that passes its checksum and a name.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trails.errors import IdentifierError
from trails.identifiers import parse_address
from trails.records import HEAD_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trails.connector import Head

_NAMES = {
    "address": "address", "wallet address": "address", "crypto address": "address", "blockchain address": "address",
    "label": "label", "tag": "label", "name": "label", "entity": "label", "name tag": "label", "nametag": "label",
    "category": "category", "type": "category", "entity type": "category", "actor": "actor",
    "confidence": "confidence", "source": "source", "source url": "source", "url": "source", "reference": "source",
    "rail": "rail", "chain": "rail", "blockchain": "rail", "network": "rail", "currency": "rail", "coin": "rail",
    "asset": "rail",
}  # fmt: skip
#: Columns that a block explorer's label list has beside them, and the number of the row that a program wrote first.
_UNREAD = frozenset(("", "balance", "txn count", "transaction count", "percentage", "rank"))
_NAME_TAGS = ("name tag", "nametag")
_DELIMITERS = (",", ";", "\t", "|")
_SHOWN_ROWS = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is which; ``header_row`` 0 where the file has no header."""

    header_row: int
    delimiter: str
    columns: Mapping[str, str] = field(default_factory=dict)


def find_layout(head: Head) -> Layout | None:
    """The layout of an address list, None where the file is none beyond doubt."""
    if head.sheet:
        return _headed(head.sheet, ",")
    text = _text(head)
    if "\x00" in text or text.lstrip()[:1] in ("{", "[", "<"):
        return None
    lines = text.splitlines()[:_SHOWN_ROWS]
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        found = _headed(rows, delimiter) or _headless(rows, delimiter)
        if found:
            return found
    return None


def _text(head: Head) -> str:
    """The beginning without the last line, which may be cut."""
    wide = head.data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.data[: len(head.data) & ~1].decode("utf-16", errors="replace") if wide else head.text
    return text.rpartition("\n")[0] if head.size > len(head.data) else text


def _headed(rows: Sequence[Sequence[str]], delimiter: str) -> Layout | None:
    for number, row in enumerate(rows[:HEAD_ROWS], start=1):
        columns = _name_columns(row)
        if columns:
            place = [cell.strip() for cell in row].index(columns["address"])
            below = [each for each in rows[number:] if len(each) == len(row)]
            return Layout(number, delimiter, columns) if any(_is_address(each[place]) for each in below) else None
    return None


def _name_columns(row: Sequence[str]) -> dict[str, str] | None:
    """Our words for a header's names; None where one is unknown, or two mean the same.

    Beside a column of name tags, as block explorers have it, a label is the group an address is listed in.
    """
    named = [(cell.strip(), " ".join(cell.replace("_", " ").casefold().split())) for cell in row]
    tagged = any(plain in _NAME_TAGS for _, plain in named)
    read = [(name, plain) for name, plain in named if not (tagged and plain in _UNREAD)]
    words = ["category" if tagged and plain == "label" else _NAMES.get(plain) for _, plain in read]
    if len(set(words)) < len(words) or not {"address", "label"} <= set(words):
        return None
    return None if None in words else {word: name for word, (name, _) in zip(words, read, strict=True) if word}


def _headless(rows: Sequence[Sequence[str]], delimiter: str) -> Layout | None:
    listed = [row for row in rows if row and not row[0].startswith("#")]
    good = sum(len(row) == 2 and _is_address(row[0]) and _is_name(row[1]) for row in listed)
    # one damaged line does not make another file of it
    return Layout(0, delimiter) if good >= 2 and len(listed) - good <= max(1, len(listed) // 10) else None


def _is_address(text: str) -> bool:
    try:
        parse_address(text.strip())
    except IdentifierError:
        return False
    return True


def _is_name(text: str) -> bool:
    """Whether a field can be a name: it has a letter, and is neither an address nor one long hexadecimal number."""
    plain = text.strip()
    hexadecimal = len(plain) >= 32 and not set(plain.lower().removeprefix("0x")) - set("0123456789abcdef")
    return any(letter.isalpha() for letter in plain) and not hexadecimal and not _is_address(plain)
