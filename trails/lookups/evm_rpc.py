"""Nodes of EVM chains and of TRON over JSON-RPC: ``eth_getLogs`` of one token for one address, range after range.

Two questions for each range of blocks (paid by, paid to), and one look-up for what the issuer did to anybody
(``--freezes``). A range that the node calls too large is halved, and doubled again after some that were not. TRON's nodes
(java-tron) take 5,000 blocks at once. Logs without a time get their block by its hash.

The newest blocks may still be taken back, so the look-up ends some blocks before them (``--confirmations``), and the last
block's hash is asked for at the start and again at the end: where it changed, or two logs of one block name different
hashes, the chain was reorganised meanwhile and nothing is added.

Specification: Ethereum JSON-RPC (execution-apis); TRON developer documentation, "JSON-RPC API".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from trails.errors import UsageError
from trails.http import FetchError, Request
from trails.lookups.jsonrpc import call, is_too_much, judge, judge_logs, whole
from trails.lookups.service import (
    Ask,
    KeyPlace,
    LookUp,
    Page,
    Service,
    Wanted,
    check_addresses,
    check_contract,
    check_transactions,
    first_at,
    refuse_unused,
)
from trails.lookups.trongrid import KEY
from trails.money import USDT_CONTRACTS

CHAINS = {"ethereum": 1, "bsc": 56, "polygon": 137, "gnosis": 100, "evm": None, "tron": 0x2B6653DC}
#: Blocks after which a block is not taken back any more, for practical purposes.
_SETTLED = {"ethereum": 64, "bsc": 15, "polygon": 128, "gnosis": 20, "evm": 64, "tron": 20}
#: The block that holds the first USDT: before it there is nothing to ask about.
_FIRST_USDT = {"ethereum": 4_634_748, "bsc": 176_416, "tron": 8_418_000}
_WIDEST = {"tron": 5_000}
_TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#: AddedBlackList, RemovedBlackList, DestroyedBlackFunds
_FREEZES = (
    "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc",
    "0xd7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c",
    "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6",
)


class Reorganised(FetchError):
    """The chain changed while it was read: the kept answers do not fit together."""


def plan(name: str, wanted: Wanted) -> list[LookUp]:
    """One look-up for each address and transaction, and one for the freezes of the token."""
    refuse_unused(wanted, name, "blocks", "coins", *(("chain",) if name == "tron-rpc" else ()))
    rail = "tron" if name == "tron-rpc" else wanted.chain or "ethereum"
    if rail not in CHAINS:
        raise UsageError(f"{name} is asked about --chain {', '.join(c for c in CHAINS if c != 'tron')}, not {rail!r}")
    usdt = USDT_CONTRACTS.get(rail, (None, 0))[0]
    confirmations = _SETTLED[rail] if wanted.confirmations is None else wanted.confirmations
    found = []
    if wanted.addresses or wanted.freezes:
        if wanted.contract == "any":
            raise UsageError(f"{name} is asked about one token at a time: name it with --contract, USDT is the default")
        contract = check_contract(wanted.contract, rail, usdt)
        family = "tron" if rail == "tron" else "evm"
        subjects = [("transfers", each.key) for each in check_addresses(wanted.addresses, (family,), name)]
        subjects += [("freezes", "")] if wanted.freezes else []
        found = [
            LookUp(name, f"{rail}-{kind}", key, wanted.url, rail, contract, wanted.since, wanted.until, confirmations)
            for kind, key in subjects
        ]
    transactions = check_transactions(wanted.transactions)
    return found + [LookUp(name, f"{rail}-tx", txid, wanted.url, rail) for txid in transactions]


def first(lookup: LookUp) -> Request:
    """The first request: which chain the node is on."""
    return call(lookup.url, "eth_chainId", scope=lookup.key)


def pages(lookup: LookUp, ask: Ask) -> Iterator[Page]:
    """The logs of every range, then the blocks whose time no log states.

    Raises FetchError for a node of another chain, Reorganised where the chain changed meanwhile.
    """
    _check_chain(lookup, ask)
    blocks: dict[int, tuple[str, bool]] = {}
    if lookup.kind.endswith("-tx"):
        yield from _receipt(lookup, ask, blocks)
    else:
        start, end = _find_range(lookup, ask)
        last = partial(_block_hash, lookup, ask, end)
        before = last("start")
        for topics in _topics(lookup):
            yield from _log_pages(lookup, ask, (start, end), topics, blocks)
        if last("end") != before:
            raise Reorganised(f"block {end} was {before} at the start and is not any more: {_ADVICE}")
    for number in sorted(number for number, (_, timed) in blocks.items() if not timed):
        answer = ask(call(lookup.url, "eth_getBlockByHash", blocks[number][0], False))
        if not isinstance(answer.value["result"], dict):
            raise Reorganised(f"the node does not know block {number} ({blocks[number][0]}) any more: {_ADVICE}")
        yield Page(answer, 0, beside=True)


_ADVICE = "the chain was reorganised while it was read. Nothing was added; the same command asks everything anew"


def _check_chain(lookup: LookUp, ask: Ask) -> None:
    wanted = CHAINS[lookup.rail]
    chain = whole(ask(first(lookup)).value["result"])
    names = {number: name for name, number in CHAINS.items() if number}
    if wanted is None and chain in names:
        raise FetchError(f"the node is on {names[chain]}: say --chain {names[chain]}", everywhere=True)
    if wanted is not None and chain != wanted:
        shown = names.get(chain, f"chain {chain}")
        raise FetchError(
            f"the node is on {shown}, not on {lookup.rail}: name the right --chain or --url", everywhere=True
        )


def _topics(lookup: LookUp) -> list[list[Any]]:
    if lookup.kind.endswith("freezes"):
        return [[list(_FREEZES)]]
    word = "0x" + "0" * 24 + _plain(lookup.subject)
    return [[_TRANSFER, word], [_TRANSFER, None, word]]


def _plain(address: str) -> str:
    """The 20 bytes of an address in hexadecimal, without TRON's first byte."""
    if address.startswith("0x"):
        return address[2:]
    from base58_bech32 import base58

    return base58.b58decode_check(address)[1:].hex()


