"""Wallet histories: what each program states of time, unit, fee and balance, and the real exports."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors import wallet_history
from connectors.wallet_history.trezor import find_order
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_json, write_text
from trails.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = SAMPLES / "wallet_history"
ELECTRUM = "oc_transaction_hash,ln_payment_hash,label,confirmations,amount_chain_bc,amount_lightning_bc,fiat_value,"
NEW = ELECTRUM + "network_fee_bc,fiat_fee,timestamp\n"
SPARROW = "Date (UTC),Label,Value,Balance,Fee,Txid\n"
TREZOR = "Timestamp,Date,Time,Type,Transaction ID,Fee,Fee unit,Address,Label,Amount,Amount unit,Fiat (EUR),Other\n"
FIRST = "Date & Time;Type;Transaction ID;Addresses;Fee;Total\n"
A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
OWN, PAYEE = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


def legs(found: Reading) -> list[tuple[int, str, str, int | None, str]]:
    """Row, way, asset, amount and kind of every movement, as seen from the wallet's account."""
    return [
        (t.row, "out" if t.src.key.startswith("wallet:") else "in" if t.dst.key.startswith("wallet:") else t.dst.key,
         t.asset.asset, t.amount, t.kind)
        for t in found.transfers
    ]  # fmt: skip


def test_an_electrum_csv_states_what_moved_which_transaction_and_the_note() -> None:
    found = read_file(wallet_history, FOLDER / "sample-electrum.csv", timezone="Europe/Sarajevo")
    assert legs(found) == [
        (2, "in", "BTC", 5_000_000, "transfer"),
        (3, "out", "BTC", 2_020_000, "transfer"), (3, "fee", "BTC", 20_000, "fee"),
        (4, "out", "BTC", 1_001_000, "transfer"), (4, "in", "BTC@lightning", 1_000_000_000, "transfer"),
        (4, "fee", "BTC", 1_000, "fee"),
        (5, "out", "BTC@lightning", 1_003_000, "transfer"), (5, "fee", "BTC@lightning", 3_000, "fee"),
        (6, "in", "BTC", 100_000, "transfer"),
    ]  # fmt: skip
    assert found.errors == [(7, "identifier")]
    assert {t.src.rail for t in found.transfers} | {t.dst.rail for t in found.transfers} == {"wallet"}, (
        "never the chain"
    )
    assert {(e.kind, e.other.rail, e.other.kind) for e in found.events if e.other} == {
        ("stated_tx", "bitcoin", "junction")
    }
    assert next(e.text for e in found.events if e.kind == "note") == "fictional: from a friend"
    assert {t.row: t.time.time.isoformat() for t in found.transfers if t.time.time}[2] == "2024-08-02T10:20:11+00:00"
    assert {(t.row, t.status, t.time.basis, t.time.error_s) for t in found.transfers if t.row in (2, 5, 6)} == {
        (2, "ok", "assumed", 7_200), (5, "ok", "assumed", 0), (6, "unconfirmed", "unknown", None),
    }  # fmt: skip


def test_csv_and_json_of_one_electrum_wallet_state_the_same_movements() -> None:
    table = read_file(wallet_history, FOLDER / "sample-electrum.csv", timezone="Europe/Sarajevo")
    listed = read_file(wallet_history, FOLDER / "sample-electrum.json")
    seen = [
        [
            (t.time.time, t.asset.asset, t.amount, t.kind)
            for t in found.transfers
            if t.asset.asset == "BTC" and t.tx is None
        ]
        for found in (table, listed)
    ]
    assert seen[0][:5] == seen[1][:5]
    assert {t.time.basis for t in listed.transfers if t.asset.asset == "BTC"} == {"chain"}
    assert [t.amount for t in listed.transfers if t.row == 4] == [1_003_100, 3_100], (
        "thousandths of a satoshi are exact"
    )


@pytest.mark.parametrize("name", ["sample-electrum.csv", "sample-trezor-first.csv"])
def test_local_times_are_refused_without_a_zone(name: str) -> None:
    found = read_file(wallet_history, FOLDER / name)
    codes = [code for _, code in found.errors]
    assert codes.count("time_no_zone") == len([code for code in codes if code != "identifier"]) > 1
    assert {t.time.basis for t in found.transfers} <= {"unknown"}


