"""Esplora: newest first, page by page, and a count that must be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lookups.conftest import Fetch, query
from tests.lookups.server import Seen, serve
from tests.lookups.standins import NOON, Esplora, bitcoin_address, bitcoin_txs

OWNER = bitcoin_address("courier")


@pytest.fixture(scope="module")
def server() -> Esplora:
    return Esplora(OWNER, bitcoin_txs("courier", 60))


def test_every_page_is_read_to_the_end_and_the_facts_are_the_transactions(
    fetch: Fetch, folder: Path, server: Esplora
) -> None:
    with serve(server) as service:
        shown = fetch("--source", "esplora", "--url", service.url, OWNER)
    base = f"/address/{OWNER}"
    ids = [tx["txid"] for tx in server.txs]
    assert [seen.path for seen in service.seen] == [
        base, f"{base}/txs/chain", *(f"{base}/txs/chain/{ids[n]}" for n in (24, 49, 59)),
    ]  # fmt: skip
    assert "read 60 = kept 60" in shown.output
    paid = query(
        folder, "SELECT n.key, t.amount FROM transfers t JOIN nodes n ON n.node_id = t.dst WHERE t.kind = 'output'"
    )
    stated = [(out["scriptpubkey_address"], out["value"]) for tx in server.txs for out in tx["vout"]]
    assert sorted(paid) == sorted(stated)
    assert query(folder, "SELECT count(*), sum(amount) FROM transfers WHERE kind = 'fee'") == [(60, 60 * 500)]


def test_it_stops_where_the_period_is_passed(fetch: Fetch, server: Esplora) -> None:
    since = NOON + 600 * 30
    with serve(server) as service:
        fetch("--source", "esplora", "--url", service.url, OWNER, "--since", "2024-08-01T17:00:00Z")
        assert service.count == 3
    assert server.txs[29]["status"]["block_time"] == since


def test_a_history_that_breaks_off_silently_is_noticed(fetch: Fetch, folder: Path, server: Esplora) -> None:
    """The server forgot the transaction the next page hangs on: it answers with an empty list, as at the end."""
    known = {tx["txid"] for tx in server.txs[:10]}

    def forgetful(seen: Seen) -> object:
        last = seen.path.rpartition("/")[2]
        return [] if len(last) == 64 and last not in known else server(seen)

    with serve(forgetful) as service:
        shown = fetch("--source", "esplora", "--url", service.url, OWNER, ok=False)
    assert "states 60 transactions of the address but gave 25" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


def test_what_came_can_be_added_when_a_person_says_so(fetch: Fetch, folder: Path, server: Esplora) -> None:
    with serve(Esplora(OWNER, server.txs[:30], stated=60)) as service:
        shown = fetch("--source", "esplora", "--url", service.url, OWNER, "--partial", ok=False)
    assert "states 60 transactions of the address but gave 30" in shown.output
    assert query(folder, "SELECT name, rows_kept FROM sources") == [(f"esplora-{OWNER}-txs-partial.jsonl", 30)]


def test_an_endless_circle_of_pages_ends(fetch: Fetch, server: Esplora) -> None:
    def circle(seen: Seen) -> object:
        return server.txs[:25] if "/txs/chain" in seen.path else server(seen)

    with serve(circle) as service:
        shown = fetch("--source", "esplora", "--url", service.url, OWNER, ok=False)
        assert service.count == 3
    assert "the same page again and again" in shown.output


def test_a_transaction(fetch: Fetch, folder: Path, server: Esplora) -> None:
    txid = server.txs[7]["txid"]
    with serve(server) as service:
        fetch("--source", "esplora", "--url", service.url, "--tx", txid.upper())
        assert [seen.path for seen in service.seen] == [f"/tx/{txid}"]
    assert query(folder, "SELECT DISTINCT x.key FROM nodes x WHERE x.kind = 'junction'") == [(txid,)]


def test_another_transaction_than_the_one_asked_for_is_refused(fetch: Fetch, server: Esplora) -> None:
    with serve(lambda _: server.txs[0]) as service:
        shown = fetch("--source", "esplora", "--url", service.url, "--tx", "ab" * 32, ok=False)
    assert "another transaction than the one asked for" in shown.output


def test_an_altered_transaction_is_kept_but_refused_as_a_fact(fetch: Fetch, folder: Path, server: Esplora) -> None:
    altered = {**server.txs[0], "vout": [{**server.txs[0]["vout"][0], "value": 5}, server.txs[0]["vout"][1]]}
    with serve(lambda _: altered) as service:
        fetch("--source", "esplora", "--url", service.url, "--tx", altered["txid"])
    assert query(folder, "SELECT rows_read, rows_refused FROM sources") == [(1, 1)]
    assert query(folder, "SELECT count(*) FROM transfers") == [(0,)]


def test_a_server_that_is_none_is_said(fetch: Fetch) -> None:
    with serve(lambda _: {"hello": 1}) as service:
        shown = fetch("--source", "esplora", "--url", service.url, OWNER, ok=False)
    assert "it is no Esplora server" in shown.output


def test_two_networks_are_not_asked_at_once(fetch: Fetch) -> None:
    test_address = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"
    shown = fetch("--source", "esplora", "--url", "http://127.0.0.1:1", OWNER, test_address, ok=False)
    assert "one server knows one network" in str(shown.exception)
    shown = fetch("--source", "esplora", test_address, ok=False)
    assert "bitcoin-test address" in str(shown.exception)
