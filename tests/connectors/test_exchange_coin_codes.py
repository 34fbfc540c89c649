"""Coins by the codes that exchanges give them: Kraken's endings and old pairs; what stands there where columns have moved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import exchange_statement, ivms101, wallet_history
from connectors.coin_codes import is_coin_code, quote_code
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions

LEDGER = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"
TRADES = "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\n"
NAMES = ("Amber", "Quince")


def read_text(folder: Path, text: str, **options: object) -> Reading:
    return read_all(exchange_statement, make_source(folder, text, "t.csv"), ReadOptions(**options))  # type: ignore[arg-type]


def net(found: Reading) -> dict[str, int]:
    sums: dict[str, int] = {}
    for each in found.transfers:
        for node, sign in ((each.src, -1), (each.dst, 1)):
            if ":account:" in node.key:
                sums[each.asset.symbol or ""] = sums.get(each.asset.symbol or "", 0) + sign * (each.amount or 0)
    return sums


def test_a_staked_coin_is_the_coin_itself(tmp_path: Path) -> None:
    """DOT goes into staking, earns as DOT.S and comes back as DOT28.S: what was deposited and earned can be withdrawn."""
    rows = (
        "L1,R1,2023-01-01 10:00:00,deposit,,currency,DOT,10,0,10\n"
        "L2,R2,2023-01-01 11:00:00,transfer,spottostaking,currency,DOT,-5,0,5\n"
        "L3,R3,2023-01-01 11:00:05,transfer,stakingfromspot,currency,DOT28.S,5,0,5\n"
        "L4,R4,2023-01-08 11:00:05,staking,,currency,DOT28.S,0.25,0,5.25\n"
        "L5,R5,2023-01-08 11:00:06,staking,,currency,DOT.S,0.25,0,5.5\n"
        "L6,R6,2023-01-10 11:00:06,withdrawal,,currency,DOT,-10.5,0,0\n"
    )
    assert net(read_text(tmp_path, LEDGER + rows)) == {"DOT": 0}


@pytest.mark.parametrize("code", ["SOL.F", "SOL03.S", "SOL.S", "SOL.M", "SOL.P", "SOL.B", "SOL.HOLD", "SOL"])
def test_each_ending_of_kraken_names_the_same_coin(tmp_path: Path, code: str) -> None:
    found = read_text(tmp_path, f"{LEDGER}L1,R1,2023-01-01 10:00:00,earn,reward,currency,{code},1,0,1\n")
    assert net(found) == {"SOL": 10**18}


@pytest.mark.parametrize(
    ("code", "coin"), [("XBT.F", "BTC"), ("ETH2.S", "ETH"), ("ETH2", "ETH"), ("EUR.HOLD", "EUR"), ("AAPL.T", "AAPL.T")]
)
def test_an_ending_is_taken_off_before_the_code_is_looked_up(tmp_path: Path, code: str, coin: str) -> None:
    found = read_text(tmp_path, f"{LEDGER}L1,R1,2023-01-01 10:00:00,deposit,,currency,{code},1,0,1\n")
    assert list(net(found)) == [coin]


@pytest.mark.parametrize(
    ("pair", "base", "quote"),
    [
        ("XXBTZEUR", "BTC", "EUR"), ("XETHXXBT", "ETH", "BTC"), ("XXLMXXBT", "XLM", "BTC"), ("ZEURZUSD", "EUR", "USD"),
        ("USDTZUSD", "USDT", "USD"), ("XICNXETH", "ICN", "ETH"), ("CHZEUR", "CHZ", "EUR"), ("XTZEUR", "XTZ", "EUR"),
        ("BLZUSD", "BLZ", "USD"), ("TRXXBT", "TRX", "BTC"), ("ZRXXBT", "ZRX", "BTC"), ("SNXETH", "SNX", "ETH"),
        ("AVAXETH", "AVAX", "ETH"), ("XBTPYUSD", "BTC", "PYUSD"), ("ETHPYUSD", "ETH", "PYUSD"), ("BCHEUR", "BCH", "EUR"),
        ("XBT/EUR", "BTC", "EUR"),
    ],
)  # fmt: skip
def test_a_pair_of_kraken_is_divided_where_its_second_coin_begins(tmp_path: Path, pair: str, base: str, quote: str) -> None:
    found = read_text(tmp_path, f"{TRADES}T1,O1,{pair},2023-01-01 10:00:00.1,buy,limit,10,20,0,2,0,,\n")
    assert set(net(found)) == {base, quote}
    assert net(found)[base] > 0 > net(found)[quote]


@given(base=st.text("ABCDEXZ", min_size=3, max_size=5), quote=st.sampled_from(["EUR", "USD", "XBT", "ETH"]))
def test_any_new_coin_keeps_its_last_letter(tmp_path_factory: pytest.TempPathFactory, base: str, quote: str) -> None:
    """Only an old pair has an old second coin, and an old pair begins with a code of the table."""
    text = f"{TRADES}T1,O1,{base}{quote},2023-01-01 10:00:00.1,buy,limit,10,20,0,2,0,,\n"
    found = read_text(tmp_path_factory.mktemp("pair"), text)
    assert set(net(found)) == {base, {"XBT": "BTC"}.get(quote, quote)}


@pytest.mark.parametrize("month", ["Sept.", "Sep."])
def test_september_has_a_short_name_of_four_letters_too(tmp_path: Path, month: str) -> None:
    header = "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type\n"
    found = read_text(tmp_path, f'{header}Deposit,"{month} 30, 2022, 11:40 AM",Main,2.0 ETH,,,,\n', timezone="UTC")
    assert [str(each.time.time) for each in found.transfers] == ["2022-09-30 11:40:00+00:00"]


def test_a_number_of_a_document_is_no_coin() -> None:
    assert all(map(is_coin_code, ("1INCH", "10000SATS", "C98")))
    assert not any(map(is_coin_code, ("FX1234567", "12345678")))
    assert quote_code("FX1234567") == "(9 signs)"


def test_a_row_whose_columns_moved_shows_no_word_of_a_list(tmp_path: Path) -> None:
    header = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
    moved, good = "1,2023-01-03 10:00:00,Spot,Amber Quince,5,USDT,\n", "1,2023-01-03 10:00:00,Spot,Lending,USDT,5,\n"
    found = read_text(tmp_path, header + moved + good)
    assert found.errors == [(2, "operation_unknown"), (3, "operation_unknown")]
    said = {issue.row: issue.message for issue in found.issues}
    assert not any(name in said[2] for name in NAMES)
    assert "'Lending'" in said[3]


def test_a_name_in_a_cell_of_a_wallet_is_not_quoted(tmp_path: Path) -> None:
    txid = "ab" * 32
    header = "Timestamp,Date,Time,Type,Transaction ID,Fee,Fee unit,Address,Label,Amount,Amount unit\n"
    address = "bc1qp8nwz29zgsyshewvzfzvyjurlyrensm47cesf2"
    good = ["1722636907", "8/2/2024", "22:15:07 GMT+0", "SENT", txid, "0.0005", "BTC", address, "", "0.02", "BTC"]
    rows = [",".join(["Amber Quince" if at == place else cell for at, cell in enumerate(good)]) for place in (0, 3, 4, 5, 7, 9, 10)]
    found = read_all(wallet_history, make_source(tmp_path, header + "\n".join([",".join(good), *rows]), "t.csv"))
    assert len(found.refused) == 6
    told = [issue.message for issue in found.issues] + [skip.reason for skip in found.skips]
    assert not any(name.casefold() in text.casefold() for text in told for name in NAMES)


def test_the_sign_of_a_wallet_must_fit_its_type(tmp_path: Path) -> None:
    header = "date,time,type,amount_btc,value_then,value_now,exchange_rate_then,tx,note\n"
    rows = [f"2024-08-02,22:15:07 GMT +00:00,{kind},{sum_},$1,$1,$1,{'ab' * 32},\n" for kind, sum_ in
            (("sent", "0.02"), ("received", "-0.02"), ("sent", "-0.02"))]  # fmt: skip
    found = read_all(wallet_history, make_source(tmp_path, header + "".join(rows), "t.csv"))
    assert found.errors == [(2, "sign_contradicts"), (3, "sign_contradicts")]
    assert len(found.transfers) == 1


MAPPING = {
    "kind": "travel_rule", "decimal_mark": ".", "columns": {
        "originator": "Sender", "originator_document": "ID", "beneficiary": "Receiver", "beneficiary_address": "To",
        "currency": "Coin", "amount": "Sum", "status": "Result",
    }, "status": {"completed": "done"},
}  # fmt: skip


@pytest.mark.parametrize("place", [3, 4, 5, 6])
@pytest.mark.parametrize("put", ["Opal Sorb", "FX1234567"])
def test_an_answer_whose_columns_moved_shows_neither_name_nor_document(tmp_path: Path, place: int, put: str) -> None:
    good = ["Amber Quince", "FX7654321", "Jade Medlar", "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "USDT", "5", "completed"]
    good[place] = put
    source = make_source(tmp_path, "Sender,ID,Receiver,To,Coin,Sum,Result\n" + ",".join(good), "t.csv")
    assert ivms101.recognise(make_head(source, MAPPING))
    found = read_all(ivms101, source, ReadOptions(mapping=MAPPING))
    assert found.refused == ({2} if put == "Opal Sorb" or place > 3 else set())
    assert not any(put in issue.message for issue in found.issues)
    assert not any(put in each.asset.asset for each in found.transfers)


def test_a_name_in_a_column_of_ids_comes_into_no_key_and_no_reference(tmp_path: Path) -> None:
    header = "Date,Currency,Type,Address,Memo/Tag,TxId,Amount\n"
    start = "2023-01-02 10:00:00,BTC,WITHDRAWAL"
    rows = f"{start},Amber Quince,,{'ab' * 32},-1\n{start},,,Amber Quince,-1\n"
    found = read_text(tmp_path, header + rows, timezone="UTC").transfers
    rest = "2023-01-01 10:00:00,deposit,,currency,DOT,10,0,10\n"
    ledger = f"L1,Amber Quince,{rest}Quince,R2,{rest}"
    found += read_text(tmp_path, LEDGER + ledger).transfers
    assert len({each.dst.key if ":account:" in each.src.key else each.src.key for each in found}) == 4
    assert not any(name in f"{each.src} {each.dst} {each.ref}" for each in found for name in NAMES)
