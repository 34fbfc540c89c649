"""Etherscan's token transfers: both forms, the chain nobody names, decimals nobody states, and the real answers."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors import etherscan
from connectors.evm_chains import PACE, rails_by_pace
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_json, write_text
from trails.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "etherscan" / "sample.csv"
USDT, BSC_USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7", "0x55d398326f99059ff775485246999027b3197955"
FAKE = "0x" + "fa" * 20
HEADER = "Txhash,Blockno,UnixTimestamp,DateTime (UTC),From,To,TokenValue,ContractAddress,TokenName,TokenSymbol"
ITEM: dict[str, Any] = {
    "blockNumber": "20445012", "timeStamp": "1722640811", "hash": "0x" + "0f" * 32, "from": "0x" + "ab" * 20,
    "to": "0x" + "12" * 20, "contractAddress": USDT, "value": "680000000", "tokenName": "Tether USD",
    "tokenSymbol": "USDT", "tokenDecimal": "6",
}  # fmt: skip


def line(**changed: object) -> str:
    fields: dict[str, object] = {
        "tx": "0x" + "0f" * 32,
        "block": 20_445_012,
        "unix": 1_722_640_811,
        "utc": "2024-08-02 23:20:11",
        "src": "0x" + "ab" * 20,
        "dst": "0x" + "12" * 20,
        "value": "680",
        "contract": USDT,
        "name": "Tether USD",
        "symbol": "USDT",
    }
    return ",".join(f'"{value}"' for value in (fields | changed).values())


def read_lines(folder: Path, *lines: str, header: str = HEADER, **options: Any) -> Reading:
    return read_file(etherscan, write_text(folder, "\n".join((header, *lines)) + "\n"), **options)


def read_items(folder: Path, *items: object, **options: Any) -> Reading:
    return read_file(etherscan, write_json(folder, {"status": "1", "message": "OK", "result": items}), **options)


def test_sample_is_ethereum_by_its_pace() -> None:
    found = read_file(etherscan, SAMPLE)
    assert found.rows_read == 6
    assert not found.errors
    assert Counter(code for _, code in found.graded.elements()) == {
        "chain_by_pace": 1, "decimals_unknown": 1, "counterfeit_symbol": 1, "zero_value": 1,
    }  # fmt: skip
    assert [(t.row, t.amount) for t in found.transfers] == [
        (2, 18_200_000_000), (3, 680_000_000), (4, 680_000_000), (5, None), (6, 679_000_000), (7, 0),
    ]  # fmt: skip
    assert {(t.asset.asset, t.src.rail, t.time.basis, t.index, t.seq) for t in found.transfers if t.row != 5} == {
        ("USDT@ethereum", "ethereum", "chain", None, None)
    }


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        HEADER.replace("Txhash", "Transaction Hash").replace("TokenValue", "Value"),
        HEADER.replace("TokenValue", "Quantity").replace("ContractAddress", "Token Contract"),
        HEADER.replace("TokenName", "Token").replace("TokenSymbol", "Symbol").lower(),
    ],
)
def test_header_names_of_other_versions_mean_the_same(tmp_path: Path, header: str) -> None:
    path = write_text(tmp_path, f"{header}\n{line()}\n")
    assert etherscan.recognise(head_of(path))
    assert [(t.amount, t.asset.asset) for t in read_file(etherscan, path).transfers] == [(680_000_000, "USDT@ethereum")]


def test_unknown_columns_are_noted_once(tmp_path: Path) -> None:
    header = HEADER + ",Method,PrivateNote,CurrentValue @ $2038.09/Eth"
    found = read_lines(tmp_path, line() + ",a,b,c", line() + ",a,b,c", header=header)
    notes = [issue for issue in found.issues if issue.code == "unknown_columns"]
    assert [(issue.row, issue.message) for issue in notes] == [(None, "columns not read: PrivateNote")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"src": "0x" + "ab" * 19}, "identifier"),
        ({"src": "0xDAC17F958D2ee523a2206206994597C13D831ec7"}, "identifier"),
        ({"contract": ""}, "identifier"),
        ({"contract": FAKE, "value": "x"}, "amount"),
        ({"tx": "0f"}, "identifier"),
        ({"value": "1.2345678"}, "amount"),
        ({"value": "1,23"}, "amount"),
        ({"value": "1.5E+06"}, "amount"),
        ({"value": "-1"}, "amount"),
        ({"value": ""}, "amount"),
        ({"value": "9" * 60}, "amount"),
        ({"unix": "", "utc": ""}, "time"),
        ({"unix": "", "utc": "8/2/2024 23:20"}, "time"),
        ({"unix": "soon"}, "malformed"),
        ({"block": "x"}, "malformed"),
    ],
)
def test_a_bad_row_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_lines(tmp_path, line(), line(**changed), line(value="1,680.5"), rail="ethereum")
    assert found.errors == [(3, code)]
    assert [(t.row, t.amount) for t in found.transfers] == [(2, 680_000_000), (4, 1_680_500_000)]


def test_ragged_rows_are_refused(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line(), line() + ",more", '"0x1","2"', rail="ethereum")
    assert found.errors == [(3, "ragged"), (4, "ragged")]


def test_one_empty_field_too_many_and_empty_lines_are_how_exports_end(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line() + ",", "," * 9, "", line(), rail="ethereum")
    assert ([t.row for t in found.transfers], [s.row for s in found.skips], found.issues) == ([2, 5], [3], [])


def test_times_come_from_unix_then_utc_then_a_named_zone(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line(), line(unix=""), line(unix="0"), rail="ethereum")
    assert [(t.time.basis, t.time.time and int(t.time.time.timestamp())) for t in found.transfers] == [
        ("chain", 1_722_640_811), ("stated", 1_722_640_811), ("unknown", None),
    ]  # fmt: skip
    assert found.graded == {("warning", "time_implausible"): 1}
    local = HEADER.replace("DateTime (UTC)", "DateTime")
    assert read_lines(tmp_path, line(unix="1.72264E+09"), rail="ethereum").errors == [(2, "malformed")]
    assert read_lines(tmp_path, line(unix=""), header=local, rail="ethereum").errors == [(2, "time")]
    zoned = read_lines(tmp_path, line(unix=""), header=local, rail="ethereum", timezone="Europe/Sarajevo")
    assert [(t.time.basis, t.time.time and t.time.time.hour) for t in zoned.transfers] == [("assumed", 21)]


@pytest.mark.parametrize(
    ("order", "written", "day"),
    [("mdy", "8/2/2024 11:20:11 PM", 2), ("dmy", "2/8/2024 23:20", 2), (None, "8/2/2024", 0)],
)
def test_dates_with_slashes_need_their_order(tmp_path: Path, order: str | None, written: str, day: int) -> None:
    found = read_lines(tmp_path, line(unix="", utc=written), rail="ethereum", date_order=order)
    times = [t.time.time for t in found.transfers]
    assert [(time.month, time.day, time.hour) for time in times if time] == ([(8, day, 23)] if day else [])
    assert found.errors == ([] if day else [(2, "time")])


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_spreadsheets_delimiter_is_understood(tmp_path: Path, delimiter: str) -> None:
    path = write_text(tmp_path, f"{HEADER}\n{line()}\n".replace(",", delimiter))
    assert etherscan.recognise(head_of(path))
    assert [t.amount for t in read_file(etherscan, path).transfers] == [680_000_000]


def test_a_chain_id_column_names_the_chain(tmp_path: Path) -> None:
    header = HEADER + ",ChainId,Chain"
    found = read_lines(tmp_path, line(contract=BSC_USDT) + ",56,BNB", header=header)
    assert ([t.asset.asset for t in found.transfers], found.issues) == (["USDT@bsc"], [])
    with pytest.raises(SourceError, match="several chains"):
        read_lines(tmp_path, line() + ",1,Ethereum", line() + ",56,BNB", header=header)
    with pytest.raises(SourceError, match="polygon, but the rows state chain id 1 "):
        read_lines(tmp_path, line() + ",1,Ethereum", header=header, rail="polygon")
    other = read_lines(tmp_path, line() + ",8453,Base", header=header)
    assert (other.errors, other.graded[("warning", "chain_without_rail")]) == ([(2, "decimals_unknown")], 1)


def test_the_chain_is_never_guessed(tmp_path: Path) -> None:
    bsc = {"blockNumber": "30720200", "timeStamp": "1691651100", "contractAddress": BSC_USDT}
    found = read_items(tmp_path, ITEM | bsc)
    assert (found.transfers[0].asset.asset, found.graded) == ("USDT@bsc", {("note", "chain_by_pace"): 1})
    mixed = read_items(tmp_path, ITEM | bsc, ITEM)
    assert {t.src.rail for t in mixed.transfers} == {"evm"}
    assert mixed.graded == {("warning", "chain_not_stated"): 1}
    stated = read_items(tmp_path, ITEM | bsc, ITEM, rail="polygon")
    assert {t.src.rail for t in stated.transfers} == {"polygon"}
    assert not stated.issues
    with pytest.raises(UsageError, match="bitcoin"):
        read_items(tmp_path, ITEM, rail="bitcoin")


def test_the_paces_of_two_chains_are_told_apart() -> None:
    for rail, anchors in PACE.items():
        assert anchors == tuple(sorted(anchors))
        assert [time for _, time in anchors] == sorted(time for _, time in anchors)
        assert all(rails_by_pace([anchor]) == [rail] for anchor in anchors[:-1])
    assert rails_by_pace([]) == []
    assert rails_by_pace([(17_173_049, 1_683_029_999 + 5 * 86_400)]) == []
    assert rails_by_pace([(10**9, 1_683_029_999)]) == []


@pytest.mark.parametrize("symbol", ["USDT", "usdt", "USD\u20ae", "USD\u0422", "U S D T"])
def test_a_counterfeit_keeps_its_own_contract(tmp_path: Path, symbol: str) -> None:
    found = read_items(tmp_path, ITEM | {"contractAddress": FAKE, "tokenSymbol": symbol, "tokenName": "T"}, ITEM)
    assert [t.asset.asset for t in found.transfers] == [f"{FAKE}@ethereum", "USDT@ethereum"]
    assert [(i.row, i.severity) for i in found.issues if i.code == "counterfeit_symbol"] == [(1, "note")]


def test_an_honest_other_token_is_not_called_counterfeit(tmp_path: Path) -> None:
    found = read_items(tmp_path, ITEM | {"contractAddress": FAKE, "tokenSymbol": "USDC", "tokenName": "USD Coin"})
    assert found.graded == {("note", "chain_by_pace"): 1}
    assert found.transfers[0].asset.decimals == 6


def test_answers_state_log_index_failure_and_collectibles(tmp_path: Path) -> None:
    found = read_items(
        tmp_path,
        ITEM | {"logIndex": "12", "value": "0"},
        ITEM | {"isError": "1"},
        ITEM | {"tokenID": "77"},
        ITEM | {"value": "9" * 60},
        ITEM | {"tokenDecimal": "999"},
        "no object",
        rail="ethereum",
    )
    first, failed = found.transfers
    assert (first.index, first.seq, first.status, first.amount) == (12, 20_445_012_000_012, "ok", 0)
    assert (failed.index, failed.seq, failed.status) == (None, None, "failed")
    assert [skip.row for skip in found.skips] == [3]
    assert found.errors == [(4, "amount"), (5, "malformed"), (6, "ragged")]
    assert found.graded[("note", "zero_value")] == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"status": "0", "message": "NOTOK", "result": "Max rate limit reached"}, "NOTOK.*Max rate limit reached"),
        ({"status": "0", "message": "NOTOK", "result": [ITEM]}, "NOTOK"),
        ({"jsonrpc": "2.0", "id": 1, "error": "x"}, "module proxy with the error x"),
        ({"status": "0", "message": "NOTOK", "result": "Invalid API Key (#err2)|x"}, "say a valid key"),
        ({"status": "0", "message": "NOTOK", "result": "Missing chainid parameter"}, "name a chain"),
        (
            {"status": "0", "message": "Free API access is not supported for this chain", "result": []},
            "your plan includes",
        ),
        ({"status": "0", "message": "Result window is too large", "result": None}, "fewer blocks"),
        ([ITEM], "no API answer"),
    ],
)
def test_error_answers_are_refused_whole(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(etherscan, write_json(tmp_path, value))


def test_no_transactions_are_no_rows(tmp_path: Path) -> None:
    path = write_json(tmp_path, {"status": "0", "message": "No transactions found", "result": []})
    assert etherscan.recognise(head_of(path))
    found = read_file(etherscan, path)
    assert (found.rows_read, found.graded) == (0, {("warning", "no_rows"): 1})
    assert read_lines(tmp_path).rows_read == 0


def test_an_export_of_a_tokens_own_page_names_no_contract(tmp_path: Path) -> None:
    header = "Txhash,Blockno,UnixTimestamp,DateTime (UTC),From,To,Quantity,Method"
    path = write_text(tmp_path, header + "\n" + ",".join(["x"] * 8) + "\n")
    assert etherscan.recognise(head_of(path))
    with pytest.raises(SourceError, match="ContractAddress"):
        read_file(etherscan, path)


def test_the_download_of_a_list_of_tokens_names_no_contract(tmp_path: Path) -> None:
    header = (
        "Transaction Hash,Status,Method,BlockNo,DateTime (UTC),From,From_Nametag,To,To_Nametag,Amount,Value (USD),Token"
    )
    path = write_text(tmp_path, header + "\n")
    assert etherscan.recognise(head_of(path))
    with pytest.raises(SourceError, match="counterfeit"):
        read_file(etherscan, path)


def test_a_file_of_the_explorers_limit_may_be_cut(tmp_path: Path) -> None:
    found = read_lines(tmp_path, *[line(tx=f"0x{number:064x}") for number in range(5_000)])
    assert found.graded == {("note", "chain_by_pace"): 1, ("warning", "possibly_truncated"): 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty"), (b'{"result": [', "JSON")],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(etherscan, write_text(tmp_path, data))


def test_other_files_are_not_recognised(tmp_path: Path) -> None:
    tron = f"{HEADER}\n{line(src='TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t', dst='TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t')}\n"
    for text in (
        "",
        "a,b\n",
        tron,
        '{"status": "1"}',
        json.dumps([ITEM]),
        '{"status":1,"message":1,"result":[{"a":1}]}',
    ):
        assert etherscan.recognise(head_of(write_text(tmp_path, text))) is None


@pytest.mark.real_data
def test_real_answer_of_gnosis_is_never_called_ethereum(real_data: Path) -> None:
    path = real_data / "evm-tokens" / "etherscanapi_gnosis_tokentx.json"
    assert etherscan.recognise(head_of(path))
    found = read_file(etherscan, path)
    assert (found.rows_read, len(found.transfers)) == (300, 300)
    assert {t.src.rail for t in found.transfers} == {"evm"}
    assert found.graded == {("warning", "chain_not_stated"): 1, ("note", "zero_value"): 1}
    first = found.transfers[0]
    assert (first.amount, first.asset.symbol, first.asset.decimals) == (166_769_995, "USDC", 6)
    assert {t.asset.rail for t in read_file(etherscan, path, rail="gnosis").transfers} == {"gnosis"}


@pytest.mark.real_data
def test_real_empty_and_rate_limited_answers(real_data: Path) -> None:
    folder = real_data / "evm-tokens"
    assert read_file(etherscan, folder / "etherscanapi_empty.json").rows_read == 0
    with pytest.raises(SourceError, match="rate limit"):
        read_file(etherscan, folder / "etherscanapi_ratelimit.json")
    ours = {path.name for path in folder.iterdir() if etherscan.recognise(head_of(path))}
    assert ours == {path.name for path in folder.glob("etherscanapi_*.json")}
