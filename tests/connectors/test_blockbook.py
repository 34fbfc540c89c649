"""Blockbook pages: hashes made again from the raw bytes, addresses of an xpub, missing pages, and the real pages."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors import blockbook
from connectors.blockbook.pages import has_checksum
from tests.connectors.reading import SAMPLES, head_of, read_file, write_json, write_text
from trails.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.reading import Reading
    from trails.model import Event

SAMPLE = SAMPLES / "blockbook" / "sample.jsonl"
REAL = ("blockbook_address_bc1qrfr44.json", "blockbook_xpub.json")


@pytest.fixture
def page() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8").splitlines()[0])
    return found


@pytest.fixture
def confirmed(page: dict[str, Any]) -> dict[str, Any]:
    """The sample's transaction that is in a block, as the transaction page gives it."""
    return dict(page["transactions"][1])


def of_keys(found: Reading) -> list[Event]:
    """What the pages state about keys, without the forms of their transactions."""
    return [event for event in found.events if event.kind != "transaction_form"]


def test_sample_states_transactions_and_the_key_s_addresses(page: dict[str, Any]) -> None:
    found = read_file(blockbook, SAMPLE)
    assert found.rows_read == 6
    assert found.graded == {("warning", "possibly_truncated"): 1}
    assert Counter((t.row, t.kind) for t in found.transfers) == {
        (1, "input"): 1, (1, "output"): 3, (1, "fee"): 1, (2, "input"): 1, (2, "output"): 2, (2, "fee"): 1,
    }  # fmt: skip
    assert {(t.row, t.status, t.time.basis) for t in found.transfers} == {
        (1, "unconfirmed", "unknown"),
        (2, "ok", "chain"),
    }
    assert [(s.row, s.reason.partition(";")[0]) for s in found.skips] == [
        (5, "only the id of a transaction"),
        (6, "only the id of a transaction"),
    ]
    key = f"xpub:{page['address']}"
    names = [token["name"] for token in page["tokens"]]
    assert {(e.kind, e.node.rail, e.node.key) for e in of_keys(found) if e.node} == {("identifier", "wallet", key)}
    own = page["transactions"][1]["vin"][0]["addresses"][0]
    assert {(e.row, e.other.rail, e.other.key) for e in of_keys(found) if e.other} == {
        (3, "bitcoin", names[0]), (4, "bitcoin", names[1]), (2, "bitcoin", own),
    }  # fmt: skip


def test_an_answer_that_leaves_out_zeros_is_whole(confirmed: dict[str, Any], tmp_path: Path) -> None:
    """Blockbook omits vout, sequence and lockTime when they are 0: the sample's input does, and hashes again."""
    assert "vout" not in confirmed["vin"][0]
    assert "sequence" not in confirmed["vin"][0]
    found = read_file(blockbook, write_json(tmp_path, confirmed))
    assert not found.issues
    assert [(t.tx, t.index) for t in found.of_kind("input")] == [(confirmed["vin"][0]["txid"], 0)]
    assert [t.amount for t in found.of_kind("fee")] == [700]


@pytest.mark.parametrize(
    ("path", "value", "codes"),
    [
        (("vout", 0, "value"), "100001", ["fee_mismatch", "txid_mismatch"]),
        (("vout", 0, "hex"), "0014" + "00" * 20, ["identifier", "txid_mismatch"]),
        (("vin", 0, "vout"), 1, ["txid_mismatch"]),
        (("vin", 0, "value"), "150001", ["fee_mismatch"]),
        (("fees",), "701", ["fee_mismatch"]),
        (("vin", 0, "addresses"), ["bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv4"], ["identifier"]),
        (("vin", 0, "addresses"), ["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"], ["identifier"]),
        (("vout", 1, "n"), 5, ["malformed"]),
        (("vout", 0, "value"), 100_000, ["amount"]),
        (("vout", 0, "value"), "-1", ["amount"]),
        (("vout", 0, "value"), "9" * 20, ["amount"]),
        (("hex",), "00", ["malformed"]),
        (("hex",), 5, ["malformed"]),
        (("vout",), [], ["malformed"]),
        (("vin", 0), "x", ["malformed"]),
        (("vout", 0), None, ["malformed"]),
        (("txid",), "ab", ["identifier"]),
        (("vin",), None, ["malformed"]),
    ],
)
def test_what_is_altered_is_refused(
    confirmed: dict[str, Any], tmp_path: Path, path: tuple[str | int, ...], value: object, codes: list[str]
) -> None:
    target: Any = confirmed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    found = read_file(blockbook, write_json(tmp_path, [confirmed, {"txid": "x"}]))
    assert [code for row, code in found.errors if row == 1] == codes
    assert not found.transfers