@pytest.mark.parametrize(
    ("header", "line", "change", "fee"),
    [
        (NEW, f"{A},,,5,-0.5,0.,,0.0001,,2024-08-02 10:00:00", 50_000_000, 10_000),
        (ELECTRUM + "network_fee_satoshi,fiat_fee,timestamp\n", f"{A},,,5,-0.5,0.,,10000,,2024-08-02 10:00", 50_000_000, 10_000),
        ("transaction_hash,label,confirmations,value,fiat_value,fee,fiat_fee,timestamp\n",
         f"{A},,5,-0.5,No Data,0.0001,No Data,2024-08-02 10:00", 50_000_000, 10_000),
        ("transaction_hash,label,value,timestamp\n", f"{A},,-0.5,2024-08-02 10:00", 50_000_000, None),
    ],
)  # fmt: skip
def test_every_generation_of_electrum_columns(
    tmp_path: Path, header: str, line: str, change: int, fee: int | None
) -> None:
    path = write_text(tmp_path, header + line + "\n")
    assert wallet_history.recognise(head_of(path))
    found = read_file(wallet_history, path, timezone="UTC")
    assert [t.amount for t in found.transfers] == [change, *([fee] if fee else [])]
    expected = 7_200 + (60 if line.count(":") == 1 else 0)
    assert {t.time.error_s for t in found.transfers} == {expected}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{A},,,5,-0.5,0.,,0.0001,", "row_shape"),
        (f"{A},,,5,-0.5,0.,,0.0001,,2024-08-02 10:00:00,more", "row_shape"),
        (f"{A},,,5,abc,0.,,0.,,2024-08-02 10:00:00", "amount"),
        (f"{A},,,5,0.000000001,0.,,0.,,2024-08-02 10:00:00", "amount"),
        (f"{A},,,5,0.1,0.,,0.,,02.08.2024", "time_ambiguous"),
        (f"{A}b,,,5,0.1,0.,,0.,,2024-08-02 10:00:00", "identifier"),
    ],
)
def test_a_damaged_electrum_line_is_refused_alone(tmp_path: Path, line: str, code: str) -> None:
    good = f"{B},,,5,0.1,0.,,0.,,2024-08-02 10:00:00\n"
    found = read_file(wallet_history, write_text(tmp_path, NEW + line + "\n" + good), timezone="UTC")
    assert found.errors == [(2, code)]
    assert [t.row for t in found.transfers] == [3]


def test_a_line_that_moves_nothing_is_left_out_and_a_payment_without_id_has_its_own_junction(tmp_path: Path) -> None:
    lines = f"{A},,,5,0.,0.,,0.,,2024-08-02 10:00:00\n----,,swap,,0.,0.001,,0.,,2024-08-02 10:00:00\n"
    found = read_file(wallet_history, write_text(tmp_path, NEW + lines), timezone="UTC")
    assert [(s.row, s.reason) for s in found.skips] == [(2, "moves nothing")]
    assert [(t.row, t.src.kind, t.src.key.startswith("row:")) for t in found.transfers] == [(3, "junction", True)]
    assert [event.kind for event in found.events] == ["note"]


def item(**fields: Any) -> dict[str, Any]:
    usual = {"txid": A, "bc_value": "0.5", "bc_balance": "0.5", "height": 100, "txpos_in_block": 1, "lightning": False,
             "label": "", "timestamp": 1_722_640_811, "fee_sat": None, "incoming": True}  # fmt: skip
    return usual | fields


@pytest.mark.parametrize("shape", ["object", "list", "summary", "lines"])
def test_every_wrapping_of_electrum_json_reads_the_same(tmp_path: Path, shape: str) -> None:
    items = [item(), item(txid=B, bc_value="-0.1", bc_balance="0.4", height=101, fee_sat=500, incoming=False)]
    values: dict[str, object] = {"object": {each["txid"]: each for each in items}, "list": items,
                                 "summary": {"summary": {"a": 1}, "transactions": items}}  # fmt: skip
    text = "\n".join(map(json.dumps, items)) if shape == "lines" else json.dumps(values[shape])
    path = write_text(tmp_path, text, "history.json")
    assert wallet_history.recognise(head_of(path))
    found = read_file(wallet_history, path)
    assert legs(found) == [
        (1, "in", "BTC", 50_000_000, "transfer"), (2, "out", "BTC", 10_000_000, "transfer"), (2, "fee", "BTC", 500, "fee")
    ]  # fmt: skip
    assert not found.issues


