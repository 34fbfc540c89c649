"""A sheet to be filled in by whoever writes off a picture, and the mapping that says how it is written.

Each row of the sheet names the picture by its SHA-256 and its page, and has room for the place on it, for who read it and when,
for signs he is unsure of, and for the columns of a book. The mapping beside it declares the columns; what only its writer can
know (the decimal mark, the zone) stands in it as lines to be filled in, and adding the sheet asks for what is missing.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from trails.errors import UsageError
from trails.kept import read_companions
from trails.naming import read_names_in
from trails.parts import refuse_inside_case
from trails.pictures import PICTURES, Picture, look_at_path
from trails.plain_files import create_new
from trails.vault import open_vaulted
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.case import Case

#: The columns of a sheet, each with our word for it in a mapping.
COLUMNS = {
    "picture": "picture", "page": "page", "x": "x", "y": "y", "width": "width", "height": "height", "region": "region",
    "transcriber": "transcriber", "transcribed": "transcribed", "uncertain": "uncertain", "number": "number", "date": "date",
    "code": "code", "payer": "payer", "payee": "payee", "office": "office", "amount": "amount", "currency": "currency",
    "fee": "fee", "kind": "status", "note": "note",
}  # fmt: skip
#: What the column `kind` may say from the start; the book's own words are added under [status].
KINDS = ("deposit", "payout", "refund", "settlement", "settlement_in", "payment", "skip")
ENDINGS = (".csv", ".xlsx")
#: So many rows are laid out at most; a longer book is written off in several sheets.
MOST_ROWS = 100_000
_LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's own date has no zone; with this one the same sheet has the same bytes
_SHORTEST_HASH = 8
_WIDE = {"picture": 20, "region": 24, "payer": 24, "payee": 24, "note": 30}


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that is a source of the case: its number, its name as it may be shown, and what its bytes say."""

    source_id: int
    name: str
    sha256: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class CitingSheet:
    """A source whose rows name a picture, and what became of them."""

    source_id: int
    name: str
    rows_read: int
    rows_kept: int
    rows_refused: int


def find_picture(case: Case, called: str) -> KeptPicture:
    """The picture of a case by its name, its SHA-256 or the beginning of it.

    Raises UsageError where there is none or several, SourceError where its original was changed.
    """
    rows = case.con.execute(
        "SELECT min(source_id), arg_min(name, source_id), sha256 FROM sources WHERE connector = $pictures "
        "AND (name = $called OR ($long AND starts_with(sha256, lower($called)))) GROUP BY sha256 ORDER BY 1",
        {"pictures": PICTURES, "called": called, "long": len(called) >= _SHORTEST_HASH},
    ).fetchall()
    if not rows:
        raise UsageError(f"no picture of this case has this name or SHA-256; add it first: trails add {case.folder} PICTURE")
    if len(rows) > 1:
        said = f"{count_words(len(rows), 'picture')} of this case are called so; say the SHA-256 of one"
        raise UsageError(said, [sha256 for _, _, sha256 in rows])
    number, name, sha256 = rows[0]
    shown = read_names_in(case, [name]).clean_text(name)
    vaulted = open_vaulted(case.folder / "sources", sha256, shown)
    return KeptPicture(int(number), shown, sha256, look_at_path(vaulted.path, shown))


def list_sheets(case: Case, sha256: str) -> list[CitingSheet]:
    """The sources whose rows name a picture, in the order they were added."""
    rows = case.con.execute(
        "SELECT source_id, name, rows_read, rows_kept + rows_duplicate, rows_refused, options FROM sources "
        "WHERE contains(options, ?) ORDER BY source_id",
        [sha256],
    ).fetchall()
    named = [row for row in rows if any(each["sha256"] == sha256 for each in read_companions(row[5]))]
    clean = read_names_in(case, [name for _, name, *_ in named]).clean_text
    return [CitingSheet(int(row[0]), clean(row[1]), *map(int, row[2:5])) for row in named]


def write_sheet(path: Path, kept: KeptPicture, *, lines: int, transcriber: str = "") -> list[Path]:
    """Write a sheet for a picture, ``lines`` rows for each page, and its mapping beside it; gives both paths.

    Raises UsageError for another ending than .csv or .xlsx, a place inside a case, a file that is there already, and more rows
    than anybody fills in. The same picture and words give the same bytes.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"{path} ends in neither {' nor '.join(ENDINGS)}: a sheet is one of these")
    mapping = path.with_name(f"{path.name}.mapping.toml")
    refuse_inside_case(path.parent)
    for each in (path, mapping):
        if each.is_symlink() or each.exists():
            raise UsageError(f"{each} is there already and may be filled in; name another file with -o")
    pages = len(kept.picture.pages)
    if lines * pages > MOST_ROWS:
        raise UsageError(f"{lines} lines for each of {pages:,} pages are more than {MOST_ROWS:,}; say fewer with --lines")
    rows = _lay_out(kept, lines, transcriber)
    with create_new(path) as file:
        (_write_csv if ending == ".csv" else _write_workbook)(file, rows)
    with create_new(mapping) as file:
        file.write(_write_mapping(kept).encode())
    return [path, mapping]


def _lay_out(kept: KeptPicture, lines: int, transcriber: str) -> Iterator[list[str]]:
    """The header, then the empty lines of each page."""
    yield list(COLUMNS)
    known = {"picture": kept.sha256, "transcriber": transcriber}
    for page in range(1, len(kept.picture.pages) + 1):
        row = [{**known, "page": str(page)}.get(name, "") for name in COLUMNS]
        for _ in range(lines):
            yield row


def _write_csv(file: BinaryIO, rows: Iterator[list[str]]) -> None:
    # with a byte-order mark: without it a spreadsheet takes letters beyond ASCII for others, and writes them so
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        csv.writer(text, lineterminator="\r\n").writerows(rows)


def _write_workbook(file: BinaryIO, rows: Iterator[list[str]]) -> None:
    """As a workbook whose cells are all texts: a spreadsheet would take the leading zeros of a code, and make days of sums."""
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": _LONG_AGO})
        sheet: Any = book.add_worksheet("transcription")
        text = book.add_format({"num_format": "@"})
        for place, name in enumerate(COLUMNS):
            sheet.set_column(place, place, _WIDE.get(name, 12), text)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, place, cell, text)
        sheet.freeze_panes(1, 0)


def _write_mapping(kept: KeptPicture) -> str:
    width = max(map(len, COLUMNS.values()))
    columns = "\n".join(f'{word:{width}} = "{name}"' for name, word in COLUMNS.items())
    kinds = "\n".join(f'{kind} = "{kind}"' for kind in KINDS)
    return f"""\
# How a transcription of the picture {kept.sha256} is written ({kept.picture.describe()}).
# Take the # from the lines that you fill in. Write each cell as it stands on the picture: its own words, digits and signs.
kind = "ledger"
# scope = "amber"               # whose book it is: one word, the same in every sheet of one book
# timezone = "Europe/Istanbul"  # the zone of the office
# date_pattern = "%d.%m.%Y"     # without it dates are read as 2024-08-31
# decimal_mark = ","            # needed: 4.500 is two different amounts
# thousands_mark = "."
# currency = "EUR"              # where the column of the currency is taken out below

# A place on the picture is x, y, width and height in {kept.picture.unit} from its upper left corner, or `region` in words
# ("page 2, line 5"). `uncertain` names the columns with signs that can be read in two ways.
[columns]
{columns}

# What the column `kind` says; add the book's own words: emanet = "deposit"
[status]
{kinds}
"""
