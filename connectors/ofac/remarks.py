"""OFAC addresses in the remarks of ``SDN.CSV``, which is cut, and of ``SDN_COMMENTS.CSV``, in which it goes on.

Raw, of both: a remark holds 1,000 characters at most, and its rest stands under the party's number::

    30518,"EXAMPLE OTC",-0- ,"CYBER2",-0- ,..,"Digital Currency Address - XBT 16Ph..; alt. Digital Currency Address - XBT 1Gq"
    30518,"ChmWqG..; alt. Digital Currency Address - XBT 18Ke..; Linked To: EXAMPLE."

Specification: OFAC, "SDN list data formats" (the field Remarks, and the file SDN_COMMENTS).
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from connectors.ofac.listing import FEATURE, Listing
from trails.errors import SourceError
from trails.model import Issue
from trails.records import read_lines
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trails.connector import Head, ReadOptions, Source

_REMARK = re.compile(FEATURE.pattern + r"\s+([^\s;]+)")
#: SDN.CSV has no header: number, name, type, program, title, five ship columns, owner, remarks.
_FIELDS = 12
_NONE = "-0-"
#: A remark of so many characters is cut there.
LONGEST_REMARK = 1_000
_SHOWN = 5


def is_sdn_csv(head: Head) -> bool:
    """Whether a file is ``SDN.CSV``: no header, twelve fields, and OFAC's mark for what is missing."""
    first = head.text.lstrip("\ufeff").partition("\n")[0]
    try:
        fields = next(csv.reader([first.replace("\x00", " ")]), [])
    except csv.Error:
        return False
    return len(fields) == _FIELDS and fields[0].strip().isdigit() and any(_NONE in each for each in fields)


def read_sdn_csv(source: Source, options: ReadOptions) -> Iterator[Listing]:
    """The addresses in the remarks of ``SDN.CSV``, with what a companion adds to them.

    Raises SourceError for a companion that is no ``SDN_COMMENTS.CSV``.
    """
    row, more = 0, _read_comments(source, options)
    for fields in _rows(source, options):
        if len(fields) != _FIELDS:
            continue
        number, remark = fields[0].strip(), fields[-1]
        rest = more.get(number, "") if len(remark) == LONGEST_REMARK else ""
        raw = ",".join(fields) + (f"\n{number},{rest}" if rest else "")
        whole = remark + rest
        for found in _REMARK.finditer(whole):
            row += 1
            cut = len(remark) == LONGEST_REMARK and not rest and found.end() == len(whole)
            yield _listing(row, raw, fields, found[1], found[2].rstrip("."), cut=cut)


def note_cut_remarks(source: Source, options: ReadOptions) -> Iterator[Issue]:
    """Warn of remarks that are cut and go on nowhere, and of a companion that does not fit the list."""
    more, cut, whole = _read_comments(source, options), [], set(_read_comments(source, options))
    for fields in _rows(source, options):
        if len(fields) == _FIELDS and len(fields[-1]) == LONGEST_REMARK:
            whole.discard(fields[0].strip())
            cut += [] if fields[0].strip() in more else [fields[0].strip()]
    if cut:
        shown = ", ".join(cut[:_SHOWN]) + (" ..." if len(cut) > _SHOWN else "")
        message = (
            f"{count_words(len(cut), 'remark has', 'remarks have')} exactly {LONGEST_REMARK:,} characters, where SDN.CSV is cut "
            f"(parties {shown}): addresses may be missing; give their rest, --with SDN_COMMENTS.CSV of the same day"
        )
        yield Issue(None, "warning", "possibly_truncated", message)
    if whole:
        message = (
            f"SDN_COMMENTS.CSV goes on with {count_words(len(whole), 'remark')} that SDN.CSV does not cut, and is not read for "
            "them; are both files of one day?"
        )
        yield Issue(None, "warning", "companion_differs", message)


def _read_comments(source: Source, options: ReadOptions) -> dict[str, str]:
    """How remarks go on, by the party's number; raises SourceError for a file that is no such list."""
    more: dict[str, str] = {}
    for companion in source.companions:
        for fields in _rows(companion, options):
            if len(fields) != 2 or not fields[0].strip().isdigit():
                raise SourceError(
                    f"{companion.name}: no SDN_COMMENTS.CSV: each of its rows is a number and a text; give OFAC's file of that name"
                )
            number = fields[0].strip()
            more[number] = more.get(number, "") + fields[1]
    return more


def _rows(source: Source, options: ReadOptions) -> Iterator[list[str]]:
    """The rows of one of OFAC's tables, which end with a mark of their own; raises SourceError for a damaged one."""
    reader = csv.reader((line.replace("\x1a", "") for line in read_lines(source, options, rows=True)), strict=False)
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as problem:
            raise SourceError(f"{source.name}: line {reader.line_num}: {problem}; nothing was added") from None
        if fields is None:
            return
        if fields:
            yield fields


def _listing(row: int, raw: str, fields: Sequence[str], asset: str, address: str, *, cut: bool) -> Listing:
    number, name, program = (("" if _NONE in fields[at] else fields[at].strip()) for at in (0, 1, 3))
    programs = tuple(word for word in re.split(r"[\[\]\s]+", program) if word)
    return Listing(row, raw, address, asset.upper(), name or None, number or None, programs, cut=cut)
