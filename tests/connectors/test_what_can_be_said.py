"""What a file leaves open and a person can say: the order of day and month, the zone, the currency.

Every connector's tables are rewritten as a spreadsheet saves them (``2024-08-02 13:05:11`` becomes ``02/08/2024 13:05:11``), and
with their zones taken out. Whatever is refused then names the option that reads it, the option does read it, to the same
facts, and the connector's manifest lists it. Banks, exchanges and chats have tests of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.reading import SAMPLES, Reading, make_source, open_source, read_all, write_json
from tests.regenerate import find_samples, read_mapping, read_options
from trails.case import Case
from trails.cli.case import add_one
from trails.connector import Connector, ReadOptions, get_connector, list_connectors
from trails.errors import AmountError, OrderMissing, SourceError, TimeError
from trails.timestamps import is_numbered, parse_time

ELSEWHERE = {"bank_statement", "exchange_statement", "whatsapp", "telegram", "signal", "message_table"}
TABLES = (".csv", ".tsv")
_ISO = re.compile(r"(?<![\w/.-])(\d{4})-(\d\d)-(\d\d)(?=[T \",;\t\r\n]|$)(T)?")
_ZONE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:Z| ?UTC|\+00:00)")
_NAMED = re.compile(r"--([a-z][a-z-]+)")


def as_spreadsheet(text: str) -> str:
    return _ISO.sub(lambda found: f"{found[3]}/{found[2]}/{found[1]}" + (" " if found[4] else ""), text)


def list_tables() -> Iterator[tuple[Connector, Path]]:
    for connector in list_connectors():
        if connector.name not in ELSEWHERE and connector.folder:
            for path in find_samples(connector.folder):
                text = path.read_text(encoding="utf-8") if path.suffix in TABLES else ""
                if as_spreadsheet(text) != text and "date_pattern" not in (read_mapping(path) or {}):
                    yield connector, path


each_table = pytest.mark.parametrize(("connector", "sample"), list(list_tables()), ids=lambda it: getattr(it, "name", None))


def read_changed(connector: Connector, sample: Path, folder: Path, text: str, options: ReadOptions) -> Reading | str:
    """What a changed sample gives, or why it is refused as a whole; its hash, of which names are made, stays as it was."""
    original = open_source(sample)
    source = replace(make_source(folder, text, sample.name), sha256=original.sha256, companions=original.companions)
    try:
        return read_all(connector, source, options)
    except SourceError as problem:
        return str(problem)


def refusals(found: Reading | str, before: Reading) -> list[str]:
    """Why rows are refused that were not, or the file."""
    if isinstance(found, str):
        return [found]
    return [issue.message for issue in found.issues if issue.severity == "error" and issue.row not in before.refused]


def check_named(connector: Connector, messages: list[str], option: str) -> None:
    assert connector.manifest
    for message in messages:
        assert option in _NAMED.findall(message), message
        assert {name.replace("-", "_") for name in _NAMED.findall(message)} <= set(connector.manifest.options), message


@each_table
def test_dates_that_a_spreadsheet_wrote_are_read_in_the_order_that_is_said(
    connector: Connector, sample: Path, tmp_path: Path
) -> None:
    said, text = read_options(sample), sample.read_text(encoding="utf-8")
    changed = as_spreadsheet(text)
    before = read_all(connector, open_source(sample), said)
    silent = read_changed(connector, sample, tmp_path, changed, replace(said, date_order=None))
    check_named(connector, refusals(silent, before), "date-order")
    found = read_changed(connector, sample, tmp_path, changed, replace(said, date_order="dmy"))
    assert isinstance(found, Reading), found
    assert found.refused <= before.refused, refusals(found, before)
    times = {fact.row: fact.time for fact in found.facts if hasattr(fact, "time")}
    assert times | {fact.row: fact.time for fact in before.facts if hasattr(fact, "time")} == times
    assert [row["time_us"] for row in found.table_rows] == [row["time_us"] for row in before.table_rows]


@each_table
def test_times_without_a_zone_are_read_in_the_zone_that_is_said(connector: Connector, sample: Path, tmp_path: Path) -> None:
    said, text = replace(read_options(sample), timezone=None), sample.read_text(encoding="utf-8")
    before = read_all(connector, open_source(sample), replace(said, timezone="UTC"))
    changed = _ZONE.sub(r"\1", text)
    check_named(connector, refusals(read_changed(connector, sample, tmp_path, changed, said), before), "timezone")
    found = read_changed(connector, sample, tmp_path, changed, replace(said, timezone="UTC"))
    assert isinstance(found, Reading), found
    assert found.refused == before.refused
    times = {fact.row: fact.time.time for fact in before.facts if hasattr(fact, "time")}
    assert {fact.row: fact.time.time for fact in found.facts if hasattr(fact, "time")} == times


def test_the_walk_meets_dates_and_zones() -> None:
    names = {connector.name for connector, _ in list_tables()}
    assert names >= {"bitcoin_etl", "blockchair", "etherscan", "pickup_list", "rates", "tronscan", "wallet_history"}
    assert any(_ZONE.search(sample.read_text(encoding="utf-8")) for _, sample in list_tables())


# --- the currency ---


ADDRESS = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3"
SAID = dict.fromkeys(("timezone", "currency", "rail", "encoding", "date_order", "calendar", "connector", "mapping_path"))


def test_a_list_of_addresses_is_read_with_the_coin_that_is_said(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "addresses.txt"
    path.write_text(f"{ADDRESS}\n", encoding="utf-8")
    given = {**SAID, "companions": (), "connector": "ofac"}
    with pytest.raises(SourceError, match="say it with --currency XBT"):
        add_one(case, path, given)
    assert add_one(case, path, {**given, "currency": "XBT"}).rows_kept == 1
    with pytest.raises(AmountError, match="is not an ISO 4217 code"):
        add_one(case, path, {**given, "currency": "XBTT"})


def test_the_values_of_a_coin_are_read_with_the_coin_that_is_said(tmp_path: Path) -> None:
    path = write_json(tmp_path, {"date": "2017-12-21", "fiatValues": {"EUR": 0.0387}}, "values.jsonl")
    connector = get_connector("rates")
    with pytest.raises(SourceError, match="say it with --currency TRX"):
        read_all(connector, open_source(path))
    found = read_all(connector, open_source(path), ReadOptions(currency="TRX"))
    assert [(price.base, price.quote, str(price.rate)) for price in found.prices] == [("TRX", "EUR", "0.0387")]


@pytest.mark.parametrize(("name", "sample"), [("pickup_list", "sample.csv"), ("hawala_ledger", "sample-bot.csv")])
def test_a_list_without_a_currency_is_read_with_the_one_that_is_said(name: str, sample: str, tmp_path: Path) -> None:
    connector, path = get_connector(name), SAMPLES / name / sample
    text = re.sub(r"(?<=[,;\"])(EUR|USD|AFN)(?=[,;\"\r\n])", "", path.read_text(encoding="utf-8"))
    options = replace(read_options(path), mapping=read_mapping(path), currency=None)
    if options.mapping:
        options = replace(options, mapping={key: value for key, value in options.mapping.items() if key != "currency"})
    source = make_source(tmp_path, text, sample)
    silent = read_all(connector, source, options)
    missing = [issue for issue in silent.issues if issue.code == "currency_missing"]
    assert missing
    assert all("--currency" in issue.message for issue in missing)
    assert not read_all(connector, source, replace(options, currency="EUR")).codes["currency_missing"]


# --- the grammar of dates of three numbers ---


WRITTEN = {"dmy": "{d}{m}{mo}{m}{y}", "mdy": "{mo}{m}{d}{m}{y}", "ymd": "{y}{m}{mo}{m}{d}"}


@given(
    st.datetimes(min_value=datetime(2009, 2, 1), max_value=datetime(2060, 1, 1)),
    st.sampled_from(["dmy", "mdy", "ymd"]),
    st.sampled_from("/.-"),
    st.booleans(),
    st.booleans(),
)
def test_a_date_is_read_in_its_order_and_never_without_it(
    moment: datetime, order: str, mark: str, padded: bool, short: bool
) -> None:
    moment = moment.replace(microsecond=0)
    two = "02" if padded else ""
    year = f"{moment.year % 100:02}" if short and order != "ymd" else str(moment.year)
    day = WRITTEN[order].format(d=format(moment.day, two), mo=format(moment.month, two), y=year, m=mark)
    text = f"{day} {moment:%H:%M:%S}"
    assert is_numbered(text)
    found = parse_time(text, zone_name="UTC", order=order)
    assert found.time is not None
    assert (found.time.replace(tzinfo=None), found.error_s) == (moment, 0)
    if order != "ymd":
        with pytest.raises(OrderMissing, match="--date-order"):
            parse_time(text, zone_name="UTC")


@pytest.mark.parametrize(
    ("text", "order", "wanted", "error"),
    [
        ("8/2/2024, 1:05:11 PM", "mdy", "2024-08-02T13:05:11", 0),
        ("02.08.2024 13:05", "dmy", "2024-08-02T13:05:00", 60),
        ("02.08.2024", "dmy", "2024-08-02T12:00:00", 43_200),
        ("2/8/24 0:05", "dmy", "2024-08-02T00:05:00", 60),
        ("12/31/2023 12:00:00 AM", "mdy", "2023-12-31T00:00:00", 0),
        ("2024/8/2 13:05:11", None, "2024-08-02T13:05:11", 0),
        ("02/08/2024 13:05:11+02:00", "dmy", "2024-08-02T11:05:11", 0),
        ("02/08/2024 13:05:11 UTC", "dmy", "2024-08-02T13:05:11", 0),
    ],
)
def test_dates_as_spreadsheets_write_them(text: str, order: str | None, wanted: str, error: int) -> None:
    found = parse_time(text, zone_name="UTC", order=order)
    assert found.time is not None
    assert (found.time.replace(tzinfo=None).isoformat(), found.error_s) == (wanted, error)


@pytest.mark.parametrize("text", ["31/12/2024", "1/2/3", "12/31/2024 13:05 PM", "12/31/2024 25:00", "12/31-2024", "1/1/12345"])
def test_what_is_no_date_in_its_order_is_refused(text: str) -> None:
    with pytest.raises(TimeError):
        parse_time(text, zone_name="UTC", order="mdy")
