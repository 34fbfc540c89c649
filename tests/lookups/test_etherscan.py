"""Etherscan: the window of 10,000 rows, errors inside HTTP 200, and the key that is a parameter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lookups import server as srv
from tests.lookups.conftest import TRANSFERS, Fetch, StillClock, logged_faults, query
from tests.lookups.server import serve
from tests.lookups.standins import NOON, Etherscan, evm_address

OWNER = evm_address("cash-out")
KEY = "fictional-key"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILS_ETHERSCAN_KEY", KEY)


def test_one_short_page(fetch: Fetch, folder: Path) -> None:
    scan = Etherscan(OWNER, [10, 10, 12])
    with serve(scan) as service:
        fetch("--source", "etherscan", "--url", f"{service.url}/v2/api", OWNER)
        assert service.count == 1
    rows = [scan.row(n) for n in range(3)]
    assert sorted(query(folder, TRANSFERS)) == sorted(
        (row["from"], row["to"], "USDT@ethereum", int(row["value"]), "transfer", float(row["timeStamp"]))
        for row in rows
    )


@pytest.mark.parametrize(
    ("count", "per_block", "requests"),
    [(1_000, 1, 3), (1_001, 1, 3), (9_000, 3, 10), (9_001, 3, 12), (10_000, 7, 14), (25_000, 11, 31)],
)
def test_more_rows_than_a_window_shows_come_whole_and_once(
    fetch: Fetch, folder: Path, count: int, per_block: int, requests: int
) -> None:
    with serve(Etherscan(OWNER, [n // per_block for n in range(count)])) as service:
        shown = fetch("--source", "etherscan", "--url", service.url, OWNER)
        assert service.count == requests
    assert f"read {count:,} = kept {count:,} + duplicate 0 + skipped 0 + refused 0" in shown.output
    assert query(folder, "SELECT count(DISTINCT amount), min(amount), max(amount) FROM transfers") == [
        (count, 1, count)
    ]


def test_a_block_with_more_rows_than_can_be_had_is_said(fetch: Fetch, folder: Path) -> None:
    with serve(Etherscan(OWNER, [5] * 9_500)) as service:
        shown = fetch("--source", "etherscan", "--url", service.url, OWNER, ok=False)
    assert "block 0 alone" not in shown.output
    assert "block 5 alone has more rows than the service gives" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_the_period_becomes_blocks(fetch: Fetch, folder: Path) -> None:
    with serve(Etherscan(OWNER, [10, 20, 30, 40])) as service:
        fetch(
            "--source",
            "etherscan",
            "--url",
            service.url,
            OWNER,
            "--since",
            "2024-08-01T12:03:00Z",
            "--until",
            "2024-08-01T12:06:00Z",
        )
        page = service.seen[-1].query
    assert (page["startblock"], page["endblock"]) == ("16", "29")
    assert query(folder, "SELECT amount FROM transfers") == [(2,)]
    assert query(folder, "SELECT epoch(time) FROM transfers") == [(NOON + 12 * 20,)]


@pytest.mark.parametrize(
    "reason",
    [
        "Max rate limit reached",
        "Max calls per sec rate limit reached (3/sec)",
        "Query Timeout occured. Please select a smaller result",
    ],
)
def test_a_limit_inside_200_is_waited_for(fetch: Fetch, folder: Path, reason: str, clock: StillClock) -> None:
    with serve(
        Etherscan(OWNER, [10]), srv.with_value({"status": "0", "message": "NOTOK", "result": reason})
    ) as service:
        fetch("--source", "etherscan", "--url", service.url, OWNER)
        assert service.count == 2
    assert clock.pauses == [1]
    assert reason in logged_faults(folder)[0]["problem"]
    assert query(folder, "SELECT count(*) FROM transfers") == [(1,)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"status": "0", "message": "NOTOK", "result": "Invalid API Key (#err2)|x"}, "set TRAILS_ETHERSCAN_KEY"),
        ({"status": "0", "message": "NOTOK", "result": "Max daily rate limit reached"}, "no more today"),
        ({"status": "0", "message": "NOTOK", "result": "Error! Missing Or invalid Action name"}, "it refuses"),
        ({"status": "0", "message": "Result window is too large", "result": None}, "Result window is too large"),
    ],
)
def test_an_error_inside_200_that_stays_is_one_clear_error(fetch: Fetch, value: object, said: str) -> None:
    with serve(Etherscan(OWNER, [10]), srv.with_value(value)) as service:
        shown = fetch("--source", "etherscan", "--url", service.url, OWNER, ok=False)
        assert service.count == 1
    assert said in shown.output


def test_without_a_key_nothing_is_asked(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAILS_ETHERSCAN_KEY")
    with serve(Etherscan(OWNER, [10])) as service:
        shown = fetch("--source", "etherscan", "--url", service.url, OWNER, ok=False)
        assert service.count == 0
    assert "set TRAILS_ETHERSCAN_KEY, or name a file of mode 0600" in str(shown.exception)


def test_the_coin_is_two_more_questions(fetch: Fetch) -> None:
    none = {"status": "0", "message": "No transactions found", "result": []}
    with serve(lambda _: none) as service:
        fetch("--source", "etherscan", "--url", service.url, OWNER, "--coins", "--chain", "bsc")
    assert [
        (seen.query["action"], seen.query["chainid"], seen.query.get("contractaddress")) for seen in service.seen
    ] == [
        ("tokentx", "56", "0x55d398326f99059ff775485246999027b3197955"),
        ("txlist", "56", None),
        ("txlistinternal", "56", None),
    ]


def test_rows_of_other_blocks_than_asked_for_stop_the_look_up(fetch: Fetch, folder: Path) -> None:
    scan = Etherscan(OWNER, [10, 20])
    wrong = srv.with_value({"status": "1", "message": "OK", "result": [scan.row(1), scan.row(0)]})
    with serve(scan, wrong) as service:
        shown = fetch("--source", "etherscan", "--url", service.url, OWNER, ok=False)
    assert "rows of other blocks" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_a_chain_without_known_usdt_needs_the_contract(fetch: Fetch) -> None:
    shown = fetch("--source", "etherscan", OWNER, "--chain", "polygon", ok=False)
    assert "say the token's contract with --contract" in str(shown.exception)