def _find_range(lookup: LookUp, ask: Ask) -> tuple[int, int]:
    """The first and last block to read."""
    head = whole(ask(call(lookup.url, "eth_blockNumber", scope=lookup.key)).value["result"])
    end = head - lookup.confirmations
    usdt = USDT_CONTRACTS.get(lookup.rail, ("", 0))[0]
    start = _FIRST_USDT.get(lookup.rail, 0) if lookup.contract == usdt else 0
    if start > end:
        start = 0
    time = partial(_block_time, lookup, ask)
    if end >= start and lookup.until is not None:
        end = first_at(time, lookup.until, start, end) - 1
    if end >= start and lookup.since is not None:
        start = first_at(time, lookup.since, start, end)
    if end < start or end < 0:
        raise FetchError(f"the node has no settled block in the period {lookup.period}; nothing was asked for")
    return start, end


def _block_time(lookup: LookUp, ask: Ask, number: int) -> int:
    return whole(_block(lookup, ask, number, "").get("timestamp"))


def _block_hash(lookup: LookUp, ask: Ask, number: int, when: str) -> str:
    return str(_block(lookup, ask, number, when).get("hash"))


def _block(lookup: LookUp, ask: Ask, number: int, when: str) -> dict[str, Any]:
    block = ask(call(lookup.url, "eth_getBlockByNumber", hex(number), False, scope=lookup.key + when)).value["result"]
    if not isinstance(block, dict):
        raise FetchError(f"the node does not have block {number}: it may not be synchronised")
    return block


