"""Etherscan's exports: cells decide and not columns, fees are kept as stated, tokens have the decimals of their contract."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import etherscan, tronscan
from connectors.etherscan.answers import kind_of_item
from connectors.etherscan.coins import count_digits
from connectors.token_decimals import decimals_of, rails_of
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_json, write_text
from trails.cite import cite
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.identifiers import parse_address
from trails.ingest import add_source

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

A, B, NEW = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "cd" * 20
TX, UNIX, BLOCK = "0x" + "0f" * 32, 1_722_640_811, 20_445_012
USDC, BSC_USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d"
TOKENS = "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,TokenValue,ContractAddress,TokenName,TokenSymbol"
COINS = (
    "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,ContractAddress,Value_IN(ETH),Value_OUT(ETH),TxnFee(ETH),Status"
)
ITEM: dict[str, Any] = {
    "blockNumber": str(BLOCK), "timeStamp": str(UNIX), "hash": TX, "from": A, "to": B, "value": "5", "gas": "90000",
    "gasPrice": "11000000000", "isError": "0", "txreceipt_status": "1", "input": "0x", "contractAddress": "", "gasUsed": "21000",
}  # fmt: skip
TOKEN: dict[str, Any] = {
    "blockNumber": str(BLOCK), "timeStamp": str(UNIX), "hash": TX, "from": A, "to": B, "value": "680000000",
    "contractAddress": USDC, "tokenName": "USD Coin", "tokenSymbol": "USDC", "tokenDecimal": "6", "logIndex": "3",
}  # fmt: skip


def table(folder: Path, header: str, *rows: str) -> Path:
    return write_text(folder, "\n".join((header, *rows)) + "\n", "export.csv")


def answer(folder: Path, *items: object, name: str = "answer.json") -> Path:
    return write_json(folder, {"status": "1", "message": "OK", "result": items}, name)


def as_table(*items: dict[str, Any]) -> str:
    """Items of answers as a table with the columns of all of them, as programs write it."""
    names = list(dict.fromkeys(name for item in items for name in item))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(items)
    return text.getvalue()


def moves(found: Reading) -> list[tuple[int, str, str, int | None]]:
    return [(t.row, t.kind, t.asset.asset, t.amount) for t in found.transfers]


def test_an_empty_token_number_makes_no_collectible(tmp_path: Path) -> None:
    row = f"{TX},{BLOCK},{UNIX},x,{A},{B},680,{USDC},USD Coin,USDC"
    found = read_file(etherscan, table(tmp_path, TOKENS + ",TokenID", row + ",", row + ",77"), rail="ethereum")
    assert moves(found) == [(2, "transfer", f"{USDC}@ethereum", 680_000_000)]
    assert [(skip.row, "collectible" in skip.reason) for skip in found.skips] == [(3, True)]


def test_a_table_of_answers_is_read_by_its_cells(tmp_path: Path) -> None:
    """Transactions, tokens and collectibles joined in one table: each row has the columns of all, and most are empty."""
    nft = TOKEN | {"tokenID": "9", "hash": "0x" + "1f" * 32}
    path = write_text(tmp_path, as_table(ITEM, TOKEN | {"hash": "0x" + "2f" * 32}, nft), "joined.csv")
    assert etherscan.recognise(head_of(path))
    found = read_file(etherscan, path, rail="ethereum")
    assert moves(found) == [
        (2, "transfer", "ETH", 5), (2, "fee", "ETH", 231_000_000_000_000), (3, "transfer", f"{USDC}@ethereum", 680_000_000),
    ]  # fmt: skip
    assert [skip.row for skip in found.skips] == [4]


def test_a_table_of_answers_whose_values_are_no_base_units_is_refused(tmp_path: Path) -> None:
    half = ITEM | {"value": "0.5"}
    path = write_text(tmp_path, as_table(half, ITEM | {"value": "0"}, half), "joined.csv")
    with pytest.raises(SourceError, match="2 values are no whole number of base units"):
        read_file(etherscan, path, rail="ethereum")
    one = read_file(etherscan, write_text(tmp_path, as_table(ITEM, half, ITEM, ITEM), "one.csv"), rail="ethereum")
    assert one.errors == [(3, "amount")]  # one damaged cell among others refuses its row alone


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (ITEM, "coin"),
        (ITEM | {"tokenID": "", "tokenSymbol": "", "tokenName": "", "tokenDecimal": ""}, "coin"),
        (ITEM | {"to": "", "contractAddress": NEW, "tokenSymbol": ""}, "coin"),
        (ITEM | {"contractAddress": NEW, "tokenSymbol": ""}, None),
        (TOKEN, "token"),
        (TOKEN | {"tokenSymbol": "", "tokenName": "", "tokenDecimal": ""}, "token"),
        (TOKEN | {"tokenID": "0"}, "collectible"),
        (TOKEN | {"tokenID": ""}, "token"),
    ],
)
def test_an_item_is_what_it_states(item: dict[str, Any], kind: str | None) -> None:
    assert kind_of_item(item) == kind


EMPTY = st.sampled_from(["tokenID", "tokenSymbol", "tokenName", "tokenDecimal", "traceId", "errCode", "note"])


@given(st.lists(EMPTY, unique=True))
def test_empty_fields_change_nothing(tmp_path_factory: pytest.TempPathFactory, empty: list[str]) -> None:
    folder = tmp_path_factory.mktemp("made")
    plain = read_file(etherscan, answer(folder, ITEM), rail="ethereum")
    more = read_file(etherscan, answer(folder, ITEM | dict.fromkeys(empty, "")), rail="ethereum")
    assert (more.transfers, more.skips) == (plain.transfers, [])
    joined = read_file(etherscan, write_text(folder, as_table(ITEM | dict.fromkeys(empty, "")), "t.csv"), rail="ethereum")
    assert moves(joined) == [(2, *move[1:]) for move in moves(plain)]


FEES = st.integers(1, 10**19).map(lambda fee: f"{fee // 10**18}.{fee % 10**18:018d}".rstrip("0").rstrip("."))


@given(st.lists(FEES, min_size=1, max_size=20))
def test_no_fee_is_dropped_and_their_sum_is_that_of_the_file(tmp_path_factory: pytest.TempPathFactory, fees: list[str]) -> None:
    rows = [f"0x{n:064x},{BLOCK},{UNIX},x,{A},{B},,0,0,{fee}," for n, fee in enumerate(fees)]
    found = read_file(etherscan, table(tmp_path_factory.mktemp("made"), COINS, *rows), rail="ethereum")
    kept = [t.amount or 0 for t in found.of_kind("fee")]
    assert sum(kept) == sum(map(Decimal, fees)) * 10**18
    rounded = {event.row for event in found.events}
    if any(count_digits(fee) > 15 for fee in fees):
        assert not rounded
    assert all(12 < count_digits(fees[row - 2]) <= 15 for row in rounded)


def test_an_exact_fee_takes_the_place_of_a_rounded_one_in_either_order(case: Case, tmp_path: Path) -> None:
    path = table(tmp_path, COINS, f"{TX},{BLOCK},{UNIX},x,{A},{B},,0,0.000000000000000005,0.00529785682931128,")
    exact = answer(tmp_path, ITEM | {"gasUsed": "1", "gasPrice": "5297856829311284"})
    other = table(tmp_path, COINS, f"{TX},{BLOCK},{UNIX},x,{A},{B},,0,0.000000000000000005,0.0053,").rename(tmp_path / "b.csv")
    table(tmp_path, COINS, f"{TX},{BLOCK},{UNIX},x,{A},{B},,0,0.000000000000000005,0.00529785682931128,")
    reports = [add_source(case, each, options=ReadOptions(rail="ethereum")) for each in (path, exact, other)]
    assert [report.rows_refused for report in reports] == [0, 0, 0]
    assert case.con.execute("SELECT amount::VARCHAR FROM transfers WHERE kind = 'fee'").fetchall() == [("5297856829311284",)]
    noted = case.con.execute("SELECT source_id, code FROM issues WHERE code = 'amount_rounded' ORDER BY 1").fetchall()
    assert noted == [(2, "amount_rounded"), (3, "amount_rounded")]


def test_another_fee_of_one_transaction_is_a_contradiction_still(case: Case, tmp_path: Path) -> None:
    path = table(tmp_path, COINS, f"{TX},{BLOCK},{UNIX},x,{A},{B},,0,0.000000000000000005,0.00529785682931128,")
    exact = answer(tmp_path, ITEM | {"gasUsed": "1", "gasPrice": "5297856829321284"})
    said = ReadOptions(rail="ethereum")
    assert [add_source(case, each, options=said).rows_refused for each in (path, exact)] == [0, 1]


def test_of_two_exact_sources_none_is_rounded(case: Case, tmp_path: Path) -> None:
    """A fee with zeros behind it is no rounding of another, where nothing says that its source rounds."""
    items = [ITEM | {"gasUsed": "1", "gasPrice": price} for price in ("5297856829000000", "5297856829311284")]
    paths = [answer(tmp_path, item, name=f"{n}.json") for n, item in enumerate(items)]
    assert [add_source(case, path, options=ReadOptions(rail="ethereum")).rows_refused for path in paths] == [0, 1]


def test_the_decimals_of_a_token_are_those_of_its_contract_on_its_chain(tmp_path: Path) -> None:
    row = "{},{},{},x,{},{},1.5,{},USD Coin,USDC"
    found = read_file(etherscan, table(tmp_path, TOKENS, row.format(TX, BLOCK, UNIX, A, B, USDC)), rail="ethereum")
    assert [(t.amount, t.asset.decimals) for t in found.transfers] == [(1_500_000, 6)]
    bsc = read_file(etherscan, table(tmp_path, TOKENS, row.format(TX, 30_720_200, 1_691_651_100, A, B, BSC_USDC)), rail="bsc")
    assert [(t.amount, t.asset.decimals) for t in bsc.transfers] == [(15 * 10**17, 18)]
    lost = read_file(etherscan, table(tmp_path, TOKENS, row.format(TX, 5, UNIX, A, B, USDC)))
    assert lost.errors == [(2, "decimals_unknown")]  # the contract is known: it is the chain that is to be said
    assert "known of ethereum: name the chain with --rail" in next(issue.message for issue in lost.issues if issue.row)


def test_a_token_nobody_knows_is_kept_with_its_amount_open_until_another_source_states_it(case: Case, tmp_path: Path) -> None:
    row = f"{TX},{BLOCK},{UNIX},x,{A},{B},680,{NEW},Odd Token,ODD"
    said = ReadOptions(rail="ethereum")
    first = add_source(case, table(tmp_path, TOKENS, row), options=said)
    assert (first.rows_kept, first.rows_refused) == (1, 0)
    asked = "SELECT amount::VARCHAR, (SELECT decimals FROM assets a WHERE a.asset = t.asset) FROM transfers t"
    assert case.con.execute(asked).fetchall() == [(None, None)]
    assert [(c.source_id, c.row) for c in cite(case, "transfer:1").citations] == [(1, 2)]
    exact = TOKEN | {"contractAddress": NEW, "tokenDecimal": "3", "value": "680000", "tokenSymbol": "ODD"}
    again = add_source(case, answer(tmp_path, exact), options=said)
    assert (again.rows_duplicate, again.rows_refused) == (1, 0)
    assert case.con.execute(asked).fetchall() == [("680000", 3)]


def test_several_open_amounts_of_one_transaction_stay_apart_and_are_noted(case: Case, tmp_path: Path) -> None:
    row = f"{TX},{BLOCK},{UNIX},x,{A},{B},680,{NEW},Odd Token,ODD"
    said = ReadOptions(rail="ethereum")
    add_source(case, table(tmp_path, TOKENS, row, row), options=said)
    exact = TOKEN | {"contractAddress": NEW, "tokenDecimal": "3", "value": "680000", "tokenSymbol": "ODD"}
    again = add_source(case, answer(tmp_path, exact), options=said)
    assert (again.rows_kept, again.rows_refused) == (1, 0)
    assert case.con.execute("SELECT count(*), sum(amount)::VARCHAR FROM transfers").fetchall() == [(3, "680000")]
    assert case.con.execute("SELECT count(*) FROM issues WHERE code = 'amount_open'").fetchall() == [(1,)]


@given(st.integers(0, 10**12), st.integers(0, 6))
def test_a_known_token_s_amount_is_exact_and_an_unknown_one_s_is_never_made_up(
    tmp_path_factory: pytest.TempPathFactory, whole: int, places: int
) -> None:
    text = f"{whole}.{'7' * places}" if places else str(whole)
    rows = [f"0x{n:064x},{BLOCK},{UNIX},x,{A},{B},{text},{contract},Some,SOME" for n, contract in enumerate((USDC, NEW))]
    found = read_file(etherscan, table(tmp_path_factory.mktemp("made"), TOKENS, *rows), rail="ethereum")
    assert [t.amount for t in found.transfers] == [int(Decimal(text) * 10**6), None]


def test_every_contract_of_the_table_is_one_and_is_known_by_its_chain() -> None:
    import tomllib

    from connectors import token_decimals

    data = tomllib.loads(token_decimals._FILE.read_text(encoding="utf-8"))
    chains = {"ethereum", "bsc", "polygon", "gnosis", "arbitrum", "optimism", "base", "avalanche", "tron"}
    assert set(data) == {"checked", "source"} | chains
    for chain, tokens in data.items():
        for contract, (symbol, places) in tokens.items() if isinstance(tokens, dict) else ():
            key = parse_address(contract).key  # its checksum holds
            assert 0 <= places <= 18, symbol
            rail = chain if chain in ("ethereum", "bsc", "polygon", "gnosis", "tron") else "evm"
            assert decimals_of(rail, key) == places
            assert rail in rails_of(key)
    assert decimals_of("polygon", USDC) is decimals_of("evm", USDC) is None


def test_tronscan_knows_the_same_table(tmp_path: Path) -> None:
    text = (SAMPLES / "tronscan" / "sample.csv").read_text(encoding="utf-8").splitlines()
    usdd = "TPYmHEhy5n8TCEfYGqW2rPxsghSfzghPDn"
    line = text[1].replace("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", usdd).replace(",USDT,", ",USDD,")
    found = read_file(tronscan, write_text(tmp_path, f"{text[0]}\n{line}\n", "t.csv"))
    amounts = [t.amount for t in found.transfers]
    assert not found.errors
    assert found.tables or (amounts and amounts[0] and amounts[0] % 10**18 == 0)


def test_an_order_of_day_and_month_that_the_dates_contradict_is_refused(tmp_path: Path) -> None:
    header = TOKENS.replace("UnixTimestamp,", "")
    row = f"0x{{:064x}},{BLOCK},{{}},{A},{B},680,{USDC},USD Coin,USDC"
    path = table(tmp_path, header, row.format(1, "08/02/2024 23:20"), row.format(2, "08/14/2024 23:20"))
    with pytest.raises(SourceError, match=r"--date-order says dmy, but its dates are mdy \(8/14 is one\)"):
        read_file(etherscan, path, rail="ethereum", date_order="dmy")
    found = read_file(etherscan, path, rail="ethereum", date_order="mdy")
    assert [t.time.time.day for t in found.transfers if t.time.time] == [2, 14]


@pytest.mark.parametrize("number", ["nan", "None", "N/A", "-"])
def test_a_word_where_a_token_number_should_be_refuses_its_row_and_makes_no_collectible(tmp_path: Path, number: str) -> None:
    row = f"{TX},{BLOCK},{UNIX},x,{A},{B},680,{USDC},USD Coin,USDC,{number}"
    found = read_file(etherscan, table(tmp_path, TOKENS + ",TokenID", row), rail="ethereum")
    assert (found.errors, found.skips) == ([(2, "malformed")], [])


def test_other_decimals_than_a_contract_has_are_warned_of(tmp_path: Path) -> None:
    found = read_file(etherscan, answer(tmp_path, TOKEN | {"tokenDecimal": "18"}), rail="ethereum")
    assert found.codes["decimals_differ"] == 1
    assert not read_file(etherscan, answer(tmp_path, TOKEN), rail="ethereum").codes["decimals_differ"]


def test_a_fee_with_another_country_s_decimal_mark_is_refused_and_not_made_a_thousand_times_larger(tmp_path: Path) -> None:
    path = table(tmp_path, COINS, f'{TX},{BLOCK},{UNIX},x,{A},{B},,0,1.5,"0,001",')
    assert read_file(etherscan, path, rail="ethereum").errors == [(2, "amount")]


def test_a_coin_without_a_name_warns_that_an_export_with_its_name_would_count_twice(tmp_path: Path) -> None:
    found = read_file(etherscan, answer(tmp_path, ITEM | {"blockNumber": "60000000"}), rail="evm")
    assert {t.asset.asset for t in found.transfers} == {"coin@evm"}
    assert found.graded[("warning", "coin_not_named")] == 1
    assert not read_file(etherscan, answer(tmp_path, ITEM), rail="ethereum").codes["coin_not_named"]
