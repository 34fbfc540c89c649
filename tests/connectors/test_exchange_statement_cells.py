"""Exchanges: dates a spreadsheet wrote anew, signs of currencies in sums, and headers in the customer's language."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import exchange_statement
from connectors.exchange_statement.settings import read_words
from connectors.exchange_statement.sums import split_sign
from tests.connectors.reading import Reading, load_toml, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

TRADES = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
FUNDING = "UID:7,Name:x\nid,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol\n"
LAYOUTS = load_toml(Path(__file__).with_name("test_exchange_statement_layouts.toml"))["layout"]


def read_text(folder: Path, text: str, name: str = "t.csv", **options: Any) -> Reading:
    return read_all(exchange_statement, make_source(folder, text, name), ReadOptions(**options))


def first_time(reading: Reading) -> datetime | None:
    return reading.transfers[0].time.time


@pytest.mark.parametrize(
    ("written", "order", "due"),
    [
        ("14/04/2020 10:41", "dmy", datetime(2020, 4, 14, 10, 41, tzinfo=UTC)),
        ("04/14/2020 10:41:05", "mdy", datetime(2020, 4, 14, 10, 41, 5, tzinfo=UTC)),
        ("4/14/20 1:41 PM", "mdy", datetime(2020, 4, 14, 13, 41, tzinfo=UTC)),
        ("4/14/2020, 1:41:09 pm", "mdy", datetime(2020, 4, 14, 13, 41, 9, tzinfo=UTC)),
        ("14.4.2020 9:05", "dmy", datetime(2020, 4, 14, 9, 5, tzinfo=UTC)),
        ("14-04-2020 09:05", "dmy", datetime(2020, 4, 14, 9, 5, tzinfo=UTC)),
        ("2020/4/14 9:05", "ymd", datetime(2020, 4, 14, 9, 5, tzinfo=UTC)),
        ("2020-04-14 09:05:00", "dmy", datetime(2020, 4, 14, 9, 5, tzinfo=UTC)),
        ("05/04/2020 10:41", "dmy", datetime(2020, 4, 5, 10, 41, tzinfo=UTC)),
        ("05/04/2020 10:41", "mdy", datetime(2020, 5, 4, 10, 41, tzinfo=UTC)),
        ("14/04/2020", "dmy", datetime(2020, 4, 14, 12, tzinfo=UTC)),
    ],
)
def test_a_date_of_a_spreadsheet_is_read_in_the_order_that_was_said(
    tmp_path: Path, written: str, order: str, due: datetime
) -> None:
    row = f'"{written}",ZENBTC,SELL,0.1,1ZEN,0.1BTC,0.001BTC\n'
    reading = read_text(tmp_path, TRADES + row, date_order=order)
    assert (reading.errors, first_time(reading)) == ([], due)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "say its order with --date-order dmy, mdy or ymd and its zone with --timezone"),
        ({"timezone": "UTC"}, "say its order with --date-order dmy, mdy or ymd"),
        ({"timezone": "UTC", "date_order": "mdy"}, "no date in the order mdy"),
    ],
)
def test_the_refusal_of_such_a_date_names_the_way_out(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    text = FUNDING + "1,25/03/2023 13:28,Deposit,4.5,0,4.5,0,USDT\n"
    (issue,) = (each for each in read_text(tmp_path, text, **options).issues if each.severity == "error")
    assert (issue.code, issue.message.endswith(said) or said in issue.message) == ("time_damaged", True)
    assert first_time(read_text(tmp_path, text, timezone="UTC", date_order="dmy")) == datetime(2023, 3, 25, 13, 28, tzinfo=UTC)


def test_two_ways_to_read_one_date_refuse_it(tmp_path: Path) -> None:
    text = "User ID,Time,Account,Operation,Coin,Change,Remark\n1,06-08-24 09:14:00,Spot,Deposit,USDT,5,\n"
    assert read_text(tmp_path, text, timezone="UTC", date_order="dmy").errors == [(2, "time_ambiguous")]


def test_patterns_of_a_mapping_stand_whatever_order_is_said(tmp_path: Path) -> None:
    mapping = {"kind": "statement", "date_pattern": "%d/%m/%Y %H:%M"}
    text = TRADES + "05/04/2020 10:41,ZENBTC,SELL,0.1,1ZEN,0.1BTC,0.001BTC\n"
    for order in (None, "dmy", "mdy"):
        assert first_time(read_text(tmp_path, text, mapping=mapping, date_order=order)) == datetime(2020, 4, 5, 10, 41, tzinfo=UTC)


ISO = "2024-08-06 09:14:00"


@pytest.mark.parametrize("layout", [each for each in LAYOUTS if ISO in each["text"]], ids=lambda each: each["profile"])
def test_order_and_zone_work_in_every_layout(tmp_path: Path, layout: dict[str, Any]) -> None:
    text = re.sub(rf"{ISO}(\.\d+| UTC)?", "06/08/2024 09:14", layout["text"])
    reading = read_text(tmp_path, text, layout["file"], timezone="UTC", date_order="dmy")
    assert reading.errors == []
    assert all(t.time.time and (t.time.time.month, t.time.time.minute) == (8, 14) for t in reading.transfers)


COLUMNS = {"date": "When", "operation": "What", "coin": "Coin", "amount": "Sum", "fee": "Fee"}
DECLARED: dict[str, Any] = {
    "kind": "statement", "timezone": "UTC", "decimal_mark": ".", "thousands_mark": ",", "scope": "x",
    "operations": {"out": "withdrawal"}, "columns": COLUMNS,
}  # fmt: skip


def sums(reading: Reading) -> list[tuple[str | None, Fraction]]:
    return [(t.asset.symbol, Fraction(t.amount or 0, 10 ** (t.asset.decimals or 0))) for t in reading.transfers]


@pytest.mark.parametrize(
    ("fee", "more", "due"),
    [
        ("€4.30", {}, ("EUR", "4.3")),
        ("-€4.30", {}, ("EUR", "4.3")),
        ("€-4.30", {}, ("EUR", "4.3")),
        ("\u22124.30 €", {}, ("EUR", "4.3")),
        ('"£1,004.30"', {}, ("GBP", "1004.3")),
        ("4.30 z\u0142", {}, ("PLN", "4.3")),
        ("US$4.30", {}, ("USD", "4.3")),
        ("$4.30", {}, "currency_unclear"),
        ("$4.30", {"currency": "CAD"}, ("CAD", "4.3")),
        ("€4.30", {"currency": "CAD"}, ("EUR", "4.3")),
        ("4.30 EUR", {}, ("EUR", "4.3")),
        ("EUR 4.30", {}, ("EUR", "4.3")),
        ("4.30", {}, ("BTC", "4.3")),
        ("€4.3.0", {}, "amount_damaged"),
        ('"€4,30"', {}, "amount_damaged"),
        ("€€4.30", {}, "amount_damaged"),
        ("€4.30 or more", {}, "amount_damaged"),
    ],
)
def test_a_sum_is_in_the_currency_it_is_written_with(
    tmp_path: Path, fee: str, more: dict[str, str], due: tuple[str, str] | str
) -> None:
    text = f"When,What,Coin,Sum,Fee\n{ISO},out,BTC,5,{fee}\n"
    reading = read_text(tmp_path, text, mapping=DECLARED, **more)
    if isinstance(due, str):
        assert reading.errors == [(2, due)]
    else:
        assert sums(reading)[1] == (due[0], Fraction(due[1]))


def test_a_sign_that_contradicts_its_column_refuses_the_row(tmp_path: Path) -> None:
    mapping = {**DECLARED, "columns": {**COLUMNS, "fee_coin": "Of"}}
    rows = [("€1", "EUR"), ("$1", "CAD"), ("€1", "USD"), ("$1", "EUR"), ("€1", "")]
    text = "When,What,Coin,Sum,Fee,Of\n" + "".join(f"{ISO},out,BTC,{n},{fee},{of}\n" for n, (fee, of) in enumerate(rows, 5))
    reading = read_text(tmp_path, text, mapping=mapping)
    assert reading.errors == [(4, "currency_contradicted"), (5, "currency_contradicted")]
    assert [coin for coin, amount in sums(reading) if amount == 1] == ["EUR", "CAD", "EUR"]


SIGNS = sorted(read_words()["signs"])


@given(
    st.sampled_from(SIGNS), st.integers(0, 10**12), st.integers(0, 6), st.sampled_from(["", " ", "\u00a0"]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_whatever_sign_a_sum_has_number_and_currency_are_read_whole(
    sign: str, units: int, places: int, space: str, minus: bool, behind: bool
) -> None:
    digits = str(units).rjust(places + 1, "0")
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    written = f"{'-' if minus else ''}{number}{space}{sign}" if behind else f"{'-' if minus else ''}{sign}{space}{number}"
    assert split_sign(written) == (f"{'-' if minus else ''}{number}", tuple(read_words()["signs"][sign]))
    text = f'When,What,Coin,Sum,Fee\n{ISO},out,BTC,5,"{written}"\n'
    with TemporaryDirectory() as folder:
        reading = read_text(Path(folder), text, mapping=DECLARED, currency=read_words()["signs"][sign][0])
    assert reading.errors == []
    assert sum(amount for coin, amount in sums(reading)[1:] if coin == read_words()["signs"][sign][0]) == Fraction(number)


LANGUAGES = [
    ("ID de usuario,Hora,Cuenta,Operación,Moneda,Cambio,Observaciones", "1,{},Spot,Deposit,USDT,5,"),
    ("ID de usuario,Tiempo,Cuenta,Operación,Moneda,Cambiar,Comentario", "1,{},Spot,Deposit,USDT,5,"),
    ("ID do Usuário,Tempo,Conta,Operação,Moeda,Alterar,Observação", "1,{},Spot,Deposit,USDT,5,"),
    ("Identifiant utilisateur,Durée,Compte,Opération,Jeton,Change,Remarque", "1,{},Spot,Deposit,USDT,5,"),
    ("Czas,Konto,Operacja,Moneta,Zmien,Uwagi", "{},Spot,Deposit,USDT,5,"),
    ("Tiempo,Par,Lado,Precio,Ejecutado,Cantidad,Tarifa", "{},BTCUSDT,SELL,1,1BTC,5USDT,0USDT"),
    ("Tempo,Par,Lado,Preço,Executado,Quantidade,Taxa", "{},BTCUSDT,SELL,1,1BTC,5USDT,0USDT"),
    ("Durée,Paire,Côté,Prix,Exécuté,Montant,Frais", "{},BTCUSDT,SELL,1,1BTC,5USDT,0USDT"),
]


@pytest.mark.parametrize(("header", "row"), LANGUAGES, ids=[header[:20] for header, _ in LANGUAGES])
def test_a_header_in_the_customers_language_is_that_of_the_english_layout(tmp_path: Path, header: str, row: str) -> None:
    source = make_source(tmp_path, f"\ufeff{header}\n{row.format('24-08-06 09:14:00')}\n", "t.csv")
    reading = read_all(exchange_statement, source, ReadOptions(timezone="UTC"))
    assert reading.errors == []
    assert reading.transfers[-1].dst.key.startswith("binance:account:")
    assert sums(reading)[-1] == ("USDT", Fraction(5))
    assert "unknown_columns" not in reading.codes


def test_a_mapping_declares_the_names_of_another_language(tmp_path: Path) -> None:
    text = "Kullanici,Saat,Hesap,Islem,Birim,Tutar\n1,24-08-06 09:14:00,Spot,Deposit,USDT,5\n"
    names = {"Kullanici": "User ID", "Saat": "Time", "Hesap": "Account", "Islem": "Operation", "Birim": "Coin", "Tutar": "Change"}
    said = {"kind": "statement", "headers": names}
    reading = read_text(tmp_path, text, timezone="UTC", mapping=said)
    assert (sums(reading), reading.transfers[0].dst.key) == ([("USDT", Fraction(5))], "binance:account:1")
    for more, why in (({"Nowhere": "Remark"}, "no such column"), ({"Kullanici": "Nonsense"}, "no column of the layout")):
        with pytest.raises(SourceError, match=why):
            read_text(tmp_path, text, timezone="UTC", mapping={**said, "headers": {**names, **more}})
    with pytest.raises(SourceError, match="has no effect"):
        read_text(tmp_path, text, mapping={**DECLARED, "headers": names})
