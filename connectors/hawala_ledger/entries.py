"""One ledger row as facts: who handed over, who was paid, what the office kept, and what the row states of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.hawala_ledger.book import Book, Entry, line_kind
from connectors.hawala_ledger.movements import read_movements
from connectors.hawala_ledger.stated import read_identifiers, read_rate
from connectors.transcription import is_unfilled, note_uncertain
from trails.calendars.words import fold_text
from trails.columns import CellProblem, DeclaredRow, is_zero
from trails.model import Issue, Record, Skip
from trails.timestamps import UNKNOWN_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hawala_ledger.checks import Checks
    from connectors.hawala_ledger.sums import Sum
    from trails.calendars import WrittenDate
    from trails.connector import RawRecord
    from trails.money import Asset, Unit


def read_entry(book: Book, checks: Checks, record: RawRecord) -> list[Record]:
    """All records of one row, or the one issue that refuses it."""
    if record.value is None:
        checks.interrupt(record.row)
        why = "no pattern under [[lines]] fits this line; declare its kind, or a kind `skip` for what is no entry"
        return [Issue(record.row, "error", "line_unknown", why)]
    if reason := _why_empty(record):
        return [Skip(record.row, reason)]
    try:
        row = _open_row(book, checks, record)
        told = _read_place(book, row, record)
        if told and isinstance(told[0], Skip):
            return told
        meaning, left = _read_meaning(book, row)
        if reason := _why_skipped(row, meaning):
            if meaning == "account":
                checks.open_balance(book, row)
            return [Skip(record.row, reason)]
        return [*told, *_read_facts(book, checks, row, meaning, left)]
    except CellProblem as problem:
        checks.interrupt(record.row)
        return [Issue(record.row, "error", problem.code, str(problem))]


def _read_place(book: Book, row: DeclaredRow, record: RawRecord) -> list[Record]:
    """What is to be said of where a row of a transcription was read; a skip alone where it gives no facts of its own."""
    if book.transcription is None:
        return []
    if is_unfilled(record, book.mapping):
        return [Skip(record.row, "a line of the sheet that nobody filled in")]
    place = book.transcription.place_of(row)
    if row.row in book.transcription.again:
        said = f"row {book.transcription.again[row.row]} says the same of the same line of the picture"
        return [Skip(record.row, said)]
    return list(note_uncertain(place, row))


def _why_skipped(row: DeclaredRow, meaning: str) -> str:
    if meaning == "skip":
        return _skip_reason(row)
    if meaning == "account" and not _has_side(row):
        return "the row states no sum on either side: a balance brought forward"
    return ""
def _open_row(book: Book, checks: Checks, record: RawRecord) -> DeclaredRow:
    """A row by our words, its number remembered even where the row is refused: it is not missing from the book."""
    try:
        row = book.row_of(record)
    except CellProblem:
        said = {word: book.mapping.columns.get(word) for word in ("number", "office")}
        checks.see_number(DeclaredRow(record.row, {word: record.value.get(name) for word, name in said.items()}, book.mapping))
        raise
    checks.see_number(row)
    return row


def _why_empty(record: RawRecord) -> str:
    drawn, zeros = False, False
    for name, cell in record.value.items():
        if name is None or cell is None or cell == "":
            continue
        text = str(cell).strip()
        if text.strip("-:=_ "):
            if not is_zero(text):
                return ""
            zeros = True
        drawn = drawn or text != ""
    if not drawn or zeros:
        return "empty row" if not zeros else "a row of nothing but zeros"
    lines = any("--" in str(cell) for name, cell in record.value.items() if name is not None)
    return "a line drawn under the header" if lines else ""


def _skip_reason(row: DeclaredRow) -> str:
    if line_kind(row):
        return "the mapping says to skip lines of this kind"
    return f"the mapping says to skip rows with status {row.text('status')!r}"


def _has_side(row: DeclaredRow) -> bool:
    return any(row.text(word) for word in ("credit", "debit", "amount"))


def _read_meaning(book: Book, row: DeclaredRow) -> tuple[str, str]:
    """What a row is by its status, and what its status cell holds besides the word (``فك ١٥٠٠``)."""
    if kind := line_kind(row):
        return kind, ""
    if "status" not in row.mapping.columns:
        return "account", ""
    status = book.words.status
    folded = fold_text(row.text("status"))
    if folded in status:
        return status[folded], ""
    # a released part may be written behind the word
    fitting = [word for word in status if word and folded.startswith(f"{word} ") and any(map(str.isdigit, folded))]
    if fitting:
        word = max(fitting, key=len)
        return status[word], _behind(row.text("status"), word)
    known = ", ".join(row.mapping.status) or "none"
    raise CellProblem("status_unknown", f"{row.shown('status')} is not under [status]; there are: {known}")


def _behind(raw: str, word: str) -> str:
    """The rest of a cell behind its first word or words."""
    parts = raw.split()
    return " ".join(parts[len(word.split()) :])


@dataclass(frozen=True, slots=True)
class _Stated:
    """The sums of a row; ``meaning`` is a correction where ``origin``, what its status says, has a negative sum."""

    meaning: str
    origin: str
    sums: tuple[Sum, ...]
    default: Unit | None


def _read_facts(book: Book, checks: Checks, row: DeclaredRow, meaning: str, left: str) -> Iterator[Record]:
    stated = _read_sums(book, row, meaning, left)
    written = row.dated("date", book.zone_name)
    amounts: tuple[tuple[Asset, int | None], ...] = tuple((each.asset, each.amount) for each in stated.sums)
    if not stated.sums and stated.meaning != "correction":
        if stated.default is None:
            raise CellProblem("currency_missing", "no currency is stated; say it with --currency, or fill the column")
        amounts = ((stated.default.asset, None),)
    entry = Entry(
        book, row, stated.meaning, amounts, stated.sums, written.instant if written else UNKNOWN_TIME, stated.origin
    )
    facts = list(read_movements(entry))
    yield from facts
    yield from read_identifiers(entry)
    yield from read_rate(entry)
    yield from _read_doubts(entry, written)
    yield from checks.see(entry, facts, written)


def _read_sums(book: Book, row: DeclaredRow, meaning: str, left: str) -> _Stated:
    default = book.default_unit(row)
    if meaning == "account":
        meaning, sums = _read_side(book, row, default)
    elif left:
        sums = book.sums_in(left, row.shown("status"), default)
    else:
        sums = book.sums(row, "amount", default)
    if meaning != "correction" and any(each.amount < 0 for each in sums):
        if row.mapping.said("negative") == "correction":
            return _Stated("correction", meaning, sums, default)
        word = next((word for word in ("amount", "credit", "debit") if row.text(word)), "status")
        raise CellProblem(
            "negative_amount",
            f"{row.shown(word)} is negative: a correction is no payment; give it a status of its own, or say "
            'negative = "correction" in the mapping',
        )
    return _Stated(meaning, meaning, sums, default)


def _read_side(book: Book, row: DeclaredRow, default: Unit | None) -> tuple[str, tuple[Sum, ...]]:
    """The side of an account that a row stands on: by its columns for credit and debit, or by its word for the side."""
    sides = {side: book.sums(row, side, default) for side in ("credit", "debit")}
    filled = [side for side, sums in sides.items() if any(each.amount for each in sums)]
    if len(filled) == 2:
        raise CellProblem("two_sides", f"{row.shown('credit')} and {row.shown('debit')}: both sides are filled")
    if filled:
        return filled[0], sides[filled[0]]
    side = book.words.status.get(fold_text(row.text("side")))
    if side not in ("credit", "debit"):
        raise CellProblem("side_unknown", f"{row.shown('side')} is no word for credit or debit; declare it in [status]")
    return side, book.sums(row, "amount", default)


def _read_doubts(entry: Entry, written: WrittenDate | None) -> Iterator[Issue]:
    row = entry.row
    for word in row.find_long_numbers():
        yield Issue(row.row, "warning", "long_number_damaged", f"{row.shown(word)}: a spreadsheet keeps 15 digits only")
    if written is None:
        yield Issue(row.row, "warning", "time_missing", "the row states no date: its time stays unknown")
    elif written.weekday_differs:
        yield Issue(row.row, "warning", "weekday_differs", f"{row.shown('date')}: {written.weekday_differs}")
    if any(amount is None for _, amount in entry.amounts):
        yield Issue(row.row, "warning", "amount_missing", "the row states no amount: it stays unknown")
    for each in entry.sums:
        if each.differs:
            said = f"{each.differs}; the sum as written is kept"
            yield Issue(row.row, "warning", "sum_mismatch", said)
