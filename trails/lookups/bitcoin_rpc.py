"""A Bitcoin Core node of one's own, over JSON-RPC.

A node keeps no index of addresses. With compact block filters (``blockfilterindex=1`` in bitcoin.conf, Bitcoin Core 25 or
newer) ``scanblocks`` names the blocks an address may occur in; each is read (``getblock`` 3) to find the transactions
that touch the address, and only those are asked for again (``getrawtransaction`` 2, which states what each input spends)
and put into the case: other people's payments stay out of it. Without the filters it can answer about transactions
(``--tx``: all with ``txindex=1``, else those of its memory pool) and whole blocks (``--blocks``), not about addresses;
``scantxoutset`` is not used, because it knows unspent coins only and would pass half a history off as one.

Specification: the RPC help of Bitcoin Core 25 and newer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from trails.errors import UsageError
from trails.http import FetchError, Request
from trails.lookups import jsonrpc
from trails.lookups.jsonrpc import call
from trails.lookups.service import (
    Answer,
    Ask,
    KeyPlace,
    LookUp,
    Page,
    Service,
    Wanted,
    check_addresses,
    check_transactions,
    first_at,
    refuse_unused,
)

_CONFIRMATIONS = 6
_SPAN = 20_000
#: A block's own time may lie this far from the middle of those before it, by which blocks are found.
_SLACK_S = 4 * 3_600
_MOST_BLOCKS = 1_000
#: Bitcoin Core's numbers of errors: an index that it does not keep, a method that it does not have, nothing of that name.
_NO_INDEX, _NO_METHOD, _NOT_FOUND = -1, -32601, -5


def plan(wanted: Wanted) -> list[LookUp]:
    """One look-up for each address and transaction, and one for a span of blocks."""
    refuse_unused(wanted, "bitcoin-rpc", "chain", "contract", "freezes", "coins")
    confirmations = _CONFIRMATIONS if wanted.confirmations is None else wanted.confirmations
    addresses = check_addresses(wanted.addresses, ("bitcoin", "bitcoin-test"), "bitcoin-rpc")
    if len({each.family for each in addresses}) > 1:
        raise UsageError(
            "one node knows one network: ask for addresses of Bitcoin and of its test network one after another"
        )
    found = [
        LookUp("bitcoin-rpc", "txs", each.key, wanted.url, each.family, None, wanted.since, wanted.until, confirmations)
        for each in addresses
    ]
    found += [LookUp("bitcoin-rpc", "tx", txid, wanted.url, "") for txid in check_transactions(wanted.transactions)]
    if wanted.blocks:
        low, high = wanted.blocks
        if not 0 <= low <= high or high - low >= _MOST_BLOCKS:
            raise UsageError(
                f"--blocks is FIRST-LAST, at most {_MOST_BLOCKS:,} of them; each holds thousands of payments"
            )
        found.append(LookUp("bitcoin-rpc", "blocks", f"{low}-{high}", wanted.url, ""))
    return found


def first(lookup: LookUp) -> Request:
    """The first request."""
    if lookup.kind == "tx":
        return call(lookup.url, "getrawtransaction", lookup.subject, 2)
    if lookup.kind == "blocks":
        return _ask_hash(lookup, int(lookup.subject.split("-")[0]))
    return call(lookup.url, "getblockcount", scope=lookup.key)


def pages(lookup: LookUp, ask: Ask) -> Iterator[Page]:
    """The transactions of an address in the order of their blocks; one transaction; or whole blocks."""
    if lookup.kind == "tx":
        yield _transaction(ask(first(lookup)), lookup.subject)
    elif lookup.kind == "blocks":
        low, high = map(int, lookup.subject.split("-"))
        for height in range(low, high + 1):
            answer = ask(_ask_block(lookup, ask(_ask_hash(lookup, height)).value["result"]))
            yield Page(answer, len(_transactions(answer.value)))
    else:
        yield from _address_pages(lookup, ask)


def _address_pages(lookup: LookUp, ask: Ask) -> Iterator[Page]:
    start, end = _find_heights(lookup, ask)
    found = 0
    for low in range(start, end + 1, _SPAN):
        high = min(low + _SPAN - 1, end)
        scan = call(
            lookup.url, "scanblocks", "start", [f"addr({lookup.subject})"], low, high, "basic", scope=lookup.key
        )
        result = ask(scan, judge=_judge_scan).value["result"]
        blocks = result.get("relevant_blocks") if isinstance(result, dict) else None
        if not isinstance(blocks, list) or result.get("completed") is False:
            raise FetchError("the node did not finish its scan; run the same command again")
        for block in blocks:
            touching = ask(_ask_block(lookup, block), condense=partial(_touching, lookup.subject)).value
            for txid in touching["txids"]:
                yield _transaction(ask(call(lookup.url, "getrawtransaction", txid, 2, block)), txid)
                found += 1
    if not found:
        raise FetchError(
            f"no settled transaction of {lookup.subject} is in blocks {start:,} to {end:,}; nothing to add"
        )


def _find_heights(lookup: LookUp, ask: Ask) -> tuple[int, int]:
    """The first and last block of the period, some hours wider: blocks are found by the middle of the times before."""
    count = ask(first(lookup)).value["result"]
    if not isinstance(count, int):
        raise FetchError("the node does not say how many blocks it has; the look-up was stopped")
    start, end = 0, count - lookup.confirmations
    middle = partial(_middle_time, lookup, ask)
    if lookup.until is not None:
        end = first_at(middle, lookup.until + _SLACK_S, start, end) - 1
    if lookup.since is not None:
        start = first_at(middle, lookup.since - _SLACK_S, start, end)
    if end < start:
        raise FetchError(f"the node has no settled block in the period {lookup.period}; nothing was asked for")
    return start, end


def _middle_time(lookup: LookUp, ask: Ask, height: int) -> int:
    block = ask(_ask_hash(lookup, height)).value["result"]
    header = ask(call(lookup.url, "getblockheader", block)).value["result"]
    time = header.get("mediantime") if isinstance(header, dict) else None
    if not isinstance(time, int):
        raise FetchError(f"the node does not state the time of block {height}")
    return time


def _ask_hash(lookup: LookUp, height: int) -> Request:
    return call(lookup.url, "getblockhash", height, scope=lookup.key)


def _ask_block(lookup: LookUp, block: Any) -> Request:
    return call(lookup.url, "getblock", block, 3)


def _transactions(value: Any) -> list[dict[str, Any]]:
    block = value.get("result")
    listed = block.get("tx") if isinstance(block, dict) else None
    if not isinstance(listed, list) or not all(isinstance(tx, dict) for tx in listed):
        raise FetchError("the node gives a block without its transactions; Bitcoin Core 25 or newer is needed")
    return listed


def _touching(address: str, value: Any) -> dict[str, list[str]]:
    """The ids of a block's transactions that spend from an address or pay to it: all that is kept of the block."""
    return {"txids": [str(tx.get("txid")) for tx in _transactions(value) if address in _addresses(tx)]}


