"""Workbooks as people have them: several sheets, hidden ones, codes with a format, errors, merged cells, macros.

The workbooks are written here; every name, code and sum in them is made up.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import hawala_ledger, labels, message_table, pickup_list
from tests.connectors.reading import Reading, head_of, open_source, read_all
from trails.case import Case
from trails.cite import cite
from trails.connector import ReadOptions
from trails.declared import declared_rows
from trails.errors import SourceError
from trails.ingest import add_source
from trails.mapping import Vocabulary, load_mapping
from trails.records import read_head, sheet_records
from trails.sheets import SHEET_STEP, place_of_row
from trails.shown_cells import ShownNumber, changes_codes, merge_rows, show_number

HEADER = ["No", "Date", "Code", "From", "Sum", "Kind"]
BOOK = {
    "kind": "ledger", "scope": "maple", "timezone": "UTC", "decimal_mark": ".", "currency": "EUR",
    "columns": {"number": "No", "date": "Date", "code": "Code", "payer": "From", "amount": "Sum", "status": "Kind"},
    "status": {"in": "deposit"},
}  # fmt: skip


def row(number: int, code: object = None, amount: object = 250) -> list[Any]:
    return [number, "2024-08-05", code or f"{4710 + number}", f"Payer {number}", amount, "in"]


@dataclass
class Made:
    """One sheet to be written: its rows, and what is special about it."""

    rows: list[list[Any]]
    hidden: bool = False
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


def write_book(path: Path, **sheets: Made) -> Path:
    book: Any = importlib.import_module("xlsxwriter").Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    for name, made in sheets.items():
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(made.rows):
            for column, cell in enumerate(cells):
                place = (number, column)
                form = book.add_format({"num_format": made.formats[place]}) if place in made.formats else None
                if place in made.errors:
                    sheet.write_formula(number, column, "=1/0", form, made.errors[place])
                elif cell is not None:
                    sheet.write(number, column, cell, *([form] if form else []))
        for first, left, last, right in made.merges:
            sheet.merge_range(first, left, last, right, made.rows[first][left])
        if made.hidden:
            sheet.hide()
    if all(not made.hidden for made in sheets.values()) or not next(iter(sheets.values())).hidden:
        book.close()
        return path
    next(sheet for sheet in book.worksheets() if not sheet.hidden).activate()
    next(sheet for sheet in book.worksheets() if not sheet.hidden).set_first_sheet()
    book.close()
    return path


def read_book(path: Path, **change: Any) -> Reading:
    return read_all(hawala_ledger, open_source(path), ReadOptions(mapping={**BOOK, **change}))


def test_all_visible_sheets_are_read_and_a_row_says_on_which_it_stands(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "m.xlsx",
        July=Made([HEADER, row(1)]),
        August=Made([HEADER, row(2), row(3)]),
        September=Made([HEADER, row(4)]),
    )
    reading = read_book(path)
    assert [fact.row for fact in reading.transfers] == [2, SHEET_STEP + 2, SHEET_STEP + 3, 2 * SHEET_STEP + 2]
    assert reading.issues == []
    assert place_of_row(2 * SHEET_STEP + 2) == (3, 2)
    raws = [record.raw for record in hawala_ledger.records(open_source(path), ReadOptions(mapping=BOOK))]
    assert raws[1] == 'August!2 [2.0, "2024-08-05", "4712", "Payer 2", 250.0, "in"]'


def test_a_hidden_sheet_is_never_read_instead_of_the_visible_one(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "h.xlsx", Old=Made([HEADER, row(1, amount=999)], hidden=True), New=Made([HEADER, row(2)])
    )
    assert read_head(open_source(path)).sheet[1][3] == "Payer 2"
    reading = read_book(path)
    assert [fact.amount for fact in reading.transfers] == [25_000]
    (issue,) = reading.issues
    assert (issue.severity, issue.code) == ("warning", "sheet_not_read")
    assert issue.message.startswith("sheet 1 of the workbook: hidden and not read")
    chosen = read_book(path, sheet="Old")
    assert [fact.amount for fact in chosen.transfers] == [99_900]
    assert [(issue.severity, issue.code) for issue in chosen.issues] == [("note", "sheet_not_read")]
    hidden = [record.value["Sum"] for record in sheet_records(open_source(path), ReadOptions(), sheet="Old")]
    assert hidden == [999.0]


def test_a_sheet_without_the_columns_is_named_and_costs_the_others_nothing(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "c.xlsx", Cover=Made([["Book of Office Maple"], ["2024"]]), Empty=Made([]),
        Book=Made([[*HEADER, "Note"], [*row(1), "x"]]), More=Made([[*HEADER, "Note", "Ink"], [*row(2), "", "red"]]),
        Twice=Made([["a", "a"]]),
    )  # fmt: skip
    reading = read_book(path)
    assert [fact.row for fact in reading.transfers] == [2 * SHEET_STEP + 2, 3 * SHEET_STEP + 2]
    assert sorted(issue.message[:30] for issue in reading.issues if issue.code == "sheet_not_read") == [
        "sheet 1 of the workbook has no", "sheet 5 of the workbook has no",
    ]  # fmt: skip
    assert [issue.message for issue in reading.issues if issue.code == "unknown_columns"] == [
        "1 column not read: 'Note'", "sheet 4: 1 column not read: 'Ink'",
    ]  # fmt: skip
    with pytest.raises(SourceError) as caught:
        read_book(write_book(tmp_path / "n.xlsx", Cover=Made([["Book"]]), Other=Made([["a", "b"]])))
    assert any("no column 'No'" in problem for problem in caught.value.problems)


def test_a_number_shown_with_zeros_in_front_is_the_code_as_shown(tmp_path: Path) -> None:
    formats = {(1, 2): "00000", (2, 2): '"L-"000', (3, 2): "0", (4, 2): "#,##0", (1, 4): "00000", (5, 2): "000-000"}
    rows = [row(1, 471), row(2, 5), row(3, 471), row(4, 4711), row(5, 12034)]
    path = write_book(tmp_path / "z.xlsx", Book=Made([HEADER, *rows], formats=formats))
    reading = read_book(path)
    assert [fact.dst.label for fact in reading.transfers] == ["00471", "L-005", "471", "4711", "012-034"]
    assert {fact.amount for fact in reading.transfers} == {25_000}
    (first, *_) = hawala_ledger.records(open_source(path), ReadOptions(mapping=BOOK))
    assert json.loads(first.raw)[2] == "00471"


def test_an_error_is_refused_by_its_name_and_cite_shows_it(case: Case, tmp_path: Path) -> None:
    errors = {(1, 4): "#REF!", (2, 2): "#N/A", (3, 6): "#DIV/0!"}
    made = Made([[*HEADER, "Note"], row(1), row(2), row(3)], errors=errors)
    path = write_book(tmp_path / "e.xlsx", First=Made([HEADER]), Book=made)
    reading = read_book(path)
    assert reading.errors == [(SHEET_STEP + 2, "cell_error"), (SHEET_STEP + 3, "cell_error")]
    assert [issue.message for issue in reading.issues if issue.code == "cell_error"] == [
        "column 'Sum': the cell holds no value but the error #REF!", "column 'Code': the cell holds no value but the error #N/A",
    ]  # fmt: skip
    # an error in a column that nobody reads costs nothing
    assert [fact.row for fact in reading.transfers] == [SHEET_STEP + 4]
    add_source(case, path, options=ReadOptions(), mapping_path=write_mapping(tmp_path))
    (number,) = case.con.execute("SELECT issue_id FROM issues WHERE message LIKE '%REF%'").fetchone() or (0,)
    (citation,) = cite(case, f"issue:{number}", real_names=True).citations
    assert (citation.row, citation.raw) == (
        SHEET_STEP + 2,
        'Book!2 [1.0, "2024-08-05", "4711", "Payer 1", "#REF!", "in", ""]',
    )


def write_mapping(folder: Path) -> Path:
    lines = [f"{key} = {json.dumps(value)}" for key, value in BOOK.items() if not isinstance(value, dict)]
    for name in ("columns", "status"):
        table: Any = BOOK[name]
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    path = folder / "said.toml"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    "text", ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#BEZUG!", "#NV", "#ДЕЛ/0!", "########", "Err:502"]
)
def test_an_error_that_a_spreadsheet_wrote_into_a_csv_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "e.csv"
    path.write_text("\n".join(",".join(map(str, cells)) for cells in (HEADER, row(1, text), row(2, "#12"))) + "\n")
    reading = read_book(path)
    assert reading.errors == [(2, "cell_error")]
    assert [fact.row for fact in reading.transfers] == [3]


def test_a_merged_date_holds_for_its_rows_and_a_merged_sum_for_none(tmp_path: Path) -> None:
    rows: list[list[Any]] = [row(number) for number in range(1, 6)]
    for cells in rows[1:3]:
        cells[1] = None
    rows[4][4] = None
    made = Made([HEADER, *rows], merges=[(1, 1, 3, 1), (4, 4, 5, 4)])
    made.rows[1][1] = "2024-08-05"
    reading = read_book(write_book(tmp_path / "g.xlsx", Book=made))
    assert {fact.row: str(fact.time.time.date()) for fact in reading.transfers if fact.time.time} == dict.fromkeys(
        (2, 3, 4), "2024-08-05"
    )
    assert reading.errors == [(5, "cell_merged"), (6, "cell_merged")]
    (said, _) = (issue.message for issue in reading.issues if issue.code == "cell_merged")
    assert said == "column 'Sum': the cells E5:E6 are merged: it stands once for 2 rows; say for each what is its own"


def test_a_cell_merged_over_two_columns_is_refused_by_name(tmp_path: Path) -> None:
    made = Made([HEADER, row(1), row(2)], merges=[(1, 2, 1, 3)])
    reading = read_book(write_book(tmp_path / "w.xlsx", Book=made))
    assert reading.errors == [(2, "cell_merged")]
    assert [fact.row for fact in reading.transfers] == [3]


def test_a_value_hidden_under_a_merge_is_not_read() -> None:
    rows: list[list[Any]] = [["a"], ["b"], ["c"]]
    ((_, first), (cells, second), (_, third)) = merge_rows(iter(rows), [((0, 0), (1, 0))], "x")
    assert (first[0].hides, second[0].hides, cells, third) == (False, True, ["b"], {})


def test_merges_without_end_are_refused() -> None:
    wide: list[list[Any]] = [["x"] * 2_000 for _ in range(1_200)]
    with pytest.raises(SourceError, match="merged places"):
        list(merge_rows(iter(wide), [((0, 0), (1_200, 2_000))], "x"))


def test_a_workbook_with_macros_is_read_as_one_without(tmp_path: Path) -> None:
    path = write_book(tmp_path / "x.xlsx", Book=Made([HEADER, row(1)]))
    kept = tmp_path / "x.xlsm"
    path.rename(kept)
    assert hawala_ledger.recognise(_with(kept, BOOK))
    assert pickup_list.recognise(_with(kept, {"kind": "pickup", "columns": {"number": "No"}}))
    assert len(read_book(kept).transfers) == 1


def _with(path: Path, mapping: dict[str, Any]) -> Any:
    return replace(head_of(path), mapping=mapping)


def test_other_connectors_read_all_visible_sheets_too(tmp_path: Path) -> None:
    header = ["address", "label"]
    good = ["TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr", "Office Fictional"]
    path = write_book(tmp_path / "l.xlsx", A=Made([header, good]), B=Made([header, good]), C=Made([["x"]], hidden=True))
    reading = read_all(labels, open_source(path))
    assert [tag.row for tag in reading.tags] == [2, SHEET_STEP + 2]
    assert [issue.code for issue in reading.issues] == ["sheet_not_read"]
    chat = [["when", "who", "what"], ["2024-08-02 01:00:00", "A", "kod 4718"]]
    path = write_book(tmp_path / "c.xlsx", A=Made(chat), B=Made([*chat[:1], ["2024-08-03 01:00:00", "A", "kod 4719"]]))
    columns = {"time": "when", "sender": "who", "text": "what"}
    options = ReadOptions(timezone="UTC", mapping={"kind": "messages", "columns": columns})
    assert [event.row for event in read_all(message_table, open_source(path), options).events] == [2, SHEET_STEP + 2]


@given(
    st.integers(0, 10**9), st.integers(2, 12), st.sampled_from(["{}", '"K-"{}', "{}\\-0", "[Red]{};-0", "[$-409]{}"])
)
def test_a_shown_number_keeps_its_digits(value: int, zeros: int, shape: str) -> None:
    form = shape.format("0" * zeros)
    shown = show_number(value, form)
    assert shown is not None
    assert changes_codes(form)
    digits = "".join(filter(str.isdigit, shown))
    assert int(digits) == value
    assert len(digits) >= zeros
    assert str(ShownNumber(value, shown)) == shown
    assert float(ShownNumber(value, shown)) == value


CELLS = st.one_of(
    st.integers(0, 10**9), st.text("abc 7é€#", min_size=1, max_size=8).map(lambda text: f"t{text}"), st.just(None),
    st.dates(date(2001, 1, 1), date(2030, 1, 1)).map(str),
)  # fmt: skip
PLACES = st.tuples(st.integers(0, 5), st.integers(0, 2))
DOWN = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(1, 3))
SHEETS = st.builds(
    Made,
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6),
    hidden=st.booleans(),
    formats=st.dictionaries(PLACES, st.sampled_from(["0000000000", "0", "#,##0.00"]), max_size=3),
    errors=st.dictionaries(PLACES, st.sampled_from(["#REF!", "#N/A", "#NUM!"]), max_size=2),
    merges=st.lists(DOWN.map(lambda m: (m[0], m[1], m[0] + m[2], m[1])), max_size=1),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(first=SHEETS, others=st.lists(SHEETS, max_size=2))
def test_every_visible_cell_arrives_or_its_row_names_why(
    tmp_path_factory: pytest.TempPathFactory, first: Made, others: list[Made]
) -> None:
    made = [first, *others]
    first.hidden = first.hidden and any(not each.hidden for each in others)
    for each in made:
        each.rows = [["A", "B", "C"], *[[*cells] for cells in each.rows]]
        each.formats = {
            (place[0] + 1, place[1]): form for place, form in each.formats.items() if place[0] + 1 < len(each.rows)
        }
        each.errors = {
            (place[0] + 1, place[1]): name for place, name in each.errors.items() if place[0] + 1 < len(each.rows)
        }
        each.merges = [
            (first_row + 1, left, min(last + 1, len(each.rows) - 1), right) for first_row, left, last, right in each.merges
            if first_row + 2 < len(each.rows) and each.rows[first_row + 1][left] is not None
            and not any(first_row < place[0] <= last + 1 and place[1] == left for place in [*each.errors, *each.formats])
        ]  # fmt: skip
    path = write_book(tmp_path_factory.mktemp("w") / "b.xlsx", **{f"S{n}": each for n, each in enumerate(made)})
    source = open_source(path)
    mapping = load_mapping({"columns": {"a": "A", "b": "B", "c": "C"}}, Vocabulary(("a", "b", "c"), (), {}))
    found = {record.row: record for record in declared_rows(source, ReadOptions(), mapping)}
    for position, each in enumerate(made):
        for number, cells in list(enumerate(each.rows))[1:]:
            record = found.get(position * SHEET_STEP + number + 1)
            assert record is None or not each.hidden
            for column, cell in enumerate(cells):
                if not each.hidden:
                    check_cell(each, number, column, cell, record)
    hidden = sum(each.hidden for each in made)
    assert sum(issue.code == "sheet_not_read" for issue in source.remarks) == bool(hidden)


def check_cell(made: Made, number: int, column: int, cell: object, record: Any) -> None:
    """A cell's value stands in its row as a person sees it, or under the merge that covers it."""
    name = "ABC"[column]
    merge = next((m for m in made.merges if m[0] <= number <= m[2] and m[1] == column), None)
    if (number, column) in made.errors:
        assert record.value[name] == made.errors[number, column]
    elif merge is not None:
        held = made.rows[merge[0]][column]
        assert record.merged[name].rows == merge[2] - merge[0] + 1
        assert record.merged[name].hides == (cell not in (None, held))
        assert record.merged[name].hides or str(record.value[name]).removesuffix(".0") == str(held)
    elif cell is not None:
        shown = (
            f"{cell:010}" if isinstance(cell, int) and made.formats.get((number, column)) == "0000000000" else str(cell)
        )
        assert str(record.value[name]).removesuffix(".0") == shown
    elif record is not None:
        assert record.value[name] == ""
