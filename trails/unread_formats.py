"""What to ask for instead of a file that nobody can read row by row: a PDF, a picture, a phone's database."""

from __future__ import annotations

#: How files begin that no connector reads, and what to ask for in their place. The page on files says how.
_PICTURE = "a picture is not read: ask for the export; a whole JPEG or PNG can be kept for a transcription of its rows"
_PDF = (
    "a PDF is not read, since its rows cannot be told for certain: ask for the same rows as CSV or XLSX; a whole one can be kept "
    "for a transcription"
)
_OPEN_SHEET = "an OpenDocument sheet (ODS) is not read: save a copy as XLSX or CSV"
_LETTER = "a text document is not read: ask for the rows as CSV or XLSX"
_INSTEAD: tuple[tuple[bytes, int, str], ...] = (
    (b"%PDF", 0, _PDF),
    (b"\x89PNG", 0, _PICTURE),
    (b"\xff\xd8\xff", 0, _PICTURE),
    (b"GIF8", 0, _PICTURE),
    (b"II*\x00", 0, _PICTURE),
    (b"MM\x00*", 0, _PICTURE),
    (b"ftyphei", 4, _PICTURE),
    (b"WEBP", 8, _PICTURE),
    (b"<svg", 0, _PICTURE),
    (b"ftyp", 4, "a video or recording is not read: the chat's export names it, with its time and sender"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", 30, _OPEN_SHEET),
    (b"SQLite format 3", 0, "a phone's database is not read: ask for the table of messages that a forensic tool makes of it"),
    (b"\xd0\xcf\x11\xe0", 0, "a file of an old Office program is not read: save a copy as .xlsx or .csv"),
    (b"{\\rtf", 0, _LETTER),
    (b"Rar!", 0, "a packed file of this kind is not opened: unpack it and add what is in it"),
    (b"7z\xbc\xaf", 0, "a packed file of this kind is not opened: unpack it and add what is in it"),
    (b"\xfd7zXZ", 0, "a packed file of this kind is not opened: unpack it and add what is in it"),
    (b"From ", 0, "a mailbox is not read: add the files that were attached to the letters"),
    (b"Received:", 0, "a letter is not read: add the files that were attached to it"),
)
_PAGES = (b"<!doctype html", b"<html")
_PAGE = "a saved web page is not read: use the site's own export to CSV or JSON"
_LETTERS = (b"word/", b"Word")
_HOW_TO = "trails/docs/howto-files.md says what to ask for"


def list_advice() -> list[str]:
    """Everything that is said of such files, each once: the page on files says the same.

    >>> list_advice()[-1]
    "a saved web page is not read: use the site's own export to CSV or JSON"
    """
    return list(dict.fromkeys([*(advice for _, _, advice in _INSTEAD), _PAGE]))


def say_instead(data: bytes) -> str:
    """What to ask for instead of a file that begins like this; where nothing better is known, where to read on.

    >>> say_instead(b"%PDF-1.7").partition(":")[0]
    'a PDF is not read, since its rows cannot be told for certain'
    """
    for beginning, place, advice in _INSTEAD:
        if data[place : place + len(beginning)] == beginning:
            return f"{advice} ({_HOW_TO})"
    if data.lstrip()[:64].lower().startswith(_PAGES):
        return f"{_PAGE} ({_HOW_TO})"
    if data.startswith(b"PK") and any(mark in data for mark in _LETTERS):
        return f"{_LETTER} ({_HOW_TO})"
    return f"say which connector with --as, describe its columns in a mapping, or ask for another export ({_HOW_TO})"
