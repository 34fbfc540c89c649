"""Tronscan: header spellings, tokens by contract and never by symbol, both roads through a CSV, and the API's lists."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from base58_bech32 import base58
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import etherscan, tronscan
from connectors.tronscan import bulk, stream
from connectors.tronscan.addresses import AddressBook
from connectors.tronscan.layout import find_layout
from tests.connectors.reading import (
    SAMPLES,
    Reading,
    head_of,
    load_toml,
    open_source,
    read_file,
    sort_records,
    write_json,
    write_text,
)  # fmt: skip
from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import IdentifierError, SourceError
from trails.identifiers import canonical_address
from trails.ingest import add_source
from trails.model import Issue, Record, RowsRead, Skip, Transfer, TransferTable

FOLDER = SAMPLES / "tronscan"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
A, B, FAKE = (base58.b58encode_check(b"\x41" + letter * 20).decode() for letter in (b"a", b"b", b"\xfa"))
DAMAGED = A[:-1] + ("1" if A[-1] != "1" else "2")
HEADER = "Txn Hash,Block,Time(UTC),From,To,Token,Token Symbol,Amount/TokenID,Result,Status"
SYMBOLS = "Txn Hash,Block,Time(UTC),From,To,Amount,Token,Status"


def line(**changed: object) -> str:
    fields: dict[str, object] = {
        "tx": "3f" * 32,
        "block": 64_000_001,
        "time": "2024-08-02 23:24:36",
        "src": A,
        "dst": B,
        "token": USDT,
        "symbol": "USDT",
        "amount": "680",
        "result": "SUCCESS",
        "status": "CONFIRMED",
    }
    return ",".join(str(value) for value in (fields | changed).values())


def read_lines(folder: Path, *lines: str, header: str = HEADER, **options: Any) -> Reading:
    return read_file(tronscan, write_text(folder, "\n".join((header, *lines)) + "\n"), **options)


def facts(found: Reading) -> list[tuple[Any, ...]]:
    """Every transfer, from tables and alone, as plain values by row."""
    rows: list[tuple[Any, ...]] = [
        (row["row"], row["src"], row["dst"], row["asset"], int(row["amount"]), row["time_us"], row["time_basis"],
         row["time_error_s"], row["tx"], row["status"])
        for row in found.table_rows
    ]  # fmt: skip
    rows += [
        (t.row, t.src.key, t.dst.key, t.asset.asset, t.amount or 0,
         None if t.time.time is None else round(t.time.time.timestamp() * 10**6), t.time.basis, t.time.error_s, t.tx,
         t.status)
        for t in found.transfers
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row[0], str(row)))


def amounts(found: Reading) -> dict[int, tuple[str, int]]:
    return {row[0]: (row[3], row[4]) for row in facts(found)}


def test_sample_is_exact_where_its_contract_says_so() -> None:
    found = read_file(tronscan, FOLDER / "sample.csv")
    assert found.rows_read == 8
    assert amounts(found) == {
        2: ("USDT@tron", 18_199_000_000), 3: ("USDT@tron", 680_000_000), 4: ("USDT@tron", 680_000_000),
        6: ("USDT@tron", 500_000_000), 7: ("USDT@tron", 0), 9: ("TRX", 30_000_000),
    }  # fmt: skip
    assert [t.status for t in found.transfers] == ["failed", "ok"]
    assert found.errors == [(5, "decimals_unknown"), (8, "identifier")]
    assert found.graded[("note", "counterfeit_symbol")] == found.graded[("note", "zero_value")] == 1


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HEADER, line()),
        (HEADER.replace("Time(UTC)", "Time (UTC)").replace("Amount/TokenID", "Amount").lower(), line()),
        (HEADER.replace(",", ";"), line().replace(",", ";")),
        (
            "Txn Hash,Block,Time (UTC),Type,Method ID,Method Name,From,To,Token,Token Symbol,Amount,Token ID(1155)",
            f"{'3f' * 32},1,2024-08-02 23:24:36,TRC20,a9059cbb,transfer,{A},{B},{USDT},USDT,680,",
        ),
        (
            "Tx Hash,blockHeight,blockTime(UTC+8),blockTime(UTC),from,to,value,symbol,tokenAddress,isConfirm",
            f'{"3f" * 32},1,2024/08/03 07:24:36,2024/08/02 23:24:36,{A},{B},"680.0",USDT,{USDT},true',
        ),
        (
            "交易哈希,区块高度,UTC时间,发送方,接收方,数量,代币符号,代币地址",
            f"{'3f' * 32},1,2024/08/02 23:24:36,{A},{B},680,USDT,{USDT}",
        ),
        ("Tx Hash,blockTime(UTC+8),from,to,value,tokenAddress", f"0x{'3F' * 32},2024-08-03 07:24:36,{A},{B},680,{USDT}"),
        ("hash,timestamp,from,to,amount,contract_address", f"{'3f' * 32},1722641076000,{A},41{'62' * 20},680,{USDT}"),
    ],
)  # fmt: skip
def test_header_spellings_mean_the_same(tmp_path: Path, header: str, row: str) -> None:
    path = write_text(tmp_path, f"{header}\n{row}\n")
    assert tronscan.recognise(head_of(path))
    found = read_file(tronscan, path)
    assert not found.issues
    assert [fact[:6] for fact in facts(found)] == [(2, A, B, "USDT@tron", 680_000_000, 1_722_641_076_000_000)]
    assert facts(found)[0][8] == "3f" * 32


def test_a_symbol_is_no_proof_of_a_token(tmp_path: Path) -> None:
    rows = [f"{'3f' * 32},1,2024-08-02 23:24:36,{A},{B},680,{word},SUCCESS" for word in ("USDT", "TRX", USDT)]
    found = read_lines(tmp_path, *rows, header=SYMBOLS)
    assert found.errors == [(2, "contract_not_stated"), (3, "contract_not_stated"), (4, "contract_not_stated")]
    assert not facts(found), "also a token that calls itself by the issuer's address is none of the issuer's"


def test_a_mapping_says_which_contract_a_symbol_is(tmp_path: Path) -> None:
    rows = [f"{'3f' * 32},1,2024-08-02 23:24:36,{A},{B},680,{word},SUCCESS" for word in ("USDT", "USDD", "usdt")]
    found = read_lines(tmp_path, *rows, header=SYMBOLS, mapping={"contract": USDT})
    assert amounts(found) == {2: ("USDT@tron", 680_000_000), 4: ("USDT@tron", 680_000_000)}
    assert found.errors == [(3, "contract_not_stated")]
    other = read_lines(tmp_path, *rows, header=SYMBOLS, mapping={"contract": FAKE, "token": "USDD", "decimals": 18})
    assert amounts(other) == {3: (f"{FAKE}@tron", 680 * 10**18)}
    coin = read_lines(tmp_path, rows[0].replace("USDT", "TRX"), header=SYMBOLS, mapping={"contract": "TRX"})
    assert amounts(coin) == {2: ("TRX", 680_000_000)}


def test_the_sample_with_a_mapping_is_that_case() -> None:
    path = FOLDER / "sample-symbols.csv"
    found = read_file(tronscan, path, mapping=load_toml(path.with_name(path.name + ".mapping.toml")))
    assert amounts(found) == {2: ("USDT@tron", 18_199_000_000), 3: ("USDT@tron", 680_000_000)}
    assert read_file(tronscan, path).errors == [(row, "contract_not_stated") for row in (2, 3, 4)]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"contract": DAMAGED}, "fails its checksum"),
        ({"contract": FAKE}, "(?s)decimals.*token"),
        ({"contract": 7}, "`contract` must be a str"),
        ({"contract": FAKE, "token": "X", "decimals": 300}, "decimals"),
        ({"columns": {"x": "y"}}, "unknown setting `columns`"),
        ({"unit": "sun"}, "say one of token, base"),
        ({"timezone": "Mars/Base"}, "not an IANA name"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_whole(tmp_path: Path, mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_lines(tmp_path, line(), mapping=mapping)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"src": DAMAGED}, "identifier"),
        ({"src": A[:-2]}, "identifier"),
        ({"src": ""}, "identifier"),
        ({"dst": "0x" + "ab" * 20}, "identifier"),
        ({"dst": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}, "identifier"),
        ({"tx": "3f"}, "identifier"),
        ({"token": DAMAGED}, "identifier"),
        ({"token": FAKE}, "decimals_unknown"),
        ({"token": "1002000", "symbol": "BTT"}, "decimals_unknown"),
        ({"token": "Tether USD"}, "contract_not_stated"),
        ({"amount": "1.2345678"}, "amount"),
        ({"amount": "1.5E+06"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": "."}, "amount"),
        ({"amount": ".5"}, "amount"),
        ({"amount": "5."}, "amount"),
        ({"amount": "1.2.3"}, "amount"),
        ({"amount": '"1,23"'}, "amount"),
        ({"amount": "9" * 40}, "amount"),
        ({"time": "soon"}, "time"),
        ({"time": ""}, "time"),
        ({"time": "1970-01-01 00:00:00"}, "time"),
        ({"time": "2024-08-02 25:24:36"}, "time"),
    ],
)
def test_a_bad_row_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_lines(tmp_path, line(), line(**changed), line(amount='"1,680.5"'))
    assert found.errors == [(3, code)]
    assert amounts(found) == {2: ("USDT@tron", 680_000_000), 4: ("USDT@tron", 1_680_500_000)}


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        ("680.00000000", 680_000_000),
        ("0.000001", 1),
        ("000", 0),
        ("18446744073709.551617", (1 << 64) + 1),
        ("123456789012345678", 123_456_789_012_345_678 * 10**6),
    ],
)
def test_amounts_of_every_length_are_exact(tmp_path: Path, amount: str, units: int) -> None:
    assert amounts(read_lines(tmp_path, line(amount=amount), line())) == {
        2: ("USDT@tron", units), 3: ("USDT@tron", 680_000_000),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("result", "status", "wanted", "code"),
    [
        ("SUCCESS", "CONFIRMED", "ok", None),
        ("", "", "ok", None),
        ("SUCCESS", "UNCONFIRMED", "unconfirmed", ("warning", "unconfirmed")),
        ("REVERT", "CONFIRMED", "failed", None),
        ("OUT_OF_ENERGY", "UNCONFIRMED", "failed", None),
        ("FAILED", "", "failed", None),
        ("seized", "CONFIRMED", "seized", ("warning", "status_unknown")),
    ],
)
def test_results_say_whether_it_moved(
    tmp_path: Path, result: str, status: str, wanted: str, code: tuple[str, str] | None
) -> None:
    found = read_lines(tmp_path, line(result=result, status=status))
    assert [fact[9] for fact in facts(found)] == [wanted]
    assert list(found.graded) == ([code] if code else [])


def test_types_tell_coins_calls_approvals_and_lent_energy_apart(tmp_path: Path) -> None:
    header = "Tx Hash,blockTime(UTC),from,to,value,symbol,contractType,status"
    rows = [
        f"{number:064x},2024-08-02 23:24:36,{A},{B},{value},{symbol},{kind},SUCCESS"
        for number, (value, symbol, kind) in enumerate(
            [
                ("30.5", "TRX", "TransferContract"), ("0", "TRX", "TriggerSmartContract"),
                ("5", "TRX", "TriggerSmartContract"), ("900", "TRX", "DelegateResourceContract"),
                ("900", "TRX", "UnDelegateResourceContract"), ("1", "TRX", "FreezeBalanceV2Contract"),
                ("7", "BL", "TransferAssetContract"), ("1", "USDT", "Approval"), ("9", "Cat", "TRC721"),
            ]
        )
    ]  # fmt: skip
    found = read_lines(tmp_path, *rows, header=header)
    assert amounts(found) == {2: ("TRX", 30_500_000), 4: ("TRX", 5_000_000)}
    assert [(event.row, event.kind, event.node and event.node.key, event.other and event.other.key)
            for event in found.events] == [(5, "bandwidth_delegated", A, B), (6, "bandwidth_reclaimed", A, B)]  # fmt: skip
    assert [skip.row for skip in found.skips] == [3, 7, 9, 10]
    assert found.errors == [(8, "identifier")], "a TRC-10 token without its number"


def test_times_need_a_zone_once(tmp_path: Path) -> None:
    header = HEADER.replace("Time(UTC)", "Time")
    assert read_lines(tmp_path, line(), header=header).errors == [(2, "time_no_zone")]
    named = read_lines(tmp_path, line(), header=header, timezone="Europe/Sarajevo")
    assert [fact[5:8] for fact in facts(named)] == [(1_722_633_876_000_000, "assumed", 0)]
    mapped = read_lines(tmp_path, line(), header=header, mapping={"timezone": "UTC"})
    assert [fact[5:8] for fact in facts(mapped)] == [(1_722_641_076_000_000, "assumed", 0)]
    days = read_lines(tmp_path, line(time="2024-08-02"), line(time="2024-08-02 23:24:36Z"), line(time="0000000000000"))
    assert [fact[5:8] for fact in facts(days)] == [
        (1_722_600_000_000_000, "stated", 43_200), (1_722_641_076_000_000, "stated", 0), (None, "unknown", None),
    ]  # fmt: skip
    assert days.graded == {("warning", "time_implausible"): 1}


def test_the_unit_of_an_old_column_must_be_said(tmp_path: Path) -> None:
    header = "transaction_id,block,block_ts,from_address,to_address,confirmed,contractRet,quant"
    row = f"{'3f' * 32},1,1722641076000,{A},{B},true,SUCCESS,680"
    assert tronscan.recognise(head_of(write_text(tmp_path, f"{header}\n{row}\n")))
    assert read_lines(tmp_path, row, header=header).errors == [(2, "contract_not_stated")]
    assert read_lines(tmp_path, row, header=header, mapping={"contract": USDT}).errors == [(2, "unit_not_stated")]
    whole = read_lines(tmp_path, row, header=header, mapping={"contract": USDT, "unit": "token"})
    assert amounts(whole) == {2: ("USDT@tron", 680_000_000)}
    base = read_lines(tmp_path, row, header=header, mapping={"contract": USDT, "unit": "base"})
    assert amounts(base) == {2: ("USDT@tron", 680)}


def test_unknown_columns_and_round_lengths_are_said_once(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line() + ",x", header=HEADER + ",Colour")
    assert [(i.row, i.severity, i.message) for i in found.issues] == [(None, "note", "columns not read: Colour")]
    capped = read_lines(tmp_path, *(line(tx=f"{number:064x}") for number in range(10_000)))
    assert capped.graded == {("warning", "possibly_truncated"): 1}
    assert len(facts(capped)) == 10_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b\n1,2\n", "no column like txnhash, from, to, amount, time"),
        ((HEADER + ",From\n" + line() + ",x\n").encode(), "From stands twice"),
        (b"\xff" + HEADER.encode(), "is not utf-8"),
        (b'{"token_transfers": [', "JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(tronscan, write_text(tmp_path, data))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_encodings_are_read_alike(tmp_path: Path, encoding: str) -> None:
    path = write_text(tmp_path, f"{HEADER},Примечание\r\n{line()},да\r\n".encode(encoding))
    said = encoding if encoding == "cp1251" else None
    assert amounts(read_file(tronscan, path, encoding=said)) == {2: ("USDT@tron", 680_000_000)}


def test_other_files_are_not_ours(tmp_path: Path) -> None:
    evm = line(src="0x" + "ab" * 20, dst="0x" + "12" * 20, token="0x" + "fa" * 20)
    texts = ("", "a,b\n", f"{SYMBOLS}\n{evm}\n", '{"data": [{"amount": 1}], "total": 1}', f"{USDT},Huobi\n", "\x00\n")
    for text in texts:
        assert tronscan.recognise(head_of(write_text(tmp_path, text))) is None
    ours = write_text(tmp_path, f"{SYMBOLS}\n{'3f' * 32},1,2024-08-02 23:24:36,{A},{B},680,USDT,SUCCESS\n")
    assert tronscan.recognise(head_of(ours))
    assert etherscan.recognise(head_of(ours)) is None


# both roads through a CSV file


def by_rows(path: Path, options: ReadOptions) -> Reading:
    """The same file by the careful road alone."""
    source = open_source(path)
    layout = find_layout(source, options)

    def read(_: object, __: object) -> Iterator[Record]:
        return bulk.read_by_rows(source, options, layout)

    return sort_records(SimpleNamespace(read=read, records=tronscan.records), source, options)


def said(found: Reading) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """What a reading states, whatever its order: facts, events, issues, and what was left out (but empty lines)."""
    issues = sorted((i.row or 0, i.severity, i.code, i.message) for i in found.issues)
    events = sorted((e.row, e.kind, e.identity, str(e.time)) for e in found.events)
    skips = sorted((s.row, s.reason) for s in found.skips if s.reason != "an empty line")
    return facts(found), events, issues, skips


_KEYS = [A, B, USDT, FAKE, DAMAGED, "41" + "61" * 20, "0x" + "61" * 20, "", " " + A, "T" + "é" * 33, "x" * 34]
_CELLS: dict[str, list[str]] = {
    "tx": ["3f" * 32, "0x" + "3F" * 32, "3g" * 32, "", "0f" * 32],
    "time": [
        "2024-08-02 23:24:36", "2024-08-02T23:24:37", "2024/08/02 23:24:36", "2024-08-02 23:24", "1722641076000", "x", "",
        "1969-01-01 00:00:00", "1970-01-01 00:00:01", "2024-02-30 00:00:00", "0000000000", "2024-08-02",
        "1899-12-31 23:59:59", "2100-01-01 00:00:00", "9999-01-01 00:00:00", "2024-08-02 23:24:36+02:00",
        " 2024-08-02 23:24:36", "2024-08-02 23:24:36.5", "2024-08-02 23:24:36.123456",
    ],
    "src": _KEYS,
    "dst": _KEYS,
    "token": [USDT, "_", "", FAKE, DAMAGED, "1002000", "Tether USD", "TRX"],
    "symbol": ["USDT", "TRX", "", "USDC"],
    "amount": [
        "680", "0", "0.0", "680.5", "1.2345678", "1.10000000", '"1,680.5"', "1e3", "", ".", "1.", ".1", "+5", "-5", "٣",
        "1 0", "999999999999.999999", "18446744073709.551617", "1234567890123", "9" * 31, "9" * 45, "1..2", "00680", " 680",
    ],
    "result": ["SUCCESS", "", "REVERT", "odd", "\x00"],
    "status": ["CONFIRMED", "UNCONFIRMED", "", '"CON\nFIRMED"'],
}  # fmt: skip
_FAULT = st.sampled_from([(name, value) for name, values in _CELLS.items() for value in values])
_ROW = st.one_of(
    st.just(line()),
    _FAULT.map(lambda fault: line(**dict([fault]))),
    st.tuples(_FAULT, _FAULT).map(lambda faults: line(**dict(faults))),
    st.sampled_from(["", "cut,row", line() + ",more", ",,,,,,,,,", '"', f'"{A}', " ", '"a"b,"c', "\r"]),
)


@given(
    rows=st.lists(_ROW, max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    block=st.sampled_from([700, 1_500, 1 << 20]),
)
@settings(max_examples=200)
def test_both_roads_state_the_same(rows: list[str], end: str, last: bool, block: int) -> None:
    text = end.join((HEADER, *rows)) + (end if last else "")
    before, stream.BLOCK_BYTES = stream.BLOCK_BYTES, block
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = write_text(Path(folder), text)
            quick = sort_records(tronscan, open_source(path), ReadOptions())
            careful = by_rows(path, ReadOptions())
    finally:
        stream.BLOCK_BYTES = before
    assert said(quick) == said(careful)
    assert len(quick.refused) + len(quick.kept) + len(quick.skipped) == quick.rows_read


def test_good_rows_take_the_quick_road(tmp_path: Path) -> None:
    found = read_lines(tmp_path, *(line(tx=f"{number:064x}", amount=f"{number + 1}.5") for number in range(500)))
    assert len(found.table_rows) == 500
    assert not found.transfers


def test_where_arrow_gives_up_the_rest_is_read_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1_000)
    rows = [line(tx=f"{number:064x}") for number in range(20)]
    rows[10] += ',"' + "x" * 5_000 + '"'
    rows[15] = line(src=DAMAGED)
    found = read_lines(tmp_path, *rows)
    assert found.errors == [(12, "ragged"), (17, "identifier")]
    assert set(amounts(found)) == set(range(2, 22)) - {12, 17}


@given(
    st.lists(st.one_of(st.sampled_from(_KEYS), st.binary(min_size=20, max_size=25), st.text(max_size=40)), max_size=30)
)
@settings(max_examples=200)
def test_addresses_in_columns_are_judged_as_one_by_one(drawn: list[str | bytes]) -> None:
    texts = [
        each if isinstance(each, str) else base58.b58encode_check(b"\x41" + each[:20]).decode() + "1" * (len(each) % 2)
        for each in drawn
    ]

    def fits(text: str) -> bool:
        try:
            return canonical_address(text, "tron") == text
        except IdentifierError:
            return False

    import pyarrow as pa

    book = AddressBook()
    for _ in range(2):
        keys, good = book.read(pa.array(texts, pa.string()))
        assert keys.to_pylist() == texts
        assert good.tolist() == [fits(text) for text in texts]


def test_forgetting_addresses_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.tronscan.addresses.MOST_KNOWN", 2)
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1_000)
    keys = [base58.b58encode_check(b"\x41" + bytes([number]) * 20).decode() for number in range(30)]
    found = read_lines(tmp_path, *(line(src=key, dst=keys[-1 - place % 30]) for place, key in enumerate(keys * 3)))
    assert [fact[1] for fact in facts(found)] == keys * 3


def test_a_case_is_the_same_when_addresses_are_forgotten_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [base58.b58encode_check(b"\x41" + bytes([number]) * 20).decode() for number in range(30)]
    rows = [line(tx=f"{place:064x}", src=key, dst=keys[-1 - place % 30]) for place, key in enumerate(keys * 3)]
    path = write_text(tmp_path, "\n".join((HEADER, *rows)) + "\n")

    def tables(name: str) -> list[Any]:
        with Case.create(tmp_path / name) as case:
            add_source(case, path)
            return [case.con.execute(f"FROM {table}").fetchall() for table in ("nodes", "transfers")]

    whole = tables("whole")
    monkeypatch.setattr("connectors.tronscan.addresses.MOST_KNOWN", 2)
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1_000)
    assert tables("forgetful") == whole
    assert [len(rows) for rows in whole] == [30, 90]


# the API's answers

ITEM: dict[str, Any] = {
    "transaction_id": "3f" * 32, "block_ts": 1_722_641_076_000, "from_address": A, "to_address": B,
    "quant": "680000000", "confirmed": True, "contractRet": "SUCCESS", "revert": False, "contract_address": USDT,
    "tokenInfo": {"tokenId": USDT, "tokenAbbr": "USDT", "tokenName": "Tether USD", "tokenDecimal": 6, "tokenType": "trc20"},
}  # fmt: skip
SIMPLE: dict[str, Any] = {
    "transactionHash": "3f" * 32, "timestamp": 1_722_641_076_000, "transferFromAddress": A, "transferToAddress": B,
    "amount": 30_000_000, "tokenName": "_", "confirmed": True, "contractRet": "SUCCESS",
}  # fmt: skip
STATUS: dict[str, Any] = {
    "amount": "680000000", "block_timestamp": 1_722_641_076_000, "from": A, "to": B, "hash": "3f" * 32, "confirmed": 1,
    "contract_type": "TriggerSmartContract", "revert": 0, "contract_ret": "SUCCESS", "event_type": "Transfer",
    "decimals": 6, "token_name": "TetherToken", "id": USDT, "direction": 1,
}  # fmt: skip


TRC10 = {"tokenId": "1002000", "tokenDecimal": 6}


def transfers(*items: object, **more: object) -> dict[str, Any]:
    return {"total": len(items), "rangeTotal": len(items), "token_transfers": list(items), **more}


def data(*items: object, **more: object) -> dict[str, Any]:
    return {"total": len(items), "data": list(items), **more}


def read_answers(folder: Path, *answers: object) -> Reading:
    return read_file(tronscan, write_json(folder, list(answers)))


def test_samples_of_answers() -> None:
    found = read_file(tronscan, FOLDER / "sample-transfers.json")
    assert [(t.amount, t.asset.asset == "USDT@tron", t.status) for t in found.transfers] == [
        (18_199_000_000, True, "ok"), (680_000_000, True, "ok"), (680_000_000, False, "ok"), (500_000_000, True, "failed"),
    ]  # fmt: skip
    assert found.graded == {("note", "counterfeit_symbol"): 1, ("warning", "possibly_truncated"): 1}
    calls = read_file(tronscan, FOLDER / "sample-transactions.json")
    assert [(t.amount, t.asset.asset) for t in calls.transfers] == [(18_199_000_000, "USDT@tron"), (30_000_000, "TRX")]
    assert [event.kind for event in calls.events] == ["energy_delegated"]
    assert [skip.row for skip in calls.skips] == [4]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (transfers(ITEM), [("USDT@tron", 680_000_000)]),
        (data(SIMPLE), [("TRX", 30_000_000)]),
        (data(SIMPLE | {"tokenName": "1002000", "tokenInfo": TRC10}), [("1002000@tron", 30_000_000)]),
        (data(STATUS, tokenInfo=ITEM["tokenInfo"], code=200), [("USDT@tron", 680_000_000)]),
        (data(STATUS | {"id": "", "event_type": "", "contract_type": "TransferContract"}), [("TRX", 680_000_000)]),
    ],
)  # fmt: skip
def test_every_list_of_the_api_is_read(tmp_path: Path, answer: object, wanted: list[tuple[str, int]]) -> None:
    path = write_json(tmp_path, answer)
    assert tronscan.recognise(head_of(path))
    found = read_file(tronscan, path)
    assert [(t.asset.asset, t.amount) for t in found.transfers] == wanted
    assert {(t.src.key, t.dst.key, t.status, t.time.basis) for t in found.transfers} == {(A, B, "ok", "chain")}
    assert not found.issues


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"from_address": DAMAGED}, "identifier"),
        ({"transaction_id": 7}, "identifier"),
        ({"quant": "6.8"}, "amount"),
        ({"quant": "9" * 60}, "amount"),
        ({"quant": None}, "amount"),
        ({"block_ts": "2024"}, "time"),
        ({"tokenInfo": ITEM["tokenInfo"] | {"tokenId": FAKE}}, "malformed"),
        ({"tokenInfo": ITEM["tokenInfo"] | {"tokenDecimal": 999}}, "malformed"),
        ({"tokenInfo": None, "contract_address": None}, "malformed"),
    ],
)
def test_a_bad_item_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_answers(tmp_path, transfers(ITEM, ITEM | changed, "nothing", ITEM | {"quant": "1"}))
    assert found.errors == [(2, code), (3, "malformed")]
    assert [t.row for t in found.transfers] == [1, 4]


def test_what_is_no_transfer_of_money_is_left_out(tmp_path: Path) -> None:
    cat = ITEM | {"tokenInfo": ITEM["tokenInfo"] | {"tokenType": "trc721"}}
    found = read_answers(
        tmp_path, data(STATUS | {"event_type": "Approval"}, STATUS, {"tokenAbbr": "USDT", "balance": "1"})
    )
    assert [skip.row for skip in found.skips] == [1, 3]
    assert [skip.reason[:13] for skip in read_answers(tmp_path, transfers(cat)).skips] == ["a collectible"]


def test_reverted_and_unconfirmed_items_say_so(tmp_path: Path) -> None:
    found = read_answers(tmp_path, transfers(ITEM | {"revert": True}, ITEM | {"quant": "1", "confirmed": False}))
    assert [t.status for t in found.transfers] == ["failed", "unconfirmed"]
    assert [(i.row, i.code) for i in found.issues] == [(2, "unconfirmed")]


def test_pages_overlap_and_totals_show_what_is_missing(tmp_path: Path) -> None:
    second = ITEM | {"quant": "1"}
    whole = read_answers(tmp_path, transfers(ITEM, total=2), transfers(ITEM, second, total=2))
    assert [t.row for t in whole.transfers] == [1, 3]
    assert [(skip.row, skip.reason) for skip in whole.skips] == [(2, "repeated on a later page")]
    assert not whole.issues
    cut = read_answers(tmp_path, transfers(ITEM, total=10_000, rangeTotal=31_000))
    assert [(i.row, i.severity, i.code) for i in cut.issues] == [(None, "warning", "possibly_truncated")]
    assert "31000" in cut.issues[0].message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Error": "Exceed the user daily usage"}, "daily usage"),
        ({"code": 400, "message": "start + limit must be at most 10000"}, "start . limit"),
        ({"data": {"x": 1}}, "no list"),
        ([1], "no list"),
        ([transfers(ITEM), {"message": "late"}], "answer 2.*late"),
    ],
)
def test_error_bodies_are_refused_whole(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(tronscan, write_json(tmp_path, value))


def test_raw_items_are_the_answers_own_text() -> None:
    path = FOLDER / "sample-transfers.json"
    text = path.read_text(encoding="utf-8")
    raw = list(tronscan.records(open_source(path), ReadOptions()))
    assert [record.row for record in raw] == [1, 2, 3, 4]
    assert all(record.raw in text and json.loads(record.raw) == record.value for record in raw)


def test_records_are_only_of_the_contract(tmp_path: Path) -> None:
    source = open_source(write_text(tmp_path, f"{HEADER}\n{line()}\n{line(src=DAMAGED)}\n"))
    found: list[Record] = list(tronscan.read(source, ReadOptions()))
    assert {type(record) for record in found} <= {Transfer, TransferTable, Issue, Skip, RowsRead}


@pytest.mark.real_data
def test_real_balances_hold_no_transfer_and_labels_are_not_ours(real_data: Path) -> None:
    path = real_data / "tron" / "tronscan_account_tokens.json"
    assert tronscan.recognise(head_of(path)) == "balances of an account as Tronscan's API answers them: no transfers"
    found = read_file(tronscan, path)
    assert (found.rows_read, [skip.reason for skip in found.skips]) == (1, ["balances of an account: no transfers"])
    ours = [each.name for each in (real_data / "tron").iterdir() if tronscan.recognise(head_of(each))]
    assert ours == ["tronscan_account_tokens.json"]
