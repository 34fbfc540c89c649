"""Etherscan's transactions and internal calls: value, fee and failure, in CSV and JSON, and the real answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors import etherscan
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

A, B, NEW = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "cd" * 20
TX = "0x" + "0f" * 32
HEADER = (
    "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,Value_IN(ETH),Value_OUT(ETH),"
    "CurrentValue @ $2038.09311913385/Eth,TxnFee(ETH),TxnFee(USD),Historical $Price/Eth,Status,ErrCode,Method"
)
INTERNAL = (
    "Txhash,Blockno,UnixTimestamp,DateTime,ParentTxFrom,ParentTxTo,ParentTxETH_Value,From,TxTo,ContractAddress,"
    "Value_IN(ETH),Value_OUT(ETH),CurrentValue @ $1/Eth,Historical $Price/Eth,Status,ErrCode,Type"
)
LIST = (
    "Transaction Hash,Status,Method,Blockno,DateTime (UTC),From,From_Nametag,To,To_Nametag,Amount,Value (USD),Txn Fee"
)
ITEM: dict[str, Any] = {
    "blockNumber": "20445012", "timeStamp": "1722640811", "hash": TX, "from": A, "to": B, "value": "5",
    "gas": "90000", "gasPrice": "11000000000", "isError": "0", "txreceipt_status": "1", "input": "0x",
    "contractAddress": "", "gasUsed": "21000",
}  # fmt: skip
CALL: dict[str, Any] = {
    "blockNumber": "20445012", "timeStamp": "1722640811", "hash": TX, "from": A, "to": B, "value": "5",
    "contractAddress": "", "input": "", "type": "call", "gasUsed": "0", "traceId": "0_1", "isError": "0", "errCode": "",
}  # fmt: skip
FEE = 231_000_000_000_000


def line(**changed: object) -> str:
    fields: dict[str, object] = {
        "tx": TX, "block": 20_445_012, "unix": 1_722_640_811, "utc": "2024-08-02 23:20:11", "src": A, "dst": B,
        "contract": "", "in": "0", "out": "0.25", "now": "0", "fee": "0.000231", "usd": "1", "price": "1", "status": "",
        "error": "", "method": "Transfer",
    }  # fmt: skip
    return ",".join(f'"{value}"' for value in (fields | changed).values())


def read_lines(folder: Path, *lines: str, header: str = HEADER, **options: Any) -> Reading:
    path = write_text(folder, "\n".join((header, *lines)) + "\n")
    assert etherscan.recognise(head_of(path))
    return read_file(etherscan, path, **options)


def read_items(folder: Path, *items: object, rail: str = "ethereum") -> Reading:
    path = write_json(folder, {"status": "1", "message": "OK", "result": items})
    assert etherscan.recognise(head_of(path))
    return read_file(etherscan, path, rail=rail)


def moves(found: Reading) -> list[tuple[int, str, str, int | None, str]]:
    return [(t.row, t.kind, t.dst.key, t.amount, t.status) for t in found.transfers]


def test_a_transaction_states_its_value_and_its_fee(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line())
    assert moves(found) == [(2, "transfer", B, 25 * 10**16, "ok"), (2, "fee", "fee", FEE, "ok")]
    assert {(t.asset.asset, t.asset.decimals, t.src.key, t.seq) for t in found.transfers} == {("ETH", 18, A, None)}
    assert found.graded == {("note", "chain_by_pace"): 1}
    exact = read_items(tmp_path, ITEM)
    assert moves(exact) == [(1, "transfer", B, 5, "ok"), (1, "fee", "fee", FEE, "ok")]


def test_what_failed_is_kept_and_is_no_money_but_its_fee_is_paid(tmp_path: Path) -> None:
    lines = line(status="Error(0)"), line(error="Out of gas"), line(status="Error(1)", out="0")
    assert [(row, kind, status) for row, kind, _, _, status in moves(read_lines(tmp_path, *lines))] == [
        (2, "transfer", "failed"), (2, "fee", "ok"), (3, "transfer", "failed"), (3, "fee", "ok"), (4, "fee", "ok"),
    ]  # fmt: skip
    items = ITEM | {"isError": "1"}, ITEM | {"txreceipt_status": "0"}, ITEM | {"isError": "0", "txreceipt_status": ""}
    found = read_items(tmp_path, *items)
    assert [t.status for t in found.of_kind("transfer")] == ["failed", "failed", "ok"]
    assert [t.status for t in found.of_kind("fee")] == ["ok"] * 3


def test_a_status_that_nobody_states_is_no_money(tmp_path: Path) -> None:
    silent = {key: value for key, value in ITEM.items() if key not in ("isError", "txreceipt_status")}
    found = read_items(tmp_path, silent, ITEM)
    assert [t.status for t in found.of_kind("transfer")] == ["unstated", "ok"]
    assert found.graded == {("warning", "status_not_stated"): 1}
    word = read_lines(tmp_path, line(status="Dropped"), rail="ethereum")
    assert [t.status for t in word.of_kind("transfer")] == ["dropped"]
    assert word.graded == {("warning", "status_unknown"): 1}


def test_a_call_without_coins_is_its_fee_and_without_a_fee_nothing(tmp_path: Path) -> None:
    found = read_items(tmp_path, ITEM | {"value": "0", "input": "0xa9059cbb"}, ITEM | {"value": "0", "gasPrice": "0"})
    assert moves(found) == [(1, "fee", "fee", FEE, "ok"), (2, "transfer", B, 0, "ok")]
    assert found.graded == {("note", "zero_value"): 1}
    none = read_items(tmp_path, ITEM | {"value": "0", "input": "0x01", "gasUsed": ""})
    assert ([skip.row for skip in none.skips], none.transfers) == ([1], [])


def test_a_new_contract_receives_what_its_creation_sends(tmp_path: Path) -> None:
    found = read_items(tmp_path, ITEM | {"to": "", "contractAddress": NEW}, ITEM | {"to": ""})
    assert [(t.row, t.dst.key) for t in found.of_kind("transfer")] == [(1, NEW)]
    assert found.graded == {("warning", "receiver_not_stated"): 1}
    assert len(found.of_kind("fee")) == 2


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0.153690909927773461", 153_690_909_927_773_461),
        ("1,234.5", 12_345 * 10**17),
        ("5.82776465238E-07", 582_776_465_238),
        ("1E+2", 10**20),
        ("0.0000000000000000001", None),
        ("1E-19", None),
        ("-1", None),
        ("x", None),
        ("", None),
    ],
)
def test_values_of_exports_are_exact_or_refused(tmp_path: Path, text: str, amount: int | None) -> None:
    found = read_lines(tmp_path, line(out=text, **{"in": ""}), line(), rail="ethereum")
    assert [t.amount for t in found.of_kind("transfer") if t.row == 2] == ([] if amount is None else [amount])
    assert found.errors == ([(2, "amount")] if amount is None else [])


def test_in_and_out_are_one_value(tmp_path: Path) -> None:
    same, other = line(**{"in": "0.25", "out": "0.25"}), line(**{"in": "0.25", "out": "0.26"})
    found = read_lines(tmp_path, same, line(**{"in": "0.5", "out": "0"}), other, rail="ethereum")
    assert [(t.row, t.amount) for t in found.of_kind("transfer")] == [(2, 25 * 10**16), (3, 5 * 10**17)]
    assert found.errors == [(4, "amount")]


def test_a_fee_that_an_export_may_have_rounded_is_kept_as_stated_and_its_row_says_to_how_many_places(tmp_path: Path) -> None:
    fees = ("0.00015288924231", "0.00529785682931128", "0.0042", "")
    found = read_lines(tmp_path, *(line(fee=fee) for fee in fees), rail="ethereum")
    assert [(t.row, t.amount) for t in found.of_kind("fee")] == [
        (2, 152_889_242_310_000), (3, 5_297_856_829_311_280), (4, 42 * 10**14),
    ]  # fmt: skip
    assert [(event.row, event.kind) for event in found.events] == [(3, "rounded")]
    assert "0.00529785682931128, to 17 of 18 places" in found.events[0].text
    assert found.graded[("note", "fee_rounded")] == 1


def test_one_fee_with_more_digits_shows_that_the_export_does_not_round(tmp_path: Path) -> None:
    fees = ("0.00529785682931128", "0.123456789012345678")
    found = read_lines(tmp_path, *(line(fee=fee) for fee in fees), rail="ethereum")
    assert [t.amount for t in found.of_kind("fee")] == [5_297_856_829_311_280, 123_456_789_012_345_678]
    assert not found.events
    assert ("note", "fee_rounded") not in found.graded


@pytest.mark.parametrize(
    ("coin", "rail", "asset"),
    [("BNB", "bsc", "BNB@bsc"), ("MATIC", "polygon", "POL@polygon"), ("POL", "polygon", "POL@polygon"),
     ("xDAI", "gnosis", "xDAI@gnosis")],
)  # fmt: skip
def test_the_coin_in_the_column_names_the_chain(tmp_path: Path, coin: str, rail: str, asset: str) -> None:
    found = read_lines(tmp_path, line(), header=HEADER.replace("(ETH)", f"({coin})"))
    assert {(t.src.rail, t.asset.asset) for t in found.transfers} == {(rail, asset)}
    # the row's block is one of Ethereum: another chain with BNB as its coin would be seen by it
    assert found.graded == {("warning", "chain_doubtful") if coin == "BNB" else ("note", "chain_by_coin"): 1}


def test_the_coin_of_a_chain_without_a_rail_keeps_its_name_and_the_fee_its_column_states(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line(block=100, unix=1_722_640_811), header=HEADER.replace("(ETH)", "(AVAX)"))
    assert [(t.kind, t.asset.asset, t.src.rail) for t in found.transfers] == [
        ("transfer", "AVAX@evm", "evm"), ("fee", "AVAX@evm", "evm"),
    ]  # fmt: skip
    assert found.graded == {("warning", "chain_without_rail"): 1}


def test_internal_calls_move_coins_without_a_fee(tmp_path: Path) -> None:
    def row(status: str = "0", error: str = "", kind: str = "call", value: str = "0.5") -> str:
        return f"{TX},20445012,1722640811,8/2/2024 11:20:11 PM,{B},{A},0,{A},{B},,{value},0,1,1,{status},{error},{kind}"

    rows = row(), row("1", "Reverted"), row(kind="delegatecall"), row(value="0"), row("2")
    found = read_lines(tmp_path, *rows, header=INTERNAL, rail="ethereum")
    assert moves(found) == [
        (2, "transfer", B, 5 * 10**17, "ok"), (3, "transfer", B, 5 * 10**17, "failed"),
        (6, "transfer", B, 5 * 10**17, "2"),
    ]  # fmt: skip
    assert [skip.row for skip in found.skips] == [4, 5]
    assert found.graded == {("warning", "status_unknown"): 1}
    answers = read_items(
        tmp_path, CALL, CALL | {"isError": "1"}, CALL | {"type": "create", "to": "", "contractAddress": NEW}
    )
    assert moves(answers) == [
        (1, "transfer", B, 5, "ok"), (2, "transfer", B, 5, "failed"), (3, "transfer", NEW, 5, "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "units"),
    [("0.1 ETH", 10**17), ("0.040466708", 40_466_708 * 10**9), ("5 wei", 5), ("2 Gwei", 2 * 10**9), ("0 ETH", 0),
     ("1 USDT", None), ("1 BNB", None), ("0.1 ETH 2", None), ("0.5 wei", None)],
)  # fmt: skip
def test_a_pages_list_has_amounts_with_units_and_name_tags(tmp_path: Path, amount: str, units: int | None) -> None:
    rows = [
        f'{TX},{word},Transfer,20445012,2024-08-02 23:20:11,{A},,{B},Some Exchange 4,"{amount}",$1,0.00000644'
        for word in ("Success", "Failed")
    ]
    found = read_lines(tmp_path, *rows, header=LIST)
    expected = [] if not units else [(2, "transfer", B, units, "ok"), (3, "transfer", B, units, "failed")]
    assert [move for move in moves(found) if move[1] == "transfer"] == expected
    assert [t.amount for t in found.of_kind("fee")] == ([] if units is None else [6_440_000_000_000] * 2)
    assert len(found.errors) == (2 if units is None else 0)
    tags = [(tag.node.key, tag.label) for tag in found.tags]
    assert tags == ([] if units is None else [(B, "Some Exchange 4")] * 2)
    assert found.codes["list_download"] == found.codes["chain_by_pace"] == 1


def test_collectibles_and_validators_are_left_out_on_purpose(tmp_path: Path) -> None:
    token = ITEM | {"tokenID": "7", "tokenName": "x", "tokenSymbol": "x", "tokenDecimal": "0", "contractAddress": NEW}
    both = token | {"tokenValue": "1"}
    withdrawal = {"withdrawalIndex": "1", "validatorIndex": "2", "address": A, "amount": "5", "blockNumber": "1"}
    found = read_items(tmp_path, token, both, withdrawal, {"a": 1}, CALL)
    assert ([skip.row for skip in found.skips], found.errors) == ([1, 2, 3], [(4, "malformed")])
    header = "Txhash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,TokenId,TokenName,TokenSymbol"
    found = read_lines(tmp_path, f"{TX},20445012,1722640811,x,{A},{B},{NEW},7,Boat Club,BOAT", header=header)
    assert [skip.row for skip in found.skips] == [2]


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"src": A[:-1]}, "identifier"), ({"dst": "T" + B}, "identifier"), ({"tx": "0f"}, "identifier"),
     ({"unix": "soon"}, "malformed"), ({"fee": "1E-30"}, "amount"), ({"unix": "", "utc": ""}, "time")],
)  # fmt: skip
def test_a_bad_row_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_lines(tmp_path, line(), line(**changed), line(), rail="ethereum")
    assert found.errors == [(3, code)]
    assert sorted(found.kept) == [2, 4]


def test_the_samples_of_one_payment_agree() -> None:
    folder = SAMPLES / "etherscan"
    shown = read_file(etherscan, folder / "sample-native.csv")
    exact = read_file(etherscan, folder / "sample-txlist.json")
    csv_facts = {(t.tx, t.kind, t.src.key, t.dst.key, t.amount, t.status) for t in shown.transfers}
    json_facts = {(t.tx, t.kind, t.src.key, t.dst.key, t.amount, t.status) for t in exact.transfers}
    assert len(csv_facts & json_facts) == 4


@pytest.mark.real_data
def test_real_transactions_of_gnosis(real_data: Path) -> None:
    path = real_data / "evm-tokens" / "etherscanapi_gnosis_txlist.json"
    found = read_file(etherscan, path, rail="gnosis")
    kinds = Counter((t.kind, t.status, t.asset.asset) for t in found.transfers)
    assert kinds == {("fee", "ok", "xDAI@gnosis"): 300, ("transfer", "ok", "xDAI@gnosis"): 44}
    assert sum(t.amount or 0 for t in found.of_kind("fee")) == 133_372_321_201_299_596
    assert (len(found.kept), found.graded) == (300, {("note", "zero_value"): 2})
    unknown = read_file(etherscan, path)
    assert (len(unknown.kept), len(unknown.skipped), unknown.codes["chain_not_stated"]) == (44, 256, 1)


@pytest.mark.real_data
def test_real_internal_calls_of_gnosis(real_data: Path) -> None:
    found = read_file(etherscan, real_data / "evm-tokens" / "etherscanapi_gnosis_txlistinternal.json", rail="gnosis")
    assert (len(found.transfers), found.issues) == (145, [])
    assert found.transfers[0].amount == 475 * 10**18


def test_missing_transactions_of_the_account_are_said_to_be_missing(tmp_path: Path) -> None:
    def sent(nonce: int, src: str = A, dst: str = B) -> dict[str, Any]:
        return ITEM | {"hash": "0x" + f"{nonce:064x}", "from": src, "to": dst, "nonce": str(nonce)}

    def warned(*items: dict[str, Any]) -> list[str]:
        found = read_items(tmp_path, *items)
        return [issue.message for issue in found.issues if issue.code == "possibly_truncated"]

    assert warned(sent(1), sent(2), sent(3, dst=NEW)) == []
    assert warned(sent(1), sent(2), sent(5, dst=NEW), sent(90, src=NEW, dst=A)) == [
        "the account sent transactions 1 to 5, and 2 of them are not here (first: 3): rows may be missing"
    ]
    assert warned(sent(1), sent(5, dst=B)) == [], "two accounts stand in every row: whose list it is, is not known"
