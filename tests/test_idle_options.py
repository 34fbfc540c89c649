"""What a person says of a file: refused where the file proves otherwise, named where it decided nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import exchange_statement, message_table
from tests.connectors.reading import SAMPLES, make_source, read_file, write_text
from trails.connector import ReadOptions
from trails.errors import AmountError, SourceError
from trails.ingest import add_source
from trails.money import parse_amount
from trails.said import check_mapping, choose_encoding
from trails.texts import read_text

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

RATES = "date,base,quote,rate,source\n{},USDT,EUR,0.91,made up\n{},USDT,EUR,0.92,made up\n"
ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def unused(case: Case) -> list[str]:
    return [message for (message,) in case.con.execute("SELECT message FROM issues WHERE code = 'option_unused'").fetchall()]


# --- dates ---


def test_an_order_that_the_dates_disprove_is_refused_by_name_and_nothing_is_added(case: Case, tmp_path: Path) -> None:
    """Of 1/2/2024 and 12/31/2024 the first would be read as another day, and only the second refused."""
    path = write_text(tmp_path, RATES.format("1/2/2024 10:00", "12/31/2024 10:00"), "rates.csv")
    with pytest.raises(SourceError, match=r"--date-order says dmy, but the date of row 3 is none in that order"):
        add_source(case, path, connector="rates", options=ReadOptions(date_order="dmy", timezone="UTC"))
    assert add_source(case, path, connector="rates", options=ReadOptions(date_order="mdy", timezone="UTC")).rows_kept == 2


def test_a_date_that_is_none_in_either_order_is_a_doubt_only(case: Case, tmp_path: Path) -> None:
    path = write_text(tmp_path, RATES.format("1/2/2024 10:00", "31/31/2024 10:00"), "rates.csv")
    report = add_source(case, path, connector="rates", options=ReadOptions(date_order="dmy", timezone="UTC"))
    assert (report.rows_kept, report.rows_refused) == (1, 1)


def test_an_order_of_dates_that_need_none_is_said_to_decide_nothing(case: Case, tmp_path: Path) -> None:
    path = write_text(tmp_path, RATES.format("2024-01-02T10:00:00Z", "2024-12-31T10:00:00Z"), "rates.csv")
    add_source(case, path, connector="rates", options=ReadOptions(date_order="dmy"))
    assert unused(case) == ["--date-order dmy decides nothing here: the first 1,000 facts are the same with mdy"]


def test_an_order_that_the_file_states_too_agrees_and_is_not_spoken_of(case: Case, tmp_path: Path) -> None:
    text = "".join(f"{day}/24, 10:0{n} - A: hello\n" for n, day in enumerate(("12/31", "12/30", "12/29", "12/28")))
    add_source(case, write_text(tmp_path, text, "chat.txt"), options=ReadOptions(date_order="mdy", timezone="UTC"))
    assert unused(case) == []


# --- chains, currencies ---


@pytest.mark.parametrize("rail", ["tron", "bsc"])
def test_a_rail_of_a_list_that_states_its_own_is_said_to_decide_nothing(case: Case, rail: str) -> None:
    add_source(case, SAMPLES / "tagpack" / "sample.yaml", options=ReadOptions(rail=rail))
    assert unused(case) == ["--rail decides nothing here: connector `tagpack` does not take it"]


def test_a_currency_of_a_list_that_states_its_own_is_said_to_decide_nothing(case: Case) -> None:
    add_source(case, SAMPLES / "ofac" / "sample-sdn.csv", options=ReadOptions(currency="EUR"))
    assert unused(case) == ["--currency EUR decides nothing here: the first 1,000 facts are the same with USD"]


# --- the mapping of the same file ---


@pytest.mark.parametrize(
    ("said", "mapping"),
    [
        ({"timezone": "Asia/Tokyo"}, {"timezone": "Europe/Sarajevo"}),
        ({"currency": "JPY"}, {"currency": "EUR"}),
        ({"encoding": "cp1250"}, {"encoding": "cp1256"}),
        ({"calendar": "hijri"}, {"calendars": ["gregorian", "jalali"]}),
    ],
)
def test_an_option_against_the_mapping_of_the_file_is_refused(said: dict[str, str], mapping: dict[str, object]) -> None:
    (word,) = said
    with pytest.raises(SourceError, match=f"--{word} says .*, but its mapping says"):
        check_mapping(ReadOptions(**said, mapping=mapping), "a.csv")
    check_mapping(ReadOptions(mapping=mapping), "a.csv")


def test_an_option_that_says_what_the_mapping_says_agrees() -> None:
    check_mapping(ReadOptions(timezone="utc", encoding="UTF8", mapping={"timezone": "UTC", "encoding": "utf-8"}), "a.csv")
    check_mapping(ReadOptions(calendar="jalali", mapping={"calendars": ["gregorian", "jalali"]}), "a.csv")


# --- encodings ---


def test_a_text_that_is_utf8_is_in_no_code_page(tmp_path: Path) -> None:
    source = make_source(tmp_path, "date;name\n2024-08-02;Živojin Čolić, Ćuprija\n", "a.csv")
    with pytest.raises(SourceError, match="--encoding says cp1250, but its bytes are UTF-8"):
        read_text(source, ReadOptions(encoding="cp1250"))


@pytest.mark.parametrize("said", ["utf-16", "utf-16-le", "utf-32"])
def test_a_text_without_a_zero_byte_is_no_utf16(tmp_path: Path, said: str) -> None:
    source = make_source(tmp_path, "date;name\n2024-08-02;Example\n", "a.csv")
    with pytest.raises(SourceError, match=f"--encoding says {said}, but its bytes hold no zero byte"):
        read_text(source, ReadOptions(encoding=said))


def test_utf16_without_its_mark_needs_its_order_said(tmp_path: Path) -> None:
    source = make_source(tmp_path, "date;name\n2024-08-02;Example\n".encode("utf-16-be"), "a.csv")
    with pytest.raises(SourceError, match="no byte-order mark; say utf-16-le or utf-16-be"):
        read_text(source, ReadOptions(encoding="utf-16"))
    assert read_text(source, ReadOptions(encoding="utf-16-be")).startswith("date;name")


WORDS = {
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГД",
    "cp1256": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "cp1250": "čćžšđČĆŽŠĐáéíóúäöü",
}


@given(st.sampled_from(sorted(WORDS)), st.data())
def test_words_of_a_code_page_are_never_called_utf8(encoding: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.text(WORDS[encoding], min_size=2, max_size=12), min_size=4, max_size=20))
    text = "2024-08-02;" + " ".join(words) + "\n"
    assert choose_encoding(text.encode(encoding), encoding, "a.csv") == encoding
    with pytest.raises(SourceError, match=f"--encoding says {encoding}, but its bytes are UTF-8"):
        choose_encoding(text.encode(), encoding, "a.csv")


# --- numbers ---


@pytest.mark.parametrize("text", ["0,001", "00,123", "-0,500", "0,123,456"])
def test_no_number_of_thousands_begins_with_zero(text: str) -> None:
    """A fee of ``0,001`` was read as one whole coin."""
    with pytest.raises(AmountError, match="begins with 0"):
        parse_amount(text, 18, decimal_mark=".", thousands_mark=",")


@given(st.integers(1, 10**12), st.integers(0, 999))
def test_what_is_grouped_is_read_whole(whole: int, places: int) -> None:
    assert parse_amount(f"{whole:,}.{places:03}", 3, decimal_mark=".", thousands_mark=",") == whole * 1000 + places
    assert parse_amount(f"0.{places:03}", 3, decimal_mark=".", thousands_mark=",") == places


def test_a_file_of_an_exchange_with_such_a_sum_refuses_its_row(tmp_path: Path) -> None:
    mapping = {"kind": "statement", "decimal_mark": ".", "thousands_mark": ",", "operation": "withdrawal", "timezone": "UTC",
               "columns": {"date": "date", "coin": "coin", "amount": "sum"}}  # fmt: skip
    path = write_text(tmp_path, 'date,coin,sum\n2024-08-02 10:00:00,BTC,"0,001"\n2024-08-02 11:00:00,BTC,"1,000"\n', "made.csv")
    found = read_file(exchange_statement, path, mapping=mapping)
    assert [row for row, _ in found.errors] == [2]


def test_another_zone_than_a_program_writes_is_taken_with_a_warning() -> None:
    sample = SAMPLES / "message_table" / "sample-ileapp-whatsapp.tsv"
    found = read_file(message_table, sample, timezone="Asia/Tokyo")
    assert found.graded[("warning", "zone_differs")] == 1
    assert not read_file(message_table, sample, timezone="UTC").codes["zone_differs"]
