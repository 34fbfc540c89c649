"""``eth-rpc`` against a real node: the facts equal what was done on the chain, freezes and a real reorg included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lookups.chain import HANGS, Chain, run_chain
from tests.lookups.conftest import Fetch, logged_requests, query
from tests.lookups.server import Seen, serve
from tests.lookups.standins import USDT_ETHEREUM, evm_address

TRANSFERS = (
    "SELECT s.key, d.key, CAST(t.amount AS BIGINT), CAST(epoch(t.time) AS BIGINT) FROM transfers t "
    "JOIN nodes s ON s.node_id = t.src JOIN nodes d ON d.node_id = t.dst"
)


@pytest.fixture(scope="module")
def node() -> Iterator[Chain]:
    """A chain on which one account issues, pays and disperses, and freezes another."""
    with run_chain(USDT_ETHEREUM) as chain:
        issuer, organiser, driver, stranger = chain.accounts[:4]
        for account in (issuer, stranger):
            chain.send(account, "issue(uint256)", 10**12)
        chain.mine()
        for n in range(8):
            chain.transfer(issuer, organiser, 1_000_000_000 + n)
        for n in range(8):
            chain.transfer(organiser, driver, 90_000_000 + n)
            chain.transfer(stranger, evm_address(f"nobody of ours {n}"), 5)
        chain.disperse(organiser, [evm_address(f"payee {n % 3}") for n in range(12)], [7] * 12)
        chain.transfer(organiser, organiser, 11)
        chain.send(issuer, "addBlackList(address)", driver)
        chain.mine()
        chain.send(issuer, "destroyBlackFunds(address)", driver)
        chain.send(issuer, "addBlackList(address)", stranger)
        chain.mine()
        chain.send(issuer, "removeBlackList(address)", stranger)
        chain.mine()
        yield chain


def truth(chain: Chain, *accounts: str) -> Counter[tuple[str, str, int, int]]:
    return Counter(each for each in chain.transfers if set(each[:2]) & set(accounts))


def test_the_transfers_of_an_address_are_those_that_were_made(fetch: Fetch, folder: Path, node: Chain) -> None:
    organiser = node.accounts[1]
    shown = fetch("--source", "eth-rpc", "--url", node.url, organiser, "--confirmations", "0")
    assert Counter(query(folder, TRANSFERS)) == truth(node, organiser)
    assert sum(truth(node, organiser).values()) == 29
    # the payment to oneself is in both answers, and is one fact
    assert "read 30 = kept 29 + duplicate 1 + skipped 0 + refused 0" in shown.output
    assert query(folder, "SELECT DISTINCT asset FROM transfers") == [("USDT@ethereum",)]
    # the node calls itself Ethereum, and its blocks are not Ethereum's
    assert query(folder, "SELECT code FROM issues WHERE severity <> 'note'") == [("chain_doubtful",)]


def test_two_addresses_state_their_common_transfers_once(fetch: Fetch, folder: Path, node: Chain) -> None:
    organiser, driver = node.accounts[1:3]
    fetch("--source", "eth-rpc", "--url", node.url, organiser, driver, "--confirmations", "0")
    assert Counter(query(folder, TRANSFERS)) == truth(node, organiser, driver)
    assert query(folder, "SELECT count(*) FROM citations WHERE fact = 'transfer'")[0][0] >= 8


def test_freezes_are_events(fetch: Fetch, folder: Path, node: Chain) -> None:
    issuer, _, driver, stranger = node.accounts[:4]
    shown = fetch("--source", "eth-rpc", "--url", node.url, "--freezes", "--confirmations", "0")
    found = query(
        folder,
        "SELECT e.kind, n.key, e.text FROM events e JOIN nodes n ON n.node_id = e.node_id ORDER BY e.time, e.kind",
    )
    assert [(kind, key) for kind, key, _ in found] == [
        ("freeze", driver), ("freeze", stranger), ("funds_destroyed", driver), ("unfreeze", stranger),
    ]  # fmt: skip
    assert "720.000028" in found[2][2]
    assert "read 4 = kept 4" in shown.output
    asked = [request["body"] for request in logged_requests(folder)]
    assert not [body for body in asked for account in (issuer, driver, stranger) if account[2:] in body]


def test_a_transaction_with_many_transfers(fetch: Fetch, folder: Path, node: Chain) -> None:
    block = next(n for n in range(1, 60) if node.call("eth_getLogs", {"fromBlock": hex(n), "toBlock": hex(n)})[5:])
    (sent,) = node.call("eth_getBlockByNumber", hex(block), False)["transactions"]
    fetch("--source", "eth-rpc", "--url", node.url, "--tx", sent)
    assert Counter(query(folder, TRANSFERS)) == Counter(each for each in node.transfers if each[2] == 7)


def forward(node: Chain, seen: Seen, *, keep_times: bool = True) -> Any:
    value = requests.post(node.url, data=seen.body, headers={"Content-Type": "application/json"}, timeout=HANGS).json()
    if not keep_times and isinstance(value.get("result"), list):
        for log in value["result"]:
            log.pop("blockTimestamp", None)
    return value


@pytest.mark.parametrize("widest", [1, 7, 20])
def test_a_provider_with_a_small_range_and_no_block_times_gives_the_same_facts(
    fetch: Fetch, folder: Path, node: Chain, widest: int
) -> None:
    def provider(seen: Seen) -> Any:
        asked = (
            seen.call["params"][0] if seen.call["method"] == "eth_getLogs" else {"fromBlock": "0x0", "toBlock": "0x0"}
        )
        span = int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1
        error = {"code": -32602, "message": f"range {span} exceeds limit of {widest}"}
        return {"jsonrpc": "2.0", "id": 1, "error": error} if span > widest else forward(node, seen, keep_times=False)

    organiser = node.accounts[1]
    with serve(provider) as service:
        fetch("--source", "eth-rpc", "--url", service.url, organiser, "--confirmations", "0")
    assert Counter(query(folder, TRANSFERS)) == truth(node, organiser)
    assert query(folder, "SELECT count(*) FROM issues WHERE code = 'time_missing'") == [(0,)]


def test_the_period_gives_the_blocks_of_that_time(fetch: Fetch, folder: Path, node: Chain) -> None:
    organiser = node.accounts[1]
    times = sorted(time for *_, time in truth(node, organiser))
    low, high = times[3], times[-3]
    words = ["--since", _iso(low), "--until", _iso(high)]
    fetch("--source", "eth-rpc", "--url", node.url, organiser, "--confirmations", "0", *words)
    wanted = Counter({each: n for each, n in truth(node, organiser).items() if low <= each[3] < high})
    assert Counter(query(folder, TRANSFERS)) == wanted
    assert wanted


def _iso(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_a_real_reorg_between_two_pages_is_noticed_and_the_next_run_tells_the_new_truth(
    fetch: Fetch, folder: Path
) -> None:
    with run_chain(USDT_ETHEREUM) as chain:
        issuer, driver = chain.accounts[:2]
        chain.send(issuer, "issue(uint256)", 10**12)
        chain.mine()
        for n in range(12):
            chain.transfer(issuer, driver, n + 1)
        pages = 0

        def provider(seen: Seen) -> Any:
            nonlocal pages
            pages += seen.call["method"] == "eth_getLogs"
            if pages == 2 and seen.call["method"] == "eth_getLogs":
                chain.reorganise(3)
            return forward(chain, seen)

        with serve(provider) as service:
            words = ("--source", "eth-rpc", "--url", service.url, driver, "--confirmations", "0")
            shown = fetch(*words, ok=False)
            assert "the chain was reorganised while it was read" in shown.output
            assert query(folder, "SELECT count(*) FROM sources") == [(0,)]
            fetch(*words)
    assert sorted(amount for _, _, amount, _ in query(folder, TRANSFERS)) == list(range(1, 10))
