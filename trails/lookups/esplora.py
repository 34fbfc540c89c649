"""Esplora servers (blockstream.info, mempool.space, an own one): the confirmed transactions of a Bitcoin address.

``GET /address/{address}/txs/chain`` gives the newest 25, ``.../txs/chain/{last txid}`` those before. A server that does
not know the last txid any more (the chain was reorganised) answers with an empty list, as at the end: so the number of
transactions the server states (``GET /address/{address}``) is held against what came.

Specification: API.md of the Blockstream/esplora repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trails.errors import UsageError
from trails.http import FetchError, Request
from trails.lookups.service import (
    Ask,
    KeyPlace,
    LookUp,
    Page,
    Service,
    Wanted,
    check_addresses,
    check_transactions,
    refuse_unused,
)

_URL = "https://blockstream.info/api"


def plan(wanted: Wanted) -> list[LookUp]:
    """One look-up for each address and for each transaction."""
    refuse_unused(wanted, "esplora", "blocks", "chain", "contract", "confirmations", "freezes", "coins")
    families = ("bitcoin",) if wanted.url == _URL else ("bitcoin", "bitcoin-test")
    addresses = check_addresses(wanted.addresses, families, "esplora")
    if len({each.family for each in addresses}) > 1:
        raise UsageError(
            "one server knows one network: ask for addresses of Bitcoin and of its test network one after another"
        )
    found = [
        LookUp("esplora", "txs", each.key, wanted.url, each.family, None, wanted.since, wanted.until)
        for each in addresses
    ]
    return found + [LookUp("esplora", "tx", txid, wanted.url, "") for txid in check_transactions(wanted.transactions)]


def first(lookup: LookUp) -> Request:
    """The transaction, or the summary of the address, which states how many transactions there are."""
    if lookup.kind == "tx":
        return Request(f"{lookup.url}/tx/{lookup.subject}")
    return Request(f"{lookup.url}/address/{lookup.subject}", scope=lookup.key)


def pages(lookup: LookUp, ask: Ask) -> Iterator[Page]:
    """The transaction, or every page of the address, newest first, until the period is passed."""
    if lookup.kind == "tx":
        yield Page(_checked(ask(first(lookup)), [lookup.subject]), 1)
        return
    stated = _stated_count(ask(first(lookup)).value)
    last, came = "", set[str]()
    while True:
        answer = ask(Request(f"{lookup.url}/address/{lookup.subject}/txs/chain{last}", scope=lookup.key))
        if not isinstance(answer.value, list):
            raise FetchError("the service gives no list of transactions; the look-up was stopped")
        ids = [_txid(each) for each in answer.value]
        if ids and not set(ids) - came:
            raise FetchError("the service gives the same page again and again; the look-up was stopped")
        came |= set(ids)
        if ids or not last:
            yield Page(answer, len(ids))
        if ids and lookup.since is not None and _block_time(answer.value[-1]) < lookup.since:
            return
        if not ids:
            break
        last = f"/{ids[-1]}"
    if len(came) < stated:
        raise FetchError(
            f"the service states {stated} transactions of the address but gave {len(came)}: the chain changed meanwhile, "
            "or it gives only some; run the command again with --refresh"
        )


def _checked(answer: Any, ids: list[str]) -> Any:
    if not isinstance(answer.value, dict) or answer.value.get("txid") not in ids:
        raise FetchError("the service gives another transaction than the one asked for; the look-up was stopped")
    return answer


def _stated_count(value: Any) -> int:
    stats = value.get("chain_stats") if isinstance(value, dict) else None
    count = stats.get("tx_count") if isinstance(stats, dict) else None
    if not isinstance(count, int):
        raise FetchError("the service does not state how many transactions the address has; it is no Esplora server")
    return count


def _txid(value: Any) -> str:
    txid = value.get("txid") if isinstance(value, dict) else None
    if not isinstance(txid, str) or len(txid) != 64 or not txid.isalnum():
        raise FetchError("the service gives a transaction without an id; the look-up was stopped")
    return txid


def _block_time(value: Any) -> int:
    status = value.get("status")
    time = status.get("block_time") if isinstance(status, dict) else None
    return time if isinstance(time, int) else 1 << 62


def judge(status: int, value: Any) -> bool:
    """Any JSON with status 200; its errors are plain text with another status."""
    return status == 200 and isinstance(value, dict | list)


SERVICE = Service(
    name="esplora",
    title="Esplora",
    url=_URL,
    connector="esplora",
    pace=1,
    key=KeyPlace("path", "{key}", ("TRAILS_ESPLORA_KEY",)),
    plan=plan,
    first=first,
    pages=pages,
    judge=judge,
    asks="confirmed transactions of Bitcoin addresses, and transactions (--tx)",
)
