"""What a person says decides only what the file leaves open: rails, encodings, orders of day and month, currencies."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import bitcoin_core, esplora, eth_logs, ethereum_etl, etherscan, labels, ofac, wallet_history, whatsapp
from connectors.evm_chains import COIN_RAILS, PACE, check_pace, find_rail
from connectors.evm_logs import TRANSFER
from tests.connectors.reading import SAMPLES, make_source, read_file, write_json, write_text
from trails.connector import ReadOptions, get_connector, list_connectors
from trails.errors import SourceError
from trails.identifiers import EVM_RAILS
from trails.model import Transfer
from trails.said import check_order, choose_encoding, decide
from trails.texts import read_text

if TYPE_CHECKING:
    from pathlib import Path

A, B = "0x" + "ab" * 20, "0x" + "12" * 20
HEADER = (
    "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,Value_IN({0}),Value_OUT({0}),TxnFee({0}),"
    "Status,ErrCode"
)
LATER = 1_722_640_811
TESTNET = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def rows(count: int, *, block: int = 20_445_012, unix: int = LATER, apart: int = 12) -> str:
    lines = [
        f"0x{n:064x},{block + n},{unix + n * apart},x,{A},{B},,0,1.5,0.001,,"
        for n in range(1, count + 1)
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def native(folder: Path, coin: str, text: str) -> Path:
    return write_text(folder, f"{HEADER.format(coin)}\n{text}", "export.csv")


def test_a_coin_in_the_header_is_never_made_another_coin(tmp_path: Path) -> None:
    path = native(tmp_path, "MNT", rows(2, block=60_000_000))
    for rail in ("ethereum", "bsc", "polygon", "gnosis"):
        with pytest.raises(SourceError, match=f"--rail says {rail}, but its columns state the coin MNT"):
            read_file(etherscan, path, rail=rail)
    for options in ({}, {"rail": "evm"}):
        assert {t.asset.asset for t in read_file(etherscan, path, **options).transfers} == {"MNT@evm"}


def test_two_coins_in_one_header_are_refused(tmp_path: Path) -> None:
    text = f"{HEADER.format('MNT').replace('TxnFee(MNT)', 'TxnFee(ETH)')}\n{rows(1)}"
    with pytest.raises(SourceError, match="several coins: MNT, ETH"):
        read_file(etherscan, write_text(tmp_path, text, "export.csv"))


@given(st.sampled_from(["ETH", "BNB", "MATIC", "xDAI", "MNT", "AVAX", "S"]), st.sampled_from([None, *EVM_RAILS]))
def test_whatever_is_said_the_coin_of_a_header_stays_its_own(coin: str, rail: str | None) -> None:
    said = ReadOptions(rail=rail)
    own = COIN_RAILS.get(coin.upper(), ())
    if rail in (None, "evm", *own):
        assert find_rail([], said, coin=coin)[0] in ("evm", *own)
    else:
        with pytest.raises(SourceError, match=f"--rail says {rail}, but its columns state the coin {coin}"):
            find_rail([], said, coin=coin)


@pytest.mark.parametrize("rail", ["bsc", "polygon", "gnosis"])
def test_a_rail_that_the_pace_of_the_blocks_contradicts_is_refused_by_name(tmp_path: Path, rail: str) -> None:
    item = {"hash": "0x" + "0f" * 32, "from": A, "to": B, "value": "5", "gasPrice": "1", "gasUsed": "1", "isError": "0"}
    pace = PACE["ethereum"][10:16]
    items = [item | {"hash": f"0x{n:064x}", "blockNumber": str(b), "timeStamp": str(t)} for n, (b, t) in enumerate(pace)]
    path = write_json(tmp_path, {"status": "1", "message": "OK", "result": items})
    with pytest.raises(SourceError, match=rf"--rail says {rail}, but .* are those of ethereum"):
        read_file(etherscan, path, rail=rail)
    assert {t.src.rail for t in read_file(etherscan, path, rail="ethereum").transfers} == {"ethereum"}


def test_a_pace_that_crosses_within_days_is_a_doubt_and_one_damaged_row_no_proof() -> None:
    pairs = [(17_173_049 + n, 1_683_029_999 + 12 * n) for n in range(20)]
    doubt = check_pace("polygon", pairs, "a.json")
    assert doubt is not None
    assert doubt.code == "chain_doubtful"
    damaged = check_pace("ethereum", [*pairs, (17_173_060, 1_500_000_000)], "a.json")
    assert damaged is not None
    assert "1 row" in damaged.message
    assert check_pace("bsc", [(90_000_000, 1_790_000_000)], "a.json") is None  # behind the last anchor nothing is known
    assert check_pace("evm", pairs, "a.json") is None


@given(st.sampled_from(sorted(PACE)), st.data())
def test_pairs_of_a_chain_never_contradict_that_chain(rail: str, data: st.DataObject) -> None:
    anchors = PACE[rail]
    places = data.draw(st.lists(st.integers(0, len(anchors) - 2), min_size=1, max_size=8))
    assert check_pace(rail, [anchors[place] for place in places], "a.json") is None


def test_a_rail_contradicted_by_logs_and_by_tables_of_ethereum_etl_is_refused(tmp_path: Path) -> None:
    topics = [f"0x{TRANSFER}", "0x" + "0" * 24 + A[2:], "0x" + "0" * 24 + B[2:]]
    log = {"address": A, "topics": topics, "data": "0x" + "0" * 63 + "1", "transactionHash": "0x" + "0f" * 32}
    placed = [log | {"logIndex": "0x1", "blockNumber": hex(b), "blockTimestamp": hex(t)} for b, t in PACE["ethereum"][17:21]]
    path = write_json(tmp_path, {"jsonrpc": "2.0", "id": 1, "result": placed})
    for rail in ("bsc", "tron"):
        with pytest.raises(SourceError, match=rf"--rail says {rail}, but .* ethereum"):
            read_file(eth_logs, path, rail=rail)
    table = "token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n"
    lines = [f"{A},{A},{B},5,0x{n:064x},1,{b},{t}\n" for n, (b, t) in enumerate(PACE["ethereum"][17:21])]
    with pytest.raises(SourceError, match=r"--rail says bsc, but .* ethereum"):
        read_file(ethereum_etl, write_text(tmp_path, table + "".join(lines), "t.csv"), rail="bsc")


def test_the_warning_says_what_the_file_itself_suggests(tmp_path: Path) -> None:
    table = "token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n"
    line = f"{A},{A},{B},5,0x{7:064x},1,30720200,1691651100\n"
    found = read_file(ethereum_etl, write_text(tmp_path, table + line, "t.csv"))
    assert [issue.message[-32:] for issue in found.issues] == ["they fit bsc: say it with --rail"]
    _, issue = find_rail([(5, LATER)], ReadOptions(), coin="ETH")
    assert issue is not None
    assert "its coin is ETH; they fit neither" in issue.message


def test_a_bitcoin_network_that_the_addresses_contradict_is_refused(tmp_path: Path) -> None:
    page = {"txid": "0f" * 32, "version": 2, "locktime": 0, "vin": [], "fee": 0, "status": {"confirmed": False}}
    out = [{"scriptpubkey": "0014751e76e8199196d454941c45d1b3a323f1433bd6", "scriptpubkey_address": TESTNET, "value": 5}]
    path = write_json(tmp_path, [page | {"vout": out}])
    with pytest.raises(SourceError, match="--rail says bitcoin, but its addresses are those of bitcoin-test"):
        read_file(esplora, path, rail="bitcoin")
    sample = SAMPLES / "bitcoin_core" / "sample.jsonl"
    with pytest.raises(SourceError, match="--rail says bitcoin-test, but its addresses are those of bitcoin"):
        read_file(bitcoin_core, sample, rail="bitcoin-test")


def test_a_wallet_s_unit_and_dates_are_not_overridden(tmp_path: Path) -> None:
    now = SAMPLES / "wallet_history" / "sample-trezor.csv"
    with pytest.raises(SourceError, match="--rail says bitcoin-test, but its first line counts in BTC"):
        read_file(wallet_history, now, rail="bitcoin-test")
    first = "Date & Time;Type;Transaction ID;Addresses;Fee;Total\n"
    lines = "".join(f"{day}, 2:58:40 AM;RECV;{n:064x};{GENESIS};;0.05\n" for n, day in enumerate(("1/25/2022", "2/1/2022"), 1))
    with pytest.raises(SourceError, match=r"--date-order says dmy, but its dates are mdy \(1/25 is one\)"):
        read_file(wallet_history, write_text(tmp_path, first + lines, "t.csv"), timezone="UTC", date_order="dmy")


def test_a_chat_s_dates_are_not_overridden(tmp_path: Path) -> None:
    text = "".join(f"{day}, 10:0{n} - A: hello\n" for n, day in enumerate(("12/31/24", "1/2/25", "1/3/25", "1/14/25")))
    path = write_text(tmp_path, text, "chat.txt")
    with pytest.raises(SourceError, match="--date-order says dmy, but its dates are mdy"):
        read_file(whatsapp, path, timezone="UTC", date_order="dmy")
    assert read_file(whatsapp, path, timezone="UTC", date_order="mdy").rows_read == 4


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(1, 31)), max_size=20), st.sampled_from(["dmy", "mdy"]))
def test_an_order_is_refused_exactly_where_the_dates_prove_the_other(days: list[tuple[int, int]], said: str) -> None:
    month = 1 if said == "dmy" else 0
    proven = any(day[month] > 12 for day in days) and all(day[1 - month] <= 12 for day in days)
    if proven:
        with pytest.raises(SourceError, match=f"--date-order says {said}"):
            check_order(said, days, "a.csv")
    else:
        check_order(said, days, "a.csv")


@given(
    st.text(max_size=30),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    st.sampled_from([None, "utf-8", "utf_16", "cp1250", "cp1256"]),
)
def test_a_byte_order_mark_decides_and_another_encoding_is_refused(text: str, real: str, said: str | None) -> None:
    marks = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    data = marks[real] + text.encode(real, "replace")
    agrees = said is None or codecs.lookup(said).name == real or (said == "utf_16" and real != "utf-8")
    if agrees:
        assert data.decode(choose_encoding(data, said, "a.txt")) == text.encode(real, "replace").decode(real)
    else:
        with pytest.raises(SourceError, match="--encoding says"):
            choose_encoding(data, said, "a.txt")


def test_an_encoding_against_a_mark_is_refused_and_one_that_agrees_leaves_no_mark(tmp_path: Path) -> None:
    source = make_source(tmp_path, codecs.BOM_UTF8 + b"a,b", "a.csv")
    assert read_text(source, ReadOptions(encoding="utf-8")) == "a,b"
    with pytest.raises(SourceError, match="--encoding says cp1250, but the file begins with the byte-order mark of UTF-8"):
        read_text(source, ReadOptions(encoding="cp1250"))


def test_a_currency_against_a_file_s_name_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, f"{GENESIS}\n", "sanctioned_addresses_XBT.txt")
    with pytest.raises(SourceError, match="--currency says ETH, but the file's name says XBT"):
        read_file(ofac, path, currency="ETH")
    assert len(read_file(ofac, path, currency="xbt").tags) == 1


def test_labels_of_another_chain_than_said_are_refused_naming_the_option(tmp_path: Path) -> None:
    path = write_text(tmp_path, f"address,label\n{GENESIS},Example\n{A},Example\n", "list.csv")
    found = read_file(labels, path, rail="bsc")
    assert found.errors == [(2, "address_wrong_rail")]
    assert "as --rail bsc has it" in next(issue.message for issue in found.issues if issue.row == 2)
    assert [tag.node.rail for tag in found.tags] == ["bsc"]


def test_what_is_said_twice_alike_agrees() -> None:
    assert decide("rail", "BSC", "bsc", "its coin is of", "a.csv") == "bsc"


def test_an_option_that_a_connector_does_not_take_changes_nothing() -> None:
    """Every connector's samples give the same facts with and without it, so its manifest says all that it heeds."""
    said = {"currency": "EUR", "calendar": "jalali", "date_order": "mdy", "rail": "ethereum"}
    for connector in list_connectors():
        assert connector.manifest
        assert connector.folder
        untaken = {word: value for word, value in said.items() if word not in connector.manifest.options}
        for path in sorted(connector.folder.glob("sample*")):
            if path.suffix == ".toml" or ".with." in path.name or any(path.parent.glob(f"{path.name}.*.toml")):
                continue
            plain, more = (
                [each for each in read_file(get_connector(connector.name), path, **options).facts if isinstance(each, Transfer)]
                for options in ({}, untaken)
            )
            assert plain == more, path
