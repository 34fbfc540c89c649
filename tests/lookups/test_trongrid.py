"""TronGrid: paging to the end, its errors inside and outside HTTP 200, and what its answers may not make us do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lookups import server as srv
from tests.lookups.conftest import TRANSFERS, Fetch, StillClock, logged_faults, query
from tests.lookups.server import serve
from tests.lookups.standins import NOON, USDT_TRON, TronGrid, trc20_rows, tron_address

OWNER = tron_address("driver")


@pytest.fixture
def grid() -> TronGrid:
    return TronGrid(OWNER, trc20_rows(OWNER, 450))


def test_every_page_is_read_to_the_end_and_the_facts_are_the_rows(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        shown = fetch("--source", "trongrid", "--url", service.url, OWNER)
    assert [seen.query.get("fingerprint") for seen in service.seen] == [None, "f200", "f400"]
    first = service.seen[0].query
    assert (first["limit"], first["only_confirmed"], first["contract_address"]) == ("200", "true", USDT_TRON)
    assert query(folder, TRANSFERS) == [
        (row["from"], row["to"], "USDT@tron", int(row["value"]), "transfer", row["block_timestamp"] / 1_000)
        for row in grid.rows
    ]
    assert "3 requests sent" in shown.output
    assert "read 450 = kept 450 + duplicate 0 + skipped 0 + refused 0" in shown.output
    assert query(folder, "SELECT count(*) FROM issues WHERE severity <> 'note'") == [(0,)]
    assert query(folder, "SELECT name, connector FROM sources") == [(f"trongrid-{OWNER}-trc20.jsonl", "trongrid")]


def test_the_period_is_asked_for_in_milliseconds_and_its_last_day_is_whole(fetch: Fetch, grid: TronGrid) -> None:
    with serve(grid) as service:
        fetch(
            "--source",
            "trongrid",
            "--url",
            service.url,
            OWNER,
            "--since",
            "2024-08-01T12:10:00Z",
            "--until",
            "2024-08-01",
        )
    asked = service.seen[0].query
    assert (asked["min_timestamp"], asked["max_timestamp"]) == (
        str((NOON + 600) * 1_000),
        str((NOON + 43_200) * 1_000 - 1),
    )


def test_an_address_without_transfers_is_a_source_with_no_rows(fetch: Fetch, folder: Path) -> None:
    with serve(TronGrid(OWNER, [])) as service:
        fetch("--source", "trongrid", "--url", service.url, OWNER)
        assert service.count == 1
    assert query(folder, "SELECT rows_read FROM sources") == [(0,)]


def test_the_next_page_named_on_another_host_is_never_asked_there(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(lambda _: {"success": True, "data": []}) as other:

        def lead_astray(seen: srv.Seen) -> Any:
            page = grid(seen)
            if "fingerprint" in page["meta"]:
                page["meta"]["links"]["next"] = f"{other.url}/v1/steal?fingerprint={page['meta'].pop('fingerprint')}"
            return page

        with serve(lead_astray) as service:
            fetch("--source", "trongrid", "--url", service.url, OWNER)
        assert other.count == 0
        assert service.count == 3
    assert query(folder, "SELECT count(*) FROM transfers") == [(450,)]


@pytest.mark.parametrize("kind", ["same fingerprint", "ever new fingerprints, same rows"])
def test_a_service_that_goes_round_in_a_circle_is_left(fetch: Fetch, folder: Path, grid: TronGrid, kind: str) -> None:
    count = 0

    def circle(_: srv.Seen) -> Any:
        nonlocal count
        count += 1
        mark = "again" if kind == "same fingerprint" else f"new{count}"
        rows = grid.rows[count : count + 9] if kind == "same fingerprint" else grid.rows[:9]
        return {"success": True, "data": rows, "meta": {"fingerprint": mark}}

    with serve(circle) as service:
        shown = fetch("--source", "trongrid", "--url", service.url, OWNER, ok=False)
        assert service.count == 2
    assert "the same page again and again" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_its_rate_limit_comes_as_403_and_is_waited_for(
    fetch: Fetch, folder: Path, grid: TronGrid, clock: StillClock
) -> None:
    text = "The key exceeds the frequency limit(15), and the query server is suspended for 7s"
    with serve(grid, srv.with_value({"success": False, "error": text, "statusCode": 403}, 403)) as service:
        fetch("--source", "trongrid", "--url", service.url, OWNER)
    assert clock.pauses == [7]
    failed = logged_faults(folder)
    assert len(failed) == 1
    assert failed[0]["status"] == 403
    assert "frequency limit" in failed[0]["problem"]


@pytest.mark.parametrize("status", [200, 400])
def test_an_error_that_stays_is_told_in_its_own_words(fetch: Fetch, grid: TronGrid, status: int) -> None:
    said = {"success": False, "error": "limit only support 1-200", "statusCode": 400}
    with serve(grid, srv.with_value(said, status)) as service:
        shown = fetch("--source", "trongrid", "--url", service.url, OWNER, ok=False)
        assert service.count == 1
    assert "it refuses: limit only support 1-200" in shown.output


def test_pages_that_overlap_give_each_row_once(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    def overlap(seen: srv.Seen) -> Any:
        start = int(seen.query.get("fingerprint", "f0")[1:])
        rows = grid.rows[max(0, start - 3) : start + 200]
        meta = {"fingerprint": f"f{start + 200}"} if start + 200 < 450 else {}
        return {"success": True, "data": rows, "meta": meta}

    with serve(overlap) as service:
        shown = fetch("--source", "trongrid", "--url", service.url, OWNER)
    assert "read 456 = kept 450 + duplicate 0 + skipped 6" in shown.output
    assert query(folder, "SELECT count(*) FROM transfers") == [(450,)]


def test_freezes_and_coins_and_transactions_are_asked_where_the_documentation_says(fetch: Fetch) -> None:
    with serve(lambda _: {"success": True, "data": [], "meta": {}}) as service:
        fetch(
            "--source",
            "trongrid",
            "--url",
            service.url,
            OWNER,
            "--coins",
            "--freezes",
            "--tx",
            "ab" * 32,
            "--since",
            "2024-08-01",
        )
    asked = [
        (seen.path, seen.query.get("event_name"), sorted(k for k in seen.query if "timestamp" in k))
        for seen in service.seen
    ]
    events, account = f"/v1/contracts/{USDT_TRON}/events", f"/v1/accounts/{OWNER}/transactions"
    assert asked == [
        (f"{account}/trc20", None, ["min_timestamp"]),
        (account, None, ["min_timestamp"]),
        (events, "AddedBlackList", ["min_block_timestamp"]),
        (events, "RemovedBlackList", ["min_block_timestamp"]),
        (events, "DestroyedBlackFunds", ["min_block_timestamp"]),
        (f"/v1/transactions/{'ab' * 32}/events", None, []),
    ]


def test_any_token_can_be_asked_for(fetch: Fetch, grid: TronGrid) -> None:
    with serve(grid) as service:
        fetch("--source", "trongrid", "--url", service.url, OWNER, "--contract", "any")
        assert "contract_address" not in service.seen[0].query


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiQ"], "fails its checksum"),
        (["0xdac17f958d2ee523a2206206994597c13d831ec7"], "is a evm address"),
        ([OWNER, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"], "is a bitcoin address"),
        ([OWNER, "--blocks", "1-2"], "no use for --blocks"),
        ([OWNER, "--confirmations", "0"], "no use for --confirmations"),
        ([OWNER, "--contract", "0xdac17f958d2ee523a2206206994597c13d831ec7"], "contract"),
        ([OWNER, "--since", "2024-08-01T12:00:00"], "states no zone"),
        ([OWNER, "--since", "yesterday"], "is no day"),
        ([OWNER, "--since", "2024-08-02", "--until", "2024-08-01"], "--since is not before --until"),
        (["--tx", "abc"], "not 64 hexadecimal digits"),
        ([], "nothing is asked"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    fetch: Fetch, folder: Path, words: list[str], said: str
) -> None:
    with serve(lambda _: {}) as service:
        shown = fetch("--source", "trongrid", "--url", service.url, *words, ok=False)
        assert service.count == 0
    assert said in str(shown.exception)
    assert not (folder / "lookups").exists()
