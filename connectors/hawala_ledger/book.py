"""One ledger and one row of it: the names, codes, units and sums of a row by the ledger's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.hawala_ledger.lines import KIND
from connectors.hawala_ledger.sums import Sum, read_sums
from trails.calendars.words import fold_text
from trails.columns import CellProblem, DeclaredRow, read_amount
from trails.errors import AmountError
from trails.identifiers import normalise_code, normalise_name
from trails.model import Event, Node, Transfer, TransferKind
from trails.money import ascii_digits, check_amount, unit
from trails.timestamps import UNKNOWN_TIME
from trails.words import may_name, quote_cell

if TYPE_CHECKING:
    from fractions import Fraction

    from connectors.hawala_ledger.words import Words
    from connectors.transcription import Transcription
    from trails.mapping import DeclaredColumns
    from trails.money import Asset, Unit
    from trails.timestamps import Instant

_BARE = re.compile(r"[+\-\u2212]?[\d\s.,'\u2019\u066b\u066c]+")


@dataclass(frozen=True, slots=True)
class Terms:
    """The share that an office keeps of what it pays out on a code, as agreed when the sum was handed over."""

    percent: Fraction
    asset: Asset
    row: int


@dataclass(frozen=True, slots=True)
class Book:
    """What holds for all rows of one ledger. ``terms`` grows while its rows are read."""

    scope: str
    sha256: str
    zone_name: str | None
    currency: str | None
    mapping: DeclaredColumns
    words: Words
    terms: dict[str, Terms] = field(default_factory=dict)
    transcription: Transcription | None = None

    def row_of(self, record: Any) -> DeclaredRow:
        """A raw row, or the parts of a line, by our words."""
        if self.mapping.said("layout") == "lines":
            return DeclaredRow(record.row, record.value, self.mapping)
        return DeclaredRow.of(record, self.mapping)

    def default_unit(self, row: DeclaredRow, word: str = "currency") -> Unit | None:
        """What a bare number of a row counts: its currency column where that says one, else the book's currency."""
        stated = row.text(word)
        if not stated:
            # what a sum equals in another currency is not the book's: a blank there stays open
            blank = word != "currency" and word in self.mapping.columns
            return None if blank or not self.currency else self._unit(self.currency, self.currency)
        return self._unit(stated, row.shown(word))

    def _unit(self, stated: str, shown: str) -> Unit:
        known = self.words.units.get(fold_text(stated).rstrip("."))
        try:
            return known or unit(stated)
        except AmountError as problem:
            raise CellProblem("currency_unknown", f"{shown}: {problem} under [currencies]") from None

    def sums(self, row: DeclaredRow, word: str, default: Unit | None) -> tuple[Sum, ...]:
        """The sums of a cell, none where it is empty."""
        if not row.text(word):
            return ()
        return self.sums_in(row.cells[word], row.shown(word), default, stated=bool(row.text("currency")))

    def sums_in(self, cell: Any, where: str, default: Unit | None, *, stated: bool = False) -> tuple[Sum, ...]:
        """The sums of a text or of a sheet's number; with ``stated`` they must be of the default currency."""
        try:
            if default and default.factor == 1 and (not isinstance(cell, str) or _BARE.fullmatch(cell.strip())):
                return (Sum(default.asset, read_amount(cell, default.asset.decimals or 0, self.mapping)),)
            if not isinstance(cell, str):
                return self._sheet_number(cell, default)
            found = read_sums(cell, self.mapping, self.words, default)
        except AmountError as problem:
            # where the cell is not shown, neither is a word of it
            unsaid = "no sum in figures or words of the book; a unit to be declared under [currencies]?"
            wrong = unsaid if may_name(str(cell)) else problem
            raise CellProblem("amount_damaged", f"{where}: {wrong}") from None
        except CellProblem as problem:
            raise CellProblem(problem.code, f"{where}: {problem}") from None
        other = {each.asset.asset for each in found} - ({default.asset.asset} if default else set())
        if stated and default and other:
            said = f"states {', '.join(sorted(other))}, its row states {default.asset.asset}"
            raise CellProblem("currency_conflict", f"{where}: it {said}")
        return found

    def _sheet_number(self, cell: Any, default: Unit | None) -> tuple[Sum, ...]:
        if default is None:
            raise CellProblem("currency_missing", "no currency is stated; say it with --currency, or fill the column")
        counted = read_amount(cell, default.asset.decimals or 0, self.mapping)
        return (Sum(default.asset, check_amount(counted * default.factor)),)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row on its way to facts. ``meaning`` is the kind of row it is; ``amounts`` are its sums, with None where the
    row states none; ``origin`` is what its status says where a negative sum makes it a correction."""

    book: Book
    row: DeclaredRow
    meaning: str
    amounts: tuple[tuple[Asset, int | None], ...]
    sums: tuple[Sum, ...]
    time: Instant = UNKNOWN_TIME
    origin: str = ""
    base: str = field(init=False)

    def __post_init__(self) -> None:
        """The fewest raw fields that make this row this row: scope, office and number, a line of a picture, or file and row."""
        number = ascii_digits(self.row.text("number"))
        base = f"{self.book.sha256[:16]}|{self.row.row}"
        if self.book.transcription and not number:
            base = self.book.transcription.place_of(self.row).line or base
        if number:
            base = f"{self.book.scope}|{normalise_name(self.row.text('office'))}|{number}"
        object.__setattr__(self, "base", base)

    def party(self, word: str) -> Node:
        """A party of this ledger's scope by the name in a column; an office is a party too, in whatever column."""
        raw = self.row.text(word)
        name = normalise_name(raw)
        if not name:
            raise CellProblem(
                f"{word}_missing", f"a row of kind {self.meaning} needs its {word}, and the cell is empty"
            )
        return Node("hawala", f"party:{self.book.scope}:{name}", label=raw)

    def office(self) -> Node:
        """The office by its column; where no column is declared, the one office that keeps this ledger."""
        if "office" in self.book.mapping.columns or self.row.text("office"):
            return self.party("office")
        scope = self.book.scope
        return Node("hawala", f"party:{scope}:{normalise_name(scope)}", label=f"office of ledger {scope}")

    def code(self) -> Node:
        """The junction of the row's code, without the letters that this office is declared to put before its codes."""
        raw = self.row.text("code")
        code = normalise_code(raw)
        for prefix in self.book.mapping.lists.get("code_prefixes", ()):
            rest = code.removeprefix(normalise_code(prefix))
            if rest != code and rest:
                code = rest
                break
        if not code:
            raise CellProblem("code_missing", f"a row of kind {self.meaning} needs its code; the cell holds {quote_cell(raw)}")
        return Node("hawala", f"code:{self.book.scope}:{code}", "junction", label=raw)

    def transfer(
        self, src: Node, dst: Node, asset: Asset, amount: int | None, kind: TransferKind,
        *, mark: str | None = None, time: Instant | None = None, nth: int = 1,
    ) -> Transfer:  # fmt: skip
        """A movement of this row; several of one kind are told apart by their place, fees by what the row is."""
        mark = mark or (f"{self.meaning}|fee" if kind == "fee" else kind)
        identity = f"{self.base}|{mark}" + (f"|{nth}" if nth > 1 else "")
        ref = self.row.text("number") or None
        return Transfer(self.row.row, src, dst, asset, amount, kind, time or self.time, ref=ref, identity=identity)

    def event(
        self,
        kind: str,
        node: Node | None,
        other: Node | None,
        text: str,
        *,
        mark: str = "",
        time: Instant | None = None,
    ) -> Event:
        """Something this row states that moves nothing."""
        identity = f"{self.base}|{self.meaning}|{mark or kind}"
        return Event(self.row.row, kind, time or self.time, node, other, text, identity)


def line_kind(row: DeclaredRow) -> str | None:
    """The kind of line that a row of a notebook is, None for a row of a table."""
    kind = row.cells.get(KIND)
    return kind if isinstance(kind, str) else None
