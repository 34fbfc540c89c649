"""What only a whole book can show: balances that break, missing numbers, codes and names that may be one.

Nothing here corrects anything. A code that looks like another is *possibly* the same, and so is a name that is spelled in
another script; both stay as they are, with an event that names the pair.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from connectors.hawala_ledger.balances import Balances
from trails.calendars.words import fold_text
from trails.identifiers import normalise_name
from trails.model import Event, Issue, Node, Transfer
from trails.money import ascii_digits
from trails.words import quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.hawala_ledger.book import Book, Entry
    from trails.calendars import WrittenDate
    from trails.columns import DeclaredRow
    from trails.timestamps import Instant

#: Characters that scanners and hurried hands take for one another; letters of other scripts that look like Latin ones.
_LOOK_ALIKE = str.maketrans(
    {"o": "0", "q": "0", "d": "0", "l": "1", "i": "1", "z": "2", "s": "5", "g": "6", "b": "8", "о": "0", "о".upper(): "0",
     "ο": "0", "σ": "0", "а": "a", "в": "8", "е": "e", "к": "k", "м": "m", "н": "h", "р": "p", "с": "c", "т": "t",
     "у": "y", "х": "x", "і": "1", "ѕ": "5", "ı": "1", "α": "a", "β": "8", "ι": "1", "κ": "k", "ν": "v", "ρ": "p",
     "τ": "t", "υ": "y", "χ": "x"}
)  # fmt: skip
_MOST_LISTED = 10
_LONGEST_NUMBER = 12


@dataclass(frozen=True, slots=True)
class _First:
    """Where a code or a name first stood in the book."""

    node: Node
    row: int
    time: Instant


@dataclass(slots=True)
class Checks:
    """What is remembered while the rows of a book are read, in order."""

    book: Book
    balances: Balances
    numbers: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    kinds: set[tuple[str, str]] = field(default_factory=set)
    corrected: list[tuple[int, str, str]] = field(default_factory=list)
    codes: dict[str, _First] = field(default_factory=dict)
    names: dict[str, _First] = field(default_factory=dict)
    payers: dict[str, dict[str, int]] = field(default_factory=dict)
    dates: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, book: Book) -> Checks:
        """Nothing seen yet."""
        return cls(book, Balances.of(book))

    def see_number(self, row: DeclaredRow) -> None:
        """Remember the number of a row, also of one that is skipped or refused later."""
        number = ascii_digits(row.text("number"))
        if number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER:
            self.numbers.setdefault(normalise_name(row.text("office")), []).append((int(number), row.row))

    def interrupt(self, row: int) -> None:
        """A row was refused: its sum is not known, so no balance after it can be reckoned from one before it."""
        self.balances.interrupt(row)

    def open_balance(self, book: Book, row: DeclaredRow) -> None:
        """A row that only brings a balance forward."""
        self.balances.start(book, row)

    def see(
        self, entry: Entry, facts: Sequence[Transfer | Event | Issue], written: WrittenDate | None
    ) -> Iterator[Issue]:
        """Remember a row that was understood; what it breaks."""
        yield from self._see_number_again(entry)
        if written:
            self.dates[written.calendar] += 1
            self.dates["filled"] += written.year_filled
            self.dates["night"] += written.night
        for fact in facts:
            for node in _ends(fact):
                if node is not None and node.rail == "hawala":
                    seen = self.codes if node.kind == "junction" else self.names
                    if node.key not in seen:
                        seen[node.key] = _First(node, entry.row.row, entry.time)
        yield from self._see_payer(entry)
        yield from self.balances.check(entry)

    def _see_number_again(self, entry: Entry) -> Iterator[Issue]:
        number = ascii_digits(entry.row.text("number"))
        corrects = ascii_digits(entry.row.text("corrects"))
        if corrects:
            self.corrected.append((entry.row.row, normalise_name(entry.row.text("office")), corrects))
        if not number:
            return
        if (entry.base, entry.meaning) in self.kinds:
            said = f"number {quote_id(number)} stands for several rows of kind {entry.meaning}"
            yield Issue(entry.row.row, "warning", "number_repeated", f"{said}: they count as one entry, written twice")
        self.kinds.add((entry.base, entry.meaning))

    def _see_payer(self, entry: Entry) -> Iterator[Issue]:
        """Two names beside one code: a spouse, a code given on, or one code for two payers; the row does not say which."""
        name = normalise_name(entry.row.text("payer"))
        if not name or not entry.row.text("code") or entry.meaning in ("settlement", "settlement_in", "payment"):
            return
        key = entry.code().key
        names = self.payers.setdefault(key, {})
        if names and name not in names and fold_text(name) not in {fold_text(other) for other in names}:
            other = next(iter(names.values()))
            said = f"code {quote_id(entry.row.text('code'))} stands beside one name here and beside another in row {other}"
            innocent = "a spouse or a code given on to another person is as possible as one code used twice"
            yield Issue(entry.row.row, "note", "code_second_name", f"{said}: {innocent}")
        names.setdefault(name, entry.row.row)

    def finish(self) -> Iterator[Event | Issue]:
        """What the whole book shows."""
        yield from self._possible_codes()
        yield from self._possible_names()
        yield from self.balances.finish()
        for office, seen in self.numbers.items():
            yield from _find_gaps(office, [number for number, _ in seen])
        yield from self._unmatched_corrections()
        yield from self._say_dates()

    def _possible_codes(self) -> Iterator[Event]:
        """Codes that differ only by look-alike characters, or by letters before the same digits."""
        firsts: dict[str, str] = {}
        for key in self.codes:
            code = key.rpartition(":")[2]
            digits = "".join(ch for ch in code if ch.isdigit())
            shapes = [f"look:{code.translate(_LOOK_ALIKE)}", *([f"digits:{digits}"] if len(digits) >= 3 else [])]
            others = [firsts.setdefault(shape, key) for shape in shapes]
            bare = [other for other in others if other != key and _is_near(code, other.rpartition(":")[2])]
            for other in dict.fromkeys(bare):
                yield self._possible("code_possible", self.codes[key], self.codes[other])

    def _possible_names(self) -> Iterator[Event]:
        """Names of the same letters in two scripts or spellings."""
        firsts: dict[str, str] = {}
        for key in self.names:
            other = firsts.setdefault(fold_text(key.split(":", 2)[2]), key)
            if other != key:
                yield self._possible("name_possible", self.names[key], self.names[other])

    def _possible(self, kind: str, late: _First, early: _First) -> Event:
        text = f"{late.node.label} may be {early.node.label} (row {early.row})"
        identity = f"{self.book.scope}|{kind}|{late.node.key}|{early.node.key}"
        return Event(late.row, kind, late.time, late.node, early.node, text, identity)

    def _unmatched_corrections(self) -> Iterator[Issue]:
        known = {(office, number) for office, seen in self.numbers.items() for number, _ in seen}
        for row, office, corrects in self.corrected:
            if not (corrects.isascii() and corrects.isdigit()) or (office, int(corrects)) not in known:
                yield Issue(
                    row, "warning", "correction_unmatched", f"it corrects entry {quote_id(corrects)}, which is not in this book"
                )

    def _say_dates(self) -> Iterator[Issue]:
        unusual = self.dates["jalali"] + self.dates["hijri"] + self.dates["filled"] + self.dates["night"]
        if not unusual:
            return
        said = {
            "gregorian": "{} Gregorian", "jalali": "{} Jalali", "hijri": "{} lunar Hijri (Umm al-Qura, +-1 day)",
            "filled": "{} without a year, which the declared period gives", "night": "{} of a night, read as 18:00 to 06:00",
        }  # fmt: skip
        listed = ", ".join(text.format(self.dates[name]) for name, text in said.items() if self.dates[name])
        yield Issue(None, "note", "dates_read", f"dates read: {listed}")


def _ends(fact: Transfer | Event | Issue) -> tuple[Node | None, ...]:
    if isinstance(fact, Transfer):
        return fact.src, fact.dst
    return (fact.node, fact.other) if isinstance(fact, Event) else ()


def _is_near(code: str, other: str) -> bool:
    """Whether two codes have one look, or one is the other's digits without its letters."""
    if code.translate(_LOOK_ALIKE) == other.translate(_LOOK_ALIKE):
        return True
    return code.isdigit() != other.isdigit() and code.strip("".join(ch for ch in code if ch.isalpha())) == other.strip(
        "".join(ch for ch in other if ch.isalpha())
    )


def _find_gaps(office: str, numbers: list[int]) -> Iterator[Issue]:
    """Numbers left out of a run of entries; nothing where the numbers are no run (references, most of them absent)."""
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    if sum(step < 0 for step in steps) > len(steps) / 2:
        numbers.reverse()
    gaps: list[tuple[int, int]] = []
    present = set(numbers)
    last = None
    for number in numbers:
        # a smaller number begins a new run: a new year or a new page
        if last is not None and number > last + 1:
            gaps.append((last + 1, number - 1))
        last = number
    gaps = [(first, end) for first, end in gaps if first not in present and end not in present]
    missing = sum(end - first + 1 for first, end in gaps)
    if not missing or missing > len(present):
        return
    listed = ", ".join(str(first) if first == end else f"{first}-{end}" for first, end in gaps[:_MOST_LISTED])
    more = f" and {len(gaps) - _MOST_LISTED} more gaps" if len(gaps) > _MOST_LISTED else ""
    of = f" of {office}" if office else ""
    yield Issue(
        None, "warning", "numbers_missing", f"the entry numbers{of} leave out {listed}{more}: rows may be missing"
    )
