"""Pictures as sources: a photographed or scanned page, known by its own bytes, and the place on it that a row was read from.

No text is ever recognised in a picture. What it shows comes into a case by a sheet that somebody filled in, whose rows name the
picture by its SHA-256, the place on it and who read it; :class:`PicturePlace` is that.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from trails.errors import SourceError, TrailsError
from trails.plain_files import open_regular
from trails.words import count_words

#: The connector of pictures: a source that it read is one that rows of another may name.
PICTURES = "scan"
#: No book has more pages in one file.
MOST_PAGES = 5_000
_BEGINNINGS = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"%PDF-", "PDF"))
_LONGEST_BEGINNING = 8
#: Words by which a place on a page is told; others may name somebody, and are shown with a reason only.
_PLACES = frozenset({
    "page", "line", "row", "column", "entry", "from", "to", "and", "the", "of", "in", "at", "top", "bottom", "left", "right",
    "middle", "upper", "lower", "half", "side", "margin", "box", "first", "last",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's own bytes say: its format, and the width and height of each page as it is shown."""

    kind: str
    pages: tuple[tuple[float, float], ...]

    @property
    def unit(self) -> str:
        """What places on it are counted in, from the upper left corner."""
        return "points" if self.kind == "PDF" else "pixels"

    def describe(self) -> str:
        """The picture in words.

        >>> Picture("PNG", ((2480.0, 3508.0),)).describe()
        'a PNG picture of 2,480 x 3,508 pixels'
        """
        width, height = self.pages[0]
        size = f"{width:,.0f} x {height:,.0f} {self.unit}"
        if self.kind == "PDF":
            return f"a PDF of {count_words(len(self.pages), 'page')}, the first of {size}"
        return f"a {self.kind} picture of {size}"


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """Where on which picture a row was read, by whom and when, as the row states it; ``page`` is 0 where it states none."""

    sha256: str
    page: int
    box: tuple[float, float, float, float] | None
    words: str
    transcriber: str
    transcribed: str
    uncertain: str

    @property
    def line(self) -> str | None:
        """What tells this line of the picture from every other; None where the place is no single line.

        >>> PicturePlace("ab", 2, None, "Page 2, line 5", "E", "", "").line
        'ab|2|line 5'
        """
        if self.box:
            return f"{self.sha256}|{self.page}|" + ",".join(f"{each:g}" for each in self.box)
        words = " ".join(re.findall(r"\w+", re.sub(r"\bpage\s*\d+", "", self.words.casefold())))
        return f"{self.sha256}|{self.page}|{words}" if any(map(str.isdigit, words)) else None

    def describe(self, *, real_names: bool) -> str:
        """The place in words; free words of a sheet may name somebody, and are given with ``real_names`` only."""
        said = [f"page {self.page}"] if self.page else []
        if self.box:
            names = ("x", "y", "width", "height")
            said.append(", ".join(f"{name} {value:g}" for name, value in zip(names, self.box, strict=True)))
        if self.words:
            plain = set(re.findall(r"[^\W\d_]+", self.words.casefold())) <= _PLACES
            said.append(f"{self.words!r}" if plain or real_names else f"in words ({count_words(len(self.words), 'sign')})")
        return ", ".join(said)


def picture_kind(beginning: bytes) -> str | None:
    """Which picture begins like this, None for what is none that can be a source.

    >>> picture_kind(b"%PDF-1.7 ..."), picture_kind(b"GIF89a")
    ('PDF', None)
    """
    return next((kind for mark, kind in _BEGINNINGS if beginning.startswith(mark)), None)


def is_picture(path: Path) -> bool:
    """Whether a file begins as a picture does; what cannot be opened is none (adding it says why)."""
    try:
        with open_regular(path) as file:
            return picture_kind(file.read(_LONGEST_BEGINNING) or b"") is not None
    except (TrailsError, OSError):
        return False


def look_at(file: BinaryIO, name: str) -> Picture:
    """What a picture's bytes say of it; raises SourceError for one that is damaged, locked, or no picture."""
    kind = picture_kind(file.read(_LONGEST_BEGINNING))
    file.seek(0)
    if kind is None:
        raise SourceError(f"{name}: this is no picture by its own bytes: JPEG, PNG and PDF are")
    pages = _pdf_pages(file, name) if kind == "PDF" else _image_size(file, name, kind)
    if not pages or any(not 0 < side < 10**7 for page in pages for side in page):
        raise SourceError(f"{name}: it begins as a {kind} does and has no page of any size: damaged; nothing was added")
    return Picture(kind, pages)


def look_at_path(path: Path, name: str) -> Picture:
    """What the bytes of a file say of the picture in it; raises SourceError as :func:`look_at`."""
    with open_regular(path) as raw, io.BufferedReader(raw) as file:
        return look_at(file, name)


def _image_size(file: BinaryIO, name: str, kind: str) -> tuple[tuple[float, float], ...]:
    """Width and height as the picture is shown: a phone that was held upright says so beside the points."""
    import imagesize

    try:
        width, height = imagesize.get(file, exif_rotation=True)
    except (ValueError, struct.error, OSError, IndexError, OverflowError) as problem:
        raise SourceError(f"{name}: it begins as a {kind} does and cannot be read: {problem}; nothing was added") from None
    return ((float(width), float(height)),)


def _pdf_pages(file: BinaryIO, name: str) -> tuple[tuple[float, float], ...]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(file)
    except (pypdfium2.PdfiumError, ValueError, OSError) as problem:
        raise SourceError(f"{name}: it begins as a PDF does and cannot be opened: {problem}; nothing was added") from None
    try:
        if len(document) > MOST_PAGES:
            raise SourceError(f"{name}: a PDF of {len(document):,} pages, more than {MOST_PAGES:,}; split it")
        return tuple(document.get_page_size(number) for number in range(len(document)))
    except pypdfium2.PdfiumError as problem:
        raise SourceError(f"{name}: a page of the PDF cannot be read: {problem}; nothing was added") from None
    finally:
        document.close()
