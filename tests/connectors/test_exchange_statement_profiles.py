"""Every known layout of an exchange reads a row of its own, and the real exports give exactly these counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import exchange_statement
from connectors.exchange_statement.known import find_layout
from connectors.exchange_statement.layout import load_layout
from connectors.exchange_statement.settings import FOLDER
from connectors.profiles import load_profiles
from tests.connectors.reading import head_of, load_toml, make_head, make_source, read_all, read_file
from trails.connector import ReadOptions
from trails.errors import SourceError

UTC = {"timezone": "UTC"}
LAYOUTS = load_toml(Path(__file__).with_name("test_exchange_statement_layouts.toml"))["layout"]


@pytest.mark.parametrize("layout", LAYOUTS, ids=[f"{layout['profile']}-{layout['file']}" for layout in LAYOUTS])
def test_a_layout_reads_its_own_row(tmp_path: Path, layout: dict[str, Any]) -> None:
    source = make_source(tmp_path, layout["text"], layout["file"])
    found = find_layout(make_head(source), None)
    assert found
    assert found.profile.name == layout["profile"]
    reading = read_all(exchange_statement, source, ReadOptions(timezone=layout.get("timezone")))
    assert reading.errors == []
    assert {"unknown_columns", "no_rows"}.isdisjoint(reading.codes)
    assert all(t.time.time for t in reading.transfers)
    own = [t for t in reading.transfers if ":nickname:" not in t.src.key + t.dst.key]
    signs = ["-" if ":account:" in t.src.key else "+" if ":account:" in t.dst.key else "" for t in own]
    assert [[sign, t.asset.asset, t.amount] for sign, t in zip(signs, own, strict=True)] == layout["moved"]


def test_every_profile_is_tried_and_says_where_it_was_seen(tmp_path: Path) -> None:
    profiles = load_profiles(FOLDER)
    assert {profile.name for profile in profiles} == {layout["profile"] for layout in LAYOUTS}
    for profile in profiles:
        assert len(profile.source) > 20, profile.name
        source = make_source(tmp_path, ",".join(profile.header) + ",x\n", "t.csv")
        said = {"kind": "statement", "profile": profile.name}
        layout = load_layout(make_head(source), ReadOptions(mapping=said), "t.csv")
        assert [p for p in layout.mapping.problems if "does not say which column" not in p] == [], profile.name


#: Rows read, kept, skipped and refused; with what has to be said beside the file (its dates state no zone).
REAL: dict[str, tuple[dict[str, str], int, int, int, int]] = {
    "binance-report.csv": (UTC, 11, 11, 0, 0),
    "binance_history.csv": ({}, 230, 210, 15, 5),
    "bitstamp.csv": (UTC, 3, 3, 0, 0),
    "cryptocom_trades_list.csv": ({}, 48, 36, 12, 0),
    "nexo.csv": ({}, 39, 33, 6, 0),
    "shapeshift-trade-history.csv": ({}, 3, 3, 0, 0),
    "test_binance_autoinvest.csv": ({"date_order": "mdy"}, 2, 2, 0, 0),
    "test_bitbank_deposits.csv": ({"timezone": "Asia/Tokyo"}, 3, 3, 0, 0),
    "test_bitbank_fiat_deposits.csv": ({"timezone": "Asia/Tokyo"}, 2, 2, 0, 0),
    "test_bitbank_withdrawals.csv": ({"timezone": "Asia/Tokyo"}, 3, 3, 0, 0),
    "test_pionex_transfers.csv": ({}, 2, 2, 0, 0),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_exports(real_data: Path, name: str) -> None:
    path = real_data / "exchange-exports" / name
    options, read, kept, skipped, refused = REAL[name]
    assert exchange_statement.recognise(head_of(path))
    reading = read_file(exchange_statement, path, **options)
    counts = (reading.rows_read, len(reading.kept), len(reading.skipped), len(reading.refused))
    assert counts == (read, kept, skipped, refused)
    if "timezone" in options:
        assert read_file(exchange_statement, path).codes["time_no_zone"] == read


@pytest.mark.real_data
def test_what_is_refused_of_the_real_statement(real_data: Path) -> None:
    reading = read_file(exchange_statement, real_data / "exchange-exports" / "binance_history.csv")
    assert reading.errors == [
        (6, "amount_missing"), (42, "operation_unknown"), (65, "row_shape"), (66, "row_shape"), (67, "row_shape"),
    ]  # fmt: skip
    assert (reading.codes["amount_scientific"], reading.codes["amount_fine"]) == (8, 3)
    autoinvest = real_data / "exchange-exports" / "test_binance_autoinvest.csv"
    assert read_file(exchange_statement, autoinvest).codes["time_ambiguous"] == 2


@pytest.mark.real_data
def test_real_failed_and_returned_rows(real_data: Path) -> None:
    folder = real_data / "exchange-exports"
    nexo = read_file(exchange_statement, folder / "nexo.csv")
    assert {t.row for t in nexo.transfers if t.status == "failed"} == {3, 9}
    bitbank = read_file(exchange_statement, folder / "test_bitbank_withdrawals.csv", timezone="Asia/Tokyo")
    assert [t.status for t in bitbank.transfers] == ["ok", "ok", "ok", "ok", "failed", "failed"]
    swaps = read_file(exchange_statement, folder / "shapeshift-trade-history.csv")
    assert [(t.row, t.amount, t.kind) for t in swaps.transfers if t.row == 3] == [
        (3, 101_820_000_000_000_000_000, "transfer"), (3, None, "refund"),
    ]  # fmt: skip


@pytest.mark.real_data
def test_real_files_of_others_are_not_ours(real_data: Path) -> None:
    folder = real_data / "exchange-exports"
    for name in ("test_kraken_CSV.zip", "test_trezor_alice_btc.csv", "test_trezor_bob_btc.csv"):
        assert exchange_statement.recognise(head_of(folder / name)) is None
    with pytest.raises(SourceError, match=r"zip of several files \(USDTUSD_1\.csv"):
        read_file(exchange_statement, folder / "test_kraken_CSV.zip")