def _log_pages(
    lookup: LookUp, ask: Ask, limits: tuple[int, int], topics: list[Any], blocks: dict[int, tuple[str, bool]]
) -> Iterator[Page]:
    """The logs of a filter over all blocks, in ranges as wide as the node allows."""
    start, end = limits
    widths = _Widths(_WIDEST.get(lookup.rail, end - start + 1))
    contract = "0x" + _plain(lookup.contract or "")
    while start <= end:
        stop = min(start + widths.width - 1, end)
        asked = {"fromBlock": hex(start), "toBlock": hex(stop), "address": contract, "topics": topics}
        answer = ask(call(lookup.url, "eth_getLogs", asked, scope=lookup.key), judge=judge_logs)
        if is_too_much(answer.value):
            if stop == start:
                raise FetchError(f"block {start} alone has more logs than the node gives")
            widths.halve(stop - start + 1)
            continue
        logs = answer.value["result"]
        _note_blocks(logs, (start, stop), blocks)
        if logs or start == limits[0]:
            yield Page(answer, len(logs))
        start = stop + 1
        widths.go_on()


class _Widths:
    """How many blocks to ask for at once: half after a refusal; double after some that were taken, and the more of them
    the more often doubling was refused. So a fixed limit costs few refusals, and a crowded stretch few small ranges."""

    def __init__(self, widest: int) -> None:
        self._widest, self._calm, self._patience, self._tried = widest, 0, 1, False
        self.width = min(widest, 10_000)

    def halve(self, refused: int) -> None:
        if self._tried:
            self._patience = min(self._patience * 2, 64)
        self.width, self._calm, self._tried = (refused + 1) // 2, 0, False

    def go_on(self) -> None:
        self._patience, self._calm, self._tried = 1 if self._tried else self._patience, self._calm + 1, False
        if self._calm >= self._patience and self.width < self._widest:
            self.width, self._calm, self._tried = min(self.width * 2, self._widest), 0, True


def _note_blocks(logs: Any, limits: tuple[int, int] | None, blocks: dict[int, tuple[str, bool]]) -> None:
    """Remember the block of each log by its hash, and whether its time is stated; raises for one that cannot be."""
    if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
        raise FetchError("the node gives no list of logs; the look-up was stopped")
    for log in logs:
        number, found = whole(log.get("blockNumber")), str(log.get("blockHash"))
        if limits is not None and not limits[0] <= number <= limits[1]:
            raise FetchError(f"the node gives a log of block {number}, outside of what was asked for")
        known, timed = blocks.get(number, (found, True))
        if known != found:
            raise Reorganised(f"block {number} is {known} in one answer and {found} in another: {_ADVICE}")
        blocks[number] = (found, timed and bool(log.get("blockTimestamp")))


def _receipt(lookup: LookUp, ask: Ask, blocks: dict[int, tuple[str, bool]]) -> Iterator[Page]:
    answer = ask(call(lookup.url, "eth_getTransactionReceipt", f"0x{lookup.subject}", scope=lookup.key))
    receipt = answer.value["result"]
    if not isinstance(receipt, dict) or str(receipt.get("transactionHash")).removeprefix("0x") != lookup.subject:
        raise FetchError(f"the node knows no transaction {lookup.subject}, or has not put it into a block yet")
    _note_blocks(receipt.get("logs"), None, blocks)
    yield Page(answer, 1)


def _service(name: str, title: str, url: str, key: KeyPlace, asks: str) -> Service:
    return Service(
        name=name, title=title, url=url, connector="eth_logs", pace=5, key=key, plan=partial(plan, name), first=first,
        pages=pages, judge=judge, asks=asks,
    )  # fmt: skip


ETHEREUM = _service(
    "eth-rpc", "an Ethereum (or BSC, Polygon, Gnosis) node", "http://127.0.0.1:8545",
    KeyPlace("path", "{key}", ("TRAILS_ETH_RPC_KEY",)),
    "transfers of one token (USDT by default) of addresses, its freezes (--freezes), transactions (--tx)",
)  # fmt: skip
TRON = _service(
    "tron-rpc", "a TRON node", "https://api.trongrid.io/jsonrpc", KEY,
    "transfers of one token (USDT by default) of addresses, its freezes (--freezes), transactions (--tx)",
)  # fmt: skip
