"""Running balances: each must follow from the one before it, or a row between them is missing or was altered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.hawala_ledger.vocabulary import INCOMING
from trails.calendars.words import fold_text
from trails.columns import CellProblem
from trails.model import Issue
from trails.money import Unit, format_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hawala_ledger.book import Book, Entry
    from trails.columns import DeclaredRow
    from trails.money import Asset

#: Whose balance it is, in which currency.
_Key = tuple[str, str]
_MOST_LISTED = 10


@dataclass(slots=True)
class Balances:
    """The balances of a book as they should stand after the rows read so far; None where that is not known."""

    rises: bool
    per: str
    zero: bool
    standing: dict[_Key, int | None] = field(default_factory=dict)
    rows: dict[_Key, int] = field(default_factory=dict)
    unchecked: list[int] = field(default_factory=list)
    in_use: bool = False
    broken_off: bool = False

    @classmethod
    def of(cls, book: Book) -> Balances:
        """By what the mapping declares: on which side the balance rises, whose it is, what it starts from."""
        said = book.mapping.said
        rises = said("balance_rises_with") == "credit"
        return cls(rises, said("balance_per") or "book", said("balance_starts") == "zero")

    def interrupt(self, row: int) -> None:
        """The sum of a row is not known: every balance starts anew."""
        if self.in_use:
            self.unchecked.append(row)
        self.standing = dict.fromkeys(self.standing)
        self.broken_off = True

    def start(self, book: Book, row: DeclaredRow) -> None:
        """Take a balance as it stands, from a row that only brings it forward."""
        for asset, stated in _read_balance(book, row, book.default_unit(row)):
            self._take(self._key(row, asset), stated, row.row)

    def check(self, entry: Entry) -> Iterator[Issue]:
        """Whether the balance of a row follows from the one before it and the row's own sums."""
        row = entry.row
        if any(amount is None for _, amount in entry.amounts):
            self.interrupt(row.row)
        moved: dict[_Key, int] = {}
        for asset, amount in entry.amounts:
            key = self._key(row, asset)
            moved[key] = moved.get(key, 0) + (amount or 0) * self._sign(entry)
        for key, change in moved.items():
            before = self.standing.get(key, 0 if self.zero and not self.broken_off else None)
            self.standing[key] = None if before is None else before + change
        # a bare balance counts what the row counts
        unit = entry.book.default_unit(row)
        try:
            stated = _read_balance(entry.book, row, unit, entry.amounts[0][0] if entry.amounts else None)
        except CellProblem as problem:
            yield Issue(row.row, "warning", "balance_damaged", f"{row.shown('balance')} is left out: {problem}")
            return
        for asset, found in stated:
            key = self._key(row, asset)
            expected = self.standing.get(key)
            if expected is not None and expected != found:
                yield _break(entry, asset, expected, found, self.rows.get(key))
            self._take(key, found, row.row)

    def finish(self) -> Iterator[Issue]:
        """Which rows could not be checked."""
        if self.unchecked and self.in_use:
            listed = ", ".join(map(str, self.unchecked[:_MOST_LISTED]))
            more = f" and {len(self.unchecked) - _MOST_LISTED} more" if len(self.unchecked) > _MOST_LISTED else ""
            said = f"rows {listed}{more} have no sum that could be read: the balances after them start anew, unchecked"
            yield Issue(None, "note", "balance_unchecked", said)

    def _take(self, key: _Key, stated: int, row: int) -> None:
        self.in_use = True
        self.standing[key] = stated
        self.rows[key] = row

    def _key(self, row: DeclaredRow, asset: Asset) -> _Key:
        return ("" if self.per == "book" else fold_text(row.text(self.per))), asset.asset

    def _sign(self, entry: Entry) -> int:
        """Which way a row moves the balance; a correction's own sign says it where no side does."""
        origin = entry.origin or entry.meaning
        if entry.meaning == "completed":
            return 0
        if origin == "correction":
            return 1
        return 1 if (origin in INCOMING) == self.rises else -1


def _read_balance(book: Book, row: DeclaredRow, unit: Unit | None, of: Asset | None = None) -> list[tuple[Asset, int]]:
    """The stated balance in base units; a word for the other side behind it makes it negative."""
    raw = row.text("balance")
    if not raw:
        return []
    cell, sign = row.cells["balance"], 1
    words = raw.split()
    side = book.words.status.get(fold_text(words[-1]).rstrip("."))
    if len(words) > 1 and side in ("credit", "debit"):
        cell, sign = " ".join(words[:-1]), 1 if side == book.mapping.said("balance_rises_with") else -1
    counted = unit or (Unit(of) if of else None)
    return [(each.asset, sign * each.amount) for each in book.sums_in(cell, row.shown("balance"), counted)]


def _break(entry: Entry, asset: Asset, expected: int, found: int, since: int | None) -> Issue:
    wanted, said = (f"{format_units(value, asset.decimals)} {asset.asset}" for value in (expected, found))
    basis = f"the balance of row {since} and the sums since" if since else "the sums up to here"
    message = f"{entry.row.shown('balance')}: {basis} give {wanted}, the book says {said}: a missing or altered row"
    return Issue(entry.row.row, "warning", "balance_break", message)
