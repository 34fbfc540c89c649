"""A wallet program's own history: Electrum (CSV, JSON), Sparrow, Trezor Suite, Exodus, Coinomi, Blockchain.com (CSV).

Raw, of Sparrow::

    Date (UTC),Label,Value,Balance,Fee,Txid
    2024-12-31 12:33:02,rent,-200000,1800000,250,d948cbe2d084d1abcf7d34fa4b31a6f264b3f055388be43002f23c4e370a6791

Whose wallet it is no export says: the account is named after the file, or by ``scope = "..."`` in FILE.mapping.toml.
Specifications: see the modules beside this one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from connectors.evm import refuse
from connectors.wallet_history import blockchain_com, coinomi, electrum, exodus, sparrow, trezor
from connectors.wallet_history.balances import Balance, check_balances
from connectors.wallet_history.entry import Entry, Seen, Wallet, check_rail, state
from trails.columns import CellProblem
from trails.errors import SourceError, ValueProblem
from trails.model import Issue, RowsRead, Skip
from trails.money import may_lack_digits
from trails.records import csv_records, json_paths, read_head
from trails.said import decide
from trails.words import count_words, quote_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_DELIMITERS = (",", ";", "\t")
_JSON_LINE = {"incoming", "timestamp", "height", "label"}
_Reader = Callable[[int, Any], Entry | list[Entry] | Skip]
#: Wallets of many coins by the columns that each of their exports has.
_MANY_COINS = (
    ("Exodus", exodus.ALL_COINS), ("Exodus", exodus.ONE_COIN), ("Coinomi", coinomi.HEADER),
    ("Blockchain.com", blockchain_com.BITCOIN), ("Blockchain.com", blockchain_com.ANY_COIN),
    ("Blockchain.com", blockchain_com.TRADING),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Format:
    """What program wrote a file, what separates its fields, and the columns its first line names."""

    program: str
    delimiter: str = ","
    columns: sparrow.Columns | None = None
    header: frozenset[str] = frozenset()


def recognise(head: Head) -> str | None:
    """Say why a file is ours: the columns, or the JSON fields, of a program's history."""
    found = _find_format(head)
    return f"the transaction history of a wallet as {found.program} exports it" if found else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw lines."""
    found = _open_format(source)
    if found.program == "Electrum (JSON)":
        return electrum.json_items(source, options)
    return csv_records(source, options, delimiter=found.delimiter)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give what each line moved on the rail ``wallet``, and the transaction and addresses it names.

    Raises SourceError for a file of no known program, and UsageError for a rail that is no Bitcoin network.
    """
    found = _open_format(source)
    wallet = _wallet(source, options, found)
    reader = _reader(source, options, found)
    seen, rows = Seen(), 0
    for record in records(source, options):
        rows += 1
        yield from _read_row(record, wallet, reader, seen)
    yield from _check_balances(source, options, found)
    yield RowsRead(rows)


def _find_format(head: Head) -> _Format | None:
    text = head.text
    if text.lstrip()[:1] in ("{", "["):
        names = {path.rpartition(".")[2] for path in json_paths(text)}
        return _Format("Electrum (JSON)") if "bc_value" in names or names >= _JSON_LINE else None
    first = text.partition("\n")[0].replace("\x00", " ").rstrip("\r")
    for delimiter in _DELIMITERS:
        try:
            header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
        except csv.Error:
            continue
        columns, named = sparrow.find_columns(header), frozenset(header)
        if columns:
            return _Format("Sparrow", delimiter, columns, named)
        if any(named >= wanted for wanted in electrum.HEADERS):
            return _Format("Electrum (CSV)", delimiter, None, named)
        if named >= trezor.NOW or named >= trezor.FIRST:
            return _Format("Trezor Suite", delimiter, None, named)
        program = next((name for name, wanted in _MANY_COINS if named >= wanted), None)
        if program:
            return _Format(program, delimiter, None, named)
    return None


def _open_format(source: Source) -> _Format:
    found = _find_format(read_head(source))
    if found is None:
        raise SourceError(
            f"{source.name}: no history of Electrum, Sparrow or Trezor Suite, nor of Exodus, Coinomi or Blockchain.com; another "
            "program's columns can be declared in a mapping of kind \"statement\""
        )
    return found


def _wallet(source: Source, options: ReadOptions, found: _Format) -> Wallet:
    """The wallet a file is of: by its declared scope, else the file's name and the beginning of its hash, so that two
    wallets exported under one name are never taken for one."""
    said: Any = (options.mapping or {}).get("scope")
    stem = re.sub(r"[^\w.-]+", "-", PurePath(source.name).stem)[:60]
    scope = said.strip() if isinstance(said, str) and said.strip() else f"{stem}-{source.sha256[:8]}"
    return Wallet(scope, f"wallet of {source.name}", _rail(source, options, found))


