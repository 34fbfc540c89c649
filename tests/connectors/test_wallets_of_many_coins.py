"""Exodus, Coinomi and Blockchain.com: what left and came of each coin, its fee, and whose chain its ids are of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import wallet_history
from tests.connectors.reading import SAMPLES, Reading, head_of, make_source, read_all, read_file
from trails.connector import ReadOptions

FOLDER = SAMPLES / "wallet_history"
TX, TO = "8f" * 32, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
EVM, EVM_CHECKED = "0xdac17f958d2ee523a2206206994597c13d831ec7", "0xdAC17F958D2ee523a2206206994597C13D831ec7"
EXODUS = (
    "DATE,TYPE,FROMPORTFOLIO,TOPORTFOLIO,OUTAMOUNT,OUTCURRENCY,FEEAMOUNT,FEECURRENCY,TOADDRESS,OUTTXID,OUTTXURL,INAMOUNT,"
    "INCURRENCY,INTXID,INTXURL,ORDERID,PERSONALNOTE\n"
)
COINOMI = (
    "Asset,AccountName,Address,AddressName,Value,Symbol,Fees,InternalTransfer,TransactionID,Time(UTC),Time(ISO8601-UTC),"
    "BlockExplorer\n"
)


def read_text(folder: Path, text: str, **options: Any) -> Reading:
    return read_all(wallet_history, make_source(folder, text, "wallet.csv"), ReadOptions(**options))


def moves(found: Reading) -> list[tuple[str, str, int]]:
    return [(t.kind, t.asset.asset, t.amount or 0) for t in found.transfers]


def nodes(found: Reading, kind: str) -> list[tuple[str, str] | None]:
    others = [event.other for event in found.events if event.kind == kind]
    return [(other.rail, other.key) if other else None for other in others]


def exodus(sent: str, coin: str, fee: str, fee_coin: str, address: str = "", when: str = "2024-08-02T13:05:11.000Z") -> str:
    return f"{EXODUS}{when},withdrawal,exodus_0,,{sent},{coin},{fee},{fee_coin},{address},{TX},,,,,,,\n"


@pytest.mark.parametrize("name", ["exodus", "exodus-one-coin", "coinomi", "blockchain-com", "blockchain-com-trading"])
def test_the_program_is_known_by_its_columns(name: str) -> None:
    why = wallet_history.recognise(head_of(FOLDER / f"sample-{name}.csv"))
    assert why
    assert name.split("-", maxsplit=1)[0].title() in why


def test_the_fee_is_beside_what_exodus_sent(tmp_path: Path) -> None:
    found = read_text(tmp_path, exodus("-0.02", "BTC", "-0.0002", "BTC", TO))
    assert moves(found) == [("transfer", "BTC", 2_020_000), ("fee", "BTC", 20_000)]
    assert nodes(found, "stated_address") == [("bitcoin", TO)]
    assert nodes(found, "stated_tx") == [("bitcoin", TX)]


def test_a_token_s_chain_is_that_of_the_coin_that_pays_for_it(tmp_path: Path) -> None:
    found = read_text(tmp_path, exodus("-250", "USDT", "-0.0012", "ETH", EVM))
    assert moves(found) == [
        ("transfer", "USDT@wallet", 250 * 10**18), ("transfer", "ETH@wallet", 12 * 10**14), ("fee", "ETH@wallet", 12 * 10**14),
    ]  # fmt: skip
    assert nodes(found, "stated_address") == [("ethereum", EVM)]
    assert nodes(found, "stated_tx") == [None], "one transaction, though of two coins"


@pytest.mark.parametrize(
    ("coin", "address", "wanted", "codes"),
    [
        ("USDT", EVM_CHECKED, [("evm", EVM)], {}),
        ("USDT", EVM, [], {"address_unchecked": 1}),
        ("USDT", "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", [("tron", "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP")], {}),
        ("BCH", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", [], {"address_unchecked": 1}),
        ("XRP", "rFictionalFictional", [], {"address_unknown": 1}),
        ("BTC", EVM, [], {"identifier": 1}),
    ],
)
def test_an_address_is_kept_where_something_says_its_chain(
    tmp_path: Path, coin: str, address: str, wanted: list[tuple[str, str]], codes: dict[str, int]
) -> None:
    found = read_text(tmp_path, exodus("-2", coin, "", "", address))
    assert (nodes(found, "stated_address"), found.codes) == (wanted, codes)


def test_an_exchange_is_two_movements(tmp_path: Path) -> None:
    row = f"2024-08-02T13:05:11Z,exchange,,,-0.01,BTC,-0.0001,BTC,,{TX},,270.5,USDT,{'9a' * 32},,order,\n"
    found = read_text(tmp_path, EXODUS + row)
    assert moves(found) == [("transfer", "BTC", 1_010_000), ("fee", "BTC", 10_000), ("transfer", "USDT@wallet", 2705 * 10**17)]
    assert {t.ref for t in found.transfers} == {TX, "9a" * 32}


@pytest.mark.parametrize(
    ("when", "time"),
    [
        ("2024-08-02T13:05:11.000Z", "2024-08-02 13:05:11+00:00"),
        ("Fri Aug 02 2024 15:05:11 GMT+0200 (Central European Summer Time)", "2024-08-02 13:05:11+00:00"),
        ("Fri Foo 02 2024 15:05:11 GMT+0200", None),
        ("02/08/2024 13:05", None),
    ],
)
def test_times_of_exodus(tmp_path: Path, when: str, time: str | None) -> None:
    found = read_text(tmp_path, exodus("-1", "BTC", "", "", when=when))
    assert [str(t.time.time) for t in found.transfers] == ([time] if time else [])
    assert len(found.issues) == (not time)


@pytest.mark.parametrize("kind", ["deposit", "withdrawal", "exchange"])
def test_a_sum_in_one_cell_with_its_coin(tmp_path: Path, kind: str) -> None:
    header = "TXID,TXURL,DATE,TYPE,FROMPORTFOLIO,TOPORTFOLIO,COINAMOUNT,FEE,BALANCE,EXCHANGE,PERSONALNOTE\n"
    sign = "" if kind == "deposit" else "-"
    found = read_text(tmp_path, f'{header}{TX},,2024-08-02T13:05:11Z,{kind},,,"{sign}1,234.5 TRX",,"0 TRX",,\n')
    (moved,) = found.transfers
    assert (moved.amount, moved.src.rail, moved.dst.kind) == (12345 * 10**17, "wallet", "account" if not sign else "junction")


def coinomi(value: str, symbol: str, fee: str) -> str:
    return f"{COINOMI}X,Main,,,{value},{symbol},{fee},false,{TX},,2024-08-02T13:05Z,\n"


def test_the_fee_is_inside_what_coinomi_states(tmp_path: Path) -> None:
    found = read_text(tmp_path, coinomi("-0.0202", "BTC", "0.0002"))
    assert moves(found) == [("transfer", "BTC", 2_020_000), ("fee", "BTC", 20_000)]
    assert {t.time.error_s for t in found.transfers} == {7_260}, "the time states no seconds"
    token = read_text(tmp_path, coinomi("-250", "USDT", "13.5"))
    assert (moves(token), token.codes) == ([("transfer", "USDT@wallet", 250 * 10**18)], {"fee_unclear": 1})
    assert moves(read_text(tmp_path, coinomi("0.05", "BTC", "0.0002"))) == [("transfer", "BTC", 5_000_000)]


def test_what_blockchain_com_states_must_add_up() -> None:
    found = read_file(wallet_history, FOLDER / "sample-blockchain-com.csv")
    assert found.graded == {("warning", "fee_mismatch"): 1, ("error", "time_damaged"): 1}
    bitcoin = read_file(wallet_history, FOLDER / "sample-blockchain-com-bitcoin.csv")
    assert [str(t.time.time) for t in bitcoin.transfers] == ["2019-08-02 10:20:11+00:00", "2019-08-03 05:05:00+00:00"]


def test_an_account_that_trades_gives_one_coin_for_another() -> None:
    found = read_file(wallet_history, FOLDER / "sample-blockchain-com-trading.csv")
    bought = [t for t in found.transfers if t.row == 2]
    assert [(t.asset.asset, t.amount, t.kind) for t in bought] == [
        ("BTC", 1_000_000, "transfer"), ("GBP", 50_000, "transfer"), ("GBP", 500, "fee"),
    ]  # fmt: skip
    assert len({node.key for t in bought for node in (t.src, t.dst) if node.kind == "junction"}) == 1
    assert found.errors == [(6, "malformed")]


@given(cell=st.text("0123456789.-eE+, ABTCx", max_size=20), where=st.integers(4, 11))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cell_is_read_or_refuses_its_row_alone(tmp_path: Path, cell: str, where: int) -> None:
    good = f"2024-08-02T13:05:11Z,withdrawal,,,-1,BTC,-0.1,BTC,{TO},{TX},,,,,,,".split(",")
    bad = [*good[:where], f'"{cell}"', *good[where + 1 :]]
    found = read_text(tmp_path, EXODUS + ",".join(bad) + "\n" + ",".join(good) + "\n")
    assert found.rows_read == 2
    assert 3 in found.kept


@pytest.mark.parametrize(("cell", "number"), [("0,001 BTC", "0,001"), ("12345,678 BTC", "12345,678"), ("1,234.5 BTC", "1234.5")])
def test_a_comma_stands_between_thousands_or_stays(cell: str, number: str) -> None:
    from connectors.wallet_history.exodus import _split

    assert _split(cell) == (number, "BTC")
