"""Rate tables: what a line states, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import rates
from connectors.rates.cells import read_rate
from tests.connectors.reading import Reading, load_toml, make_head, make_source, open_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

SAMPLE = open_source(Path(rates.__file__).parent / "sample.csv")
HEADER = "date,base,quote,rate,source\n"


def test_sample_gives_its_prices_and_issues() -> None:
    reading = read_all(rates, SAMPLE)
    assert [(p.row, p.base, p.quote, p.rate) for p in reading.prices] == [
        (2, "EUR", "USD", Decimal("1.0840")),
        (3, "BTC", "USD", Decimal(59731)),
        (4, "EUR", "BAM", Decimal("1.95583")),
        (5, "USDT", "USD", Decimal("0.9998")),
    ]
    assert reading.prices[0].time.time == datetime(2024, 8, 1, 12, tzinfo=UTC)
    assert (reading.prices[0].time.error_s, reading.prices[0].time.basis) == (43_200, "stated")
    assert (reading.prices[3].time.error_s, reading.prices[3].time.basis) == (0, "stated")
    assert reading.codes == {"time_no_zone": 1, "time_damaged": 1, "rate_damaged": 1}


def test_a_time_without_zone_takes_the_zone_that_is_said() -> None:
    reading = read_all(rates, SAMPLE, ReadOptions(timezone="Europe/Istanbul"))
    assert reading.prices[4].time.time == datetime(2024, 8, 3, 9, tzinfo=UTC)
    assert reading.prices[4].time.basis == "assumed"


def test_only_a_file_with_the_five_columns_is_recognised(tmp_path: Path) -> None:
    assert rates.recognise(make_head(SAMPLE))
    assert rates.recognise(make_head(make_source(tmp_path, "source,rate,quote,base,date\n", "a.csv")))
    assert rates.recognise(make_head(make_source(tmp_path, "date,base,quote,rate\n", "b.csv"))) is None
    assert rates.recognise(make_head(make_source(tmp_path, "", "c.csv"))) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("1970-01-01,EUR,USD,1.1,x", "time_damaged"),
        ("02.08.2024,EUR,USD,1.1,x", "time_ambiguous"),
        ("2024-08-02,EUR,XXQ,1.1,x", "currency_unknown"),
        ("2024-08-02,EUR,EUR,1.1,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,0,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,-1.1,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,nan,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,1e5,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,0.0000000000001,x", "rate_damaged"),
        (f"2024-08-02,EUR,USD,{'9' * 60},x", "rate_damaged"),
        (f"2024-08-02,EUR,USD,{'9' * 27},x", "rate_damaged"),
        ("2024-08-02,EUR,USD,1.1,", "source_missing"),
        ("2024-08-02,EUR,USD,1.1", "row_shape"),
        ("2024-08-02,EUR,USD,1.1,x,y", "row_shape"),
    ],
)
def test_a_line_that_is_no_rate_is_refused(tmp_path: Path, line: str, code: str) -> None:
    reading = read_all(rates, make_source(tmp_path, HEADER + line + "\n2024-08-02,trx,usd,0.13,x\n", "r.csv"))
    assert reading.codes == {code: 1}
    assert [(p.row, p.base) for p in reading.prices] == [(3, "TRX")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "utf-16"),
        (b"date,base,quote\n2024-08-02,EUR,USD\n", "header: rate, source"),
        (b"date,base,base,quote,rate,source\n", "stands twice"),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(rates.read(make_source(tmp_path, content, "r.csv"), ReadOptions()))


FOLDER = Path(rates.__file__).parent


def read_sample(name: str) -> Reading:
    mapping = FOLDER / f"{name}.mapping.toml"
    said = load_toml(mapping) if mapping.is_file() else None
    return read_all(rates, open_source(FOLDER / name), ReadOptions(mapping=said))


def test_reference_rates_give_each_stated_currency_and_no_other() -> None:
    reading = read_sample("sample-reference.csv")
    assert [(p.quote, p.rate) for p in reading.prices if p.row == 3] == [
        ("USD", Decimal("1.0884")), ("JPY", Decimal("160.55")), ("BGN", Decimal("1.9558")), ("TRY", Decimal("36.0215")),
    ]  # fmt: skip
    assert {p.base for p in reading.prices} == {"EUR"}
    assert [skip.row for skip in reading.skips] == [4]
    # a row stands or falls whole: its good dollar rate does not survive the bad one beside it
    assert reading.codes == {"rate_damaged": 1}
    assert not [p for p in reading.prices if p.row == 5]


def test_a_bazaar_in_toman_gives_both_sides_in_rial() -> None:
    reading = read_sample("sample-bazaar.csv")
    assert [(p.base, p.quote, format(p.rate, "f"), p.origin) for p in reading.prices if p.row == 2] == [
        ("USD", "IRR", "588500", "fictional bazaar list (buy)"),
        ("USD", "IRR", "589500", "fictional bazaar list (sell)"),
    ]
    assert reading.codes == {"currency_unknown": 1}


def test_daily_bars_without_a_pair_are_refused_and_those_with_one_say_so(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close\n2024-08-02,1,2,1,1.5\n"
    with pytest.raises(SourceError, match="which pair"):
        read_all(rates, make_source(tmp_path, text, "prices.csv"))
    reading = read_all(rates, make_source(tmp_path, text, "BTC-USD.csv"))
    assert [(p.base, p.quote, p.rate) for p in reading.prices] == [("BTC", "USD", Decimal("1.5"))]
    assert reading.codes == {"pair_from_name": 1}
    with pytest.raises(SourceError, match="ISO 4217"):
        read_all(rates, make_source(tmp_path, text, "ABCD-XYZ.csv"))


def test_values_without_a_coin_are_refused(tmp_path: Path) -> None:
    line = '{"date": "2024-08-02", "fiatValues": {"EUR": 0.1172}}\n'
    with pytest.raises(SourceError, match="which coin"):
        read_all(rates, make_source(tmp_path, line, "values.jsonl"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"columns": {"date": "d"}}, "none of `rate`, `buy`, `sell`"),
        ({"columns": {"date": "d", "rate": "r"}, "rates": {"base": "USD"}}, "says `quote`"),
        ({"columns": {"date": "d", "rate": "r"}, "rates": {"tmes": 10}}, "not `tmes`"),
        ({"columns": {"date": "d", "rate": "r"}, "rates": {"times": 0}}, "times is 0"),
        ({"columns": {"date": "d", "rate": "r"}, "rates": 3}, "must be a table"),
        ({"columns": {"date": "d", "rate": "r"}}, "`decimal_mark` is missing"),
    ],
)
def test_a_mapping_that_does_not_fit_says_why(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    source = make_source(tmp_path, "d,r\n2024-08-02,5\n", "office.csv")
    with pytest.raises(SourceError, match=words):
        read_all(rates, source, ReadOptions(mapping={"kind": "rates", **settings}))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "prices", "skips", "first"),
    [
        ("eurofxref-hist.zip", 6_983, 217_555, 0, ("EUR", "USD", "1.1684")),
        ("BTC-USD.csv", 4_630, 4_630, 0, ("BTC", "USD", "5.000865")),
        ("usdc-usd-max.csv", 2_736, 2_736, 0, ("USDC", "USD", "0.99975")),
        ("eur-usd-bdf.csv", 1_586, 1_106, 480, ("EUR", "USD", "1.1706")),
    ],
)
def test_real_series(
    real_data: Path, name: str, rows: int, prices: int, skips: int, first: tuple[str, str, str]
) -> None:
    reading = read_all(rates, open_source(real_data / "fx" / name))
    assert (reading.rows_read, len(reading.prices), len(reading.skips)) == (rows, prices, skips)
    assert (reading.prices[0].base, reading.prices[0].quote, str(reading.prices[0].rate)) == first
    assert not [issue for issue in reading.issues if issue.severity == "error"]


@pytest.mark.parametrize("rate", ["9" * 19, "9" * 26 + ".123456789012"])
def test_a_rate_of_very_many_digits_is_kept_exactly(rate: str) -> None:
    assert read_rate(rate) == Decimal(rate)