def _rail(source: Source, options: ReadOptions, found: _Format) -> str:
    """The network of a wallet: the one said, else that of the unit its first line counts in.

    Raises UsageError for a rail that is no Bitcoin network, SourceError where the file states another one.
    """
    said, stated, unit = check_rail(options.rail) if options.rail else None, None, ""
    if found.program == "Trezor Suite":
        first = next(records(source, options), None)
        cells = first.value if first and isinstance(first.value, dict) else {}
        unit = str(cells.get("Amount unit") or "").strip()
        stated = "bitcoin-test" if trezor.is_test_network(cells) else "bitcoin" if unit.upper() == "BTC" else None
    return check_rail(decide("rail", said, stated, f"its first line counts in {unit}, a coin of", source.name))


def _reader(source: Source, options: ReadOptions, found: _Format) -> _Reader:
    """How to read a line of this file."""
    if found.program == "Electrum (JSON)":
        return electrum.read_json_entry
    read_cells = _cell_reader(source, options, found)

    def read_line(row: int, cells: Any) -> Entry | list[Entry] | Skip:
        _check_shape(cells, found.header)
        return read_cells(row, cells)

    return read_line


def _cell_reader(source: Source, options: ReadOptions, found: _Format) -> _Reader:
    """How to read the cells of a CSV line; what holds for the whole file (unit, order of day and month) comes first."""
    zone = options.timezone
    if found.program == "Trezor Suite":
        order = trezor.find_order((each.value for each in records(source, options)), options.date_order, source.name)
        return lambda row, cells: trezor.read_entry(row, cells, zone, order)
    if found.columns:
        columns, decimals = found.columns, _sparrow_decimals(source, options, found.columns)
        return lambda row, cells: sparrow.read_entry(row, cells, columns, decimals, zone, options.date_order)
    if found.program == "Exodus":
        return lambda row, cells: exodus.read_entries(row, cells, zone, options.date_order)
    if found.program == "Coinomi":
        return lambda row, cells: coinomi.read_entries(row, cells, options.date_order)
    if found.program == "Blockchain.com":
        return lambda row, cells: blockchain_com.read_entries(row, cells, zone, options.date_order)
    return lambda row, cells: electrum.read_csv_entry(row, cells, zone, options.date_order)


def _sparrow_decimals(source: Source, options: ReadOptions, columns: sparrow.Columns) -> int:
    return sparrow.find_decimals(columns, (each.value for each in records(source, options)))


def _read_row(record: RawRecord, wallet: Wallet, reader: _Reader, seen: Seen) -> Iterator[Record]:
    if record.raw.lstrip().startswith("#"):
        yield Skip(record.row, "comment line")
        return
    try:
        entry = reader(record.row, record.value)
        facts = [entry] if isinstance(entry, Skip) else [*_note_cut_numbers(record), *_state_all(record.row, entry, wallet, seen)]
    except CellProblem as problem:
        yield Issue(record.row, "error", problem.code, str(problem))
    except ValueProblem as problem:
        yield refuse(record.row, problem)
    else:
        yield from facts


def _state_all(row: int, entry: Entry | list[Entry], wallet: Wallet, seen: Seen) -> Iterator[Record]:
    """What a line states of each coin it moves."""
    entries = entry if isinstance(entry, list) else [entry]
    if not entries:
        yield Skip(row, "moves nothing")
    for each in entries:
        yield from state(each, wallet, seen)


def _note_cut_numbers(record: RawRecord) -> Iterator[Issue]:
    """Warn of numbers in a spreadsheet's scientific form that may have had more digits."""
    cells = record.value.items() if isinstance(record.value, dict) and "E" in record.raw else ()
    for name, cell in cells:
        if isinstance(cell, str) and name is not None and may_lack_digits(cell):
            message = f"column {name!r}: {quote_cell(cell)}: written by a spreadsheet, which may drop digits"
            yield Issue(record.row, "warning", "amount_scientific", message)


def _check_shape(cells: Mapping[str | None, Any], header: frozenset[str]) -> None:
    """Raise CellProblem for a CSV row with more or fewer fields than the header, or a header that a quote runs over."""
    if not header <= cells.keys():
        raise CellProblem("row_shape", "the header is not the first line alone: a quotation mark in it is never closed")
    if None in cells:
        raise CellProblem("row_shape", f"the row has {count_words(len(cells[None]), 'field')} more than the header")
    if any(cell is None for cell in cells.values()):
        raise CellProblem("row_shape", "the row has fewer fields than the header: cut off")


def _check_balances(source: Source, options: ReadOptions, found: _Format) -> Iterator[Issue]:
    """Compare the running balances of the file, where the program writes them; damaged lines were refused already."""
    if found.program == "Electrum (JSON)":
        placed = []
        for record in records(source, options):
            try:
                placed += list(electrum.json_balances(record.row, record.value))
            except ValueProblem:
                continue
        placed.sort(key=lambda each: each[0])
        yield from check_balances([balance for _, balance in placed], ordered=True)
    elif found.columns:
        columns, decimals = found.columns, _sparrow_decimals(source, options, found.columns)
        lines = (_sparrow_balance(record, found, columns, decimals) for record in records(source, options))
        yield from check_balances(list(chain.from_iterable(lines)), ordered=False)


def _sparrow_balance(record: RawRecord, found: _Format, columns: sparrow.Columns, decimals: int) -> list[Balance]:
    try:
        _check_shape(record.value, found.header)
        return [sparrow.read_balance(record.row, record.value, columns, decimals)]
    except ValueProblem:
        return []