def test_balances_are_followed_in_the_order_of_the_chain_not_of_the_file(tmp_path: Path) -> None:
    items = [
        item(txid=C, bc_value="0.2", bc_balance="0.6", height=0),
        item(txid=B, bc_value="-0.1", bc_balance="0.4", height=100, txpos_in_block=2, fee_sat=100),
        item(),
    ]
    assert not read_file(wallet_history, write_json(tmp_path, items)).issues
    items[1]["bc_balance"] = "0.3"
    found = read_file(wallet_history, write_json(tmp_path, items))
    assert [(i.row, i.code) for i in found.issues] == [(2, "balance_break"), (1, "balance_break")]
    assert len(found.transfers) == 4, "a warning keeps the row"
    start = read_file(wallet_history, write_json(tmp_path, [item(bc_balance="0.7")]))
    assert [(i.row, i.code) for i in start.issues] == [(None, "possibly_truncated")]
    assert "20000000 satoshi" in start.issues[0].message


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount_sat": 49_999_999}, "amount"),
        ({"txid": "zz"}, "identifier"),
        ({"timestamp": "yesterday"}, "time_damaged"),
        ({"timestamp": 5}, "time"),
        ({"fee_sat": -1}, "malformed"),
        ({"bc_value": "0.5.5"}, "amount"),
        ({"children": [1]}, "malformed"),
        ({"amount_msat": 10**30, "lightning": True}, "amount"),
        ({"amount_msat": "5", "lightning": True}, "amount"),
    ],
)
def test_a_damaged_json_line_is_refused_alone(tmp_path: Path, fields: dict[str, Any], code: str) -> None:
    found = read_file(wallet_history, write_json(tmp_path, [item(**fields), item(txid=B, bc_value="0.5")]))
    assert [each for each in found.errors if each[0] == 1] == [(1, code)]
    assert {t.row for t in found.transfers} == {2}


def test_a_fee_that_others_paid_too_is_not_this_wallet_s(tmp_path: Path) -> None:
    found = read_file(wallet_history, write_json(tmp_path, [item(fee_sat=500)]))
    assert found.graded == {("note", "fee_of_others"): 1}
    assert [t.kind for t in found.transfers] == ["transfer"]


@pytest.mark.parametrize(
    ("header", "value", "balance", "fee"),
    [
        (SPARROW, "-150000", "850000", "300"),
        (SPARROW, "-0.00150000", "0.00850000", "0.00000300"),
        (SPARROW, '"-0,00150000"', '"0,00850000"', '"0,00000300"'),
        (SPARROW.replace("Value", "Value (BTC)").replace("Balance", "Balance (BTC)"), "-0.0015", "0.0085", "0.000003"),
        (SPARROW.replace("Value", "Value (sats)").replace("Balance", "Balance (sats)"), "-150000", "850000", "300"),
        (SPARROW.replace("Fee,", "Fee,Value (EUR),"), "-150000", "850000", "300,99.00"),
    ],
)
def test_the_unit_of_a_sparrow_list(tmp_path: Path, header: str, value: str, balance: str, fee: str) -> None:
    text = f"{header}2024-08-02 10:20:11,rent,{value},{balance},{fee},{A}\n# Historical rates\n"
    path = write_text(tmp_path, text)
    assert wallet_history.recognise(head_of(path))
    found = read_file(wallet_history, path)
    assert [t.amount for t in found.transfers] == [150_000, 300]
    assert [(i.row, i.code) for i in found.issues] == [(None, "possibly_truncated")], "it starts from 1,000,000 satoshi"
    assert "1000000 satoshi" in found.issues[0].message
    assert [skip.reason for skip in found.skips] == ["comment line"]
    assert {(t.time.basis, t.time.error_s) for t in found.transfers} == {("stated", 7_200)}


