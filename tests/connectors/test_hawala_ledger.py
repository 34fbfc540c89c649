"""Ledgers: what a row of each kind states, fees, identifiers, sheets, and every way a row or a mapping is refused."""

from __future__ import annotations

import importlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import hawala_ledger
from tests.connectors.reading import Reading, load_toml, make_head, make_source, open_source, read_all
from trails.connector import ReadOptions, Source
from trails.errors import SourceError
from trails.model import Node, Transfer

FOLDER = Path(hawala_ledger.__file__).parent
SAMPLE = open_source(FOLDER / "sample.csv")
MAPPING = load_toml(FOLDER / "sample.csv.mapping.toml")
WALLET = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
COLUMNS = ("number", "date", "code", "payer", "payee", "office", "amount", "currency", "fee", "status", "payer_phone",
           "payee_address")  # fmt: skip
PLAIN: dict[str, Any] = {
    "scope": "s", "timezone": "UTC", "decimal_mark": ".", "thousands_mark": ",",
    "columns": {word: word for word in COLUMNS},
    "status": {"in": "deposit", "out": "payout", "back": "refund", "net": "settlement", "-": "skip"},
}  # fmt: skip
GOOD = {"number": "1", "date": "2024-08-02 13:00", "code": "4718", "payer": "P", "payee": "Q", "office": "O",
        "amount": "100", "currency": "EUR", "status": "in"}  # fmt: skip


