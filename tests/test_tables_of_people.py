"""Small things of tables that people keep: rows of zeros, withdrawn currencies, cut cells, tabs, months in more spellings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from connectors import exchange_statement, hawala_ledger, labels, message_table, pickup_list, rates
from connectors.headers import why_no_row
from tests.connectors.reading import Reading, make_source, read_all
from tests.test_workbooks import BOOK, HEADER
from trails.calendars import DateProblem, DateRules, read_date
from trails.connector import ReadOptions
from trails.money import currency
from trails.old_currencies import WITHDRAWN

RULES = DateRules(calendars=("jalali", "hijri"), period=(date(2024, 7, 1), date(2026, 6, 30)))


def read_text(folder: Path, rows: list[list[str]], name: str = "b.csv", mark: str = ",", **change: Any) -> Reading:
    source = make_source(folder, "\n".join(mark.join(cells) for cells in rows) + "\n", name)
    return read_all(hawala_ledger, source, ReadOptions(mapping={**BOOK, **change}))


GOOD = ["1", "2024-08-05", "4711", "Payer 1", "250", "in"]


@pytest.mark.parametrize("zero", ["0", "0.00", "0,00", "00:00:00", "۰", "-0", "1899-12-31"])
def test_a_row_of_nothing_but_zeros_is_an_empty_row(tmp_path: Path, zero: str) -> None:
    reading = read_text(tmp_path, [HEADER, GOOD, ["", "", "", "", zero, ""], [zero] * 6], mark=";", delimiter=";")
    assert [(skip.row, skip.reason) for skip in reading.skips] == [
        (3, "a row of nothing but zeros"), (4, "a row of nothing but zeros"),
    ]  # fmt: skip
    assert (reading.errors, len(reading.transfers)) == ([], 1)
    assert why_no_row({"a": zero, "b": ""}) == "a row of nothing but zeros"
    assert why_no_row({"a": zero, "b": "10"}) is None


def test_other_tables_skip_a_row_of_zeros_too(tmp_path: Path) -> None:
    made = make_source(tmp_path, "address,label\nTDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr,Office\n0,0\n", "l.csv")
    assert [skip.row for skip in read_all(labels, made).skips] == [3]
    said = {"kind": "rates", "decimal_mark": ".", "columns": {"date": "D", "rate": "R"}}
    mapping = {**said, "rates": {"base": "EUR", "quote": "USD", "source": "made"}}
    made = make_source(tmp_path, "D,R\n2024-08-02,1.1\n0,0\n", "r.csv")
    assert [skip.row for skip in read_all(rates, made, ReadOptions(mapping=mapping)).skips] == [3]
    made = make_source(tmp_path, "N,S,D,A\n1234567890,Sender F,2024-08-05,10\n0,0,0,0\n", "p.csv")
    columns = {"number": "N", "sender": "S", "date_sent": "D", "amount": "A"}
    said = {
        "kind": "pickup",
        "columns": columns,
        "decimal_mark": ".",
        "operator": "ria",
        "currency": "EUR",
        "timezone": "UTC",
    }
    assert [skip.row for skip in read_all(pickup_list, made, ReadOptions(mapping=said)).skips] == [3]


def test_withdrawn_currencies_are_known() -> None:
    assert [currency(code).decimals for code in ("DEM", "hrk", "ITL", "YDD")] == [2, 2, 2, 3]
    assert not set(WITHDRAWN) & {known.code for known in Currency}
    assert all(len(code) == 3 and code.isupper() for code in WITHDRAWN)


def test_a_tsv_needs_no_delimiter(tmp_path: Path) -> None:
    assert len(read_text(tmp_path, [HEADER, GOOD], "b.tsv", "\t").transfers) == 1
    assert len(read_text(tmp_path, [HEADER, GOOD], "b.TSV", ";", delimiter=";").transfers) == 1
    columns = {"date": "D", "amount": "A", "coin": "C", "operation": "O"}
    said = {
        "kind": "statement",
        "columns": columns,
        "timezone": "UTC",
        "decimal_mark": ".",
        "operations": {"in": "deposit"},
    }
    made = make_source(tmp_path, "D\tA\tC\tO\n2024-08-02 10:00:00\t5\tEUR\tin\n", "s.tsv")
    assert len(read_all(exchange_statement, made, ReadOptions(mapping=said)).transfers) == 1


@pytest.mark.parametrize(("length", "doubted"), [(254, 0), (255, 1), (256, 0), (32_766, 0), (32_767, 1)])
def test_a_cell_of_exactly_the_length_that_programs_cut_to_is_doubted(
    tmp_path: Path, length: int, doubted: int
) -> None:
    reading = read_text(tmp_path, [[*HEADER, "Note"], [*GOOD, "n" * length]])
    assert reading.graded[("warning", "cell_cut")] == doubted
    assert [issue.row for issue in reading.issues if issue.code == "cell_cut"] == [2] * doubted
    assert len(reading.transfers) == 1


def test_a_spreadsheet_counts_signs_beyond_16_bits_twice(tmp_path: Path) -> None:
    text = "\U0001f4b6" * 16_383 + "n"
    columns = {"time": "when", "sender": "who", "text": "what"}
    options = ReadOptions(mapping={"kind": "messages", "timezone": "UTC", "columns": columns})
    made = make_source(tmp_path, f"when,who,what\n2024-08-02 01:00:00,A,{text}\n", "c.csv")
    assert read_all(message_table, made, options).graded[("warning", "cell_cut")] == 1


def test_very_many_cut_cells_are_listed_up_to_a_bound(tmp_path: Path) -> None:
    rows = [[str(number), *GOOD[1:], "n" * 255] for number in range(1, 1_100)]
    reading = read_text(tmp_path, [[*HEADER, "Note"], *rows])
    assert reading.codes["cell_cut"] == 1_001


@pytest.mark.parametrize("cut", ["4.73E+14", "4,73e+14", "4E+14", "4.73E14", "٤٫٧٣E+14"])
def test_a_code_that_a_spreadsheet_cut_is_refused(tmp_path: Path, cut: str) -> None:
    rows = [HEADER, GOOD, ["2", "2024-08-05", cut, "Payer 2", "250", "in"], ["3", "2024-08-05", "4E12", "Payer 3", "250", "in"],
            ["4", "2024-08-05", "4714", cut, "250", "in"]]  # fmt: skip
    reading = read_text(tmp_path, rows, mark=";", delimiter=";")
    assert reading.errors == [(3, "long_number_damaged"), (5, "long_number_damaged")]
    # 4E12 may be a code as well as a number, and stays what it is
    assert [fact.dst.label for fact in reading.transfers] == ["4711", "4E12"]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("۵ مهرماه ۱۴۰۳", "2024-09-26"), ("۵ مهر ماه ۱۴۰۳", "2024-09-26"), ("۵ مهر\u200cماه ۱۴۰۳", "2024-09-26"),
        ("5 ماه ميزان 1403", "2024-09-26"), ("5 جماد الثاني 1446", "2024-12-06"), ("5 جمادى الثاني 1446", "2024-12-06"),
        ("5 جماد الاول 1446", "2024-11-07"), ("5 شهر رمضان 1446", "2025-03-05"), ("5 ربيع آخر 1446", "2024-10-08"),
        ("5 ذو قعدة 1446", "2025-05-03"), ("5 ذي حجة 1446", "2025-06-01"),
        # as before
        ("30 اسفند 1403", "2025-03-20"), ("۱۱ امرداد ۱۴۰۳", "2024-08-01"), ("ميزان 5 1403", "2024-09-26"),
    ],
)  # fmt: skip
def test_months_in_more_spellings(written: str, day: str) -> None:
    found = read_date(written, RULES, zone_name="UTC").instant.time
    assert str(found)[:10] == day


@pytest.mark.parametrize("written", ["30 اسفند 1404", "03/05/15", "5 ماه 1403", "5 شهر 1446", "ماه مهر"])
def test_what_is_no_day_stays_refused(written: str) -> None:
    with pytest.raises(DateProblem):
        read_date(written, RULES, zone_name="UTC")


@given(st.sampled_from(["", "ماه ", "شهر "]), st.sampled_from(["", "ماه", " ماه"]), st.integers(1, 29))
def test_a_word_for_month_beside_a_name_changes_nothing(before: str, behind: str, day: int) -> None:
    plain = read_date(f"{day} مهر 1403", RULES, zone_name="UTC")
    assert read_date(f"{day} {before}مهر{behind} 1403", RULES, zone_name="UTC") == plain
