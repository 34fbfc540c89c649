"""Declared columns: marks, patterns, and a mapping checked as a whole."""

from __future__ import annotations

import string
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import hawala_ledger
from tests.connectors.reading import open_source
from trails import timestamps
from trails.columns import CellProblem, DeclaredRow, declared_rows, read_amount, read_instant
from trails.connector import RawRecord, ReadOptions
from trails.errors import AmountError
from trails.identifiers import normalise_code, normalise_name
from trails.mapping import Vocabulary, load_mapping
from trails.model import Issue

VOCABULARY = Vocabulary(("date", "amount", "currency", "code"), ("date",), {"deposit": ("code",)})
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def marks(decimal_mark: str = ".", thousands_mark: str = "") -> Any:
    return load_mapping({"decimal_mark": decimal_mark, "thousands_mark": thousands_mark}, VOCABULARY)


@given(
    amount=st.integers(0, 10**30),
    decimals=st.integers(0, 8),
    pair=st.sampled_from([".,", ",.", ", ", ".'", ",", "."]),
    arabic=st.booleans(),
)
def test_an_amount_written_with_the_declared_marks_comes_back(
    *, amount: int, decimals: int, pair: str, arabic: bool
) -> None:
    decimal_mark, thousands_mark = pair[0], pair[1:]
    whole, places = divmod(amount, 10**decimals)
    text = f"{whole:,}".replace(",", thousands_mark) + (f"{decimal_mark}{places:0{decimals}}" if decimals else "")
    text = text.translate(ARABIC) if arabic else text
    assert read_amount(text, decimals, marks(decimal_mark, thousands_mark)) == amount


@pytest.mark.parametrize(
    ("cell", "decimal_mark", "thousands_mark", "amount"),
    [
        ("۳٬۵۰۰", ".", "", 350_000),
        ("۳٬۵۰۰٫۲۵", ",", ".", 350_025),
        ("3\u202f500,5", ",", " ", 350_050),
        ("\u200f3.500", ",", ".", 350_000),
        (4500.25, ",", ".", 450_025),
        (3.0, ",", ".", 300),
    ],
)
def test_amounts(cell: object, decimal_mark: str, thousands_mark: str, amount: int) -> None:
    assert read_amount(cell, 2, marks(decimal_mark, thousands_mark)) == amount


