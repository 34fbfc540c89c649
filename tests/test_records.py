"""Raw records: numbered as facts cite them, in the source's own text, or refused with the place."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.reading import open_source
from trails.connector import ReadOptions, Source
from trails.errors import SourceError
from trails.records import Broken, csv_records, json_documents, json_records, read_head, read_text, sheet_records

OPTIONS = ReadOptions()


def source(folder: Path, data: bytes | str, name: str = "f.json") -> Source:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return Source(path, name, "0" * 64, path.stat().st_size)


def test_a_list_lines_and_one_document_are_numbered_alike(tmp_path: Path) -> None:
    for text in ('[{"a": 1},\n {"a": 2}]', '{"a": 1}\n{"a": 2}\n', '{"a": 1} {"a": 2}'):
        found = list(json_records(source(tmp_path, text), OPTIONS))
        assert [(r.row, r.raw, r.value) for r in found] == [(1, '{"a": 1}', {"a": 1}), (2, '{"a": 2}', {"a": 2})]


def test_items_under_keys_are_the_sources_own_text(tmp_path: Path) -> None:
    text = '{"data" : [ {"v": 1.10}, {"v": "x"} ], "meta": {"data": [3]}}\n{"data":[{"v":2}]}'
    found = list(json_records(source(tmp_path, text), OPTIONS, at=("data",)))
    assert [(r.row, r.raw) for r in found] == [(1, '{"v": 1.10}'), (2, '{"v": "x"}'), (3, '{"v":2}')]
    assert found[0].value["v"] == Decimal("1.10")


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.lists(st.booleans()))))
def test_any_items_come_back_whole_and_in_place(items: list[dict[str, object]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps({"meta": {"data": 1}, "data": items, "more": ["]"]})
        found = list(json_records(source(Path(folder), text), OPTIONS, at=("data",)))
        assert [r.value for r in found] == items
        assert [json.loads(r.raw) for r in found] == items
        assert all(r.raw in text for r in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"a": 1}, {"a": ', "truncated"),
        ('[{"a": 1}', "truncated"),
        ('{"a": "never clo', "truncated"),
        ("hello", "line 1, column 1"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_json_is_one_message_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        list(json_records(source(tmp_path, text), OPTIONS))


def test_a_broken_line_of_json_lines_is_one_row(tmp_path: Path) -> None:
    text = '{"a": 1}\n{"a" 2}\n{"a": 3}\n{"a": '
    found = list(json_records(source(tmp_path, text), OPTIONS))
    assert [(r.row, r.raw) for r in found] == [(1, '{"a": 1}'), (2, '{"a" 2}'), (3, '{"a": 3}'), (4, '{"a":')]
    assert [r.value for r in found[::2]] == [{"a": 1}, {"a": 3}]
    assert isinstance(found[1].value, Broken)
    assert "not whole JSON at line 2, column 6: Expecting ':' delimiter" in found[1].value.message
    assert "line 4, column 7: the file is truncated" in found[3].value.message
    with pytest.raises(SourceError, match="line 2, column 6"):
        list(json_documents(source(tmp_path, text), OPTIONS, pages=("a",)))


def test_an_answer_without_the_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no list under 'data'"):
        list(json_records(source(tmp_path, '{"error": "limit"}'), OPTIONS, at=("data",)))


def test_encodings_are_said_and_never_guessed(tmp_path: Path) -> None:
    text = "ime,iznos\nČedo,5\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert read_text(source(tmp_path, text.encode(encoding)), OPTIONS) == text
    with pytest.raises(SourceError, match=r"byte 10 \(0xc8\) is not utf-8"):
        read_text(source(tmp_path, text.encode("cp1250")), OPTIONS)
    assert read_text(source(tmp_path, text.encode("cp1250")), ReadOptions(encoding="cp1250")) == text
    with pytest.raises(SourceError, match="no encoding called"):
        read_text(source(tmp_path, text), ReadOptions(encoding="klingon"))
    with pytest.raises(SourceError, match="empty"):
        read_text(source(tmp_path, "  \n"), OPTIONS)


def test_csv_rows_count_records_even_across_quoted_line_breaks(tmp_path: Path) -> None:
    text = 'a,b\n1,"two\nlines"\n\n3,4\n5\n6,7,8\n'
    found = list(csv_records(source(tmp_path, text), OPTIONS))
    assert [r.row for r in found] == [2, 4, 5, 6]
    assert found[0].raw == '1,"two\nlines"'
    assert found[1].value == {"a": "3", "b": "4"}
    assert found[2].value == {"a": "5", "b": None}
    assert found[3].value == {"a": "6", "b": "7", None: ["8"]}


def test_a_column_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a stands twice"):
        list(csv_records(source(tmp_path, "a,b,a\n1,2,3\n"), OPTIONS))


def test_sheets_keep_their_own_row_numbers(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "l.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("2024")
    for row, cells in ((2, ["Code", "Sum"]), (3, ["4718", 12.5]), (5, ["9", 3])):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    book.close()
    made = Source(path, path.name, "0" * 64, path.stat().st_size)
    found = list(sheet_records(made, OPTIONS, sheet="2024", header_row=3))
    assert [(r.row, r.value["Code"], r.value["Sum"]) for r in found] == [(4, "4718", 12.5), (6, "9", 3.0)]
    with pytest.raises(SourceError, match="no sheet 'x'; there are: 2024"):
        list(sheet_records(made, OPTIONS, sheet="x"))


def test_sheet_bombs_and_broken_workbooks_are_refused(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "sparse.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "x")
    sheet.write(1_048_575, 16_383, "y")
    book.close()
    with pytest.raises(SourceError, match="spans 1,048,576 x 16,384 places"):
        list(sheet_records(Source(path, path.name, "0" * 64, 1), OPTIONS))
    with pytest.raises(SourceError, match="not a readable workbook"):
        list(sheet_records(source(tmp_path, b"PK\x03\x04 no", "x.xlsx"), OPTIONS))


def test_a_workbook_that_changed_after_it_was_looked_at_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"

    def write(value: str) -> None:
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_column(0, 0, ["name", value])

    write("before")
    source = open_source(path)
    assert read_head(source).sheet == (("name",), ("before",))
    assert [row.value for row in sheet_records(source, ReadOptions())] == [{"name": "before"}]
    read_head(source)
    write("after")
    os.utime(path, ns=(1, 1))
    assert [row.value for row in sheet_records(source, ReadOptions())] == [{"name": "after"}]
