"""Rows that somebody wrote off a picture: which picture, the place on it, who read it, and whether two readers agree.

A mapping declares the columns beside those of the book itself::

    [columns]
    picture = "picture"         # the SHA-256 of the picture, which is a source of the case (`trails add`) or given with --with
    page = "page"               # of a PDF; and the place: x, y, width and height, or region, in words
    region = "region"
    transcriber = "transcriber"

for a row like ``9f2c...,2,"page 2, line 5",Examiner A,...``. A row whose picture, place or reader is not known is refused: what
it says cannot be held against the picture.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trails.columns import CellProblem, DeclaredRow, read_instant
from trails.errors import SourceError
from trails.model import Issue
from trails.money import ascii_digits
from trails.pictures import Picture, PicturePlace, is_picture, look_at_path
from trails.words import count_words, quote_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from trails.connector import RawRecord, Source
    from trails.mapping import DeclaredColumns

BOX = ("x", "y", "width", "height")
WORDS = ("picture", "page", *BOX, "region", "transcriber", "transcribed", "uncertain")
#: Not compared between two readers of one line: each may remark what he likes.
_OWN = (*WORDS, "note")
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_NUMBER = re.compile(r"\d{1,7}(\.\d{1,3})?\Z", re.ASCII)
_MOST_LISTED = 5
#: A sheet that people fill in has no more rows.
MOST_ROWS = 200_000
#: Bytes to which a cell is summed up for comparing.
_DIGEST = 8


def is_transcription(mapping: DeclaredColumns) -> bool:
    """Whether a mapping says that its rows were written off a picture."""
    return "picture" in mapping.columns


def check_columns(columns: Iterable[str]) -> list[str]:
    """What is wrong with the columns of a mapping as those of a transcription."""
    said = set(columns) & set(WORDS)
    if not said:
        return []
    if "picture" not in said:
        listed = ", ".join(sorted(said))
        return [f"[columns] has {listed}, but does not say which column `picture` is: nobody knows of what they speak"]
    problems = []
    if "transcriber" not in said:
        problems.append("[columns] has `picture`, but does not say which column `transcriber` is")
    if said & set(BOX) and not set(BOX) <= said:
        problems.append(f"[columns] has a part of {', '.join(BOX)}: a place needs all four, or `region` in words")
    if not said & {"region", *BOX}:
        problems.append("[columns] has `picture`, but does not say where on it: `region` (in words), or x, y, width and height")
    return problems


def cited_pictures(rows: Iterable[RawRecord], mapping: DeclaredColumns) -> Iterator[str]:
    """The SHA-256 of every picture that rows name, each once."""
    told = set[str]()
    for record in rows:
        text = str(record.value.get(mapping.columns["picture"]) or "").strip().lower()
        if _HASH.match(text) and text not in told:
            told.add(text)
            yield text


def find_place(row: DeclaredRow) -> PicturePlace:
    """What a row states of its picture, the place on it and its reader; raises CellProblem."""
    picture = row.text("picture").lower()
    if not picture:
        raise CellProblem("picture_missing", f"{row.where('picture')} is empty: which picture the row was read from is not said")
    if not _HASH.match(picture):
        raise CellProblem("picture_damaged", f"{row.where('picture')}: {quote_id(picture)} is no SHA-256 of 64 hexadecimal signs")
    if not row.text("transcriber"):
        raise CellProblem("transcriber_missing", f"{row.where('transcriber')} is empty: nobody says that he read this row")
    words, box = row.text("region"), _read_box(row)
    if not words and box is None:
        raise CellProblem("region_missing", "the row does not say where on the picture it stands")
    place = PicturePlace(
        picture, _read_page(row, words), box, words, row.text("transcriber"), row.text("transcribed"), row.text("uncertain")
    )
    if place.transcribed:
        try:
            read_instant(place.transcribed, zone_name="UTC")
        except CellProblem:
            shown = f"{row.shown('transcribed')} is no time like 2024-09-30 or 2024-09-30 14:05"
            raise CellProblem("transcribed_damaged", shown) from None
    return place


def _read_box(row: DeclaredRow) -> tuple[float, float, float, float] | None:
    texts = [ascii_digits(row.text(word)) for word in BOX]
    if not any(texts):
        return None
    for word, text in zip(BOX, texts, strict=True):
        if not _NUMBER.match(text):
            said = "is no number: x, y, width and height are needed together"
            raise CellProblem("region_damaged", f"{row.shown(word)} {said}")
    x, y, width, height = map(float, texts)
    if not width or not height:
        raise CellProblem("region_damaged", "the place on the picture has no width or no height")
    return x, y, width, height


def _read_page(row: DeclaredRow, words: str) -> int:
    """The page by its own column, else by the words of the place; 0 where neither says it."""
    text = ascii_digits(row.text("page"))
    named = re.search(r"\bpage\s*(\d{1,6})\b", ascii_digits(words), re.IGNORECASE | re.ASCII)
    if text and not (text.isascii() and text.isdigit() and len(text) < 7 and int(text)):
        raise CellProblem("region_damaged", f"{row.shown('page')} is no number of a page, which count from 1")
    if text and named and int(text) != int(named[1]):
        raise CellProblem("region_damaged", f"{row.shown('page')}, and the words of the place say page {named[1]}")
    return int(text or (named[1] if named else 0))


@dataclass(frozen=True, slots=True)
class Told:
    """What one row of a sheet says of a line: which sheet (None: this one) and row, our words for its cells, and their sums."""

    sheet: int | None
    row: int
    words: tuple[str, ...]
    said: bytes

    def cells(self) -> dict[str, bytes]:
        """Each cell summed up, by our word."""
        return {word: self.said[place * _DIGEST : (place + 1) * _DIGEST] for place, word in enumerate(self.words)}

    def __str__(self) -> str:
        """The row for a message."""
        return f"row {self.row}" + (f" of source {self.sheet}" if self.sheet else "")


@dataclass(frozen=True, slots=True)
class Transcription:
    """What is known of a sheet before its rows are read: its pictures, and the lines of them that are told more than once.

    ``against`` gives for a row the others of its line that say otherwise, and in which columns; ``again`` the row of this sheet
    that said the same of that line before.
    """

    pictures: Mapping[str, Picture]
    against: Mapping[int, tuple[tuple[Told, ...], tuple[str, ...]]]
    again: Mapping[int, int]

    @classmethod
    def of(cls, source: Source, sheets: Sequence[Sheet]) -> Transcription:
        """Look at the pictures and, once, at all rows of this sheet and of those before it; ``sheets`` begins with this one.

        Raises SourceError for a companion that is no picture.
        """
        pictures = {}
        for each in source.companions:
            if not is_picture(each.path):
                raise SourceError(f"{each.name}: given with --with, and no picture by its own bytes: JPEG, PNG and PDF are")
            pictures[each.sha256] = look_at_path(each.path, each.name)
        lines: dict[bytes, list[Told]] = {}
        for sheet in sheets:
            _read_lines(sheet, pictures, lines)
        against: dict[int, tuple[tuple[Told, ...], tuple[str, ...]]] = {}
        again: dict[int, int] = {}
        for same in lines.values():
            _compare_line(same, against, again)
        return cls(pictures, against, again)

    def place_of(self, row: DeclaredRow) -> PicturePlace:
        """Where a row was read; raises CellProblem where the picture does not have that place, or its line is told differently."""
        place = _place_on(find_place(row), self.pictures)
        if row.row in self.against:
            rows, words = self.against[row.row]
            others = ", ".join(map(str, rows[:_MOST_LISTED])) + (" ..." if len(rows) > _MOST_LISTED else "")
            where = ", ".join(row.where(word) for word in words)
            said = f"{others} of the same line of the picture and this one differ in {where}"
            raise CellProblem("transcriptions_differ", f"{said}: this one is not kept; look at the picture, and keep the right one")
        return place


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet under its own mapping; ``number`` and ``refused`` are those of a source of the case."""

    rows: Iterable[RawRecord]
    mapping: DeclaredColumns
    number: int | None = None
    refused: frozenset[int] = frozenset()