@pytest.mark.parametrize(
    ("cell", "decimal_mark", "thousands_mark"),
    [
        ("4.500", ",", ""), ("4,500", ".", ""), ("45,00", ".", ","), ("4.50,00", ",", "."), ("1.2.3", ".", ","),
        ("€4", ".", ","), ("1 000", ".", ","), ("", ".", ","), ("½", ".", ","), ("²", ".", ","), ("+", ".", ","),
        (0.30000000000000004, ".", ","), (float("inf"), ".", ","), (float("nan"), ".", ","), (True, ".", ","),
        (datetime(2024, 8, 2, tzinfo=UTC), ".", ","),
    ],
)  # fmt: skip
def test_what_the_marks_do_not_fit_is_refused(cell: object, decimal_mark: str, thousands_mark: str) -> None:
    with pytest.raises(AmountError):
        read_amount(cell, 2, marks(decimal_mark, thousands_mark))


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)))
def test_a_written_time_comes_back_by_its_pattern(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    found = read_instant(moment.strftime("%d.%m.%Y %H:%M"), zone_name="UTC", patterns=("%Y-%m-%d", "%d.%m.%Y %H:%M"))
    assert (found.time, found.error_s) == (moment.replace(tzinfo=UTC), 0)


@pytest.mark.parametrize(
    ("text", "zone_name", "patterns", "code"),
    [
        ("02.08.2024", "UTC", (), "time_ambiguous"),
        ("02.08.2024", "UTC", ("%Y-%m-%d", "%m/%d/%Y"), "time_damaged"),
        ("02.03.2024", "UTC", ("%d.%m.%Y", "%m.%d.%Y"), "time_ambiguous"),
        ("2024-08-02T10:00", None, (), "time_no_zone"),
        ("1970-01-01", "UTC", (), "time_damaged"),
    ],
)
def test_a_time_that_is_not_plain_is_refused(
    text: str, zone_name: str | None, patterns: tuple[str, ...], code: str
) -> None:
    with pytest.raises(CellProblem) as caught:
        read_instant(text, zone_name=zone_name, patterns=patterns)
    assert caught.value.code == code


def test_a_time_with_its_own_offset_needs_no_zone() -> None:
    found = read_instant("2024-08-02T10:00+03:00", zone_name=None)
    assert (found.time, found.basis) == (datetime(2024, 8, 2, 7, tzinfo=UTC), "stated")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decimal_mark": ";"}, "`decimal_mark`"),
        ({"thousands_mark": "."}, "the same"),
        ({"thousands_mark": "x"}, "`thousands_mark`"),
        ({"timezone": "Sarajevo"}, "`timezone`"),
        ({"currency": "XXQ"}, "`currency`"),
        ({"region": "Bosnia"}, "`region`"),
        ({"delimiter": "::"}, "`delimiter`"),
        ({"header_row": 0}, "`header_row`"),
        ({"header_row": True}, "`header_row`"),
        ({"scope": 5}, "`scope` must be a text"),
        ({"columns": ["date"]}, "`columns` must be a table"),
        ({"columns": {"date": "D", "amount": 5}}, "must be a text"),
        ({"columns": {}}, "which column `date` is"),
        ({"columns": {"date": "D", "price": "P"}}, "unknown word `price`"),
        ({"status": {"x": "gift"}}, "'gift' is none of deposit, skip"),
        ({"status": {"x": "deposit"}}, "column `code`"),
        ({"currencies": {"€": "EURO"}}, "[currencies] €"),
        ({"date_pattern": 5}, "must be a text"),
        ({"date_pattern": "%d.%m."}, "whole date"),
        ({"date_pattern": "%d.%m.%Y %I:%M"}, "%I needs %p"),
        ({"date_pattern": "%d.%m.%Y %Q"}, "%d.%m.%Y %Q"),
        ({"colour": "red"}, "unknown setting `colour`"),
    ],
)
def test_each_problem_of_a_mapping_is_named(change: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {"decimal_mark": ".", "columns": {"date": "D", "amount": "A"}, "date_pattern": "%d.%m.%y"}
    assert load_mapping(good, VOCABULARY).problems == ()
    problems = load_mapping({**good, **change}, VOCABULARY).problems
    assert said in problems[0]
    assert len(problems) == 1 + (change == {"columns": ["date"]})


def test_all_problems_are_listed_together() -> None:
    problems = load_mapping({"columns": {"amount": "A"}, "timezone": "x", "header_row": -1}, VOCABULARY).problems
    assert len(problems) == 4


def test_a_row_is_read_by_our_words() -> None:
    mapping = load_mapping(
        {"decimal_mark": ",", "columns": {"date": "D", "amount": "A", "currency": "C"}, "currencies": {"Evro": "EUR"}},
        VOCABULARY,
    )
    row = DeclaredRow.of(RawRecord(3, "", {"D": "", "A": 12.0, "C": " EVRO "}), mapping)
    assert (row.text("amount"), row.amount("amount", 2), row.instant("date", "UTC")) == ("12", 1_200, None)
    assert row.asset("currency", None).asset == "EUR"
    with pytest.raises(CellProblem, match="fewer fields"):
        DeclaredRow.of(RawRecord(3, "", {"D": "", "A": None, "C": ""}), mapping)


_PATTERNS = (
    "%d.%m.%Y %H:%M",
    "%d/%m/%y",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S",
    "%m-%d-%Y %H:%M:%S",
    "%d.%m.%Y  %H:%M",
    "%H:%M %d.%m.%Y",
)


@given(
    st.sampled_from(_PATTERNS),
    st.one_of(
        st.datetimes(min_value=datetime(1930, 1, 1), max_value=datetime(2068, 12, 31)),
        st.text("0123456789.:/- T", max_size=20),
    ),
)
@settings(max_examples=500)
def test_times_are_read_as_strptime_reads_them(pattern: str, drawn: datetime | str) -> None:
    text = drawn.strftime(pattern) if isinstance(drawn, datetime) else drawn

    def read(reader: Callable[[str, str], datetime]) -> datetime | None:
        try:
            return reader(text, pattern)
        except ValueError:
            return None

    assert read(timestamps._read_pattern) == read(datetime.strptime)


@given(st.one_of(st.text(max_size=12), st.text(string.printable, max_size=12)))
@settings(max_examples=500)
def test_names_and_codes_of_plain_letters_are_what_they_are_among_others(text: str) -> None:
    # a letter of another script, taken away again, sends the text down the long road
    assert normalise_name(text + " ж") == f"{normalise_name(text)} ж".strip()
    assert normalise_code(text + "ж") == f"{normalise_code(text)}ж"


def test_columns_that_are_not_read_are_named_once(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("date,code,who,sum,kind,colour,shoe\n2024-08-02,1,A,5,in,red,9\n", encoding="utf-8")
    columns = {"date": "date", "code": "code", "amount": "sum", "payer": "who", "status": "kind"}
    mapping = {
        "timezone": "UTC",
        "currency": "EUR",
        "decimal_mark": ".",
        "columns": columns,
        "status": {"in": "deposit"},
    }
    found = [
        each for each in hawala_ledger.read(open_source(path), ReadOptions(mapping=mapping)) if isinstance(each, Issue)
    ]
    assert [(i.row, i.severity, i.message) for i in found if i.code == "unknown_columns"] == [
        (None, "note", "2 columns not read: 'colour', 'shoe'")
    ]


def test_a_zipped_ledger_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.zip", "w") as archive:
        archive.writestr("book.csv", "date,code,sum\n2024-08-02,1,5\n")
    mapping = load_mapping({"decimal_mark": ".", "columns": {"date": "date", "amount": "sum"}}, VOCABULARY)
    rows = list(declared_rows(open_source(tmp_path / "book.zip"), ReadOptions(), mapping))
    assert [row.value["sum"] for row in rows] == ["5"]
