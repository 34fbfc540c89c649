"""One bad cell, one row cut or one field too many: that row alone is refused, and every other row gives what it gave before.

Every connector's samples are spoiled in one place at a time: a negative amount, a word for a number, nothing, a date that does
not exist, a number without end, a field taken out. A cell that may be so is no issue; but nothing else is ever lost by it. Here
one row of each sample is spoiled in some ways; ``python -m tests.connectors.test_one_bad_cell`` spoils every row in all ways.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.connectors.reading import Reading, open_source, read_all
from tests.connectors.spoiling import Spoiled, choose, spoil
from tests.regenerate import find_samples, read_options
from trails.connector import Connector, list_connectors
from trails.words import quote_cell, quote_id, quote_word

CONNECTORS = list_connectors()
#: Packed or binary: no row of theirs stands in the file as its own text.
_NOT_TEXT = (".xlsx", ".parquet", ".dat", ".raw", ".zip", ".zst", ".jpg", ".png", ".pdf")
#: What decides day or month first in these samples is a single row; said, it no longer hangs on that.
_SAID: dict[str, dict[str, Any]] = {
    "sample-trezor-first.csv": {"date_order": "mdy"},
    "sample-ios-arabic.txt": {"date_order": "dmy"},
}
#: Lines lean on those above them: for the year, for whose message goes on. Other rows may then read otherwise, but are read.
_LEANING = (".txt", ".md", ".sta")
WAYS = 2


def list_samples() -> Iterator[tuple[Connector, Path]]:
    """Every sample whose rows are text, with its connector."""
    for connector in CONNECTORS:
        for path in find_samples(connector.folder) if connector.folder else ():
            if path.suffix not in _NOT_TEXT:
                yield connector, path


def read_as(connector: Connector, path: Path, sample: Path) -> Reading:
    """What a file gives where it is taken for a sample: names that are made of a file's hash stay the same."""
    options = replace(read_options(sample), **_SAID.get(sample.name, {}))
    return read_all(connector, replace(open_source(path), sha256=open_source(sample).sha256), options)


def facts_by_row(reading: Reading) -> dict[int, set[str]]:
    """Every fact of a reading as a text, by its row."""
    found: dict[int, set[str]] = defaultdict(set)
    for fact in reading.facts:
        found[fact.row].add(repr(fact))
    for row in reading.table_rows:
        found[row["row"]].add(repr(row))
    return found


def spoil_sample(connector: Connector, sample: Path, *, rows: int = 1, ways: int = WAYS) -> Iterator[tuple[int, Spoiled, bytes]]:
    """A sample's rows, each in so many ways a place: the row, what is wrong with it, and the whole file."""
    options = replace(read_options(sample), **_SAID.get(sample.name, {}))
    source, text = open_source(sample), sample.read_bytes().decode()
    kept = sorted(facts_by_row(read_as(connector, sample, sample)))
    raws = {each.row: each for each in connector.records(source, options)}
    for row in kept[len(kept) // 2 :][:rows] if rows == 1 else kept:
        record = raws[row]
        if record.raw not in text:
            continue
        columns = [name for name in record.value if name] if isinstance(record.value, dict) else []
        wide = {mark: len(next(csv.reader(io.StringIO(record.raw), delimiter=mark))) for mark in "\t;,"}
        delimiter = next((mark for mark in wide if wide[mark] == len(columns)), ",")
        for bad in choose(spoil(sample.name, record.raw, columns, delimiter), ways):
            yield row, bad, text.replace(record.raw, bad.raw, 1).encode()


def find_fault(connector: Connector, sample: Path, row: int, bad: Spoiled, path: Path) -> str:
    """What is wrong with how a spoiled sample is read; empty where nothing is."""
    before, after = read_as(connector, sample, sample), read_as(connector, path, sample)
    refused = after.refused - before.refused
    if sample.suffix in _LEANING:
        return ""
    if refused - {row}:
        return f"rows {sorted(refused - {row})} are refused as well"
    was, now = facts_by_row(before), facts_by_row(after)
    if lost := [each for each in was if each != row and not was[each] <= (now.get(each, set()) | now.get(row, set()))]:
        return f"rows {lost} give less than before"
    told = [issue.message for issue in after.issues if issue.row == row and issue.severity == "error"]
    if sample.suffix in (".csv", ".tsv") and row in refused and (len(told) != 1 or not is_named(bad, told[0])):
        return f"the refusal does not say what is wrong: {told}"
    return ""


def is_named(bad: Spoiled, message: str) -> bool:
    """Whether a message names the cell: its column, what stands in it, or that what it ought to hold is missing."""
    said = message.casefold()
    if not bad.where or not bad.bad:  # fields too many or too few; nothing where something is due
        return any(words in said for words in ("field", "''", " no ", "empty", "neither", bad.where.casefold() or "field"))
    # a text where a sum, a time, an address or an id is due, or a long one where a currency is, may be a name
    withheld = any(quote(bad.bad) in said for quote in (quote_cell, quote_word, quote_id))
    return bad.where.casefold() in said or bad.bad[:15].casefold() in said or "column '" in said or withheld


def probe(connector: Connector, sample: Path, folder: Path, *, rows: int = 1, ways: int = WAYS) -> tuple[int, list[str]]:
    """Spoil a sample in many ways: how many, and what went wrong."""
    count, faults = 0, []
    path = folder / sample.name
    for beside in sample.parent.glob(f"{sample.name}.with.*"):
        (folder / beside.name).write_bytes(beside.read_bytes())
    for row, bad, data in spoil_sample(connector, sample, rows=rows, ways=ways):
        count += 1
        path.write_bytes(data)
        try:
            fault = find_fault(connector, sample, row, bad, path)
        except Exception as problem:  # noqa: BLE001 - whatever stops a file is what is looked for
            fault = f"the whole file stops: {type(problem).__name__}: {problem}"
        if fault:
            faults.append(f"{connector.name}/{sample.name} row {row}, {bad.where!r} is {bad.bad[:20]!r}: {fault[:300]}")
    return count, faults


@pytest.mark.parametrize(("connector", "sample"), list(list_samples()), ids=lambda it: it.name)
def test_one_bad_cell_refuses_its_row_alone(connector: Connector, sample: Path, tmp_path: Path) -> None:
    _, faults = probe(connector, sample, tmp_path)
    assert not faults, "\n".join(faults)


def main() -> None:
    """Spoil every row of every sample in all ways; exit with 1 where one fails."""
    faults = []
    for connector, sample in list_samples():
        with TemporaryDirectory() as folder:
            count, found = probe(connector, sample, Path(folder), rows=1_000, ways=1_000)
        print(f"{connector.name}/{sample.name}: {count:,} ways, {len(found)} wrong", flush=True)
        faults += found
    if faults:
        raise SystemExit("\n".join(faults))


if __name__ == "__main__":
    main()
