"""Exchanges: the other side of a trade in a note, signs and fees in totals, memos that name accounts, sentences as operations."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from connectors import exchange_statement
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.persons import is_person

COINBASE = (
    "\nTransactions\nUser,Fictional Person,00000000-0000-0000-0000-000000000000\n"
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
)
TRON = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
ME = "coinbase:account:00000000-0000-0000-0000-000000000000"


def read_text(folder: Path, text: str, name: str = "t.csv", **options: Any) -> Reading:
    return read_all(exchange_statement, make_source(folder, text, name), ReadOptions(**options))


def moves(reading: Reading) -> list[tuple[str, str | None, Fraction]]:
    return [
        ("-" if ":account:" in t.src.key else "+", t.asset.symbol, Fraction(t.amount or 0, 10 ** (t.asset.decimals or 0)))
        for t in reading.transfers
    ]


def coinbase(kind: str, amount: str, subtotal: str, fee: str, note: str, coin: str = "ETH") -> str:
    row = f'1,2025-04-08 14:14:41 UTC,{kind},{coin},{amount},EUR,€1.00,"{subtotal}",€1.00,{fee},"{note}"\n'
    return COINBASE + row


SIDES = [
    ("Buy", "0.5", "€1,000.00", "€5.00", "Bought 0.5 ETH for 1005 EUR", [("-", "EUR", 1000), ("+", "ETH", 0.5), ("-", "EUR", 5)]),
    ("Sell", "-0.5", "-€1,000.00", "€5.00", "", [("-", "ETH", 0.5), ("+", "EUR", 1000), ("-", "EUR", 5)]),
    ("Advanced Trade Buy", "0.5", "€9.00", "€5.00", "Bought 0.5 ETH for 1,100.25 USDC on ETH-USDC at 2200 USDC/ETH",
     [("-", "USDC", 1100.25), ("+", "ETH", 0.5)]),
    ("Advance Trade Sell", "0.5", "€9.00", "€5.00", "Sold 0.5 ETH for $1094.5 USDC", [("-", "ETH", 0.5), ("+", "USDC", 1094.5)]),
    ("Convert", "-0.5", "€9.00", "€0.00", "Converted  0.5 ETH to 1,100.5 USDC ", [("-", "ETH", 0.5), ("+", "USDC", 1100.5)]),
    ("Convert", "-0.5", "€9.00", "€0.00", "Given to Zalmay Fictional", "note_unread"),
    ("Receive", "-0.5", "€9.00", "€0.00", "", "sign_contradicts"),
    ("Withdrawal", "20", "€20.00", "€0.25", "", [("-", "ETH", 19.75), ("-", "ETH", 0.25)]),
    ("Admin Debit", "-2", "€2.00", "€0.00", "", [("-", "ETH", 2)]),
    ("Staking Income", "2", "€2.00", "", "", [("+", "ETH", 2)]),
    ("Something New", "2", "€2.00", "€0.00", "", "operation_unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "amount", "subtotal", "fee", "note", "due"), SIDES, ids=[f"{s[0]}-{n}" for n, s in enumerate(SIDES)]
)
def test_both_sides_of_a_row_of_coinbase(
    tmp_path: Path, kind: str, amount: str, subtotal: str, fee: str, note: str, due: list[tuple[str, str, float]] | str
) -> None:
    if kind == "Withdrawal":
        fee = fee.replace("€", "") + " ETH"
        text = coinbase(kind, amount, subtotal, fee, note).replace(",EUR,€1.00", ",ETH,€1.00")
    else:
        text = coinbase(kind, amount, subtotal, fee, note)
    reading = read_text(tmp_path, text)
    assert not [issue for issue in reading.issues if "Zalmay" in issue.message]
    if isinstance(due, str):
        assert [code for _, code in reading.errors] == [due]
    else:
        assert (reading.errors, moves(reading)) == ([], [(way, coin, Fraction(str(n))) for way, coin, n in due])
        assert all(ME in (t.src.key, t.dst.key) for t in reading.transfers)


def test_the_fee_of_a_sum_with_a_sign_is_in_its_currency_through_a_mapping_too(tmp_path: Path) -> None:
    text = coinbase("Buy", "0.00301", "€210.70", "€4.30", "", "BTC")
    columns = {
        "date": "Timestamp", "side": "Transaction Type", "coin": "Asset", "amount": "Quantity Transacted", "total": "Subtotal",
        "fee": "Fees and/or Spread",
    }  # fmt: skip
    said: dict[str, Any] = {
        "kind": "statement", "table": "pairs", "decimal_mark": ".", "thousands_mark": ",", "header_row": 4,
        "date_pattern": "%Y-%m-%d %H:%M:%S UTC", "timezone": "UTC", "columns": columns,
    }  # fmt: skip
    due = [("-", "EUR", Fraction("210.7")), ("+", "BTC", Fraction("0.00301")), ("-", "EUR", Fraction("4.3"))]
    assert moves(read_text(tmp_path, text, mapping=said)) == due
    assert moves(read_text(tmp_path, text)) == due


def test_an_address_in_a_note_is_where_coins_were_sent(tmp_path: Path) -> None:
    for note, found in ((f"Sent to {TRON}", [f"to {TRON}"]), (f"{TRON} or {TRON[:-1]}1", []), ("to a friend", [])):
        reading = read_text(tmp_path, coinbase("Send", "-5", "€5.00", "€0.00", note))
        assert [e.text for e in reading.events if e.kind == "stated_address"] in (found, [f"to {TRON}"] if "or" in note else found)


FILLS = "trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit\n"


def test_a_fee_inside_the_total_is_counted_once_on_both_sides(tmp_path: Path) -> None:
    rows = "1,BTC-EUR,BUY,2024-08-06T09:14:00Z,1,BTC,10,0.5,-10.5,EUR\n2,BTC-EUR,SELL,2024-08-06T09:14:00Z,1,BTC,10,0.5,9.5,EUR\n"
    assert moves(read_text(tmp_path, FILLS + rows)) == [
        ("-", "EUR", 10), ("+", "BTC", 1), ("-", "EUR", Fraction("0.5")),
        ("-", "BTC", 1), ("+", "EUR", 10), ("-", "EUR", Fraction("0.5")),
    ]  # fmt: skip
    greedy = "1,BTC-EUR,BUY,2024-08-06T09:14:00Z,1,BTC,10,11,-10,EUR\n"
    assert read_text(tmp_path, FILLS + greedy).errors == [(2, "fee_too_large")]


def test_a_mapping_that_says_the_fee_is_inside_is_heard_in_trades(tmp_path: Path) -> None:
    text = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n2024-08-06 09:14:00,BTCUSDT,BUY,1,1BTC,10.5USDT,0.5USDT\n"
    inside = read_text(tmp_path, text, mapping={"kind": "statement", "fee": "inside"})
    assert [n for _, coin, n in moves(inside) if coin == "USDT"] == [10, Fraction("0.5")]
    assert moves(read_text(tmp_path, text))[0] == ("-", "USDT", Fraction("10.5"))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"table": "p2p", "fee": "inside", "columns": {"date": "a", "side": "b", "amount": "c", "id": "d"}}, "has no effect"),
        ({"operations": {"x": "buy"}, "columns": {"date": "a", "amount": "c"}}, 'table = "pairs"'),
        ({"table": "wide", "columns": {"date": "a", "operation": "b"}}, "by a profile only"),
    ],
)
def test_a_setting_without_effect_is_refused(tmp_path: Path, more: dict[str, Any], why: str) -> None:
    said = {"kind": "statement", "decimal_mark": ".", **more}
    with pytest.raises(SourceError, match=why):
        read_text(tmp_path, "a,b,c,d\n1,2,3,4\n", mapping=said)


MEMO = "Date,Currency,Type,Address,Memo/Tag,TxId,Amount\n"
SHARED = "rFictionalSharedAddress"


@pytest.mark.parametrize(
    ("address", "memo", "codes"),
    [
        (SHARED, "1073837", {}),
        (SHARED, "hello 12", {}),
        (SHARED, "1.07E+08", {"memo_damaged": 1, "address_unknown": 1}),
        ("", "1073837", {"memo_alone": 1}),
        (SHARED, "None", {"address_unknown": 1}),
        (SHARED, "", {"address_unknown": 1}),
    ],
)
def test_an_address_with_a_memo_names_an_account(tmp_path: Path, address: str, memo: str, codes: dict[str, int]) -> None:
    rows = "".join(f"2024-08-06 09:14:00,XRP,{way},{address},{memo},,{n}\n" for way, n in (("WITHDRAWAL", -5), ("DEPOSIT", 5)))
    said = {"kind": "statement", "scope": "x", "timezone": "UTC"}
    reading = read_text(tmp_path, MEMO + rows, mapping=said)
    assert reading.errors == []
    assert reading.codes == {code: 2 * count for code, count in codes.items()}
    if codes:
        assert reading.events == []
        return
    out, own = reading.events
    key = f"tagged:account:{address}:{memo}"
    assert (out.kind, out.node and out.node.kind, out.other and out.other.key) == ("stated_address", "junction", key)
    assert (own.kind, own.node and own.node.key, own.other and own.other.key) == ("identifier", "bittrex:account:x", key)
    assert is_person("vasp", key)
    assert not [issue for issue in reading.issues if memo in issue.message]


def test_a_memo_beside_an_address_of_a_known_chain_keeps_both(tmp_path: Path) -> None:
    text = MEMO + f"2024-08-06 09:14:00,USDT,WITHDRAWAL,{TRON},77,,-5\n"
    found = read_text(tmp_path, text, timezone="UTC").events
    assert [(e.other and e.other.rail, e.text) for e in found] == [("tron", f"to {TRON}"), ("vasp", f"to {TRON} memo 77")]


LUNO = "Wallet ID,Row,Timestamp (UTC),Description,Currency,Balance delta,Available balance delta,Balance\n"


def test_sentences_are_operations_and_are_never_repeated(tmp_path: Path) -> None:
    said = [("Sent to Zalmay Fictional", "-1"), ("Zalmay Fictional asked for it", "-1"), ("Transferred from Zalmay", "1")]
    rows = "".join(f"9,{n},2024-08-06 09:14:0{n},{text},XBT,{amount},0,0\n" for n, (text, amount) in enumerate(said))
    reading = read_text(tmp_path, LUNO + rows)
    assert (reading.kept, reading.errors, reading.skipped) == ({2}, [(3, "operation_unknown")], {4})
    told = [i.message for i in reading.issues] + [s.reason for s in reading.skips] + [t.identity or "" for t in reading.transfers]
    assert not [message for message in told if "Zalmay" in message]


def test_a_wide_table_with_two_coins_in_a_withdrawal_is_refused(tmp_path: Path) -> None:
    header = (
        "Date,Time (UTC),Type,Symbol,Specification,Liquidity Indicator,"
        "USD Amount USD,Fee (USD) USD,BTC Amount BTC,Trade ID,Order ID\n"
    )
    rows = (
        "2024-08-06,09:14:00,Debit,BTC,x,,($1.00),,(0.07 BTC),,\n"
        "2024-08-06,09:14:01,Debit,BTC,x,,,,,,\n"
        "2024-08-06,09:14:02,Debit,USD,x,,($5.00),($0.50),,,\n"
    )
    reading = read_text(tmp_path, header + rows)
    assert reading.errors == [(2, "several_amounts"), (3, "amount_missing")]
    assert moves(reading) == [("-", "USD", 5), ("-", "USD", Fraction("0.5"))]


def test_whose_account_it_is_stands_above_the_table(tmp_path: Path) -> None:
    header = "TXID,Time (UTC),Transaction,Market,Base,Quote,Quantity (Base),Fees (Quote),Total (Quote)\n"
    row = "1,2024-08-06T09:14:00,Bought,A/B,A,B,1,0,1\n"
    for user in ("a.fictional@example.org", "a.fictional@example.net"):
        reading = read_text(tmp_path, f"Name: Somebody\nUserID: {user}\n\n{header}{row}")
        assert reading.transfers[0].src.key == f"bittrex:account:{user}"
