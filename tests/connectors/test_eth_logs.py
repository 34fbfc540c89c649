"""Logs of nodes: every shape of answer, tokens and collectibles, the freezes of USDT, TRON, times, and real blocks."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from Crypto.Hash import keccak

from connectors import eth_logs
from connectors.evm_logs import APPROVAL, ISSUER_EVENTS, TRANSFER
from tests.connectors.reading import SAMPLES, Reading, head_of, open_source, read_all, read_file, write_json, write_text
from trails.connector import ReadOptions
from trails.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
TRON_USDT = "0xa614f803b6fd780986a42c78ec9c7f77e6ded13c"
A, B, OTHER = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "fa" * 20
TOPICS = {name: f"0x{topic}" for topic, (name, _) in ISSUER_EVENTS.items()}


def word(value: str | int) -> str:
    return f"0x{value:064x}" if isinstance(value, int) else "0x" + value.removeprefix("0x").rjust(64, "0")


def log(*topics: str, **changed: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "address": USDT, "topics": list(topics) or [f"0x{TRANSFER}", word(A), word(B)], "data": word(680_000_000),
        "blockNumber": hex(20_445_012), "transactionHash": "0x" + "0f" * 32, "logIndex": "0x29",
        "blockTimestamp": hex(1_722_640_811), "removed": False,
    }  # fmt: skip
    return made | changed


def answer(*logs: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "result": list(logs)}


def read_logs(folder: Path, *logs: object, rail: str | None = "ethereum") -> Reading:
    return read_file(eth_logs, write_json(folder, answer(*logs)), rail=rail)


def test_the_topics_are_the_hashes_of_their_signatures() -> None:
    arguments = {"DestroyedBlackFunds": "address,uint256", "Issue": "uint256", "Redeem": "uint256"}
    signatures = {name: f"{name}({arguments.get(name, 'address')})" for name, _ in ISSUER_EVENTS.values()}
    signatures["Transfer"] = "Transfer(address,address,uint256)"
    signatures["Approval"] = "Approval(address,address,uint256)"
    issuer = [(topic, name) for topic, (name, _) in ISSUER_EVENTS.items()]
    for topic, name in [(TRANSFER, "Transfer"), (APPROVAL, "Approval"), *issuer]:
        assert keccak.new(digest_bits=256, data=signatures[name].encode()).hexdigest() == topic


def test_a_transfer_states_its_place_and_time(tmp_path: Path) -> None:
    (transfer,) = read_logs(tmp_path, log()).transfers
    assert (transfer.src.key, transfer.dst.key, transfer.asset.asset, transfer.amount) == (
        A,
        B,
        "USDT@ethereum",
        680_000_000,
    )
    assert (transfer.tx, transfer.index, transfer.seq) == ("0f" * 32, 41, 20_445_012_000_041)
    assert (transfer.time.basis, transfer.time.time and transfer.time.time.timestamp()) == ("chain", 1_722_640_811)


RECEIPT = {
    "transactionHash": "0x" + "0f" * 32,
    "blockNumber": "0x1",
    "status": "0x1",
    "logs": [log(), log(logIndex="0x2a")],
}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(answer(log(), log(logIndex="0x2a"))),
        json.dumps([answer(log()), answer(), answer(log(logIndex="0x2a"))]),
        json.dumps([log(), log(logIndex="0x2a")]),
        "\n".join(map(json.dumps, [log(), log(logIndex="0x2a")])),
        "\n".join(map(json.dumps, [answer(log()), answer(log(logIndex="0x2a"))])),
        json.dumps({"jsonrpc": "2.0", "id": 1, "result": RECEIPT}),
        json.dumps(answer(RECEIPT)),
        json.dumps([RECEIPT]),
        json.dumps({"status": "1", "message": "OK", "result": [log(), log(logIndex="0x2a")]}),
        json.dumps(
            [{key: value for key, value in log().items() if key != "logIndex"} | {"index": n} for n in (41, 42)]
        ),
    ],
)
def test_every_shape_of_answer_gives_the_same_rows(tmp_path: Path, content: str) -> None:
    path = write_text(tmp_path, content, "made.json")
    assert eth_logs.recognise(head_of(path))
    found = read_file(eth_logs, path)
    assert [(t.row, t.index, t.amount) for t in found.transfers] == [(1, 41, 680_000_000), (2, 42, 680_000_000)]
    assert found.graded == {("note", "chain_by_pace"): 1}


def test_numbers_are_read_in_every_spelling(tmp_path: Path) -> None:
    spellings: list[dict[str, Any]] = [
        log(blockNumber="20445012", logIndex="41", blockTimestamp="1722640811"),
        log(blockNumber=20_445_012, logIndex=41, blockTimestamp="2024-08-02 23:20:11 UTC"),
        log(blockNumber="0x137f754", logIndex="0x29", blockTimestamp="2024-08-02T23:20:11+00:00"),
    ]
    found = read_logs(tmp_path, *spellings)
    seen = {(t.seq, t.index, t.time.time and int(t.time.time.timestamp())) for t in found.transfers}
    assert (len(seen), len(found.transfers)) == (1, 3)
    zero = read_logs(tmp_path, log(logIndex="0x"), log(logIndex=None, blockNumber=None))
    assert [(t.index, t.seq) for t in zero.transfers] == [(0, 20_445_012_000_000), (None, None)]


def test_what_is_no_transfer_of_money_is_left_out_on_purpose(tmp_path: Path) -> None:
    collectible = log(f"0x{TRANSFER}", word(A), word(B), word(7), data="0x")
    old = log(f"0x{TRANSFER}", data="0x" + word(A)[2:] + word(B)[2:] + word(7)[2:])
    found = read_logs(tmp_path, collectible, old, log(removed=True), log("0x" + "8c" * 32), log(topics=[]))
    assert ([skip.row for skip in found.skips], found.facts) == ([1, 2, 3, 4, 5], [])
    assert ["ERC-721" in found.skips[0].reason, "removed" in found.skips[2].reason] == [True, True]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"data": "0x"}, "malformed"),
        ({"data": "0x5"}, "malformed"),
        ({"data": word(5) + "00"}, "malformed"),
        ({"data": word(10**39)}, "amount"),
        ({"data": 7}, "malformed"),
        ({"topics": [f"0x{TRANSFER}", word(A), "0x01" + word(B)[4:]]}, "identifier"),
        ({"topics": [f"0x{TRANSFER}", word(A), "0x12"]}, "malformed"),
        ({"topics": 5}, "malformed"),
        ({"topics": [5]}, "malformed"),
        ({"address": "0x12"}, "identifier"),
        ({"address": None}, "identifier"),
        ({"transactionHash": None}, "identifier"),
        ({"logIndex": "x"}, "malformed"),
        ({"logIndex": 2**31}, "malformed"),
        ({"blockNumber": hex(10**12)}, "malformed"),
        ({"blockNumber": True}, "malformed"),
        ({"blockTimestamp": "soon"}, "time"),
    ],
)
def test_a_damaged_log_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_logs(tmp_path, log(), log(**changed), log(), "no log", {"address": A})
    assert found.errors == [(2, code), (4, "malformed"), (5, "malformed")]
    assert [t.row for t in found.transfers] == [1, 3]


def test_transfers_of_nothing_are_marked_and_a_counterfeit_keeps_its_contract(tmp_path: Path) -> None:
    found = read_logs(tmp_path, log(data=word(0)), log(address=OTHER))
    assert [(t.asset.asset, t.asset.decimals) for t in found.transfers] == [
        ("USDT@ethereum", 6),
        (f"{OTHER}@ethereum", None),
    ]
    assert [(issue.row, issue.code) for issue in found.issues] == [(1, "zero_value")]


@pytest.mark.parametrize("indexed", [True, False])
def test_the_issuer_freezes_in_topics_or_in_data(tmp_path: Path, indexed: bool) -> None:
    def event(name: str, *, amount: int | None = None, **more: Any) -> dict[str, Any]:
        data = "0x" + ("" if indexed else word(A)[2:]) + ("" if amount is None else word(amount)[2:])
        return log(TOPICS[name], *([word(A)] if indexed else []), data=data, **more)

    found = read_logs(
        tmp_path, event("AddedBlackList"), event("RemovedBlackList"),
        event("DestroyedBlackFunds", amount=17_520_000_000), event("AddedBlackList", address=OTHER),
    )  # fmt: skip
    assert [(e.row, e.kind, e.node and e.node.key, e.other and e.other.key) for e in found.events] == [
        (1, "freeze", A, USDT), (2, "unfreeze", A, USDT), (3, "funds_destroyed", A, USDT),
    ]  # fmt: skip
    assert "17,520.00 USDT" in found.events[2].text
    assert [(skip.row, issue.code) for skip, issue in zip(found.skips, found.issues, strict=True)] == [
        (4, "not_the_issuer")
    ]


def test_the_issuer_makes_and_takes_back_usdt(tmp_path: Path) -> None:
    issued, redeemed = (log(TOPICS[name], data=word(10**12)) for name in ("Issue", "Redeem"))
    found = read_logs(tmp_path, issued, redeemed, log(TOPICS["Issue"], data="0x"), log(TOPICS["Issue"], word(5)))
    assert [(e.kind, e.node and e.node.key, e.other) for e in found.events] == [
        ("issued", USDT, None),
        ("redeemed", USDT, None),
    ]
    assert "1,000,000.00 USDT" in found.events[0].text
    assert found.errors == [(3, "malformed"), (4, "malformed")]


def test_an_approval_is_a_permission_and_no_transfer_whatever_its_number(tmp_path: Path) -> None:
    names = f"0x{APPROVAL}", word(A), word(B)
    found = read_logs(
        tmp_path,
        log(*names, data="0x" + "f" * 64),
        log(*names, data=word(0)),
        log(*names, word(7), data="0x"),
        log(*names, logIndex="0x2a"),
    )
    assert not found.transfers
    assert [(e.row, e.kind, e.node and e.node.key, e.other and e.other.key) for e in found.events] == [
        (1, "approved", A, B), (2, "approval_revoked", A, B), (4, "approved", A, B),
    ]  # fmt: skip
    assert [(skip.row, skip.reason.split(",")[0]) for skip in found.skips] == [(3, "an approval of a collectible")]


def test_on_an_unknown_chain_nothing_is_frozen(tmp_path: Path) -> None:
    freeze = log(TOPICS["AddedBlackList"], data=word(A), blockTimestamp=None)
    found = read_logs(tmp_path, freeze, log(blockTimestamp=None), rail=None)
    assert (found.events, [t.asset.asset for t in found.transfers]) == ([], [f"{USDT}@evm"])
    assert found.graded == {
        ("warning", "chain_not_stated"): 1, ("note", "not_the_issuer"): 1, ("warning", "time_missing"): 1,
    }  # fmt: skip


def test_trons_nodes_leave_out_the_first_byte_of_an_address(tmp_path: Path) -> None:
    freeze = log(TOPICS["AddedBlackList"], word(B), data="0x", address=TRON_USDT)
    found = read_logs(tmp_path, log(address=TRON_USDT), freeze, rail="tron")
    (transfer,), (event,) = found.transfers, found.events
    assert (transfer.asset.asset, transfer.asset.contract) == ("USDT@tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    assert transfer.dst == event.node
    assert (transfer.dst.key[0], transfer.dst.rail, transfer.seq) == ("T", "tron", 20_445_012_000_041)
    with pytest.raises(UsageError, match="bitcoin"):
        read_logs(tmp_path, log(), rail="bitcoin")


@pytest.mark.parametrize(
    "blocks",
    [
        "number,hash,timestamp\n20445012,0x1,1722640811\n",
        json.dumps({"type": "block", "number": 20_445_012, "timestamp": "2024-08-02 23:20:11 UTC"}),
        json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"number": "0x137f754", "timestamp": "0x66ad69ab"}}),
        json.dumps([{"jsonrpc": "2.0", "id": 1, "result": {"number": "0x137f754", "timestamp": "0x66ad69ab"}}]),
        "txHash,blockId,blockTimestamp\nx,20445012,1722640811\n",
    ],
)
def test_a_file_of_blocks_beside_it_says_when(tmp_path: Path, blocks: str) -> None:
    source = open_source(
        write_json(tmp_path, answer(log(blockTimestamp=None), log(blockNumber="0x1", blockTimestamp=None)))
    )
    beside = open_source(write_text(tmp_path, blocks, "blocks"))
    found = read_all(eth_logs, replace(source, companions=(beside,)), ReadOptions())
    assert [t.time.time and int(t.time.time.timestamp()) for t in found.transfers] == [1_722_640_811, None]
    assert found.graded == {("note", "chain_by_pace"): 1, ("warning", "time_missing"): 1}


def test_a_file_beside_it_that_states_no_time_is_refused(tmp_path: Path) -> None:
    source = open_source(write_json(tmp_path, answer(log())))
    for text in ("a,b\n1,2\n", "number,timestamp\n1,0\nx,1722640811\n", '{"number": 5}', "[1]"):
        beside = open_source(write_text(tmp_path, text, "beside"))
        with pytest.raises(SourceError, match="beside: no row states the time of a block"):
            read_all(eth_logs, replace(source, companions=(beside,)), ReadOptions())


def test_an_impossible_time_is_unknown_with_a_warning(tmp_path: Path) -> None:
    found = read_logs(tmp_path, log(blockTimestamp="0x0"))
    assert (found.transfers[0].time.basis, found.graded) == ("unknown", {("warning", "time_implausible"): 1})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "more than 10000 results"}},
            "-32005.*fewer blocks",
        ),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "range too wide"}}, "-32602.*fewer blocks"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "header not found"}}, "get it again"),
        ([answer(log()), {"jsonrpc": "2.0", "id": 2, "error": {"code": 1, "message": "x"}}], "answer 2.*error 1"),
        ({"jsonrpc": "2.0", "id": 1, "result": None}, "result is null"),
        ({"jsonrpc": "2.0", "id": 1, "result": "0x5"}, "no logs"),
        ({"error": "nothing"}, "nothing"),
    ],
)
def test_answers_without_logs_are_refused_with_what_to_try(tmp_path: Path, value: object, message: str) -> None:
    path = write_json(tmp_path, value)
    with pytest.raises(SourceError, match=message):
        read_file(eth_logs, path, rail="ethereum")


def test_an_answer_that_is_cut_is_refused(tmp_path: Path) -> None:
    text = json.dumps(answer(log(), log()))
    with pytest.raises(SourceError, match="truncated"):
        read_file(eth_logs, write_text(tmp_path, text[:-40], "made.json"), rail="ethereum")


def test_no_logs_and_round_numbers_of_logs_are_warned_of(tmp_path: Path) -> None:
    assert read_logs(tmp_path).graded == {("warning", "no_rows"): 1}
    many = [log(logIndex=number) for number in range(1_000)]
    assert read_logs(tmp_path, *many).graded == {("warning", "possibly_truncated"): 1}


def test_recognise_knows_logs_from_other_answers(tmp_path: Path) -> None:
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "limit"}}
    ours: list[object] = [answer(), error, [answer(), answer(log())]]
    for value in ours:
        assert eth_logs.recognise(head_of(write_json(tmp_path, value)))
    others: list[object] = [
        {}, [], {"jsonrpc": "2.0", "result": {"tx": []}}, {"status": "1", "message": "OK", "result": []},
        {"type": "log", "transaction_hash": "0x", "address": "0x", "topics": [], "data": "0x"},
    ]  # fmt: skip
    for value in others:
        assert eth_logs.recognise(head_of(write_json(tmp_path, value))) is None
    assert eth_logs.recognise(head_of(write_text(tmp_path, "address,topics,data,transactionHash\n"))) is None


def test_the_samples_say_what_they_should() -> None:
    found = read_file(eth_logs, SAMPLES / "eth_logs" / "sample.json")
    assert (found.rows_read, len(found.transfers), len(found.events), len(found.skipped)) == (10, 4, 3, 3)
    assert [event.kind for event in found.events] == ["freeze", "funds_destroyed", "issued"]


@pytest.mark.real_data
def test_143_real_usdt_transfers_equal_the_reference_row_by_row(real_data: Path) -> None:
    folder = real_data / "evm-tokens"
    assert eth_logs.recognise(head_of(folder / "gs_eth_logs.jsonl"))
    found = read_file(eth_logs, folder / "gs_eth_logs.jsonl", rail="ethereum")
    assert (found.rows_read, len(found.transfers), len(found.skipped), len(found.refused)) == (2_228, 715, 1_359, 0)
    assert Counter(event.kind for event in found.events) == {"approved": 125, "approval_revoked": 29}
    usdt = [t for t in found.transfers if t.asset.asset == "USDT@ethereum"]
    lines = (folder / "gs_eth_USDT_token_transfers.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(usdt) == len(lines) == 143
    by_place = {t.seq: t for t in usdt}
    for line in map(json.loads, lines):
        transfer = by_place[line["blockId"] * 10**6 + line["logIndex"]]
        stated = [base64.b64decode(line[name]).hex() for name in ("txHash", "from", "to", "tokenAddress")]
        parties = [transfer.src.key[2:], transfer.dst.key[2:], USDT[2:]]
        assert [transfer.tx, *parties] == stated
        assert transfer.amount == line["value"]


@pytest.mark.real_data
def test_real_transactions_beside_real_logs_date_them_all(real_data: Path) -> None:
    folder = real_data / "evm-tokens"
    beside = (open_source(folder / "gs_eth_transactions.csv"),)
    found = read_all(eth_logs, replace(open_source(folder / "gs_eth_logs.jsonl"), companions=beside), ReadOptions())
    assert {t.time.basis for t in found.transfers} == {"chain"}
    assert found.graded == {("note", "chain_by_pace"): 1, ("note", "zero_value"): 3}
    assert sum(t.asset.asset == "USDT@ethereum" for t in found.transfers) == 143
