"""Nodes over JSON-RPC: ranges that providers refuse in their own words, chains that change, TRON's addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lookups import server as srv
from tests.lookups.conftest import TRANSFERS, Fetch, StillClock, logged_faults, query
from tests.lookups.server import FaultServer, Seen, serve
from tests.lookups.standins import (
    NOON,
    USDT_ETHEREUM,
    USDT_TRON,
    EthNode,
    digest,
    evm_address,
    transfer_log,
    tron_address,
    word,
)

OWNER = evm_address("organiser")
TRON_USDT_HEX = "0xa614f803b6fd780986a42c78ec9c7f77e6ded13c"


def logs(count: int, *, owner: str = OWNER, contract: str = USDT_ETHEREUM, every: int = 10) -> list[dict[str, Any]]:
    """A transfer in every tenth block, now paid by the address, now paid to it; every seventh concerns others only."""
    found = []
    for n in range(count):
        other = f"{owner[:-4]}{n:04x}" if owner.startswith("0x") else tron_address(f"other {n}")
        third = evm_address("third") if owner.startswith("0x") else tron_address("third")
        pair = (other, third) if n % 7 == 6 else (owner, other) if n % 2 else (other, owner)
        found.append(transfer_log(contract, n * every, n % 5, *pair, amount=n + 1))
    return found


def ours(node: EthNode, owner: str = OWNER) -> list[dict[str, Any]]:
    return [log for log in node.logs if word(owner) in log["topics"]]


def ranges(service: FaultServer) -> list[tuple[int, int]]:
    asked = [seen.call["params"][0] for seen in service.seen if seen.call["method"] == "eth_getLogs"]
    return [(int(each["fromBlock"], 16), int(each["toBlock"], 16)) for each in asked]


def test_the_facts_are_the_logs_with_the_times_of_their_blocks(fetch: Fetch, folder: Path) -> None:
    node = EthNode(logs(60), head=700)
    with serve(node) as service:
        shown = fetch("--source", "eth-rpc", "--url", service.url, OWNER)
    found = query(folder, TRANSFERS)
    assert [(amount, time) for _, _, asset, amount, _, time in found if asset == "USDT@ethereum"] == [
        (int(log["data"], 16), NOON + 12 * int(log["blockNumber"], 16)) for log in ours(node)
    ]
    assert len(found) == 52
    assert {src for src, dst, *_ in found if dst != OWNER} == {OWNER}
    assert "read 52 = kept 52" in shown.output
    # the stand-in's blocks are those of a chain just begun, which Ethereum is not: that is said, and nothing else
    assert query(folder, "SELECT DISTINCT code FROM issues") == [("chain_doubtful",)]
    # one question for each direction, for the last block before and after, and for each block's time
    methods = [seen.call["method"] for seen in service.seen]
    assert (methods.count("eth_getLogs"), methods.count("eth_getBlockByNumber")) == (2, 2)
    assert methods.count("eth_getBlockByHash") == 52


REFUSALS = {
    "infura": {"code": -32602, "message": "range 1000000 exceeds limit of 10000"},
    "infura, documented": {"code": -32005, "message": "query returned more than 10000 results"},
    "alchemy": {
        "code": -32602,
        "message": "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
    },
    "quicknode": {"code": -32614, "message": "eth_getLogs is limited to a 10,000 range"},
    "java-tron": {"code": -32602, "message": "exceed max block range: 5000"},
    "bsc": {"code": -32000, "message": "exceed maximum block range: 5000"},
    "tenderly": {
        "code": -32602,
        "message": "invalid params",
        "data": {"payload": "range 9009594 is bigger than range limit 2000"},
    },
    "reth": {"code": -32602, "message": "query exceeds max results 20000, retry with the range 0-10"},
    "morph": {
        "code": -32000,
        "message": "block range is larger than max block range, block range = 5120, max block range = 5000",
    },
    "geth": {"code": -32000, "message": "query timeout exceeded"},
    "ankr": {"code": -32062, "message": "Block range is too large"},
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_range_too_large_in_any_words_is_halved_until_it_is_not(fetch: Fetch, folder: Path, name: str) -> None:
    node = EthNode(logs(60), head=664, widest=100, refusal=REFUSALS[name])
    with serve(node) as service:
        fetch("--source", "eth-rpc", "--url", service.url, OWNER)
    assert query(folder, "SELECT count(*) FROM transfers") == [(52,)]
    asked = ranges(service)
    assert asked[:4] == [(0, 600), (0, 300), (0, 150), (0, 75)]
    taken = [each for each in asked if each[1] - each[0] < 100]
    for half in (taken[: len(taken) // 2], taken[len(taken) // 2 :]):
        covered = [n for low, high in half for n in range(low, high + 1)]
        assert covered == list(range(601))
    assert not logged_faults(folder)


def test_a_limit_of_rows_is_met_by_smaller_ranges_only_where_it_is_met(fetch: Fetch, folder: Path) -> None:
    crowded = [transfer_log(USDT_ETHEREUM, 100 + n // 3, n, OWNER, evm_address(f"payee {n}"), n + 1) for n in range(90)]
    node = EthNode(crowded, head=50_064, most=10)
    with serve(node) as service:
        fetch("--source", "eth-rpc", "--url", service.url, OWNER)
    assert query(folder, "SELECT count(*), sum(amount) FROM transfers") == [(90, 90 * 91 // 2)]
    assert len(ranges(service)) < 400


def test_a_block_with_more_logs_than_the_node_gives(fetch: Fetch, folder: Path) -> None:
    crowded = [transfer_log(USDT_ETHEREUM, 100, n, OWNER, evm_address("payee"), 1) for n in range(30)]
    with serve(EthNode(crowded, head=300, most=10)) as service:
        shown = fetch("--source", "eth-rpc", "--url", service.url, OWNER, ok=False)
    assert "block 100 alone has more logs than the node gives" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32005, "message": "rate limit exceeded"},
        {"code": 429, "message": "Your app has exceeded its compute units per second capacity"},
        {"code": -32000, "message": "header not found"},
    ],
)
@pytest.mark.parametrize("status", [200, 429])
def test_a_limit_that_passes_is_waited_for(
    fetch: Fetch, folder: Path, error: dict[str, Any], status: int, clock: StillClock
) -> None:
    with serve(
        EthNode(logs(5), head=200), srv.with_value({"jsonrpc": "2.0", "id": 1, "error": error}, status)
    ) as service:
        fetch("--source", "eth-rpc", "--url", service.url, OWNER)
    assert len(logged_faults(folder)) == 1
    assert clock.pauses == [1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "the method does not exist"}},
            "does not exist",
        ),
        (
            {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "daily request count exceeded"}},
            "no more for now",
        ),
        ({"jsonrpc": "2.0", "id": 1, "error": "denied"}, "it refuses: denied"),
        ({"jsonrpc": "2.0", "id": 1, "result": "no number"}, "where a number is due"),
        ({"jsonrpc": "2.0", "id": 1, "result": "0x38"}, "the node is on bsc, not on ethereum"),
        ({"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}, "the node is on chain 31337, not on ethereum"),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_clear_error(fetch: Fetch, value: object, said: str) -> None:
    with serve(EthNode([], head=200), srv.with_value(value)) as service:
        shown = fetch("--source", "eth-rpc", "--url", service.url, OWNER, ok=False)
        assert service.count == 1
    assert said in shown.output


@pytest.mark.usefixtures("clock")
def test_an_answer_to_another_question_is_not_taken(fetch: Fetch, folder: Path) -> None:
    other = srv.with_value({"jsonrpc": "2.0", "id": 7, "result": "0x1"})
    with serve(EthNode(logs(5), head=200), other) as service:
        fetch("--source", "eth-rpc", "--url", service.url, OWNER)
    assert "none that is known" in logged_faults(folder)[0]["problem"]


def test_the_period_becomes_blocks(fetch: Fetch, folder: Path) -> None:
    node = EthNode(logs(300), head=3_064)
    with serve(node) as service:
        fetch(
            "--source",
            "eth-rpc",
            "--url",
            service.url,
            OWNER,
            "--since",
            "2024-08-01T12:10:00Z",
            "--until",
            "2024-08-01T13:00:00Z",
        )
    assert ranges(service) == [(50, 299)] * 2
    assert query(folder, "SELECT min(epoch(time)), max(epoch(time)) FROM transfers") == [
        (NOON + 600.0, NOON + 12 * 290.0)
    ]


def test_a_period_without_blocks_is_said(fetch: Fetch) -> None:
    with serve(EthNode(logs(5), head=200)) as service:
        shown = fetch("--source", "eth-rpc", "--url", service.url, OWNER, "--since", "2025-01-01", ok=False)
    assert "no settled block in the period from 2025-01-01 until now" in shown.output


def test_a_chain_that_changes_between_two_pages_is_noticed_and_asked_anew(fetch: Fetch, folder: Path) -> None:
    node = EthNode(logs(30), head=300, widest=100, refusal=REFUSALS["infura"])

    def changing(seen: Seen) -> Any:
        if seen.call["method"] == "eth_getLogs" and int(seen.call["params"][0]["fromBlock"], 16) > 100:
            node.forks = dict.fromkeys(range(250, 301), " other branch")
        return node(seen)

    with serve(changing) as service:
        words = ("--source", "eth-rpc", "--url", service.url, OWNER, "--confirmations", "0")
        shown = fetch(*words, "--partial", ok=False)
        assert "the chain was reorganised while it was read" in shown.output
        assert query(folder, "SELECT count(*) FROM sources") == [(0,)]
        before = service.count
        fetch(*words)
        assert service.count > before + 8
    assert query(folder, "SELECT count(*) FROM transfers") == [(26,)]


def test_two_logs_that_name_different_hashes_of_one_block_are_noticed(fetch: Fetch, folder: Path) -> None:
    node = EthNode(logs(30), head=364)
    both = [*node.logs[5]["topics"][1:]]
    node.logs.append(transfer_log(USDT_ETHEREUM, 50, 9, "0x" + both[1][26:], OWNER, 7))

    def flapping(seen: Seen) -> Any:
        value = node(seen)
        if seen.call["method"] == "eth_getLogs" and seen.call["params"][0]["topics"][1] is None:
            for log in value["result"]:
                log["blockHash"] = f"0x{digest('another branch ' + log['blockNumber']).hex()}"
        return value

    with serve(flapping) as service:
        shown = fetch("--source", "eth-rpc", "--url", service.url, OWNER, ok=False)
    assert "in one answer and" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_a_log_outside_of_what_was_asked_for_stops_the_look_up(fetch: Fetch, folder: Path) -> None:
    node = EthNode(logs(30), head=364)

    def careless(seen: Seen) -> Any:
        value = node(seen)
        if seen.call["method"] == "eth_getLogs":
            value["result"].append({**node.logs[0], "blockNumber": hex(9_999), "blockHash": "0x00"})
        return value

    with serve(careless) as service:
        shown = fetch("--source", "eth-rpc", "--url", service.url, OWNER, ok=False)
    assert "a log of block 9999, outside of what was asked for" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_a_transaction(fetch: Fetch, folder: Path) -> None:
    node = EthNode(logs(30), head=400)
    with serve(node) as service:
        fetch("--source", "eth-rpc", "--url", service.url, "--tx", node.logs[3]["transactionHash"])
        shown = fetch("--source", "eth-rpc", "--url", service.url, "--tx", "ab" * 32, ok=False)
    assert query(folder, "SELECT amount, epoch(time) FROM transfers") == [(4, NOON + 12 * 30.0)]
    assert "knows no transaction abab" in shown.output


def test_a_node_of_tron_is_asked_with_its_last_20_bytes_and_5_000_blocks_at_once(fetch: Fetch, folder: Path) -> None:
    owner = tron_address("driver")
    node = EthNode(
        logs(60, owner=owner, contract=TRON_USDT_HEX, every=200), head=12_020, chain=0x2B6653DC, widest=5_000,
        refusal=REFUSALS["java-tron"],
    )  # fmt: skip
    with serve(node) as service:
        fetch("--source", "tron-rpc", "--url", service.url, owner)
    assert ranges(service) == [(0, 4_999), (5_000, 9_999), (10_000, 12_000)] * 2
    asked = service.seen[3].call["params"][0]
    assert (asked["address"], asked["topics"][1]) == (TRON_USDT_HEX, word(owner))
    found = query(folder, TRANSFERS)
    assert len(found) == 52
    assert {asset for _, _, asset, *_ in found} == {"USDT@tron"}
    assert all(owner in (src, dst) for src, dst, *_ in found)
    assert query(folder, "SELECT contract FROM assets") == [(USDT_TRON,)]


def test_another_chain_or_token_must_be_named(fetch: Fetch) -> None:
    shown = fetch("--source", "eth-rpc", OWNER, "--chain", "evm", ok=False)
    assert "say the token's contract with --contract" in str(shown.exception)
    shown = fetch("--source", "tron-rpc", tron_address("driver"), "--chain", "bsc", ok=False)
    assert "no use for --chain" in str(shown.exception)
    with serve(EthNode([], head=200)) as service:
        shown = fetch(
            "--source", "eth-rpc", "--url", service.url, OWNER, "--chain", "evm", "--contract", USDT_ETHEREUM, ok=False
        )
    assert "the node is on ethereum: say --chain ethereum" in shown.output
