"""Etherscan (API v2) and explorers built like it: the token transfers of an address, its transactions and internal calls.

``?chainid=1&module=account&action=tokentx&address=..``, oldest first, 1,000 a page. No more than 10,000 rows of one range
of blocks are given (``page`` x ``offset``). So the tenth page is looked at first: where it has a row, the range is cut
before that row's block, which leaves at most 9,000 whole rows, and goes on from that block. No row is in two pages.

An error comes with HTTP status 200, as ``{"status": "0", "message": "NOTOK", "result": "Max rate limit reached"}``.
Specification: Etherscan API v2, "Get ERC20 token transfers by address", "Common error messages", "Rate limits".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trails.errors import UsageError
from trails.http import Again, FetchError, Request
from trails.lookups.service import (
    Answer,
    Ask,
    KeyPlace,
    LookUp,
    Page,
    Service,
    Wanted,
    check_addresses,
    check_contract,
    refuse_unused,
    with_parameters,
)
from trails.money import USDT_CONTRACTS

CHAINS = {"ethereum": 1, "bsc": 56, "polygon": 137, "gnosis": 100}
_ROWS, _LAST_PAGE, _END = 1_000, 10, 99_999_999
_PASSING = re.compile(
    r"rate limit|too many invalid|timeout|timed out|temporar|try again|unexpected error", re.IGNORECASE
)
_DAILY = re.compile(r"daily", re.IGNORECASE)
_KEY = re.compile(r"api key|apikey", re.IGNORECASE)


def plan(wanted: Wanted) -> list[LookUp]:
    """One look-up for each address, and two more for the chain's coin (--coins)."""
    refuse_unused(wanted, "etherscan", "transactions", "blocks", "confirmations", "freezes")
    rail = wanted.chain or "ethereum"
    if rail not in CHAINS:
        raise UsageError(f"etherscan is asked about --chain {', '.join(CHAINS)}, not {rail!r}")
    contract = None
    if wanted.contract != "any":
        contract = check_contract(wanted.contract, rail, USDT_CONTRACTS.get(rail, (None, 0))[0])
    actions = {"tokentx": contract, **(dict.fromkeys(("txlist", "txlistinternal")) if wanted.coins else {})}
    return [
        LookUp("etherscan", f"{rail}-{action}", each.key, wanted.url, rail, token, wanted.since, wanted.until)
        for each in check_addresses(wanted.addresses, ("evm",), "etherscan")
        for action, token in actions.items()
    ]


def first(lookup: LookUp) -> Request:
    """The first request: the block of a time where one is given, else the first page."""
    if lookup.since is not None:
        return _ask_block(lookup, lookup.since, "after")
    if lookup.until is not None:
        return _ask_block(lookup, lookup.until - 1, "before")
    return _ask_page(lookup, 0, _END, 1)


def _ask_block(lookup: LookUp, seconds: int, closest: str) -> Request:
    words: dict[str, str | int] = {
        "module": "block",
        "action": "getblocknobytime",
        "timestamp": seconds,
        "closest": closest,
    }
    return Request(with_parameters(lookup.url, {"chainid": CHAINS[lookup.rail], **words}))


def _ask_page(lookup: LookUp, start: int, end: int, page: int) -> Request:
    parameters: dict[str, str | int] = {
        "chainid": CHAINS[lookup.rail], "module": "account", "action": lookup.kind.rpartition("-")[2], "address": lookup.subject,
        "startblock": start, "endblock": end, "page": page, "offset": _ROWS, "sort": "asc",
    }  # fmt: skip
    if lookup.contract:
        parameters["contractaddress"] = lookup.contract
    return Request(with_parameters(lookup.url, parameters))


def pages(lookup: LookUp, ask: Ask) -> Iterator[Page]:
    """Every page of every range of blocks; raises FetchError where one block has more rows than can be had."""
    start, end = 0, _END
    if lookup.since is not None:
        start = _block(ask(_ask_block(lookup, lookup.since, "after")))
    if lookup.until is not None:
        end = _block(ask(_ask_block(lookup, lookup.until - 1, "before")))
    while start <= end:
        stop, opening = _cut_range(lookup, ask, start, end)
        yield from _range_pages(lookup, ask, start, stop, opening)
        start = stop + 1


def _cut_range(lookup: LookUp, ask: Ask, start: int, end: int) -> tuple[int, Answer | None]:
    """The last block up to which all rows from ``start`` on can be had, and the first page where it stays the same."""
    opening = ask(_ask_page(lookup, start, end, 1))
    if len(opening.value["result"]) < _ROWS:
        return end, opening
    tenth = ask(_ask_page(lookup, start, end, _LAST_PAGE)).value["result"]
    if not tenth:
        return end, opening
    block = _row_block(tenth[0])
    if block <= start:
        raise FetchError(f"block {start} alone has more rows than the service gives; ask a node (eth-rpc) about it")
    return block - 1, None


def _range_pages(lookup: LookUp, ask: Ask, start: int, stop: int, opening: Answer | None) -> Iterator[Page]:
    for number in range(1, _LAST_PAGE):
        answer = opening if number == 1 and opening else ask(_ask_page(lookup, start, stop, number))
        rows = answer.value["result"]
        if not rows and number > 1:
            return
        if rows and not start <= _row_block(rows[0]) <= _row_block(rows[-1]) <= stop:
            raise FetchError("the service gives rows of other blocks than those asked for; the look-up was stopped")
        yield Page(answer, len(rows))
        if len(rows) < _ROWS:
            return


def _row_block(row: Any) -> int:
    text = str(row.get("blockNumber") if isinstance(row, dict) else "")
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        raise FetchError("the service gives a row without a block number; the look-up was stopped")
    return int(text)


def _block(answer: Answer) -> int:
    text = str(answer.value["result"])
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        raise FetchError(f"the service does not say which block that time is in: {text[:100]!r}")
    return int(text)


def judge(status: int, value: Any) -> bool:
    """An answer of Etherscan: also an empty list, which has status 0; errors come with HTTP status 200."""
    if not isinstance(value, dict) or "result" not in value or status != 200:
        return False
    result = value["result"]
    if isinstance(result, list) and (str(value.get("status")) == "1" or not result):
        return True
    if str(value.get("status")) == "1":
        return isinstance(result, str)
    reason = f"{str(value.get('message'))[:80]}: {str(result)[:200]}"
    if _DAILY.search(reason):
        raise FetchError(f"it gives no more today ({reason}); run the same command again tomorrow", everywhere=True)
    if _PASSING.search(reason):
        raise Again(f"it asks for patience ({reason})", None, status)
    hint = "; set TRAILS_ETHERSCAN_KEY or --key-file to a valid key" if _KEY.search(reason) else ""
    raise FetchError(f"it refuses ({reason}){hint}", everywhere=True)


SERVICE = Service(
    name="etherscan",
    title="Etherscan",
    url="https://api.etherscan.io/v2/api",
    connector="etherscan",
    pace=2,
    key=KeyPlace("parameter", "apikey", ("TRAILS_ETHERSCAN_KEY",), needed=True),
    plan=plan,
    first=first,
    pages=pages,
    judge=judge,
    asks="USDT (or --contract) transfers of addresses on --chain ethereum, bsc, polygon or gnosis, their coin (--coins)",
)
