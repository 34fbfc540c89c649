"""Plain address lists: an address, what somebody calls it, and where that was said; CSV or XLSX.

Raw::

    # cold wallets, published November 2022
    address,entity,source
    bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3,Example Exchange,proof-of-reserves

or the label list of a block explorer (its name tag is the label, the group it is listed in the category)::

    ,Address,Name Tag,Balance,Txn Count,Label
    0,0x1111111111111111111111111111111111111111,Example Exchange 4,0.2 ETH,"17,017",example-exchange

or two fields a line without a header, or any columns that a mapping of kind ``labels`` declares::

    kind = "labels"
    [columns]
    address = "Adresse"
    label = "Inhaber (vermutet)"

Specification: none; the layouts are those of published lists, and a person's own declaration.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.attribution import RAILS, find_node, note_null_address
from connectors.labels.layout import Layout, find_layout
from trails.columns import CellProblem, DeclaredRow, declared_rows, is_zero
from trails.connector import RawRecord
from trails.errors import SourceError, UsageError
from trails.idle_settings import require_heeded
from trails.mapping import DeclaredColumns, Vocabulary, kind_of, load_mapping
from trails.model import Issue, Node, RowsRead, Skip, Tag
from trails.records import find_damage, mend, read_head, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, ReadOptions, Source
    from trails.model import Record

_WORDS = Vocabulary(
    words=("address", "label", "category", "actor", "confidence", "source", "rail"),
    required=("address", "label"),
    needs={},
    kind="labels",
    unused=("scope", "timezone", "decimal_mark", "thousands_mark", "currency", "region", "date_pattern", "calendars", "period",
            "year", "status", "currencies", "profile"),
)  # fmt: skip
_HEADLESS = {"kind": "labels", "columns": {"address": "address", "label": "label"}}


def recognise(head: Head) -> str | None:
    """Say why a file is an address list: a mapping of kind ``labels``, or columns that leave no doubt."""
    if head.mapping is not None and kind_of(head.mapping) is not None:
        return "its mapping declares address labels" if kind_of(head.mapping) == "labels" else None
    layout = find_layout(head)
    if layout is None:
        return None
    return (
        f"a list of addresses and what they are called, header in row {layout.header_row}"
        if layout.header_row
        else ("a list of addresses and what they are called, without header")
    )


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw lines under the header."""
    return _open_rows(source, options)[1]


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read one tag a row; comment lines are left out.

    Raises SourceError where neither a mapping nor the header says which column is which, and UsageError for a rail
    that has no addresses.
    """
    if options.rail is not None and options.rail.upper() not in RAILS:
        raise UsageError(f"--rail {options.rail}: it has no addresses; say one of {', '.join(sorted(set(RAILS.values())))}")
    mapping, rows = _open_rows(source, options)
    count = 0
    for record in rows:
        count += 1
        yield from _read_row(record, mapping, options.rail)
    yield RowsRead(count)


def _open_rows(source: Source, options: ReadOptions) -> tuple[DeclaredColumns, Iterator[RawRecord]]:
    if kind_of(options.mapping) == "labels" and options.mapping:
        mapping = load_mapping(options.mapping, _WORDS)
        return mapping, declared_rows(source, options, mapping)
    require_heeded(options.mapping, (), source.name, "labels")
    layout = find_layout(read_head(source))
    if layout is None:
        raise SourceError(
            f"{source.name}: it is not clear which column holds the address and which the label; declare them in "
            f'{source.name}.mapping.toml: kind = "labels", then [columns] with address = "..." and label = "..."'
        )
    if not layout.header_row:
        return load_mapping(_HEADLESS, _WORDS, ()), _headless_rows(source, options, layout)
    said = {
        "kind": "labels",
        "delimiter": layout.delimiter,
        "header_row": layout.header_row,
        "columns": dict(layout.columns),
    }
    mapping = load_mapping(said, _WORDS, ())
    return mapping, declared_rows(source, options, mapping)


def _headless_rows(source: Source, options: ReadOptions, layout: Layout) -> Iterator[RawRecord]:
    """The lines of a file without header, each as its own record of two fields."""
    for row, line in enumerate(read_lines(source, options, rows=True), start=1):
        raw = mend(line.rstrip("\r\n"))
        if damage := find_damage(line):
            source.note_damage(row, "text_damaged", damage)
        fields = next(csv.reader([raw], delimiter=layout.delimiter), [])
        named: dict[str | None, object] = {"address": None, "label": None}
        named.update(zip(("address", "label"), fields, strict=False))
        if len(fields) > 2:
            named[None] = fields[2:]
        yield RawRecord(row, raw, named)


def _read_row(record: RawRecord, mapping: DeclaredColumns, rail: str | None) -> Iterator[Record]:
    if record.raw.lstrip().startswith("#"):
        yield Skip(record.row, "comment line")
        return
    if not any(cell not in (None, "") and str(cell).strip() for cell in record.value.values()):
        yield Skip(record.row, "empty line")
        return
    if all(cell in (None, "") or is_zero(str(cell)) for cell in record.value.values()):
        yield Skip(record.row, "a row of nothing but zeros")
        return
    try:
        row = DeclaredRow.of(record, mapping)
    except CellProblem as problem:
        yield Issue(record.row, "error", problem.code, str(problem))
        return
    label = row.text("label") or row.text("category")  # an explorer's list groups addresses that bear no name
    missing = [word for word, text in (("address", row.text("address")), ("label", label)) if not text]
    if missing:
        yield Issue(record.row, "error", "tag_damaged", f"the row states no {' and no '.join(missing)}")
        return
    node = find_node(record.row, row.text("address"), row.text("rail") or rail, label)
    if isinstance(node, Issue) and node.code == "address_wrong_rail" and not row.text("rail"):
        node = replace(node, message=f"{node.message}, as --rail {rail} has it; leave it out, and the address says its chain")
    if not isinstance(node, Node):
        yield node
        return
    yield from note_null_address(record.row, node, label)
    optional = (row.text(word) or None for word in ("category", "actor", "confidence", "source"))
    yield Tag(record.row, node, label, *optional)