def read_rows(folder: Path, rows: list[dict[str, str]], mapping: Any = None, **said: Any) -> Reading:
    lines = [",".join(COLUMNS), *(",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows)]
    source = make_source(folder, "\n".join(lines) + "\n", "ledger.csv")
    return read_all(hawala_ledger, source, ReadOptions(mapping=mapping or PLAIN, **said))


def read_row(folder: Path, **cells: str) -> Reading:
    return read_rows(folder, [{**GOOD, **cells}])


def shown(transfer: Transfer) -> tuple[str, str, str, int | None, str]:
    return transfer.kind, transfer.src.key, transfer.dst.key, transfer.amount, transfer.asset.asset


def test_sample_gives_its_movements() -> None:
    reading = read_all(hawala_ledger, SAMPLE, ReadOptions(mapping=MAPPING))
    assert [(t.row, *shown(t)) for t in reading.transfers] == [
        (3, "deposit", "party:amber:family quince", "code:amber:4718", 450_000, "EUR"),
        (3, "fee", "code:amber:4718", "party:amber:office amber", 10_000, "EUR"),
        (4, "deposit", "party:amber:uncle saffron", "code:amber:2093", 140_050, "EUR"),
        (5, "deposit", "party:amber:aunt sumac", "code:amber:ن4718", 100_000, "USD"),
        (5, "fee", "code:amber:ن4718", "party:amber:office amber", 2_500, "USD"),
        (6, "payout", "code:amber:4718", "party:amber:alder", 440_000, "EUR"),
        (7, "settlement", "party:amber:office amber", "party:amber:office jade", 18_200_000_000, "USDT"),
        (8, "refund", "code:amber:2093", "party:amber:uncle saffron", 140_050, "EUR"),
        (9, "payout", "code:amber:77", "party:amber:poplar", 5_000, "EUR"),
        (13, "deposit", "party:amber:teacher pear", "code:amber:6605", None, "EUR"),
    ]
    assert [(e.row, e.node and e.node.key, e.other) for e in reading.events if e.kind == "identifier"] == [
        (3, "party:amber:family quince", Node("phone", "+905320000001")),
        (6, "party:amber:alder", Node("tron", "THsYYQSUAyk15fzc4UwaVQ1b97sTsabNCC")),
        (6, "party:amber:alder", Node("chat", "telegram:@alder_fictional")),
        (7, "party:amber:office jade", Node("evm", "0xccfa4a14220d39ba7a2e3e29b5057e6fabf23ed2")),
    ]
    assert reading.codes == {
        "phone_damaged": 1, "address_damaged": 1, "rail_not_stated": 1, "time_damaged": 1, "negative_amount": 1,
        "time_missing": 1, "amount_missing": 1, "amount_damaged": 1, "status_unknown": 1, "row_shape": 1,
    }  # fmt: skip
    assert [(skip.row, skip.reason.split()[0]) for skip in reading.skips] == [(10, "the"), (14, "empty")]


def test_a_row_tells_which_office_handled_the_code(tmp_path: Path) -> None:
    event = read_row(tmp_path).events[0]
    assert (event.kind, event.node, event.text) == (
        "handled_by", Node("hawala", "code:s:4718", "junction", "4718"), "O",
    )  # fmt: skip
    assert event.other == Node("hawala", "party:s:o", label="O")
    assert read_row(tmp_path, status="net").events == []


def test_sample_keeps_labels_times_references_and_identities() -> None:
    first, fee, _, day_only = read_all(hawala_ledger, SAMPLE, ReadOptions(mapping=MAPPING)).transfers[:4]
    assert (first.src.label, first.dst.label, first.dst.kind, fee.dst.label) == (
        "Family Quince", "47-18", "junction", "Office Amber",
    )  # fmt: skip
    assert (first.time.time, first.time.basis) == (datetime(2024, 8, 2, 11, 20, tzinfo=UTC), "assumed")
    assert (day_only.time.time, day_only.time.error_s) == (datetime(2024, 8, 3, 9, tzinfo=UTC), 43_200)
    assert (first.ref, first.identity) == ("1", "amber|office amber|1|deposit")
    assert fee.identity == "amber|office amber|1|deposit|fee"


def test_a_deposit_splits_into_payout_and_fee(tmp_path: Path) -> None:
    payout = {**GOOD, "number": "2", "amount": "97.5", "status": "out"}
    reading = read_rows(tmp_path, [{**GOOD, "fee": "2.5"}, payout])
    signs = {"deposit": 1, "payout": -1, "fee": -1}
    assert sum(signs[t.kind] * (t.amount or 0) for t in reading.transfers) == 0


@pytest.mark.parametrize(
    ("cells", "fee"),
    [
        ({"fee": "5 %"}, 500),
        ({"fee": "%5"}, 500),
        ({"fee": "0.05%"}, 5),
        ({"fee": "٢٫٥ %"}, 250),
        ({"fee": "1.25"}, 125),
        ({"fee": "0"}, None),
        ({"fee": "3", "status": "out"}, 300),
        ({"fee": "3", "status": "back"}, 300),
    ],
)
def test_fees_go_from_the_code_to_the_office(tmp_path: Path, cells: dict[str, str], fee: int | None) -> None:
    reading = read_row(tmp_path, **cells)
    fees = [shown(t) for t in reading.transfers if t.kind == "fee"]
    assert fees == ([("fee", "code:s:4718", "party:s:o", fee, "EUR")] if fee else [])


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"fee": "0.001%"}, "fee_damaged"),
        ({"fee": "five %"}, "fee_damaged"),
        ({"fee": "-5 %"}, "fee_damaged"),
        ({"fee": "5 %", "status": "out"}, "fee_damaged"),
        ({"fee": "5 %", "amount": ""}, "fee_damaged"),
        ({"fee": "101"}, "fee_too_large"),
        ({"fee": "-1"}, "negative_amount"),
        ({"fee": "1", "status": "net"}, "fee_without_code"),
        ({"fee": "1", "office": ""}, "office_missing"),
        ({"amount": "-100"}, "negative_amount"),
        ({"amount": "\u2212100"}, "negative_amount"),
        ({"amount": "9" * 60}, "amount_damaged"),
        ({"amount": "100 Taler"}, "amount_damaged"),
        ({"amount": "100 USD"}, "currency_conflict"),
        ({"amount": "100 EUR 5"}, "amount_damaged"),
        ({"amount": "1e5"}, "amount_damaged"),
        ({"amount": "1.001"}, "amount_damaged"),
        ({"amount": "1,00"}, "amount_damaged"),
        ({"currency": "XXQ"}, "currency_unknown"),
        ({"currency": ""}, "currency_missing"),
        ({"date": "1970-01-01 00:00"}, "time_damaged"),
        ({"date": "1403-05-12 13:00"}, "time_damaged"),
        ({"date": "02.08.2024"}, "time_ambiguous"),
        ({"code": ""}, "code_missing"),
        ({"code": " - "}, "code_missing"),
        ({"payer": " \u200f "}, "payer_missing"),
        ({"payee": "", "status": "out"}, "payee_missing"),
        ({"status": "OUT!"}, "status_unknown"),
        ({"code": "1,23457E+15"}, "long_number_damaged"),
    ],
)
def test_a_row_that_cannot_be_understood_is_refused_whole(tmp_path: Path, cells: dict[str, str], code: str) -> None:
    reading = read_rows(tmp_path, [{**GOOD, **cells}, {**GOOD, "number": "2"}])
    assert reading.codes == {code: 1}
    assert {fact.row for fact in reading.facts} == {3}


