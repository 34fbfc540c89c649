"""Exchanges: what rows of each kind state, fees, addresses, amounts, workbooks, mappings, and everything that is refused."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import exchange_statement
from connectors.exchange_statement.known import find_layout
from connectors.exchange_statement.settings import FOLDER
from tests.connectors.reading import (
    Reading,
    head_of,
    make_head,
    make_source,
    open_source,
    read_all,
    read_file,
    write_text,
)
from trails.connector import ReadOptions, Source
from trails.errors import SourceError
from trails.model import Transfer

WITHDRAWALS = "Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,Status\n"
STATEMENT = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
TRON = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
EVM = "0xccfA4a14220d39bA7a2e3e29B5057e6FABf23eD2"
TXID = "ab" * 32


def read_text(folder: Path, text: str, name: str = "withdrawals.csv", **options: Any) -> Reading:
    return read_all(exchange_statement, make_source(folder, text, name), ReadOptions(**options))


def withdrawal(**cells: str) -> str:
    row = {"date": "2024-08-06 09:14:00", "coin": "USDT", "network": "TRX", "amount": "18199", "fee": "1",
           "address": TRON, "txid": TXID, "status": "Completed", **cells}  # fmt: skip
    return WITHDRAWALS + ",".join(row.values()) + "\n"


def ends(transfer: Transfer) -> tuple[str, str, str, int | None, str]:
    return transfer.src.key, transfer.dst.key, transfer.asset.asset, transfer.amount, transfer.kind


def test_a_withdrawal_moves_inside_the_exchange_and_only_speaks_of_the_chain(tmp_path: Path) -> None:
    reading = read_text(tmp_path, withdrawal(), mapping={"kind": "statement", "scope": "user 1"})
    junction = f"binance:withdrawal:{TXID}:{TRON}"
    assert [ends(t) for t in reading.transfers] == [
        ("binance:account:user 1", junction, "USDT", 18_199_000_000, "transfer"),
        ("binance:account:user 1", "binance:fee", "USDT", 1_000_000, "fee"),
    ]
    assert {t.src.rail for t in reading.transfers} == {t.dst.rail for t in reading.transfers} == {"vasp"}
    assert [t.dst.kind for t in reading.transfers] == ["junction", "account"]
    tx, address = reading.events
    assert (tx.kind, tx.node and tx.node.key, tx.other, tx.text) == ("stated_tx", junction, None, TXID)
    assert (address.kind, address.other and (address.other.rail, address.other.key)) == (
        "stated_address",
        ("tron", TRON),
    )
    time = reading.transfers[0].time
    assert (time.time, time.basis, time.error_s) == (datetime(2024, 8, 6, 9, 14, tzinfo=UTC), "stated", 0)


def test_a_deposit_comes_the_other_way_with_the_senders_address(tmp_path: Path) -> None:
    text = (
        "uid,currency,tx_hash,from_address,to_address,amount,deposit_time\n"
        f"7,usdt,{TXID},{TRON},{TRON},12.5,2024-08-06 09:14:00\n"
    )
    reading = read_text(tmp_path, text, "d.csv", timezone="UTC")
    assert [ends(t) for t in reading.transfers] == [
        (f"htx:deposit:{TXID}:{TRON}", "htx:account:7", "USDT", 12_500_000, "transfer")
    ]
    assert [(e.kind, e.text) for e in reading.events] == [
        ("stated_tx", TXID), ("stated_address", f"to {TRON}"), ("stated_address", f"from {TRON}"),
    ]  # fmt: skip
    assert read_text(tmp_path, text, "d.csv").errors == [(2, "time_no_zone")]


@pytest.mark.parametrize(
    ("cells", "rail", "junction"),
    [
        ({"network": "TRC20"}, "tron", False),
        ({"network": "USDT-TRC20"}, "tron", False),
        ({"network": "Tron (TRC20)"}, "tron", False),
        ({"network": "ERC20", "address": EVM}, "ethereum", False),
        ({"network": "BEP20", "address": EVM}, "bsc", False),
        ({"network": "Arbitrum One", "address": EVM}, "evm", False),
        (
            {"network": "SEGWITBTC", "coin": "BTC", "address": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
            "bitcoin",
            True,
        ),
        ({"network": "", "address": EVM}, "evm", False),
        ({"network": "", "address": TRON}, "tron", False),
    ],
)
def test_the_network_says_the_rail_else_the_checksum(
    tmp_path: Path, cells: dict[str, str], rail: str, junction: bool
) -> None:
    reading = read_text(tmp_path, withdrawal(**cells))
    tx, address = reading.events
    assert address.other
    assert address.other.rail == rail
    assert (tx.other is not None) is junction
    assert {code for code in reading.codes if code != "account_not_stated"} == set()


@pytest.mark.parametrize(
    ("cells", "code", "severity", "events"),
    [
        ({"network": "FANTASY"}, "network_unknown", "note", 2),
        ({"network": "FANTASY", "address": EVM.lower()}, "address_unchecked", "note", 1),
        ({"network": "FANTASY", "address": "nothing known"}, "address_unknown", "note", 1),
        ({"address": TRON[:-1] + "Q"}, "address_damaged", "warning", 1),
        ({"network": "ETH"}, "address_damaged", "warning", 1),
        ({"address": "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"}, "null_address", "note", 2),
        ({"txid": "1.2E+15"}, "txid_damaged", "warning", 1),
        ({"txid": "Internal transfer 12345"}, "off_chain", "note", 1),
        ({"txid": ""}, "account_not_stated", "note", 1),
        ({"date": ""}, "time_missing", "warning", 2),
        ({"amount": "1.1234567"}, "amount_fine", "note", 2),
        ({"amount": "9.2E-05"}, "amount_scientific", "warning", 2),
    ],
)
def test_a_doubted_cell_keeps_its_row(
    tmp_path: Path, cells: dict[str, str], code: str, severity: str, events: int
) -> None:
    reading = read_text(tmp_path, withdrawal(**cells))
    assert (severity, code) in reading.graded
    assert (reading.errors, len(reading.events), len(reading.transfers)) == ([], events, 2)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"date": "6 August"}, "time_damaged"),
        ({"coin": ""}, "coin_missing"),
        ({"coin": "U S D T"}, "coin_damaged"),
        ({"amount": ""}, "amount_missing"),
        ({"amount": "about 5"}, "amount_damaged"),
        ({"amount": "1.23457E+15"}, "amount_damaged"),
        ({"amount": "9" * 45}, "amount_damaged"),
        ({"amount": "-5"}, "negative_amount"),
        ({"fee": "x"}, "amount_damaged"),
        ({"status": "Glorious"}, "status_unknown"),
    ],
)
def test_a_cell_that_cannot_be_understood_refuses_its_row_only(
    tmp_path: Path, cells: dict[str, str], code: str
) -> None:
    good = withdrawal().splitlines()[1]
    reading = read_text(tmp_path, withdrawal(**cells) + good + "\n")
    assert reading.errors == [(2, code)]
    assert reading.kept == {3}


@pytest.mark.parametrize(
    ("word", "status"), [("Failed", "failed"), ("Cancelled", "failed"), ("Processing", "unconfirmed")]
)
def test_what_did_not_happen_moves_nothing_but_keeps_its_address(tmp_path: Path, word: str, status: str) -> None:
    reading = read_text(tmp_path, withdrawal(status=word))
    assert {t.status for t in reading.transfers} == {status}
    assert [e.kind for e in reading.events] == ["stated_tx", "stated_address"]


def test_a_fee_inside_the_amount_is_taken_out_of_it(tmp_path: Path) -> None:
    inside = {"kind": "statement", "fee": "inside"}
    moved, fee = read_text(tmp_path, withdrawal(amount="18200"), mapping=inside).transfers
    assert (moved.amount, fee.amount) == (18_199_000_000, 1_000_000)
    reading = read_text(tmp_path, withdrawal(amount="1", fee="2"), mapping=inside)
    assert reading.errors == [(2, "fee_too_large")]


def test_amounts_of_eighteen_decimals_are_exact_and_zero_is_no_movement(tmp_path: Path) -> None:
    rows = (
        "1,2024-08-06 09:14:00,Spot,Deposit,ETH,0.500000000000000001,\n"
        "1,2024-08-06 09:15:00,Spot,Deposit,SHIB,123456789012345.000000000000000007,\n"
        "1,2024-08-06 09:16:00,Spot,Deposit,ETH,0E-18,\n"
    )
    reading = read_text(tmp_path, STATEMENT + rows, "s.csv")
    assert [t.amount for t in reading.transfers] == [
        500_000_000_000_000_001,
        123_456_789_012_345_000_000_000_000_000_007,
    ]
    assert [(t.asset.asset, t.asset.decimals) for t in reading.transfers] == [("ETH@vasp", 18), ("SHIB@vasp", 18)]
    assert reading.skipped == {4}
    assert set(reading.codes) == {"may_count_twice"}


def test_the_sign_of_a_statement_says_the_direction(tmp_path: Path) -> None:
    rows = [
        ("Deposit", "5", "binance:deposit:1:2024-08-06T09:14:00Z:0:USDT:5000000", "binance:account:1", "transfer"),
        ("Withdraw", "-5", "binance:account:1", "binance:withdrawal:1:2024-08-06T09:14:00Z:0:USDT:-5000000", "transfer"),
        ("Withdraw", "5", "binance:withdrawal:1:2024-08-06T09:14:00Z:0:USDT:5000000", "binance:account:1", "refund"),
        ("Buy", "-5", "binance:account:1", "binance:trade:1:2024-08-06T09:14:00Z", "transfer"),
        ("Transaction Fee", "-5", "binance:account:1", "binance:fee", "fee"),
        ("Savings Interest", "5", "binance:house", "binance:account:1", "transfer"),
        ("Binance Card Spending", "-5", "binance:account:1", "binance:card:1:2024-08-06T09:14:00Z:0:USDT:-5000000", "transfer"),
        ("P2P Trading", "-5", "binance:account:1", "binance:p2p:1:2024-08-06T09:14:00Z:0:USDT:-5000000", "transfer"),
    ]  # fmt: skip
    text = "".join(f"1,2024-08-06 09:14:00,Spot,{word},USDT,{change},\n" for word, change, *_ in rows)
    reading = read_text(tmp_path, STATEMENT + text, "s.csv")
    assert [(t.src.key, t.dst.key, t.kind) for t in reading.transfers] == [tuple(row[2:]) for row in rows]
    assert reading.codes == {"may_count_twice": 1, "reversed": 1}


def test_equal_rows_are_two_facts_and_an_overlapping_export_states_the_same_ones(tmp_path: Path) -> None:
    row = "1,2024-08-06 09:14:00,Spot,Buy,USDT,-5,\n"
    once = read_text(tmp_path, STATEMENT + row, "a.csv").transfers
    twice = read_text(tmp_path, STATEMENT + row + row, "b.csv").transfers
    assert len({t.identity for t in twice}) == 2
    assert once[0].identity == twice[0].identity


def test_an_operation_nobody_named_is_refused_until_a_mapping_names_it(tmp_path: Path) -> None:
    row = "1,2024-08-06 09:14:00,Spot,New Thing,USDT,-5,\n1,2024-08-06 09:14:01,Spot,Withdraw,USDT,-5,\n"
    assert read_text(tmp_path, STATEMENT + row, "s.csv").errors == [(2, "operation_unknown")]
    said = {"kind": "statement", "operations": {"new thing": "peer", "Withdraw": "skip"}}
    reading = read_text(tmp_path, STATEMENT + row, "s.csv", mapping=said)
    assert (reading.errors, len(reading.transfers), reading.skipped) == ([], 1, {3})


def test_lines_outside_the_table_are_skipped_and_a_cut_row_is_refused(tmp_path: Path) -> None:
    text = withdrawal() + ",,,,,,,\nTotal,,,18199,,,,\nThis file was made for you\n2024-08-06 09:1"
    reading = read_text(tmp_path, text)
    assert (reading.kept, reading.skipped, reading.errors) == ({2}, {3, 4, 5}, [(6, "row_shape")])


def test_deposits_and_withdrawals_of_one_header_are_told_apart(tmp_path: Path) -> None:
    for name, junction in (("Binance Deposit History.csv", "deposit"), ("export-withdraw.csv", "withdrawal")):
        reading = read_text(tmp_path, withdrawal(fee="0"), name)
        assert f"binance:{junction}:{TXID}:{TRON}" in {t.src.key for t in reading.transfers} | {
            t.dst.key for t in reading.transfers
        }
        assert "direction_by_fee" not in reading.codes
    assert read_text(tmp_path, withdrawal(), "answer.csv").graded["warning", "direction_by_fee"] == 1
    with pytest.raises(SourceError, match='table = "deposits"'):
        read_text(tmp_path, withdrawal(fee="0"), "answer.csv")
    said = {"kind": "statement", "table": "deposits"}
    assert (
        read_text(tmp_path, withdrawal(fee="0"), "answer.csv", mapping=said)
        .transfers[0]
        .dst.key.startswith("binance:acc")
    )


def test_where_the_zone_is_stated_it_is_used(tmp_path: Path) -> None:
    newer = withdrawal().replace("Date(UTC)", "Time").replace("TransactionFee", "Fee").replace("2024-", "24-")
    cases: list[tuple[str, str, dict[str, Any], int, str]] = [
        (newer, "Withdraw-History-202408(UTC--6)_ab.csv", {}, 15, "stated"),
        (newer, "withdraw.csv", {"timezone": "Europe/Sarajevo"}, 7, "assumed"),
        (withdrawal(), "withdrawals.csv", {"timezone": "Europe/Sarajevo"}, 9, "stated"),
        (withdrawal(), "withdrawals.csv", {"mapping": {"kind": "statement", "timezone": "Europe/Sarajevo"}}, 7, "assumed"),
        (withdrawal().replace("(UTC)", "(UTC+8)"), "withdrawals.csv", {}, 1, "stated"),
        (withdrawal().replace("(UTC)", "(UTC+05:30)"), "withdrawals.csv", {}, 3, "stated"),
    ]  # fmt: skip
    for text, name, options, hour, basis in cases:
        time = read_text(tmp_path, text, name, **options).transfers[0].time
        assert time.time
        assert (time.time.hour, time.basis) == (hour, basis), name
    assert read_text(tmp_path, newer, "withdraw.csv").errors == [(2, "time_no_zone")]


def test_the_lines_above_a_table_say_whose_it_is_and_in_which_zone(tmp_path: Path) -> None:
    text = (
        "UID:4711,Account Type:Main,Time Zone:UTC+8\n\ufeffid,Time,Type,Amount,Before Balance,After Balance,Symbol\n"
        "1,2024-08-06 17:20:00,Deposit,680,0,680,USDT\n"
    )
    (deposit,) = read_text(tmp_path, text, "OKX Funding History.csv").transfers
    assert (deposit.dst.key, deposit.ref, deposit.time.time) == (
        "okx:account:4711", "1", datetime(2024, 8, 6, 9, 20, tzinfo=UTC),
    )  # fmt: skip


def test_a_trade_is_one_fact_in_ledger_and_trade_list(tmp_path: Path) -> None:
    ledger = (
        "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"
        "L1,T1,2024-08-01 10:30:15,trade,,currency,ZEUR,-500.0000,1.3000,498\n"
        "L2,T1,2024-08-01 10:30:15,trade,,currency,XXBT,0.00833333,0,0.00833333\n"
    )
    trades = (
        "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\n"
        'T1,O1,XXBTZEUR,2024-08-01 10:30:15.1234,buy,limit,60000,500.0000,1.3000,0.00833333,0,,"L1,L2"\n'
    )
    said = {"kind": "statement", "scope": "x"}
    first = read_text(tmp_path, ledger, "ledgers.csv", mapping=said).transfers
    second = read_text(tmp_path, trades, "trades.csv", mapping=said).transfers
    assert {(t.identity, *ends(t)) for t in first} == {(t.identity, *ends(t)) for t in second}
    assert len(first) == len(second) == 3


@pytest.mark.parametrize(
    ("pair", "amount", "total", "legs"),
    [
        ("BTCUSDT", "0.004BTC", "174.2USDT", ("USDT", "BTC")),
        ("1INCHUSDT", "12.51INCH", "5.5USDT", ("USDT", "1INCH@vasp")),
        ("BTC/USDT", "0.004BTC", "174.2USDT", ("USDT", "BTC")),
    ],
)
def test_cells_of_a_trade_that_name_their_own_coin(
    tmp_path: Path, pair: str, amount: str, total: str, legs: tuple[str, str]
) -> None:
    text = (
        f"Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n2024-08-06 09:14:00,{pair},BUY,1,{amount},{total},0.0004BNB\n"
    )
    reading = read_text(tmp_path, text, "t.csv")
    assert [(t.asset.asset, t.kind) for t in reading.transfers] == [
        (legs[0], "transfer"), (legs[1], "transfer"), ("BNB@vasp", "fee"),
    ]  # fmt: skip
    assert reading.transfers[0].dst == reading.transfers[1].src


def test_pairs_and_sides_that_are_not_known_are_refused(tmp_path: Path) -> None:
    head = "Spot Pairs,Order Type,Direction,Filled Value,Filled Price,Filled Quantity,Fees,Transaction ID,Timestamp (UTC)\n"
    good = "BTCUSDT,LIMIT,SELL,174.2,1,0.004,0.17,9,2024-08-06 09:14:00\n"
    reading = read_text(tmp_path, head + good + good.replace("USDT", "XYZ") + good.replace("SELL", "GIVE"), "b.csv")
    assert reading.errors == [(3, "pair_unknown"), (4, "side_unknown")]
    out, got, fee = reading.transfers
    assert (out.asset.asset, got.asset.asset, fee.asset.asset) == ("BTC", "USDT", "USDT")


def test_an_order_between_customers_moves_coins_and_names_what_was_paid_outside(tmp_path: Path) -> None:
    text = (
        "Order Number,Order Type,Asset Type,Fiat Type,Total Price,Price,Quantity,Couterparty,Status,Created Time\n"
        '77,Buy,USDT,RSD,"58,650.00",117.3,500,Trader-A,Completed,2024-08-05 07:58:41\n'
        "78,Sell,USDT,XYZ,5,1,5,Trader-A,Completed,2024-08-05 07:58:41\n"
    )
    reading = read_text(tmp_path, text, "p2p.csv", timezone="Europe/Belgrade")
    assert [ends(t)[:2] for t in reading.transfers] == [
        ("binance:p2p:77", f"binance:account:{reading.transfers[0].dst.key.rpartition(':')[2]}"),
        ("binance:nickname:trader-a", "binance:p2p:77"),
    ]
    assert [(e.kind, e.text) for e in reading.events] == [("paid_outside", "58,650.00 RSD")]
    assert reading.errors == [(3, "currency_unknown")]


def make_workbook(folder: Path, sheets: dict[str, list[list[Any]]]) -> Source:
    path = folder / "answer.xlsx"
    book = importlib.import_module("xlsxwriter").Workbook(path)  # it has no type marks
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                write = sheet.write_datetime if isinstance(cell, datetime) else sheet.write
                write(number, column, cell, *([moment] if isinstance(cell, datetime) else []))
    book.close()
    return open_source(path)


def test_every_sheet_of_a_workbook_with_a_known_layout_is_read(tmp_path: Path) -> None:
    time = datetime(2024, 8, 6, 9, 14)
    source = make_workbook(
        tmp_path,
        {
            "Customer": [["Name", "Somebody"]],
            "Deposit History": [
                ["Binance", "confidential"],
                [],
                ["User ID", "Currency", "Amount", "Create Time", "TXID", "Network", "Deposit Address"],
                ["42", "USDT", 680, "2024-08-05 10:00:00", "0x" + TXID, "TRX", TRON],
            ],
            "Withdrawal History": [
                ["User ID", "Currency", "Amount", "Apply Time", "txId", "Network", "Address"],
                ["42", "USDT", 18199.5, time, TXID, "TRX", TRON],
                ["42", "USDT", 1e17, 45506.5, TXID, "TRX", TRON],
            ],
        },
    )
    reading = read_all(exchange_statement, source, ReadOptions(timezone="UTC"))
    assert reading.rows_read == 3
    assert [(t.row, *ends(t)[:2], t.amount) for t in reading.transfers] == [
        (10_000_004, f"binance:deposit:{TXID}:{TRON}", "binance:account:42", 680_000_000),
        (20_000_002, "binance:account:42", f"binance:withdrawal:{TXID}:{TRON}", 18_199_500_000),
    ]
    assert reading.errors == [(20_000_003, "time_damaged")]
    assert reading.codes["sheet_not_read"] == 1
    with pytest.raises(SourceError, match="no sheet has a known layout"):
        read_all(exchange_statement, make_workbook(tmp_path, {"a": [["b"]], "c": [["d"]]}))


def test_a_workbook_of_one_sheet_is_recognised_below_its_title(tmp_path: Path) -> None:
    header, row = withdrawal().splitlines()
    source = make_workbook(tmp_path, {"Sheet0": [["Export of withdrawals"], header.split(","), row.split(",")]})
    assert exchange_statement.recognise(make_head(source))
    mapping = {"kind": "statement", "table": "withdrawals"}
    assert [t.row for t in read_all(exchange_statement, source, ReadOptions(mapping=mapping)).transfers] == [3, 3]


def test_only_known_headers_and_mappings_of_statements_are_recognised(tmp_path: Path) -> None:
    known = make_source(tmp_path, withdrawal(), "w.csv")
    other = make_source(tmp_path, "a,b\n1,2\n", "a.csv")
    assert exchange_statement.recognise(make_head(known))
    assert exchange_statement.recognise(make_head(other)) is None
    assert exchange_statement.recognise(make_head(other, {"kind": "statement", "columns": {}}))
    assert exchange_statement.recognise(make_head(other, {"columns": {"date": "a"}})) is None
    assert exchange_statement.recognise(make_head(other, {"kind": "statement", "profile": "nexo"})) is None
    with pytest.raises(SourceError, match="no layout of an exchange"):
        list(exchange_statement.read(other, ReadOptions()))


def test_a_mapping_that_does_not_fit_is_refused_with_every_reason(tmp_path: Path) -> None:
    mapping = {
        "kind": "statement", "exchange": 5, "table": "gifts", "signed": "yes", "quotes": "USDT", "colour": "red",
        "operations": {"x": "gift"}, "networks": {"x": 1}, "columns": {"date": "Date(UTC)", "amount": "Sum"},
    }  # fmt: skip
    with pytest.raises(SourceError) as caught:
        read_text(tmp_path, withdrawal(), mapping=mapping)
    for reason in (
        "`exchange`",
        "`table`",
        "`signed`",
        "`quotes`",
        "`colour`",
        "'gift'",
        "[networks]",
        "decimal_mark",
        "'Sum'",
    ):
        assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty|no layout"), (b"\xff" * 9, "utf-8|no layout"), (b"PK\x03\x04 torn", "workbook|damaged"),
     (b"\x00" * 99, "no layout")],
)  # fmt: skip
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(exchange_statement.read(make_source(tmp_path, content, "withdrawals.csv"), ReadOptions()))


def test_bytes_of_another_encoding_refuse_their_row_alone(tmp_path: Path) -> None:
    good = withdrawal().encode()
    path = write_text(tmp_path, good + good.splitlines()[1].replace(b"Completed", b"Comp\xe8leted") + b"\n", "withdrawals.csv")
    reading = read_file(exchange_statement, path)
    assert (reading.rows_read, reading.kept, reading.errors) == (2, {2}, [(3, "text_damaged")])
    assert "column 'Status': byte 0xe8 at place 142 is not utf-8" in reading.issues[-1].message


def test_a_header_alone_and_a_round_number_of_rows_say_so(tmp_path: Path) -> None:
    assert read_text(tmp_path, WITHDRAWALS).codes == {"no_rows": 1}
    row = withdrawal().splitlines()[1]
    reading = read_text(tmp_path, WITHDRAWALS + "\n".join([row] * 1_000) + "\n")
    assert (reading.rows_read, reading.codes["possibly_truncated"]) == (1_000, 1)


def test_columns_nobody_reads_are_named(tmp_path: Path) -> None:
    text = withdrawal().replace("Status", "Status,Secret").replace("Completed", "Completed,x")
    (issue,) = [i for i in read_text(tmp_path, text).issues if i.code == "unknown_columns"]
    assert issue.message.endswith("columns not read: Secret")


def test_the_samples_are_found_by_their_own_profile() -> None:
    for path in sorted(FOLDER.glob("sample*.csv")):
        found = find_layout(head_of(path), None)
        name = found.profile.name if found else "declared"
        assert name.replace("transfers", "withdrawals") in path.name