@pytest.mark.parametrize("turned", [False, True])
def test_a_broken_balance_names_its_row_whichever_way_the_list_runs(tmp_path: Path, *, turned: bool) -> None:
    lines = [f"2024-08-0{day} 10:00:00,,{value},{after},,{tx}" for day, value, after, tx in
             ((1, 500, 500, A), (2, 300, 800, B), (3, 100, 950, C))]  # fmt: skip
    found = read_file(wallet_history, write_text(tmp_path, SPARROW + "\n".join(lines[::-1] if turned else lines)))
    assert [(i.row, i.code) for i in found.issues] == [(2 if turned else 4, "balance_break")]
    assert len(found.transfers) == 3


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"2024-08-02 10:00:00,,abc,5,,{A}", "amount"),
        (f'2024-08-02 10:00:00,,"1,500",5,,{A}', "amount"),
        (f"02.08.2024,,5,5,,{A}", "time_ambiguous"),
        ("2024-08-02 10:00:00,,5,5,,txid", "identifier"),
        ("2024-08-02 10:00:00,,5", "row_shape"),
    ],
)
def test_a_damaged_sparrow_line_is_refused_alone(tmp_path: Path, line: str, code: str) -> None:
    good = f"\n2024-08-03 10:00:00,,9,9,,{B}\n"
    found = read_file(wallet_history, write_text(tmp_path, SPARROW + line + good))
    assert found.errors == [(2, code)]
    assert [t.row for t in found.transfers] == [3]


def test_an_old_sparrow_list_states_no_zone_and_a_pending_line_no_time(tmp_path: Path) -> None:
    text = f"Date,Label,Value,Balance,Txid\n2022-01-02 10:00,,500,500,{A}\nUnconfirmed,,200,700,{B}\n"
    path = write_text(tmp_path, text)
    found = read_file(wallet_history, path)
    assert found.errors == [(2, "time_no_zone")]
    assert [(t.row, t.status, t.time.time) for t in found.transfers] == [(3, "unconfirmed", None)]
    told = read_file(wallet_history, path, timezone="Europe/Berlin")
    assert told.transfers[0].time.error_s == 7_260


def test_a_trezor_list_has_a_line_for_each_payee() -> None:
    found = read_file(wallet_history, FOLDER / "sample-trezor.csv")
    assert legs(found) == [
        (2, "in", "BTC", 5_000_000, "transfer"),
        (3, "out", "BTC", 2_020_000, "transfer"), (3, "fee", "BTC", 20_000, "fee"),
        (4, "out", "BTC", 100_000, "transfer"),
        (5, "out", "BTC", 1_000, "transfer"), (5, "fee", "BTC", 1_000, "fee"),
    ]  # fmt: skip
    assert found.errors == [(7, "identifier")]
    assert [(s.row, s.reason) for s in found.skips] == [(6, "coin not in trails: LTC")]
    assert Counter(e.kind for e in found.events) == {"stated_tx": 3, "stated_address": 4, "note": 2}
    assert {t.time.basis for t in found.transfers} == {"stated"}
    assert {t.row: t.time.time.hour for t in found.transfers if t.time.time} == {2: 10, 3: 7, 4: 7, 5: 15}


@pytest.mark.parametrize(
    ("fields", "amounts", "code"),
    [
        ((A, "SENT", "100", "sat", PAYEE, "5000", "sat"), [5_100, 100], None),
        ((A, "SENT", "0.1", "mBTC", PAYEE, "2", "mBTC"), [210_000, 10_000], None),
        ((A, "RECV", "0.1", "BTC", OWN, "2", "BTC"), [200_000_000], None),
        ((A, "SENT", "", "", "OP_RETURN (hi)", "0", "BTC"), [], None),
        ((A, "FAILED", "", "", "", "0", "BTC"), [], None),
        ((A, "JOINT", "", "", "", "0.1", "BTC"), [], None),
        ((A, "GIFT", "", "", "", "0.1", "BTC"), [], "malformed"),
        ((A, "SENT", "", "", PAYEE, "1,5", "BTC"), [], "amount"),
        ((A, "SENT", "", "", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "1", "BTC"), [], "identifier"),
        (("x", "SENT", "", "", PAYEE, "1", "BTC"), [], "identifier"),
    ],
)
def test_units_and_types_of_a_trezor_list(
    tmp_path: Path, fields: tuple[str, ...], amounts: list[int], code: str | None
) -> None:
    tx, kind, fee, fee_unit, address, amount, unit = fields
    line = f'1722640811,,,{kind},{tx},{fee},{fee_unit},{address},,"{amount}",{unit},,\n'
    found = read_file(wallet_history, write_text(tmp_path, TREZOR + line))
    assert [t.amount for t in found.transfers] == amounts
    assert found.errors == ([(2, code)] if code else [])
    assert len(found.skips) == (not amounts and code is None)


