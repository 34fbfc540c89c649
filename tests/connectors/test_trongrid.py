"""TronGrid pages: overlaps, counterfeits, decoded calls, lent energy, freezes, failures, and what a page leaves open."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from base58_bech32 import base58

from connectors import trongrid
from tests.connectors.reading import SAMPLES, Reading, head_of, open_source, read_file, write_json, write_text
from trails.connector import ReadOptions
from trails.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "trongrid" / "sample.json"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
FAKE = base58.b58encode_check(b"\x41" + b"\xfa" * 20).decode()
A, B = (base58.b58encode_check(b"\x41" + letter * 20).decode() for letter in (b"a", b"b"))
ITEM: dict[str, Any] = {
    "transaction_id": "3f" * 32,
    "token_info": {"symbol": "USDT", "address": USDT, "decimals": 6, "name": "Tether USD"},
    "block_timestamp": 1_722_641_076_000,
    "from": A,
    "to": B,
    "type": "Transfer",
    "value": "680000000",
}


def page(*items: object, **meta: object) -> dict[str, Any]:
    return {"data": list(items), "success": True, "meta": {"at": 1_722_700_000_000, "page_size": len(items), **meta}}


def read_pages(folder: Path, *pages: object) -> Reading:
    return read_file(trongrid, write_json(folder, list(pages)))


def test_sample_reads_over_its_two_pages() -> None:
    found = read_file(trongrid, SAMPLE)
    assert found.rows_read == 7
    assert [(t.row, t.amount, t.asset.symbol) for t in found.transfers] == [
        (1, 18_199_000_000, "USDT"), (2, 680_000_000, "USDT"), (3, 680_000_000, "USDT"),
        (6, 680_000_000, "USDT"), (7, 0, "USDT"),
    ]  # fmt: skip
    assert [t.asset.asset == "USDT@tron" for t in found.transfers] == [True, True, True, False, True]
    assert found.graded == {("note", "counterfeit_symbol"): 1, ("note", "zero_value"): 1}
    assert [(skip.row, skip.reason) for skip in found.skips] == [
        (4, "type Approval: moves no tokens"), (5, "repeated on a later page"),
    ]  # fmt: skip
    first = found.transfers[0]
    assert (first.index, first.seq, first.ref, first.identity, first.time.basis, first.time.error_s) == (
        None, None, None, None, "chain", 0,
    )  # fmt: skip


def test_raw_rows_are_the_items_own_text() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    raw = list(trongrid.records(open_source(SAMPLE), ReadOptions()))
    assert [record.row for record in raw] == list(range(1, 8))
    assert all(record.raw in text and json.loads(record.raw) == record.value for record in raw)


@pytest.mark.parametrize("shape", ["object", "list", "lines"])
def test_one_page_a_list_and_lines_read_the_same(tmp_path: Path, shape: str) -> None:
    text = json.dumps(page(ITEM))
    path = write_text(tmp_path, {"object": text, "list": f"[{text}]", "lines": f"{text}\n"}[shape])
    assert trongrid.recognise(head_of(path))
    assert [(t.src.key, t.dst.key, t.amount) for t in read_file(trongrid, path).transfers] == [(A, B, 680_000_000)]


def test_equal_transfers_of_one_page_are_two_facts(tmp_path: Path) -> None:
    found = read_pages(tmp_path, page(ITEM, ITEM), page(ITEM, ITEM, ITEM))
    assert [t.row for t in found.transfers] == [1, 2, 5], "a third one on the later page is a new fact"
    assert [skip.row for skip in found.skips] == [3, 4]


@pytest.mark.parametrize("key", [A, "41" + "61" * 20])
def test_both_spellings_of_an_address_are_one_node(tmp_path: Path, key: str) -> None:
    found = read_pages(tmp_path, page(ITEM | {"from": key}))
    assert found.transfers[0].src.key == A


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"from": A[:-1] + ("1" if A[-1] != "1" else "2")}, "identifier"),
        ({"from": A[:-2]}, "identifier"),
        ({"from": None}, "identifier"),
        ({"to": "0x" + "ab" * 20}, "identifier"),
        ({"to": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}, "identifier"),
        ({"transaction_id": "3f"}, "identifier"),
        ({"value": "9" * 60}, "amount"),
        ({"value": 680_000_000}, "amount"),
        ({"value": "6.8"}, "amount"),
        ({"value": "-1"}, "amount"),
        ({"block_timestamp": None}, "time"),
        ({"block_timestamp": "2024-08-02"}, "time"),
        ({"token_info": None}, "malformed"),
        ({"token_info": ITEM["token_info"] | {"decimals": "6"}}, "malformed"),
        ({"token_info": ITEM["token_info"] | {"address": USDT.lower()}}, "identifier"),
    ],
)
def test_a_bad_item_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_pages(tmp_path, page(ITEM, ITEM | changed, ITEM, "nothing"))
    assert found.errors == [(2, code), (4, "malformed")]
    assert [t.row for t in found.transfers] == [1, 3]


def test_an_impossible_time_keeps_the_fact(tmp_path: Path) -> None:
    found = read_pages(tmp_path, page(ITEM | {"block_timestamp": 0}))
    assert found.graded == {("warning", "time_implausible"): 1}
    assert (found.transfers[0].time.basis, found.transfers[0].amount) == ("unknown", 680_000_000)


def test_a_counterfeit_never_adds_to_usdt(tmp_path: Path) -> None:
    fake = {"symbol": "USD\u20ae", "address": FAKE, "decimals": 18, "name": "Tether USD"}
    real = {"symbol": "anything", "address": USDT, "decimals": 9, "name": "x"}
    found = read_pages(tmp_path, page(ITEM | {"token_info": fake}, ITEM | {"token_info": real}))
    assert [(t.asset.asset, t.asset.decimals) for t in found.transfers] == [(f"{FAKE}@tron", 18), ("USDT@tron", 6)]
    assert [(issue.row, issue.code) for issue in found.issues] == [(1, "counterfeit_symbol")]


@pytest.mark.parametrize("meta", [{"fingerprint": "abc"}, {"links": {"next": "more"}}])
def test_a_last_page_that_names_a_next_one_is_doubted(tmp_path: Path, meta: dict[str, Any]) -> None:
    whole = read_pages(tmp_path, page(ITEM, **meta), page(ITEM | {"value": "1"}))
    assert not whole.issues
    cut = read_pages(tmp_path, page(ITEM | {"value": "1"}), page(ITEM, **meta))
    assert [(issue.row, issue.severity, issue.code) for issue in cut.issues] == [
        (None, "warning", "possibly_truncated")
    ]


@pytest.mark.parametrize(("count", "warned"), [(19, 0), (20, 1), (21, 0), (199, 0), (200, 1)])
def test_a_full_last_page_that_names_no_next_one_is_doubted(tmp_path: Path, count: int, warned: int) -> None:
    items = [ITEM | {"transaction_id": f"{n:064x}"} for n in range(count)]
    found = read_pages(tmp_path, page(ITEM), page(*items))
    assert found.codes["possibly_truncated"] == warned
    assert len(found.transfers) == count + 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"success": False, "error": "Invalid address", "statusCode": 400}, "Invalid address"),
        ({"Error": "Exceed rate limit"}, "Exceed rate limit"),
        ({"data": [ITEM], "meta": {}}, "does not say success"),
        ({"success": True, "meta": {}}, "has no data"),
        ([1], "no TronGrid page"),
        ([page(ITEM), {"success": False, "error": "late"}], "page 2.*late"),
    ],
)
def test_error_pages_are_refused_whole(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(trongrid, write_json(tmp_path, value))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (SAMPLE.read_bytes()[:-20], "truncated|JSON"),
        (b'{"data": [], "success": true, "meta": "\xff"}', "is not utf-8"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(trongrid, write_text(tmp_path, data))


def test_empty_pages_and_error_pages_are_recognised(tmp_path: Path) -> None:
    empty = write_json(tmp_path, page())
    assert trongrid.recognise(head_of(empty))
    assert read_file(trongrid, empty).rows_read == 0
    assert trongrid.recognise(head_of(write_json(tmp_path, {"success": False, "error": "x"})))
    for text in ("", "a,b", '{"data": []}', '{"success": true, "data": [{"txID": "x"}], "meta": {}}'):
        assert trongrid.recognise(head_of(write_text(tmp_path, text))) is None


# transactions, internal calls and events

CALL = "a9059cbb" + "0" * 24 + "62" * 20 + f"{680_000_000:064x}"
HEX_A, HEX_B, HEX_USDT, HEX_FAKE = (
    "41" + "61" * 20,
    "41" + "62" * 20,
    "41" + "a614f803b6fd780986a42c78ec9c7f77e6ded13c",
    "41" + "fa" * 20,
)


def transaction(kind: str, ret: object = "SUCCESS", fee: int = 0, **value: object) -> dict[str, Any]:
    return {
        "txID": "3f" * 32,
        "block_timestamp": 1_722_641_076_000,
        "ret": [{"contractRet": ret, "fee": fee}],
        "raw_data": {"contract": [{"type": kind, "parameter": {"value": {"owner_address": HEX_A, **value}}}]},
        "internal_transactions": [],
    }


def call(data: str = CALL, contract: str = HEX_USDT, **more: Any) -> dict[str, Any]:
    return transaction("TriggerSmartContract", data=data, contract_address=contract, **more)


def moved(found: Reading) -> list[tuple[str, str, str, int | None, str]]:
    return [(t.src.key, t.dst.key, t.asset.asset, t.amount, t.status) for t in found.transfers]


@pytest.mark.parametrize(
    "data",
    [
        CALL,
        "0x" + CALL,
        CALL.upper(),
        CALL.replace("a9059cbb" + "0" * 24, "a9059cbb" + "0" * 22 + "41"),
        CALL + "00" * 40,
    ],
)
def test_a_call_of_usdt_is_the_same_transfer_as_its_event(tmp_path: Path, data: str) -> None:
    found = read_pages(tmp_path, page(call(data)), page(ITEM))
    assert moved(found) == [(A, B, "USDT@tron", 680_000_000, "ok")] * 2
    assert not found.issues
    assert {t.tx for t in found.transfers} == {"3f" * 32}


def test_a_transfer_for_another_names_the_owner_not_the_caller(tmp_path: Path) -> None:
    data = "23b872dd" + "0" * 24 + "fa" * 20 + CALL[8:]
    assert moved(read_pages(tmp_path, page(call(data)))) == [(FAKE, B, "USDT@tron", 680_000_000, "ok")]


def test_a_call_of_an_unknown_contract_is_kept_with_a_note(tmp_path: Path) -> None:
    found = read_pages(tmp_path, page(call(contract=HEX_FAKE), call(contract=HEX_FAKE, ret="REVERT")))
    assert moved(found) == [(A, B, f"{FAKE}@tron", 680_000_000, "ok"), (A, B, f"{FAKE}@tron", 680_000_000, "failed")]
    assert [(i.row, i.severity, i.code) for i in found.issues] == [(1, "note", "call_not_event")]
    assert found.transfers[0].asset.decimals is None


def test_unusual_padding_is_noted_and_nothing_moved_is_too(tmp_path: Path) -> None:
    odd = "a9059cbb" + "de" * 12 + "62" * 20 + "0" * 64
    found = read_pages(tmp_path, page(call(odd)))
    assert moved(found) == [(A, B, "USDT@tron", 0, "ok")]
    assert found.graded == {("note", "address_padding"): 1, ("note", "zero_value"): 1}


@pytest.mark.parametrize(
    ("ret", "status", "code"),
    [
        ("SUCCESS", "ok", None),
        ("OUT_OF_ENERGY", "failed", None),
        ("REVERT", "failed", None),
        (None, "unstated", "result_missing"),
        ("DEFAULT", "unstated", "result_missing"),
    ],
)
def test_only_a_successful_call_moves(tmp_path: Path, ret: object, status: str, code: str | None) -> None:
    found = read_pages(tmp_path, page(call(ret=ret, fee=345_000)))
    assert [(t.kind, t.amount, t.status) for t in found.transfers] == [
        ("transfer", 680_000_000, status),
        ("fee", 345_000, "ok"),
    ]
    assert [issue.code for issue in found.issues] == ([code] if code else [])


def test_approvals_and_other_calls_are_no_transfers(tmp_path: Path) -> None:
    approve, nothing = "095ea7b3" + CALL[8:], "095ea7b3" + CALL[8:72] + "0" * 64
    less, more = "66188463" + CALL[8:], "d73dd623" + CALL[8:]
    found = read_pages(
        tmp_path,
        page(call(approve), call("38ed1739"), call("", fee=9), call(nothing), call(less), call(more) | {"txID": "7" * 64}),
        page(call(approve, ret="REVERT")),
    )
    assert [(skip.row, skip.reason.split()[0]) for skip in found.skips] == [(2, "a"), (5, "decreaseApproval"), (7, "approve")]
    assert [(e.row, e.kind, e.node and e.node.key, e.other and e.other.key) for e in found.events] == [
        (1, "approved", A, B), (4, "approval_revoked", A, B), (6, "approved", A, B),
    ]  # fmt: skip
    assert [(t.row, t.kind, t.dst.key) for t in found.transfers] == [(3, "fee", "fee")]
    assert [(i.row, i.code) for i in found.issues] == [(3, "not_a_transfer")]


def test_coins_tokens_and_what_is_sent_along_are_told_apart(tmp_path: Path) -> None:
    items = [
        transaction("TransferContract", to_address=HEX_B, amount=5),
        transaction("TransferAssetContract", to_address=HEX_B, amount=6, asset_name="1002000"),
        transaction("TransferAssetContract", to_address=HEX_B, amount=6, asset_name="31303032303030"),
        call("38ed1739", contract=HEX_FAKE, call_value=7, call_token_value=8, token_id=1_005_119),
        transaction("TransferContract", ret="REVERT", to_address=HEX_B, amount=9),
    ]
    assert moved(read_pages(tmp_path, page(*items))) == [
        (A, B, "TRX", 5, "ok"), (A, B, "1002000@tron", 6, "ok"), (A, B, "1002000@tron", 6, "ok"),
        (A, FAKE, "TRX", 7, "ok"), (A, FAKE, "1005119@tron", 8, "ok"), (A, B, "TRX", 9, "failed"),
    ]  # fmt: skip


def test_lent_energy_is_an_event_and_no_transfer(tmp_path: Path) -> None:
    lent: dict[str, Any] = {"receiver_address": HEX_B, "balance": 900_000_000}
    items = [
        transaction("DelegateResourceContract", resource="ENERGY", **lent),
        transaction("UnDelegateResourceContract", resource="ENERGY", **lent),
        transaction("DelegateResourceContract", **lent),
        transaction("FreezeBalanceContract", resource=1, receiver_address=HEX_B, frozen_balance=1),
        transaction("DelegateResourceContract", ret="REVERT", **lent),
        transaction("FreezeBalanceV2Contract", frozen_balance=1),
        transaction("VoteWitnessContract"),
        transaction("SomethingNewContract"),
    ]
    for number, item in enumerate(items):
        item["txID"] = f"{number:064x}"
    found = read_pages(tmp_path, page(*items))
    assert [(e.row, e.kind) for e in found.events] == [
        (1, "energy_delegated"), (2, "energy_reclaimed"), (3, "bandwidth_delegated"), (4, "energy_delegated"),
    ]  # fmt: skip
    assert {(e.node and e.node.key, e.other and e.other.key) for e in found.events} == {(A, B)}
    assert not found.transfers
    assert [skip.row for skip in found.skips] == [5, 6, 7, 8]


def test_activation_and_changed_keys_are_events(tmp_path: Path) -> None:
    keys = {"permission_name": "owner", "keys": [{"address": HEX_B, "weight": 1}]}
    made = transaction("AccountCreateContract", account_address=HEX_B) | {"txID": "0" * 64}
    found = read_pages(
        tmp_path, page(made, transaction("AccountPermissionUpdateContract", owner=keys, actives=[keys, 7]))
    )
    assert [(e.kind, e.node and e.node.key, e.other and e.other.key) for e in found.events] == [
        ("activated", A, B), ("permission_changed", A, B),
    ]  # fmt: skip


def test_each_key_that_may_sign_for_an_account_is_an_event_of_its_own(tmp_path: Path) -> None:
    def allow(*keys: str, threshold: int = 2) -> dict[str, Any]:
        listed = [{"address": key, "weight": 1} for key in keys]
        return {"permission_name": "owner", "threshold": threshold, "keys": listed}

    shared = transaction("AccountPermissionUpdateContract", owner=allow(HEX_A, HEX_B, HEX_FAKE))
    taken_back = transaction("AccountPermissionUpdateContract", owner=allow(HEX_A)) | {"txID": "1" * 64}
    found = read_pages(tmp_path, page(shared, taken_back))
    assert [(e.row, e.other and e.other.key) for e in found.events] == [(1, B), (1, FAKE), (2, None)]
    assert found.events[0].text == f"{A} may be signed for by owner: {A} (weight 1), {B} (weight 1), {FAKE} (weight 1), 2 needed"


def internal(**changed: object) -> dict[str, Any]:
    item: dict[str, Any] = {
        "internal_tx_id": "9a" * 32, "tx_id": "3f" * 32, "block_timestamp": 1_722_641_076_000,
        "from_address": HEX_A, "to_address": HEX_B, "data": {"note": "63616c6c", "rejected": False, "call_value": {"_": 5}},
    }  # fmt: skip
    return item | changed


def test_internal_calls_move_coins_unless_they_were_rejected(tmp_path: Path) -> None:
    energy = b"delegateResourceOfEnergy".hex()
    items = [
        internal(),
        internal(data={"note": "call", "call_value": 6, "rejected": True}),
        internal(data={"note": "63616c6c", "call_token_value": "7", "token_id": "1002000"}),
        internal(data={"note": "63616c6c", "call_value": {"_": 0}}),
        internal(data={"note": energy, "call_value": {"_": 900_000_000}}),
        internal(data={"note": b"freezeBalanceV2ForEnergy".hex(), "call_value": 900_000_000}),
        internal(from_address="41zz"),
    ]
    found = read_pages(tmp_path, page(*items))
    assert moved(found) == [(A, B, "TRX", 5, "ok"), (A, B, "TRX", 6, "failed"), (A, B, "1002000@tron", 7, "ok")]
    assert [(e.row, e.kind) for e in found.events] == [(5, "energy_delegated")]
    assert [skip.row for skip in found.skips] == [4, 6]
    assert found.errors == [(7, "identifier")]


def test_internal_calls_of_a_failed_transaction_move_nothing(tmp_path: Path) -> None:
    node = {
        "caller_address": HEX_FAKE,
        "transferTo_address": HEX_A,
        "note": "63616c6c",
        "callValueInfo": [{"callValue": 4}, {}],
    }
    good = call("38ed1739", contract=HEX_FAKE, call_value=5)
    bad = call("38ed1739", contract=HEX_FAKE, call_value=5, ret="REVERT")
    good["internal_transactions"] = bad["internal_transactions"] = [node]
    assert moved(read_pages(tmp_path, page(good, bad))) == [
        (A, FAKE, "TRX", 5, "ok"), (FAKE, A, "TRX", 4, "ok"), (A, FAKE, "TRX", 5, "failed"), (FAKE, A, "TRX", 4, "failed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (call(CALL[:100]), "malformed"),
        (call("a9059cbb"), "malformed"),
        (call("zz"), "malformed"),
        (call("a9059cbb" + "0" * 24 + "62" * 20 + "f" * 64), "amount"),
        (call(contract="41" + "61" * 19), "identifier"),
        (call(call_value="x"), "amount"),
        (call() | {"txID": None}, "identifier"),
        (call() | {"block_timestamp": "x"}, "time"),
        (call() | {"raw_data": {}}, "malformed"),
        (call() | {"raw_data": {"contract": [{"type": "TransferContract"}]}}, "malformed"),
        (call() | {"internal_transactions": [7]}, "malformed"),
        (transaction("TransferContract", to_address=HEX_B, amount=-1), "amount"),
        (transaction("TransferContract", to_address=HEX_B, amount=True), "amount"),
        (transaction("TransferAssetContract", to_address=HEX_B, amount=1, asset_name="SEED"), "identifier"),
        (transaction("DelegateResourceContract", receiver_address=HEX_B, balance="x"), "amount"),
        ({"nothing": 1}, "malformed"),
    ],
)
def test_a_damaged_transaction_is_refused_alone(tmp_path: Path, item: dict[str, Any], code: str) -> None:
    found = read_pages(tmp_path, page(call(), item, transaction("TransferContract", to_address=HEX_B, amount=1)))
    assert found.errors == [(2, code)]
    assert [t.row for t in found.transfers] == [1, 3]


def event(name: str, result: object, contract: str = USDT, **changed: object) -> dict[str, Any]:
    item = {
        "transaction_id": "3f" * 32, "block_timestamp": 1_722_641_076_000, "contract_address": contract,
        "event_name": name, "event_index": 0, "result": result,
    }  # fmt: skip
    return item | changed


@pytest.mark.parametrize(
    "result", [{"_user": "0x" + "62" * 20}, {"0": "0x" + "62" * 20}, {"_blackListedUser": B}, {"0": HEX_B}]
)
def test_freezes_are_read_by_name_and_by_number(tmp_path: Path, result: dict[str, str]) -> None:
    found = read_pages(tmp_path, page(event("AddedBlackList", result), event("RemovedBlackList", result)))
    assert [(e.kind, e.node and e.node.key, e.other and e.other.key) for e in found.events] == [
        ("freeze", B, USDT), ("unfreeze", B, USDT),
    ]  # fmt: skip
    assert found.events[0].identity == f"tron:{'3f' * 32}:freeze:{B}", "the raw log of it has the same"


def test_only_the_issuer_freezes_usdt(tmp_path: Path) -> None:
    found = read_pages(
        tmp_path,
        page(
            event("AddedBlackList", {"_user": B}, contract=FAKE),
            event("DestroyedBlackFunds", {"_blackListedUser": B, "_balance": "1500000"}),
            event("Issue", {"amount": "2000000"}),
            event("Approval", {}),
        ),
    )
    assert [skip.row for skip in found.skips] == [1, 4]
    assert [(e.kind, e.text.split(" by ")[0]) for e in found.events] == [
        ("funds_destroyed", "DestroyedBlackFunds 1.50 USDT"), ("issued", "Issue 2.00 USDT"),
    ]  # fmt: skip


def test_transfer_events_have_an_index_and_may_wait(tmp_path: Path) -> None:
    result = {"from": HEX_A, "to": HEX_B, "value": "680000000"}
    found = read_pages(
        tmp_path, page(event("Transfer", result), event("Transfer", result, event_index=1, _unconfirmed=True))
    )
    said = (A, B, "USDT@tron", 680_000_000)
    assert moved(found) == [(*said, "ok"), (*said, "unconfirmed")]
    assert [t.index for t in found.transfers] == [0, 1]
    assert [(i.row, i.code) for i in found.issues] == [(2, "unconfirmed")]
    bad = [
        event("Transfer", {"from": A, "to": B}),
        event("Transfer", result, event_index=2**40),
        event("Transfer", None),
    ]
    assert read_pages(tmp_path, page(*bad)).errors == [(1, "malformed"), (2, "malformed"), (3, "malformed")]


@pytest.mark.parametrize("item", [call(), internal(), event("Transfer", {}), ITEM])
def test_every_kind_of_page_is_recognised(tmp_path: Path, item: dict[str, Any]) -> None:
    assert trongrid.recognise(head_of(write_json(tmp_path, page(item))))


@pytest.mark.real_data
def test_real_account_page_holds_17_usdt_calls(real_data: Path) -> None:
    path = real_data / "tron" / "trongrid_account_txs.json"
    assert trongrid.recognise(head_of(path)) == "a page of transactions as TronGrid answers it"
    found = read_file(trongrid, path)
    usdt = [t for t in found.transfers if t.asset.asset == "USDT@tron"]
    assert (found.rows_read, len(usdt), sum(t.amount or 0 for t in usdt)) == (25, 17, 54_049_105_000)
    assert {t.src.key for t in usdt} == {"TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R"}
    coins = [t for t in found.transfers if t.asset.asset == "TRX" and t.kind == "transfer"]
    assert (len(coins), sum(t.amount or 0 for t in coins)) == (7, 22_787_791_781)
    assert [(t.asset.asset, t.amount is not None) for t in found.transfers if t.asset.asset.startswith("1")] == [
        ("1002000@tron", True)
    ]
    assert (len(found.of_kind("fee")), sum(t.amount or 0 for t in found.of_kind("fee"))) == (20, 3_474_260)
    assert {t.status for t in found.transfers} == {"ok"}
    assert found.graded == {("warning", "possibly_truncated"): 1}


@pytest.mark.real_data
def test_real_page_of_trc10_tokens_and_stakes(real_data: Path) -> None:
    found = read_file(trongrid, real_data / "tron" / "trongrid_account_TFFried_txs.json")
    kinds = Counter(t.asset.asset for t in found.transfers if t.kind == "transfer")
    assert kinds == {"1002000@tron": 15, "1002814@tron": 1, "1002798@tron": 1, "TRX": 1}
    assert [skip.row for skip in found.skips] == [7, 10, 11]
    assert (found.rows_read, len(found.of_kind("fee")), found.issues) == (21, 4, [])


@pytest.mark.real_data
def test_real_files_of_other_answers_are_not_ours(real_data: Path) -> None:
    ours = {path.name for path in (real_data / "tron").iterdir() if trongrid.recognise(head_of(path))}
    assert ours == {"trongrid_account_txs.json", "trongrid_account_TFFried_txs.json"}
    with pytest.raises(SourceError, match="does not say success"):
        read_file(trongrid, real_data / "tron" / "trongrid_token_txs.json")
