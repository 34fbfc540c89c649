"""Rate tables: what a line states, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors import rates
from tests.connectors.reading import make_head, make_source, open_source, read_all
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
        ("02.08.2024,EUR,USD,1.1,x", "time_damaged"),
        ("2024-08-02,EUR,XXQ,1.1,x", "currency_unknown"),
        ("2024-08-02,EUR,EUR,1.1,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,0,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,-1.1,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,nan,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,1e5,x", "rate_damaged"),
        ("2024-08-02,EUR,USD,0.0000000000001,x", "rate_damaged"),
        (f"2024-08-02,EUR,USD,{'9' * 60},x", "rate_damaged"),
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
        (HEADER.encode() + "2024-08-02,EUR,USD,1,čć".encode("cp1250"), "encoding"),
        (b"date,base,quote\n2024-08-02,EUR,USD\n", "rate, source are missing"),
        (b"date,base,base,quote,rate,source\n", "stand twice"),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(rates.read(make_source(tmp_path, content, "r.csv"), ReadOptions()))