def test_without_raw_bytes_the_balance_is_checked_and_said_so(confirmed: dict[str, Any], tmp_path: Path) -> None:
    del confirmed["hex"]
    found = read_file(blockbook, write_json(tmp_path, confirmed))
    assert found.graded == {("note", "not_rehashed"): 1}
    assert len(found.transfers) == 4
    confirmed["fees"] = "1"
    assert read_file(blockbook, write_json(tmp_path, confirmed)).errors == [(1, "fee_mismatch")]


def test_spent_outputs_without_an_address_stay_open(confirmed: dict[str, Any], tmp_path: Path) -> None:
    confirmed["vin"][0] |= {"addresses": None, "isAddress": False}
    found = read_file(blockbook, write_json(tmp_path, confirmed))
    assert found.graded == {("note", "prevout_unknown"): 1}
    assert [(t.src.label, t.amount) for t in found.of_kind("input")] == [("output not in the case", None)]
    assert [t.amount for t in found.of_kind("fee")] == [700], "the server's own fee stands"


def test_new_coins_have_no_payer(tmp_path: Path) -> None:
    mined = {
        "txid": "ab" * 32,
        "vin": [{"sequence": 4294967295, "n": 0, "isAddress": False, "coinbase": "03f0"}],
        "vout": [{"value": "312500000", "n": 0, "hex": "0014" + "11" * 20}],
        "blockHeight": 855000, "blockHash": "00", "confirmations": 1, "blockTime": 1_722_640_811, "fees": "0",
    }  # fmt: skip
    found = read_file(blockbook, write_json(tmp_path, mined))
    assert [t.src.key for t in found.of_kind("input")] == ["coinbase"]
    assert [t.amount for t in found.of_kind("input")] == [312_500_000]
    assert not found.of_kind("fee")


def test_addresses_of_a_key_are_stated_once_over_all_pages(page: dict[str, Any], tmp_path: Path) -> None:
    second = page | {"page": 2, "transactions": []}
    found = read_file(blockbook, write_json(tmp_path, [page, second]))
    assert len(of_keys(found)) == 3
    assert [(s.row, s.reason) for s in found.skips] == [(row, "stated on an earlier page") for row in (5, 6)]
    assert not found.codes, "both pages are there"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (
            {"type": "XPUBAddress", "name": "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv4"},
            "identifier",
        ),
        ({"type": "XPUBAddress", "name": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}, "malformed"),
        ({"type": "XPUBAddress", "name": 5}, "malformed"),
        ("x", "malformed"),
    ],
)
def test_a_damaged_address_of_a_key_is_refused_alone(
    page: dict[str, Any], tmp_path: Path, token: object, code: str
) -> None:
    page["tokens"].append(token)
    found = read_file(blockbook, write_json(tmp_path, page))
    assert found.errors == [(5, code)]
    assert len(of_keys(found)) == 3


def test_tokens_that_are_no_addresses_are_left_out(page: dict[str, Any], tmp_path: Path) -> None:
    page["tokens"].append({"type": "ERC20", "name": "Tether"})
    found = read_file(blockbook, write_json(tmp_path, page))
    assert [(s.row, s.reason) for s in found.skips] == [
        (5, "token of type ERC20: no address of an extended public key")
    ]


def test_a_damaged_key_names_nobody(page: dict[str, Any], tmp_path: Path) -> None:
    key = page["address"]
    page["address"] = key[:-1] + ("a" if key[-1] != "a" else "b")
    found = read_file(blockbook, write_json(tmp_path, page))
    assert found.errors == [(3, "malformed"), (4, "malformed")]
    assert not of_keys(found)
    assert len(found.transfers) == 9, "the transactions stand for themselves"
    assert has_checksum(key)
    assert has_checksum(f"tr([5c9e228d/86'/0'/0']{key}/<0;1>/*)#4rqwxvej")
    assert not has_checksum("zpub")