def test_a_payee_paid_twice_in_one_transaction_is_paid_twice(tmp_path: Path) -> None:
    line = f"1722640811,,,SENT,{A},,,{PAYEE},,0.1,BTC,,\n"
    found = read_file(wallet_history, write_text(tmp_path, TREZOR + line * 2))
    assert len({t.identity for t in found.transfers}) == len(found.transfers) == 2
    assert Counter(e.kind for e in found.events) == {"stated_tx": 1, "stated_address": 1}


def test_test_coins_are_on_the_test_network(tmp_path: Path) -> None:
    line = f"1722640811,,,RECV,{A},,,tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx,,0.1,TEST,,\n"
    found = read_file(wallet_history, write_text(tmp_path, TREZOR + line))
    assert {t.asset.asset for t in found.transfers} == {"BTC-test"}
    assert {e.other.rail for e in found.events if e.other} == {"bitcoin-test"}
    with pytest.raises(UsageError, match="bitcoin-test"):
        read_file(wallet_history, FOLDER / "sample-sparrow.csv", rail="tron")


@pytest.mark.parametrize(
    ("dates", "said", "order"),
    [
        (["1/25/2022, 2:58:40 AM", "2/9/2022, 11:45:34 AM"], None, "mdy"),
        (["25/01/2022, 14:58:40", "2/9/2022, 11:45:34"], None, "dmy"),
        (["25. 1. 2022 14:58:40"], None, "dmy"),
        (["1/2/2022, 2:58:40 AM"], None, None),
        (["1/2/2022, 2:58:40 AM"], "dmy", "dmy"),
        (["1/25/2022, 2:58:40 AM", "25/1/2022, 2:58:40 AM"], None, None),
        ([], None, None),
    ],
)
def test_the_order_of_day_and_month_comes_from_the_whole_file(
    dates: list[str], said: str | None, order: str | None
) -> None:
    assert find_order([{"Date & Time": date} for date in dates], said, "x.csv") == order


def test_the_first_trezor_lists_tell_day_from_month_or_are_refused(tmp_path: Path) -> None:
    line = f"{{}};SENT;{A};{PAYEE};0.0001;0.05\n"
    path = write_text(tmp_path, FIRST + line.format("1/2/2022, 2:58:40\u202fPM"))
    assert read_file(wallet_history, path, timezone="UTC").errors == [(2, "time_ambiguous")]
    for order, month in (("mdy", 1), ("dmy", 2)):
        found = read_file(wallet_history, path, timezone="UTC", date_order=order)
        assert [(t.time.time.month, t.time.time.hour) for t in found.transfers if t.time.time] == [(month, 14)]
        assert found.graded == {("note", "fee_unclear"): 1}
    bad = write_text(tmp_path, FIRST + line.format("sometime"))
    assert read_file(wallet_history, bad, timezone="UTC", date_order="mdy").errors == [(2, "time_damaged")]