def _place_on(place: PicturePlace, pictures: Mapping[str, Picture]) -> PicturePlace:
    """A place with its page, held against the picture; raises CellProblem where the picture is unknown or has no such place."""
    picture = pictures.get(place.sha256)
    if picture is None:
        said = f"the picture {place.sha256[:12]}... is not in this case"
        raise CellProblem("picture_unknown", f"{said}: add it first, or give it with --with, and add the sheet again")
    count = len(picture.pages)
    if not place.page and count > 1:
        raise CellProblem("region_missing", f"the picture has {count_words(count, 'page')}, and the row does not say which")
    page = place.page or 1
    if page > count:
        raise CellProblem("region_outside", f"page {page} of a picture that has {count_words(count, 'page')}")
    if place.box:
        x, y, width, height = place.box
        across, down = picture.pages[page - 1]
        if x + width > across or y + height > down:
            reach = f"the place reaches to {x + width:,g} x {y + height:,g}"
            raise CellProblem("region_outside", f"{reach}, the page is {across:,g} x {down:,g} {picture.unit}")
    return replace(place, page=page)


def _read_lines(sheet: Sheet, pictures: Mapping[str, Picture], lines: dict[bytes, list[Told]]) -> None:
    """Sum up what the rows of a sheet say, by the line of the picture."""
    told = tuple(word for word in sheet.mapping.columns if word not in _OWN)
    for count, record in enumerate(sheet.rows):
        if count == MOST_ROWS:
            raise SourceError(f"a transcription of more than {MOST_ROWS:,} rows: nobody wrote that off by hand; split it")
        if record.row in sheet.refused or is_unfilled(record, sheet.mapping):
            continue
        try:
            row = DeclaredRow.of(record, sheet.mapping)
            line = _place_on(find_place(row), pictures).line
        except CellProblem:
            continue  # the row is refused for that when it is read
        if line is not None:
            said = b"".join(_sum_up(" ".join(row.text(word).casefold().split())) for word in told)
            lines.setdefault(_sum_up(line), []).append(Told(sheet.number, row.row, told, said))


