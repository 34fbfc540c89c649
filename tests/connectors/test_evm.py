"""What the connectors of EVM chains share: one fact from five kinds of source, coins, the rail, and times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.evm import COINS, block_seq, native_coin, read_stamp
from connectors.evm_blocks import read_quantity
from connectors.evm_chains import CHAIN_IDS, find_rail, rails_by_pace
from connectors.evm_coins import OK, CoinTransaction, fee_node, state_coins
from connectors.evm_logs import TRANSFER, chain_address
from tests.connectors.reading import write_json, write_text
from trails.case import Case
from trails.cite import cite
from trails.connector import ReadOptions
from trails.errors import AmountError, SourceError, TimeError, UsageError, ValueProblem
from trails.identifiers import EVM_RAILS
from trails.ingest import add_source
from trails.timestamps import UNKNOWN_TIME

if TYPE_CHECKING:
    from pathlib import Path

USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
A, B, TX = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "0f" * 32
BLOCK, UNIX, ISO = 20_445_012, 1_722_640_811, "2024-08-02T23:20:11Z"


def five_sources(folder: Path) -> list[Path]:
    """One transfer of 680 USDT, as five kinds of source state it."""
    csv = (
        "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,TokenValue,USDValueDayOfTx,ContractAddress,TokenName,"
        f'TokenSymbol\n{TX},{BLOCK},{UNIX},2024-08-02 23:20:11,{A},{B},"680",$680,{USDT},Tether USD,USDT\n'
    )
    tokentx = {
        "blockNumber": str(BLOCK), "timeStamp": str(UNIX), "hash": TX, "from": A, "to": B, "contractAddress": USDT,
        "value": "680000000", "tokenName": "Tether USD", "tokenSymbol": "USDT", "tokenDecimal": "6",
    }  # fmt: skip
    log = {
        "address": USDT, "topics": [f"0x{TRANSFER}", *("0x" + key[2:].rjust(64, "0") for key in (A, B))],
        "data": f"0x{680_000_000:064x}", "blockNumber": hex(BLOCK), "transactionHash": TX, "logIndex": "0x29",
        "blockTimestamp": hex(UNIX),
    }  # fmt: skip
    etl = (
        "token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n"
        f"{USDT},{A},{B},680000000,{TX},41,{BLOCK},{UNIX}\n"
    )
    bitquery = {
        "Block": {"Number": str(BLOCK), "Time": ISO}, "ChainId": "1", "Transaction": {"Hash": TX},
        "Transfer": {"Amount": "680.000000", "Sender": A, "Receiver": B, "Currency": {"SmartContract": USDT}},
    }  # fmt: skip
    return [
        write_text(folder, csv, "explorer.csv"),
        write_json(folder, {"status": "1", "message": "OK", "result": [tokentx]}, "api.json"),
        write_json(folder, {"jsonrpc": "2.0", "id": 1, "result": [log]}, "node.json"),
        write_text(folder, etl, "etl.csv"),
        write_json(folder, {"data": {"EVM": {"Transfers": [bitquery]}}}, "bitquery.json"),
    ]


@pytest.mark.parametrize("turn", range(5))
def test_one_transfer_from_five_sources_is_one_fact_with_five_citations(case: Case, tmp_path: Path, turn: int) -> None:
    paths = five_sources(tmp_path)
    reports = [add_source(case, path) for path in paths[turn:] + paths[:turn]]
    assert {report.connector for report in reports} == {"etherscan", "eth_logs", "ethereum_etl", "bitquery"}
    assert [report.rows_kept for report in reports] == [1, 0, 0, 0, 0]
    assert [report.rows_duplicate for report in reports] == [0, 1, 1, 1, 1]
    facts = case.con.execute("SELECT asset, amount::VARCHAR, status FROM transfers").fetchall()
    assert facts == [("USDT@ethereum", "680000000", "ok")]
    places = cite(case, "transfer:1", real_names=True).citations
    assert sorted(place.source_id for place in places) == [1, 2, 3, 4, 5]
    assert all(TX in (place.raw or "") for place in places)
    refused = case.con.execute("SELECT count(*) FROM issues WHERE severity IN ('error', 'warning')").fetchone()
    assert refused == (0,)


def test_two_sources_that_contradict_each_other_are_told_apart(case: Case, tmp_path: Path) -> None:
    paths = five_sources(tmp_path)
    add_source(case, paths[0])
    altered = write_text(
        tmp_path, paths[3].read_text(encoding="utf-8").replace(",680000000,", ",690000000,"), "altered.csv"
    )
    report = add_source(case, altered)
    assert (report.rows_refused, report.rows_kept) == (1, 0)
    codes = case.con.execute("SELECT code FROM issues WHERE severity = 'error'").fetchall()
    assert codes == [("contradiction",)]


def test_a_coin_transfer_and_its_fee_from_three_sources_are_two_facts(case: Case, tmp_path: Path) -> None:
    item = {
        "blockNumber": str(BLOCK), "timeStamp": str(UNIX), "hash": TX, "from": A, "to": B, "value": "25" + "0" * 16,
        "gas": "21000", "gasPrice": "11000000000", "gasUsed": "21000", "isError": "0", "txreceipt_status": "1", "input": "0x",
    }  # fmt: skip
    header = "Txhash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,Value_IN(ETH),Value_OUT(ETH),TxnFee(ETH),Status"
    etl = {
        "type": "transaction", "hash": TX, "from_address": A, "to_address": B, "value": 25 * 10**16, "gas_price": 11 * 10**9,
        "input": "0x", "block_timestamp": UNIX, "block_number": BLOCK, "receipt_gas_used": 21_000, "receipt_status": 1,
    }  # fmt: skip
    paths = [
        write_json(tmp_path, {"status": "1", "message": "OK", "result": [item]}, "txlist.json"),
        write_text(tmp_path, f"{header}\n{TX},{BLOCK},{UNIX},x,{A},{B},,0,0.25,0.000231,\n", "native.csv"),
        write_text(tmp_path, json.dumps(etl) + "\n", "etl.jsonl"),
    ]
    reports = [add_source(case, path) for path in paths]
    assert [(r.rows_kept, r.rows_duplicate, r.rows_refused) for r in reports] == [(1, 0, 0), (0, 1, 0), (0, 1, 0)]
    facts = case.con.execute("SELECT kind, amount::VARCHAR FROM transfers ORDER BY kind").fetchall()
    assert facts == [("fee", "231000000000000"), ("transfer", "250000000000000000")]


def test_every_rail_has_a_coin_of_18_places() -> None:
    coins = [native_coin(rail) for rail in EVM_RAILS]
    assert {coin.decimals for coin in coins} == {18}
    assert len({coin.asset for coin in coins}) == len(EVM_RAILS)
    assert set(CHAIN_IDS.values()) == set(COINS) == set(EVM_RAILS) - {"evm"}
    assert native_coin("ethereum").asset == "ETH"


def test_the_rail_is_said_stated_or_known_by_coin_and_pace() -> None:
    pairs, said = [(BLOCK, UNIX)], ReadOptions()
    assert find_rail(pairs, ReadOptions(rail="polygon"))[0] == "polygon"
    assert find_rail(pairs, said, chains=[56])[0] == "bsc"
    assert find_rail(pairs, said, coin="BNB")[0] == "bsc"
    assert find_rail(pairs, said, coin="ETH")[0] == "ethereum"
    assert find_rail([(30_720_200, 1_691_651_100)], said, coin="ETH")[0] == "evm"
    assert find_rail(pairs, said, coin="AVAX")[0] == "evm"
    assert find_rail([None], said)[0] == find_rail([], said)[0] == "evm"
    assert find_rail([], said)[1] is None
    assert find_rail(pairs, ReadOptions(rail="evm"), chains=[1])[0] == "ethereum"
    with pytest.raises(UsageError, match="hawala"):
        find_rail(pairs, ReadOptions(rail="hawala"))
    with pytest.raises(SourceError, match="several chains"):
        find_rail(pairs, said, chains=[1, 56])


def test_the_first_years_of_ethereum_are_of_its_pace() -> None:
    assert rails_by_pace([(46_147, 1_438_918_233)]) == ["ethereum"]
    assert rails_by_pace([(4_150_000, 1_502_560_000)]) == ["ethereum"]
    assert rails_by_pace([(46_147, 1_540_000_000)]) == []


@pytest.mark.parametrize("value", [None, True, -5, "", "x", "0xzz", "1.5", "9" * 79, [], 1.0])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueProblem):
        read_quantity(value)


def test_a_blocks_time_is_read_in_every_spelling() -> None:
    said = ReadOptions()
    same = {read_stamp(value, said)[0].time for value in (UNIX, str(UNIX), ISO, "2024-08-02 23:20:11 UTC")}
    assert len(same) == 1
    assert (read_stamp(None, said), read_stamp(0, said)[0]) == ((UNKNOWN_TIME, None), UNKNOWN_TIME)
    assert read_stamp("2024-08-02 23:20:11", ReadOptions(timezone="UTC"))[0].basis == "assumed"
    for text in ("2024-08-02 23:20:11", "soon", "02/08/2024"):
        with pytest.raises(TimeError):
            read_stamp(text, said)


def test_a_fee_goes_to_one_account_of_the_rail_and_too_large_a_value_is_refused() -> None:
    def coins(amount: int, fee: int | None) -> list[Any]:
        return list(state_coins(CoinTransaction(1, "bsc", TX[2:], A, B, amount, fee, UNKNOWN_TIME, OK)))

    assert [record.dst for record in coins(5, 7)][1:] == [fee_node("bsc")]
    assert (fee_node("bsc").key, fee_node("bsc").kind) == ("fee", "account")
    for amount, fee in ((10**39, None), (5, 10**39)):
        with pytest.raises(AmountError):
            coins(amount, fee)


def test_the_order_of_logs_and_trons_addresses() -> None:
    assert (block_seq(7, 3), block_seq(7, None), block_seq(None, 3), block_seq(7, 10**6)) == (
        7_000_003,
        None,
        None,
        None,
    )
    assert chain_address("0xA614F803b6fd780986a42c78ec9c7f77e6ded13c".lower(), "tron")[0] == "T"
