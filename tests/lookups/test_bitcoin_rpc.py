"""A Bitcoin Core node: what it can say about an address with block filters, and what it cannot without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lookups import server as srv
from tests.lookups.conftest import Fetch, StillClock, logged_requests, query
from tests.lookups.server import serve
from tests.lookups.standins import BitcoinNode, bitcoin_address, bitcoin_txs

OWNER = bitcoin_address("courier")
LOGIN = ("trails", "fictional-password")


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILS_BITCOIN_RPC_USER", LOGIN[0])
    monkeypatch.setenv("TRAILS_BITCOIN_RPC_PASSWORD", LOGIN[1])


@pytest.fixture(scope="module")
def blocks() -> list[list[dict[str, Any]]]:
    """40 blocks; the address is in every third, others' payments are in every block."""
    ours, others = bitcoin_txs("courier", 14)[::-1], bitcoin_txs("somebody else", 40)[::-1]
    return [[others[n], *([ours[n // 3]] if n % 3 == 0 else [])] for n in range(40)]


def test_only_the_transactions_of_the_address_come_into_the_case(
    fetch: Fetch, folder: Path, blocks: list[list[dict[str, Any]]]
) -> None:
    with serve(BitcoinNode(blocks)) as service:
        shown = fetch("--source", "bitcoin-rpc", "--url", service.url, OWNER, "--confirmations", "0")
        assert service.seen[0].headers["authorization"].startswith("Basic ")
    assert "read 14 = kept 14" in shown.output
    junctions = {key for (key,) in query(folder, "SELECT key FROM nodes WHERE kind = 'junction'")}
    assert junctions == {block[1]["txid"] for n, block in enumerate(blocks) if n % 3 == 0}
    assert query(folder, "SELECT count(*), sum(amount) FROM transfers WHERE kind = 'fee'") == [(14, 14 * 500)]
    others = bitcoin_address("somebody else")
    assert query(folder, f"SELECT count(*) FROM nodes WHERE key = '{others}'") == [(0,)]
    # the blocks themselves, with other people's payments, are not kept either
    kept = b"".join(path.read_bytes() for path in (folder / "lookups" / "answers").iterdir())
    assert others.encode() not in kept
    condensed = [each for each in logged_requests(folder) if "condensed_from" in each]
    assert len(condensed) == 14
    assert all(line["condensed_from"] > line["bytes"] for line in condensed)


def test_the_newest_blocks_are_left_out(fetch: Fetch, blocks: list[list[dict[str, Any]]]) -> None:
    with serve(BitcoinNode(blocks)) as service:
        fetch("--source", "bitcoin-rpc", "--url", service.url, OWNER)
        scan = next(seen.call for seen in service.seen if seen.call["method"] == "scanblocks")
    assert scan["params"] == ["start", [f"addr({OWNER})"], 0, 33, "basic"]


def test_the_period_becomes_heights_some_hours_wider(fetch: Fetch, blocks: list[list[dict[str, Any]]]) -> None:
    many = [*blocks, *([blocks[0][:1]] * 200)]
    with serve(BitcoinNode(many)) as service:
        fetch(
            "--source",
            "bitcoin-rpc",
            "--url",
            service.url,
            OWNER,
            "--since",
            "2024-08-01T16:00:00Z",
            "--until",
            "2024-08-01T18:00:00Z",
        )
        scan = next(seen.call for seen in service.seen if seen.call["method"] == "scanblocks")
    low, high = scan["params"][2:4]
    # 16:00 is height 24 and 18:00 height 36; the middle time is an hour behind, and four hours are added on either side
    assert (low, high) == (24 - 24 + 6, 36 + 24 + 5)


def test_a_node_without_filters_says_what_to_do(fetch: Fetch, folder: Path, blocks: list[list[dict[str, Any]]]) -> None:
    with serve(BitcoinNode(blocks, filters=False)) as service:
        shown = fetch("--source", "bitcoin-rpc", "--url", service.url, OWNER, ok=False)
    assert "Set blockfilterindex=1 in bitcoin.conf" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_an_address_that_never_occurs_is_said(fetch: Fetch, blocks: list[list[dict[str, Any]]]) -> None:
    with serve(BitcoinNode(blocks)) as service:
        shown = fetch("--source", "bitcoin-rpc", "--url", service.url, bitcoin_address("nobody"), ok=False)
    assert "no settled transaction of" in shown.output


def test_whole_blocks(fetch: Fetch, folder: Path, blocks: list[list[dict[str, Any]]]) -> None:
    with serve(BitcoinNode(blocks)) as service:
        shown = fetch("--source", "bitcoin-rpc", "--url", service.url, "--blocks", "3-5")
        assert [seen.call["method"] for seen in service.seen] == ["getblockhash", "getblock"] * 3
    assert "read 4 = kept 4" in shown.output
    wanted = {tx["txid"] for block in blocks[3:6] for tx in block}
    assert {key for (key,) in query(folder, "SELECT key FROM nodes WHERE kind = 'junction'")} == wanted


@pytest.mark.parametrize("txindex", [True, False])
def test_a_transaction_needs_an_index(
    fetch: Fetch, folder: Path, blocks: list[list[dict[str, Any]]], txindex: bool
) -> None:
    txid = blocks[6][1]["txid"]
    with serve(BitcoinNode(blocks, txindex=txindex)) as service:
        shown = fetch("--source", "bitcoin-rpc", "--url", service.url, "--tx", txid, ok=txindex)
        assert service.count == 1
    if txindex:
        assert query(folder, "SELECT count(*) FROM transfers WHERE kind = 'output'") == [(2,)]
    else:
        assert "without txindex=1 it knows only those of its memory pool" in shown.output


@pytest.mark.parametrize(
    "fault",
    [
        srv.with_value({"result": None, "error": {"code": -28, "message": "Loading block index..."}, "id": 1}, 500),
        srv.with_status(503, body=b"Work queue depth exceeded"),
        srv.with_value(
            {"result": None, "error": {"code": -8, "message": "Scan already in progress, use action abort"}, "id": 1},
            500,
        ),
    ],
)
def test_a_node_that_is_busy_is_waited_for(
    fetch: Fetch, blocks: list[list[dict[str, Any]]], fault: srv.Fault, clock: StillClock
) -> None:
    with serve(BitcoinNode(blocks), fault) as service:
        fetch("--source", "bitcoin-rpc", "--url", service.url, "--blocks", "3")
        assert service.count == 3
    assert clock.pauses == [1]


def test_a_wrong_password_is_said_and_not_tried_again(fetch: Fetch, blocks: list[list[dict[str, Any]]]) -> None:
    with serve(BitcoinNode(blocks), srv.with_status(401, body=b"")) as service:
        shown = fetch("--source", "bitcoin-rpc", "--url", service.url, "--blocks", "3", ok=False)
        assert service.count == 1
    assert "status 401; a key may be missing or wrong" in shown.output


def test_without_a_login_nothing_is_asked(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAILS_BITCOIN_RPC_PASSWORD")
    shown = fetch("--source", "bitcoin-rpc", OWNER, ok=False)
    assert "set TRAILS_BITCOIN_RPC_USER and TRAILS_BITCOIN_RPC_PASSWORD" in str(shown.exception)


@pytest.mark.parametrize("span", ["5-3", "0-1000", "a-b", "-5"])
def test_a_span_of_blocks_that_is_none(fetch: Fetch, span: str) -> None:
    shown = fetch("--source", "bitcoin-rpc", f"--blocks={span}", ok=False)
    assert "--blocks" in str(shown.exception)
