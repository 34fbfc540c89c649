"""Rows written off a picture: what refuses one, and what two readers of one line say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import hawala_ledger, transcription
from tests.connectors.reading import Reading, make_source, read_all
from tests.made_pictures import pdf, png
from trails.connector import OtherSheet, ReadOptions, Source
from trails.errors import SourceError
from trails.transcribe import COLUMNS

PAGE, BOOK = png(), pdf((595, 842), (595, 842), (595, 842))
SHA, SHA_BOOK = (hashlib.sha256(each).hexdigest() for each in (PAGE, BOOK))
MAPPING: dict[str, Any] = {
    "kind": "ledger", "scope": "s", "timezone": "UTC", "decimal_mark": ".",
    "columns": {word: name for name, word in COLUMNS.items()},
    "status": {"in": "deposit", "out": "payout"},
}  # fmt: skip
GOOD = {"picture": SHA, "page": "1", "region": "line 1", "transcriber": "Examiner A", "date": "2024-08-02", "code": "4718",
        "payer": "Quince", "payee": "Alder", "office": "O", "amount": "100", "currency": "EUR", "kind": "in"}  # fmt: skip


def sheet(folder: Path, *rows: dict[str, str], name: str = "sheet.csv", pictures: tuple[bytes, ...] = (PAGE, BOOK)) -> Source:
    lines = [",".join(COLUMNS), *(",".join(f'"{row.get(column, "")}"' for column in COLUMNS) for row in rows)]
    beside = [make_source(folder, data, f"picture{number}") for number, data in enumerate(pictures)]
    return replace(make_source(folder, "\n".join(lines) + "\n", name), companions=tuple(beside))


def read(folder: Path, *rows: dict[str, str], mapping: Any = None) -> Reading:
    return read_all(hawala_ledger, sheet(folder, *rows), ReadOptions(mapping=mapping or MAPPING))


def test_a_row_gives_the_facts_of_the_ledger_and_its_place(tmp_path: Path) -> None:
    source = sheet(tmp_path, {**GOOD, "transcribed": "2024-09-30 14:05"})
    reading = read_all(hawala_ledger, source, ReadOptions(mapping=MAPPING))
    (transfer,) = reading.transfers
    assert (transfer.row, transfer.kind, transfer.amount, transfer.asset.asset) == (2, "deposit", 10_000, "EUR")
    assert reading.issues == []
    (raw,) = hawala_ledger.records(source, ReadOptions(mapping=MAPPING))
    assert raw.place is not None
    assert (raw.place.sha256, raw.place.page, raw.place.words, raw.place.transcriber, raw.place.transcribed) == (
        SHA, 1, "line 1", "Examiner A", "2024-09-30 14:05",
    )  # fmt: skip
    assert list(hawala_ledger.cites(source, ReadOptions(mapping=MAPPING))) == [SHA]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"picture": ""}, "picture_missing"),
        ({"picture": "page-12.jpg"}, "picture_damaged"),
        ({"picture": "0" * 64}, "picture_unknown"),
        ({"transcriber": " "}, "transcriber_missing"),
        ({"transcribed": "yesterday"}, "transcribed_damaged"),
        ({"region": ""}, "region_missing"),
        ({"page": "2"}, "region_outside"),
        ({"page": "0"}, "region_damaged"),
        ({"page": "one"}, "region_damaged"),
        ({"region": "page 3, line 1"}, "region_damaged"),
        ({"page": "", "region": "page 2, line 1"}, "region_outside"),
        ({"picture": SHA_BOOK, "page": ""}, "region_missing"),
        ({"picture": SHA_BOOK, "page": "4"}, "region_outside"),
        ({"x": "10", "y": "10", "width": "631", "height": "1"}, "region_outside"),
        ({"x": "10", "y": "10", "width": "1", "height": "411"}, "region_outside"),
        ({"x": "10", "y": "10", "width": "0", "height": "1"}, "region_damaged"),
        ({"x": "10", "y": "10"}, "region_damaged"),
        ({"x": "-1", "y": "10", "width": "1", "height": "1"}, "region_damaged"),
    ],
)
def test_a_row_that_cannot_be_held_against_its_picture_is_refused_alone(
    tmp_path: Path, cells: dict[str, str], code: str
) -> None:
    reading = read(tmp_path, {**GOOD, **cells}, {**GOOD, "region": "line 9"})
    assert reading.errors == [(2, code)]
    assert reading.kept == {3}
    assert "Quince" not in reading.issues[0].message


@pytest.mark.parametrize("cells", [
    {"x": "10", "y": "10", "width": "630", "height": "410"}, {"x": "۱۰", "y": "0.5", "width": "1", "height": "1", "region": ""},
    {"page": ""}, {"picture": SHA_BOOK, "page": "3"}, {"picture": SHA_BOOK, "page": "", "region": "page 3, line 1"},
    {"picture": SHA.upper()},
])  # fmt: skip
def test_a_place_on_the_picture_is_kept(tmp_path: Path, cells: dict[str, str]) -> None:
    reading = read(tmp_path, {**GOOD, **cells})
    assert (reading.kept, reading.issues) == ({2}, [])


@given(st.tuples(*[st.integers(0, 700)] * 2, *[st.integers(1, 700)] * 2))
def test_a_box_is_kept_where_it_lies_inside_the_page_and_refused_where_not(
    tmp_path_factory: pytest.TempPathFactory, box: tuple[int, int, int, int]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    reading = read(folder, {**GOOD, "region": "", **dict(zip(transcription.BOX, map(str, box), strict=True))})
    inside = box[0] + box[2] <= 640 and box[1] + box[3] <= 420
    assert reading.errors == ([] if inside else [(2, "region_outside")])


def test_lines_that_nobody_filled_in_are_skipped(tmp_path: Path) -> None:
    laid_out = {"picture": SHA, "page": "1", "transcriber": "Examiner A", "transcribed": "2024-09-30"}
    reading = read(tmp_path, GOOD, laid_out, {"picture": "0" * 64})
    assert (reading.kept, reading.skipped, reading.issues) == ({2}, {3, 4}, [])


def test_signs_that_can_be_read_in_two_ways_are_told_by_their_column(tmp_path: Path) -> None:
    reading = read(tmp_path, {**GOOD, "uncertain": "Amount: 1 or 7; Zalmay?"}, {**GOOD, "region": "line 2", "uncertain": "?"})
    first, second = (issue.message for issue in reading.issues)
    assert first.endswith("unsure of signs in 'amount'")
    assert second.endswith("unsure of signs")
    assert reading.graded == {("warning", "reading_uncertain"): 2}
    assert reading.kept == {2, 3}


@pytest.mark.parametrize("column", ["amount", "code", "payer", "kind", "currency", "date", "number"])
def test_two_readers_who_differ_refuse_the_line_and_say_in_what(tmp_path: Path, column: str) -> None:
    other = {"amount": "700", "kind": "out", "currency": "USD", "date": "2024-08-03"}.get(column, "4778")
    second = {**GOOD, "transcriber": "Examiner B", "region": "page 1, LINE 1", column: other, "note": "mine"}
    reading = read(tmp_path, GOOD, second, {**GOOD, "region": "line 2"})
    assert reading.errors == [(2, "transcriptions_differ"), (3, "transcriptions_differ")]
    assert [issue.message.partition(":")[0] for issue in reading.issues] == [
        f"row {row} of the same line of the picture and this one differ in column {column!r}" for row in (3, 2)
    ]
    assert reading.kept == {4}


def test_two_readers_who_agree_count_once(tmp_path: Path) -> None:
    reading = read(tmp_path, GOOD, {**GOOD, "transcriber": "Examiner B", "payer": " quince ", "note": "clear"})
    assert (reading.kept, reading.skipped, reading.issues) == ({2}, {3}, [])
    assert "row 2 says the same" in reading.skips[0].reason


def test_a_page_is_no_line_and_many_rows_may_stand_on_it(tmp_path: Path) -> None:
    reading = read(tmp_path, {**GOOD, "region": "page 1"}, {**GOOD, "region": "page 1", "amount": "7"})
    assert (reading.kept, reading.issues) == ({2, 3}, [])
    assert len({transfer.identity for transfer in reading.transfers}) == 2


@pytest.mark.parametrize(("cells", "refused"), [({}, False), ({"amount": "7"}, True), ({"kind": "out"}, True)])
def test_a_second_sheet_is_held_against_the_first(tmp_path: Path, cells: dict[str, str], *, refused: bool) -> None:
    first = sheet(tmp_path, GOOD, {**GOOD, "region": "line 2"}, name="first.csv")
    mapping = {**MAPPING, "status": {"in": "deposit", "out": "payout"}}
    second = sheet(tmp_path, {**GOOD, "transcriber": "B", **cells}, {**GOOD, "region": "line 2", "amount": "8"}, name="second.csv")
    before = OtherSheet(4, first, ReadOptions(mapping=mapping), frozenset({3}))
    reading = read_all(hawala_ledger, replace(second, others=(before,)), ReadOptions(mapping=MAPPING))
    assert reading.errors == ([(2, "transcriptions_differ")] if refused else [])
    assert 3 in reading.kept, "what was refused in the first sheet says nothing"
    if refused:
        assert "row 2 of source 4 of the same line" in reading.issues[0].message
    else:
        (one, *_), (other, *_) = (
            read_all(hawala_ledger, each, ReadOptions(mapping=MAPPING)).transfers for each in (first, second)
        )
        assert one.identity == other.identity, "one line of a picture is one entry, whoever wrote it off"


@pytest.mark.parametrize(("columns", "said"), [
    ({"picture": None}, "does not say which column `picture` is"),
    ({"transcriber": None}, "does not say which column `transcriber` is"),
    ({"x": None}, "a place needs all four"),
    ({"region": None, "x": None, "y": None, "width": None, "height": None}, "does not say where on it"),
])  # fmt: skip
def test_columns_that_say_half_of_it_are_refused(tmp_path: Path, columns: dict[str, None], said: str) -> None:
    kept = {word: name for word, name in MAPPING["columns"].items() if word not in columns}
    with pytest.raises(SourceError) as raised:
        read(tmp_path, GOOD, mapping={**MAPPING, "columns": kept})
    assert any(said in line for line in raised.value.lines())


def test_what_is_given_with_a_sheet_must_be_a_picture_that_it_is_about(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="given with --with, and no picture"):
        list(hawala_ledger.read(sheet(tmp_path, GOOD, pictures=(b"text",)), ReadOptions(mapping=MAPPING)))
    plain = {**MAPPING, "columns": {w: n for w, n in MAPPING["columns"].items() if w not in transcription.WORDS}}
    with pytest.raises(SourceError, match="does not say which column `picture` is"):
        list(hawala_ledger.read(sheet(tmp_path, GOOD), ReadOptions(mapping=plain)))


def test_a_sheet_that_nobody_can_have_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcription, "MOST_ROWS", 1)
    with pytest.raises(SourceError, match="more than 1 rows"):
        list(hawala_ledger.read(sheet(tmp_path, GOOD, GOOD), ReadOptions(mapping=MAPPING)))


def test_the_columns_of_a_template_are_words_of_the_ledger() -> None:
    from connectors.hawala_ledger.vocabulary import WORDS

    assert set(COLUMNS.values()) <= set(WORDS)
    assert set(transcription.WORDS) <= set(COLUMNS.values())