@pytest.mark.parametrize(
    ("cells", "code", "severity"),
    [
        ({"payer_phone": "12"}, "phone_damaged", "warning"),
        ({"payer_phone": "065 123 456"}, "phone_damaged", "warning"),
        ({"payee_address": WALLET[:-1] + "Q"}, "address_damaged", "warning"),
        ({"payee": "", "payee_address": WALLET}, "identifier_without_party", "warning"),
        ({"payee_address": "0x" + "00" * 20}, "null_address", "note"),
        ({"date": ""}, "time_missing", "warning"),
        ({"amount": ""}, "amount_missing", "warning"),
    ],
)
def test_a_doubted_cell_keeps_its_row(tmp_path: Path, cells: dict[str, str], code: str, severity: str) -> None:
    reading = read_row(tmp_path, **cells)
    assert (code, severity) in {(issue.code, issue.severity) for issue in reading.issues}
    assert "error" not in {issue.severity for issue in reading.issues}
    assert [t.kind for t in reading.transfers] == ["deposit"]


def test_without_scope_number_and_office_the_file_itself_is_the_scope(tmp_path: Path) -> None:
    mapping = {**PLAIN, "columns": {word: word for word in COLUMNS if word not in ("number", "office")}}
    del mapping["scope"]
    reading = read_rows(tmp_path, [{**GOOD, "fee": "1"}], mapping)
    deposit, fee = reading.transfers
    sha256 = open_source(tmp_path / "ledger.csv").sha256
    assert deposit.dst.key == f"code:{sha256[:12]}:4718"
    assert (fee.dst.key, fee.dst.label) == (f"party:{sha256[:12]}:{sha256[:12]}", f"office of ledger {sha256[:12]}")
    assert (deposit.identity, deposit.ref) == (f"{sha256[:16]}|2|deposit", None)


def test_zone_and_currency_said_on_the_command_line_win(tmp_path: Path) -> None:
    mapping = {**PLAIN, "currency": "EUR", "columns": {w: w for w in COLUMNS if w != "currency"}}
    reading = read_rows(tmp_path, [GOOD], mapping, timezone="Europe/Istanbul", currency="TRY")
    assert reading.transfers[0].asset.asset == "TRY"
    assert reading.transfers[0].time.time == datetime(2024, 8, 2, 10, tzinfo=UTC)
    del mapping["currency"], mapping["timezone"]
    assert read_rows(tmp_path, [GOOD], mapping).codes == {"unknown_columns": 1, "currency_missing": 1}
    assert read_rows(tmp_path, [GOOD], mapping, currency="EUR").codes == {"unknown_columns": 1, "time_no_zone": 1}


def test_a_date_that_two_patterns_read_differently_is_refused(tmp_path: Path) -> None:
    mapping = {**PLAIN, "date_pattern": ["%d.%m.%Y", "%m.%d.%Y"]}
    days = ("03.02.2024", "02.02.2024", "13.02.2024", "30.30.2024")
    rows = [{**GOOD, "number": str(number), "date": day} for number, day in enumerate(days)]
    reading = read_rows(tmp_path, rows, mapping)
    assert reading.codes == {"time_ambiguous": 1, "time_damaged": 1}
    assert [t.time.time for t in reading.transfers] == [
        datetime(2024, 2, 2, 12, tzinfo=UTC), datetime(2024, 2, 13, 12, tzinfo=UTC),
    ]  # fmt: skip


def make_sheet(folder: Path, rows: list[list[Any]]) -> Source:
    path = folder / "ledger.xlsx"
    book = importlib.import_module("xlsxwriter").Workbook(path)  # it has no type marks
    sheet = book.add_worksheet("2024")
    moment, day = book.add_format({"num_format": "dd.mm.yyyy hh:mm"}), book.add_format({"num_format": "dd.mm.yyyy"})
    for number, row in enumerate([list(COLUMNS), *rows]):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, moment if isinstance(cell, datetime) else day)
            else:
                sheet.write(number, column, cell)
    book.close()
    return open_source(path)