def _addresses(tx: dict[str, Any]) -> set[str]:
    inputs, outputs = tx.get("vin"), tx.get("vout")
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        raise FetchError("the node gives a transaction without inputs or outputs; the look-up was stopped")
    spent = [each.get("prevout") for each in inputs if isinstance(each, dict)]
    scripts = [each.get("scriptPubKey") for each in [*spent, *outputs] if isinstance(each, dict)]
    return {str(script.get("address")) for script in scripts if isinstance(script, dict)}


def _transaction(answer: Answer, txid: str) -> Page:
    result = answer.value["result"]
    if not isinstance(result, dict) or result.get("txid") != txid:
        raise FetchError("the node gives another transaction than the one asked for; the look-up was stopped")
    return Page(answer, 1)


def _judge_scan(status: int, value: Any) -> bool:
    try:
        return judge(status, value)
    except jsonrpc.NodeError as problem:
        if problem.code in (_NO_INDEX, _NO_METHOD):
            raise FetchError(
                "this node cannot look for an address: it keeps no block filters. Set blockfilterindex=1 in bitcoin.conf "
                "(Bitcoin Core 25 or newer), let it build them, and try again; or ask an Esplora server (--source esplora)",
                everywhere=True,
            ) from None
        raise


def judge(status: int, value: Any) -> bool:
    """A result of the node; a transaction it does not find needs an index."""
    try:
        return jsonrpc.judge(status, value)
    except jsonrpc.NodeError as problem:
        if problem.code == _NOT_FOUND:
            raise FetchError(
                "the node does not find this transaction; without txindex=1 it knows only those of its memory pool"
            ) from None
        raise


SERVICE = Service(
    name="bitcoin-rpc",
    title="a Bitcoin Core node",
    url="http://127.0.0.1:8332",
    connector="bitcoin_core",
    pace=20,
    key=KeyPlace("login", "rpcuser", ("TRAILS_BITCOIN_RPC_USER", "TRAILS_BITCOIN_RPC_PASSWORD"), needed=True),
    plan=plan,
    first=first,
    pages=pages,
    judge=judge,
    asks="transactions of addresses (needs block filters), transactions (--tx), whole blocks (--blocks)",
    timeout_s=1_800,
    max_bytes=256 << 20,
)