def _compare_line(
    same: list[Told], against: dict[int, tuple[tuple[Told, ...], tuple[str, ...]]], again: dict[int, int]
) -> None:
    """Note of one line which rows of this sheet are told otherwise elsewhere, and which only repeat another."""
    own = [each for each in same if each.sheet is None]
    for place, each in enumerate(own):
        found = [(other, words) for other in same if other is not each and (words := _differing(each, other))]
        if found:
            columns = dict.fromkeys(word for _, differing in found for word in differing)
            against[each.row] = (tuple(other for other, _ in found), tuple(columns))
        elif place:
            again[each.row] = own[0].row


def _differing(one: Told, other: Told) -> list[str]:
    """The words of which two rows say different things; one that only one sheet has a column for says nothing."""
    if one.said == other.said and one.words == other.words:
        return []
    there = other.cells()
    return [word for word, said in one.cells().items() if there.get(word, said) != said]


def _sum_up(text: str) -> bytes:
    """A cell in few bytes: a sheet's cells are not kept to be compared."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def is_unfilled(record: RawRecord, mapping: DeclaredColumns) -> bool:
    """Whether nobody wrote anything into a row: a sheet comes with its picture, page and perhaps its reader filled in."""
    filled_in = {mapping.columns.get(word) for word in ("picture", "page", "transcriber", "transcribed")}
    return not any(name not in filled_in and cell is not None and str(cell).strip() for name, cell in record.value.items())


def note_uncertain(place: PicturePlace, row: DeclaredRow) -> Iterator[Issue]:
    """What its reader was unsure of: the columns that he names; his own words are not repeated."""
    if not place.uncertain:
        return
    named = _names_in(place.uncertain, row.mapping.columns)
    where = f" in {', '.join(named)}" if named else ""
    yield Issue(row.row, "warning", "reading_uncertain", f"who read this row off the picture is unsure of signs{where}")


def _names_in(remark: str, columns: Mapping[str, str]) -> Sequence[str]:
    """The columns that a remark names, by the book's name or by our word."""
    found = []
    for word, name in columns.items():
        either = "|".join(re.escape(each) for each in (word, name))
        if word not in WORDS and re.search(rf"(?<!\w)({either})(?!\w)", remark, re.IGNORECASE):
            found.append(repr(name))
    return found