def test_a_sheets_numbers_and_dates_are_used_where_they_are_exact(tmp_path: Path) -> None:
    moment = datetime(2024, 8, 2, 13, 5)
    row = [1, moment, 4718, "P", "Q", "O", 4500.25, "EUR", 100, "in", "+38765000111", ""]
    source = make_sheet(tmp_path, [
        row,
        [2, date(2024, 8, 3), *row[2:]],
        [3, moment, 12345678901234567890, *row[3:]],
        [4, moment, 4718, "P", "Q", "O", 0.125, *row[7:]],
        [5, moment, 4718, "P", "Q", "O", True, *row[7:]],
        [6, 45506.5, *row[2:]],
        [7, moment, 4718, "P", "Q", "O", 100, "EUR", 0.05, "in", "", ""],
        [8, moment, 4718, "P", "Q", "O", 1e17, "EUR", "", "in", "", ""],
    ])  # fmt: skip
    reading = read_all(hawala_ledger, source, ReadOptions(mapping={**PLAIN, "timezone": "Europe/Istanbul"}))
    deposits = {t.row: t for t in reading.transfers if t.kind == "deposit"}
    assert (deposits[2].amount, deposits[2].ref, deposits[2].dst.key) == (450_025, "1", "code:s:4718")
    assert deposits[2].time.time == datetime(2024, 8, 2, 10, 5, tzinfo=UTC)
    assert (deposits[3].time.time, deposits[3].time.error_s) == (datetime(2024, 8, 3, 9, tzinfo=UTC), 43_200)
    assert deposits[9].amount == 10**19
    assert [(i.row, i.code) for i in reading.issues] == [
        (4, "long_number_damaged"), (5, "amount_damaged"), (6, "amount_damaged"), (7, "time_damaged"),
        (8, "fee_damaged"), (9, "long_number_damaged"),
    ]  # fmt: skip


def test_only_a_table_with_declared_columns_is_recognised(tmp_path: Path) -> None:
    assert hawala_ledger.recognise(make_head(SAMPLE, MAPPING))
    assert hawala_ledger.recognise(make_head(SAMPLE)) is None
    assert hawala_ledger.recognise(make_head(SAMPLE, {"code_words": ["x"]})) is None
    assert hawala_ledger.recognise(make_head(make_source(tmp_path, "{}", "a.json"), MAPPING)) is None


def test_a_mapping_that_does_not_fit_is_refused_with_every_reason(tmp_path: Path) -> None:
    mapping = {
        "timezone": "Mars/Olympus", "colour": "red", "decimal_mark": ",",
        "columns": {"date": "Tarih", "amount": "Tutar", "status": "Durum", "codee": "Kod"},
        "status": {"emanet": "deposit", "x": "gift"},
    }  # fmt: skip
    source = make_source(tmp_path, "Tarih,Tutar\n1,2\n", "l.csv")
    with pytest.raises(SourceError) as caught:
        list(hawala_ledger.read(source, ReadOptions(mapping=mapping)))
    reasons = ("Mars/Olympus", "`colour`", "`codee`", "'gift'", "kind deposit", "no column 'Durum'", "no column 'Kod'")
    for reason in reasons:
        assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff" * 9, "utf-8"),
        (b"date,date\n", "stands twice"),
        (b"PK\x03\x04 torn", "a damaged zip or workbook"),
        (b"\xd0\xcf\x11\xe0 old", "not a readable workbook"),
        (b"a,b\n1,2\n", "does not fit"),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    source = make_source(tmp_path, content, "l.csv")
    with pytest.raises(SourceError, match=said):
        list(hawala_ledger.read(source, ReadOptions(mapping=PLAIN)))


def test_a_ledger_without_mapping_or_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"sample\.csv\.mapping\.toml"):
        list(hawala_ledger.read(SAMPLE, ReadOptions()))
    reading = read_rows(tmp_path, [])
    assert (reading.rows_read, reading.codes) == (0, {"no_rows": 1})


def test_a_row_with_too_many_fields_is_refused(tmp_path: Path) -> None:
    line = "1,2024-08-02,4718,P,Q,O,1,500,EUR,,in,,\n"
    source = make_source(tmp_path, ",".join(COLUMNS) + "\n" + line, "l.csv")
    assert read_all(hawala_ledger, source, ReadOptions(mapping=PLAIN)).codes == {"row_shape": 1}
