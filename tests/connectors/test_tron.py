"""What the connectors of TRON share, and that one transfer from all of them is one fact with all citations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.tron import account_key, names_tron_addresses, read_decimals, read_whole, status_of, trc10, tron_key
from trails.connector import ReadOptions
from trails.errors import AmountError, IdentifierError, ValueProblem
from trails.ingest import add_source

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

USDT, HEX = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "a614f803b6fd780986a42c78ec9c7f77e6ded13c"
A, B = "TCNrDEtFKu3S3L17XWLzokHuyL6PQcfd4w", "TBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH"
TX = "8f05cf971510d5a833a032074968f17fe40a6c90f06df8ce1419ac8cf5d4e597"


@pytest.mark.parametrize("text", [USDT, "41" + HEX, "0x" + HEX, "0x" + HEX.upper()])
def test_three_spellings_are_one_account(text: str) -> None:
    assert tron_key(text) == USDT


def test_among_accounts_0x_is_another_chain() -> None:
    assert account_key("41" + HEX) == USDT
    with pytest.raises(IdentifierError, match="evm address"):
        account_key("0x" + HEX)


@pytest.mark.parametrize("value", [HEX, "0x" + HEX[:-1], USDT[:-1], USDT.lower(), None, 7, "", "x" * 5_000])
def test_what_is_no_address_is_refused(value: object) -> None:
    with pytest.raises(IdentifierError):
        tron_key(value)


def test_addresses_in_a_text_need_a_good_checksum() -> None:
    assert names_tron_addresses(f"a,{USDT},b")
    assert not names_tron_addresses(f"a,{USDT[:-1]}j,b x{USDT} {USDT}9 {USDT[:-1]}")


@pytest.mark.parametrize("number", ["1000001", "1002000", "31303032303030"])
def test_trc10_tokens_go_by_their_number(number: str) -> None:
    assert trc10(number, "X", 3).asset in ("1000001@tron", "1002000@tron")
    assert trc10(number, "X", 3).decimals == 3


@pytest.mark.parametrize("number", ["", "USDT", "100200", "2002000", "10020000", "١٠٠٢٠٠٠"])
def test_a_name_is_no_number(number: str) -> None:
    with pytest.raises(IdentifierError):
        trc10(number)


@pytest.mark.parametrize("value", [True, -1, 1.5, None, "", "1.5", "٣", "9" * 39, [1]])
def test_amounts_are_whole(value: object) -> None:
    with pytest.raises(AmountError):
        read_whole(value, "amount")


def test_decimals_are_believed_only_as_small_numbers() -> None:
    assert [read_decimals(value) for value in (None, "", 0, 18, "6", 255)] == [None, None, 0, 18, 6, 255]
    for value in (-1, 256, True, "x", 1.5):
        with pytest.raises(ValueProblem):
            read_decimals(value)


def test_all_results_must_say_success() -> None:
    assert [status_of("SUCCESS"), status_of("sucess", "SUCCESS"), status_of("SUCCESS", "REVERT"), status_of("", None)] == [
        "ok", "ok", "failed", "unstated",
    ]  # fmt: skip


def sources(folder: Path) -> list[tuple[Path, dict[str, Any] | None]]:
    """The same transfer of 18,199 USDT as six sources state it."""
    data = "a9059cbb" + "0" * 24 + tron_hex(B)[2:] + f"{18_199_000_000:064x}"
    value = {"owner_address": tron_hex(A), "contract_address": "41" + HEX, "data": data}
    info = {"symbol": "USDT", "address": USDT, "decimals": 6, "name": "Tether USD"}
    about = {"success": True, "meta": {}}
    time = 1_722_641_076_000
    trc20 = {"transaction_id": TX, "token_info": info, "block_timestamp": time, "from": A, "to": B, "type": "Transfer",
             "value": "18199000000"}  # fmt: skip
    whole = {"txID": TX, "block_timestamp": time, "ret": [{"contractRet": "SUCCESS", "fee": 13_844_850}],
             "raw_data": {"contract": [{"type": "TriggerSmartContract", "parameter": {"value": value}}]}}  # fmt: skip
    event = {"transaction_id": TX, "block_timestamp": time, "contract_address": USDT, "event_index": 0,
             "event_name": "Transfer", "result": {"from": A, "to": B, "value": "18199000000"}}  # fmt: skip
    shown = {"transaction_id": TX, "block_ts": time, "from_address": A, "to_address": B, "quant": "18199000000",
             "contractRet": "SUCCESS", "tokenInfo": {"tokenId": USDT, "tokenAbbr": "USDT", "tokenDecimal": 6}}  # fmt: skip
    table = f"Txn Hash,Block,Time(UTC),From,To,Token,Token Symbol,Amount\n{TX},1,2024-08-02 23:24:36,{A},{B},{USDT},USDT,18199\n"
    symbols = (
        f"Txn Hash,Block,Time(UTC),From,To,Amount,Token,Status\n{TX},1,2024-08-02 23:24:36,{A},{B},18199,USDT,SUCCESS\n"
    )
    files: list[tuple[str, object, dict[str, Any] | None]] = [
        ("tronscan.csv", table, None),
        ("tronscan.json", {"total": 1, "token_transfers": [shown]}, None),
        ("trc20.json", {"data": [trc20], **about}, None),
        ("transactions.json", {"data": [whole], **about}, None),
        ("events.json", {"data": [event], **about}, None),
        ("symbols.csv", symbols, {"contract": USDT}),
    ]
    made = []
    for name, content, mapping in files:
        path = folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        if mapping:
            path.with_name(f"{name}.mapping.toml").write_text(f'contract = "{mapping["contract"]}"\n', encoding="utf-8")
        made.append((path, mapping))
    return made


def tron_hex(key: str) -> str:
    from base58_bech32 import base58

    return base58.b58decode_check(key).hex()


def test_one_transfer_from_six_sources_is_one_fact_with_six_citations(case: Case, tmp_path: Path) -> None:
    reports = [add_source(case, path, options=ReadOptions()) for path, _ in sources(tmp_path)]
    assert [report.connector for report in reports] == [
        "tronscan", "tronscan", "trongrid", "trongrid", "trongrid", "tronscan",
    ]  # fmt: skip
    assert [(r.rows_read, r.rows_refused) for r in reports] == [(1, 0)] * 6
    kept = case.con.execute(
        "SELECT transfer_id, asset, amount::VARCHAR, kind, status FROM transfers ORDER BY kind DESC"
    ).fetchall()
    assert [row[1:] for row in kept] == [
        ("USDT@tron", "18199000000", "transfer", "ok"), ("TRX", "13844850", "fee", "ok"),
    ]  # fmt: skip
    further = case.con.execute("SELECT source_id FROM citations WHERE fact_id = ? ORDER BY source_id", [kept[0][0]])
    assert [row[0] for row in further.fetchall()] == [2, 3, 4, 5, 6], (
        "and the first source, which the fact itself cites"
    )
    assert case.con.execute("SELECT count(*) FROM issues WHERE severity IN ('error', 'warning')").fetchone() == (0,)


def test_a_file_of_symbols_can_be_added_again_once_its_contract_is_said(case: Case, tmp_path: Path) -> None:
    path, _ = sources(tmp_path)[-1]
    beside = path.with_name(f"{path.name}.mapping.toml")
    said = beside.read_text(encoding="utf-8")
    beside.unlink()
    assert add_source(case, path).rows_refused == 1
    beside.write_text(said, encoding="utf-8")
    assert (add_source(case, path).rows_kept, add_source(case, path).already_known) == (1, True)