def test_two_wallets_exported_under_one_name_stay_two_unless_named(tmp_path: Path) -> None:
    texts = [SPARROW + f"2024-08-02 10:00:00,,5,5,,{tx}\n" for tx in (A, B)]
    paths = []
    for number, text in enumerate(texts):
        (tmp_path / str(number)).mkdir()
        paths.append(write_text(tmp_path / str(number), text, "history.csv"))
    accounts = {read_file(wallet_history, path).transfers[0].dst.key for path in paths}
    assert len(accounts) == 2
    named = {read_file(wallet_history, path, mapping={"scope": "phone 3"}).transfers[0].dst.key for path in paths}
    assert named == {"wallet:phone 3"}


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.csv", "empty|no history"),
        (b"a,b\n1,2\n", "a.csv", "no history of Electrum, Sparrow or Trezor"),
        (b"[]", "a.json", "no history"),
        ((FOLDER / "sample-electrum.json").read_bytes()[:-50], "a.json", "truncated|not whole"),
    ],
)
def test_a_file_of_no_known_program_or_cut_is_refused(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(wallet_history, write_text(tmp_path, content, name))


@pytest.mark.parametrize("name", ["sample-trezor.csv", "sample-sparrow.csv"])
def test_a_header_with_an_open_quotation_mark_refuses_the_rows(tmp_path: Path, name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    mark = ";" if ";" in text.partition("\n")[0] else ","
    first, _, rest = text.partition("\n")
    quoted = mark.join([*first.split(mark)[:-1], f'"{first.split(mark)[-1]}'])
    found = read_file(wallet_history, write_text(tmp_path, f'{quoted}\n"{rest}'), timezone="UTC")
    assert found.rows_read == len(found.errors) > 0
    assert {code for _, code in found.errors} == {"row_shape"}


def test_other_tables_and_json_are_not_ours(tmp_path: Path) -> None:
    for text in (
        "Date,Label,Value,Balance\n",
        "transaction_hash,label\n",
        "Type;Total\n",
        '{"txid": 1, "value": 2}',
        "{",
    ):
        assert wallet_history.recognise(head_of(write_text(tmp_path, text))) is None


@pytest.mark.real_data
@pytest.mark.parametrize("fx", ["no", "with"])
def test_real_electrum_exports_state_the_same_instants_and_amounts(real_data: Path, fx: str) -> None:
    stem = f"history_{fx}_fx_client_4_5_2_9dk_with_ln"
    listed = read_file(wallet_history, real_data / "bitcoin-json" / f"{stem}.json")
    table = read_file(wallet_history, real_data / "bitcoin-json" / f"{stem}.csv", timezone="Europe/Berlin")
    for found in (listed, table):
        assert (found.rows_read, len(found.transfers), len(found.events)) == (36, 62, 49)
        assert found.graded == {("note", "fee_of_others"): 1}, "every running balance follows from the one before"
        assert Counter(t.asset.asset for t in found.transfers) == {"BTC": 49, "BTC@lightning": 13}
    on_chain = [
        sorted(
            (t.time.time, t.ref, t.amount, t.kind) for t in found.transfers if t.asset.asset == "BTC" and t.time.time
        )
        for found in (listed, table)
    ]
    assert on_chain[0] == on_chain[1], "to the second, in the zone of the computer that wrote the table"
    ours = {t.ref: t.amount for t in listed.transfers if t.asset.asset == "BTC@lightning" and t.kind == "transfer"}
    rounded = {t.ref: t.amount for t in table.transfers if t.asset.asset == "BTC@lightning" and t.kind == "transfer"}
    assert ours.keys() == rounded.keys()
    assert all(abs((ours[ref] or 0) - (rounded[ref] or 0)) < 1_000 for ref in ours), "less than a satoshi"
    account = next(t.dst for t in listed.transfers if t.dst.key.startswith("wallet:"))
    gained = sum((t.amount or 0) * (1 if t.dst == account else -1) for t in listed.transfers
                 if t.asset.asset == "BTC" and account in (t.src, t.dst))  # fmt: skip
    assert gained == 1_051_029, "the balance of the last line"
    assert len(read_file(wallet_history, real_data / "bitcoin-json" / f"{stem}.csv").errors) == 36, "no zone, no time"


@pytest.mark.real_data
def test_published_trezor_exports_have_made_up_ids_and_are_refused(real_data: Path) -> None:
    for name, rows in (("alice", 2), ("bob", 3)):
        path = real_data / "exchange-exports" / f"test_trezor_{name}_btc.csv"
        assert wallet_history.recognise(head_of(path))
        found = read_file(wallet_history, path, timezone="America/New_York")
        assert found.graded == {("error", "identifier"): rows}, "their ids have 65 digits"


@pytest.mark.real_data
def test_no_other_real_export_is_ours(real_data: Path) -> None:
    files = [*(real_data / "bitcoin-json").glob("*.*"), *(real_data / "exchange-exports").glob("*.csv")]
    ours = {path.name for path in files if wallet_history.recognise(head_of(path))}
    assert len(ours) == 6
    assert all(name.startswith(("history_", "test_trezor_")) for name in ours)