@pytest.mark.parametrize("wrap", ["result", "data"])
def test_rpc_and_websocket_answers_read_the_same(page: dict[str, Any], tmp_path: Path, wrap: str) -> None:
    bare = read_file(blockbook, write_json(tmp_path, page))
    path = write_json(tmp_path, {"id": 1, wrap: page})
    assert blockbook.recognise(head_of(path))
    assert read_file(blockbook, path).facts == bare.facts


def test_a_summary_holds_no_transactions(page: dict[str, Any], tmp_path: Path) -> None:
    for key in ("transactions", "tokens", "usedTokens"):
        del page[key]
    path = write_json(tmp_path, page)
    assert blockbook.recognise(head_of(path))
    found = read_file(blockbook, path)
    assert [skip.reason.partition(":")[0] for skip in found.skips] == ["summary of an address"]


def test_the_network_and_other_chains(page: dict[str, Any], confirmed: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bitcoin-test"):
        read_file(blockbook, SAMPLE, rail="tron")
    with pytest.raises(SourceError, match="its addresses are those of bitcoin"):
        read_file(blockbook, write_json(tmp_path, confirmed), rail="bitcoin-test")
    ether = {"txid": "0x12", "vin": [{"n": 0, "addresses": ["0x9c2e"], "isAddress": True}], "vout": [{"n": 0}]}
    assert blockbook.recognise(head_of(write_json(tmp_path, ether | {"ethereumSpecific": {"status": 1}}))) is None
    assert blockbook.recognise(head_of(write_json(tmp_path, page | {"nonce": "1"}))) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (SAMPLE.read_bytes()[:-20], "truncated|not whole"),
        (b'{"error": "Transaction not found"}', "Transaction not found"),
        (b'{"id": 1, "data": {"error": {"message": "rate limited"}}}', "rate limited"),
    ],
)
def test_a_file_that_is_not_whole_or_an_error_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(blockbook, write_text(tmp_path, content, "bad.json"))


def test_things_that_are_no_pages_are_refused_row_by_row(tmp_path: Path) -> None:
    found = read_file(blockbook, write_json(tmp_path, [1, "x", None, [], {"vin": 1}]))
    assert found.errors == [(row, "malformed") for row in range(1, 6)]
    for text in ("", "a,b\n", "[]", "{", '{"txid": 1, "vin": []}', '{"address": 1}'):
        assert blockbook.recognise(head_of(write_text(tmp_path, text))) is None


@pytest.mark.real_data
def test_the_real_page_of_an_address(real_data: Path) -> None:
    found = read_file(blockbook, real_data / "bitcoin-json" / REAL[0])
    assert (found.rows_read, found.issues) == (13, [])
    assert Counter(t.kind for t in found.transfers) == {"input": 24, "output": 24, "fee": 13}
    address = "bc1qrfr44n2j4czd5c9txwlnw0yj2h82x9566fglqj"
    received = sum(t.amount or 0 for t in found.of_kind("output") if t.dst.key == address)
    sent = sum(t.amount or 0 for t in found.of_kind("input") if t.src.key == address)
    assert (received, sent) == (92_089, 75_844), "the sums the page itself states"


@pytest.mark.real_data
def test_the_real_page_of_an_extended_key(real_data: Path) -> None:
    found = read_file(blockbook, real_data / "bitcoin-json" / REAL[1])
    assert found.rows_read == 10 + 8
    assert found.graded == {("warning", "possibly_truncated"): 1}
    assert Counter(t.kind for t in found.transfers) == {"input": 11, "output": 18, "fee": 10}
    assert len(of_keys(found)) == 8
    assert "m/84'/0'/0'/0/130" in " ".join(event.text for event in of_keys(found))


@pytest.mark.real_data
def test_other_real_files_are_not_ours(real_data: Path) -> None:
    files = list((real_data / "bitcoin-json").glob("*.json*"))
    assert {path.name for path in files if blockbook.recognise(head_of(path))} == set(REAL)
