"""TronGrid: the TRC-20 transfers of an address, its TRX transactions, the freezes of a token, one transaction's events.

``GET /v1/accounts/{address}/transactions/trc20`` (and ``/transactions``, ``/v1/contracts/{address}/events``), oldest first,
200 a page; the next page is asked for with the ``fingerprint`` of the last one. The address of the next page that an
answer names (``meta.links.next``) is never followed: only its fingerprint is used, so an answer cannot send us to another
host. Unconfirmed transfers are left out, and with the oldest first, what happens while the pages are read cannot move
them.

Specification: TronGrid v1, "Get contract transaction info by account address"; limits and errors: "Rate limits" (429, or
403 with ``exceeds the frequency limit(15), and the query server is suspended for 30s``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trails.errors import UsageError
from trails.http import Again, FetchError, Request
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
    refuse_unused,
    with_parameters,
)
from trails.money import USDT_CONTRACTS

_LIMITED = re.compile(r"frequency limit|rate limit|too many requests|suspended for", re.IGNORECASE)
_SUSPENDED = re.compile(r"suspended for (\d{1,4})\s*s", re.IGNORECASE)
FREEZE_EVENTS = ("AddedBlackList", "RemovedBlackList", "DestroyedBlackFunds")
KEY = KeyPlace("header", "TRON-PRO-API-KEY", ("TRAILS_TRONGRID_KEY",))


def plan(wanted: Wanted) -> list[LookUp]:
    """One look-up for each address and transaction, one more for its TRX (--coins), and one for freezes."""
    refuse_unused(wanted, "trongrid", "blocks", "chain", "confirmations")
    contract = None
    if wanted.contract != "any":
        contract = check_contract(wanted.contract, "tron", USDT_CONTRACTS["tron"][0])
    elif wanted.freezes:
        raise UsageError("--freezes are those of one token: name it with --contract, USDT is the default")
    make = partial(LookUp, "trongrid", url=wanted.url, rail="tron", since=wanted.since, until=wanted.until)
    found = []
    for each in check_addresses(wanted.addresses, ("tron",), "trongrid"):
        found.append(make("trc20", each.key, contract=contract))
        found += [make("transactions", each.key)] if wanted.coins else []
    found += [make("freezes", "", contract=contract)] if wanted.freezes else []
    transactions = check_transactions(wanted.transactions)
    return found + [LookUp("trongrid", "events", txid, wanted.url, "tron") for txid in transactions]


def first(lookup: LookUp) -> Request:
    """The request of the first page."""
    return _ask_page(lookup, FREEZE_EVENTS[0] if lookup.kind == "freezes" else None, None)


def _ask_page(lookup: LookUp, event: str | None, fingerprint: str | None) -> Request:
    path, prefix = f"accounts/{lookup.subject}/transactions", ""
    parameters: dict[str, str | int] = {"limit": 200, "only_confirmed": "true", "order_by": "block_timestamp,asc"}
    if lookup.kind == "trc20":
        path += "/trc20"
        parameters |= {"contract_address": lookup.contract} if lookup.contract else {}
    elif event:
        path, prefix = f"contracts/{lookup.contract}/events", "block_"
        parameters["event_name"] = event
    elif lookup.kind == "events":
        path, parameters = f"transactions/{lookup.subject}/events", {"limit": 200, "only_confirmed": "true"}
    if lookup.since is not None:
        parameters[f"min_{prefix}timestamp"] = lookup.since * 1_000
    if lookup.until is not None:
        parameters[f"max_{prefix}timestamp"] = lookup.until * 1_000 - 1
    if fingerprint is not None:
        parameters["fingerprint"] = fingerprint
    return Request(with_parameters(f"{lookup.url}/v1/{path}", parameters))


def pages(lookup: LookUp, ask: Ask) -> Iterator[Page]:
    """Every page until one names no next; raises FetchError for a service that goes round in a circle."""
    for event in FREEZE_EVENTS if lookup.kind == "freezes" else (None,):
        yield from _follow_pages(lookup, ask, event)


def _follow_pages(lookup: LookUp, ask: Ask, event: str | None) -> Iterator[Page]:
    fingerprint: str | None = None
    seen: set[str] = set()
    while True:
        answer = ask(_ask_page(lookup, event, fingerprint))
        rows = answer.value["data"]
        content = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
        fingerprint = _next_fingerprint(answer.value)
        if fingerprint is not None and (content in seen or fingerprint in seen):
            raise FetchError("the service gives the same page again and again; the look-up was stopped")
        seen |= {content} | ({fingerprint} if fingerprint else set())
        yield Page(answer, len(rows))
        if fingerprint is None:
            return


def _next_fingerprint(value: dict[str, Any]) -> str | None:
    meta = value.get("meta")
    if not isinstance(meta, dict):
        return None
    if meta.get("fingerprint"):
        return str(meta["fingerprint"])
    links = meta.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    if not following:
        return None
    try:
        found = parse_qs(urlsplit(str(following)).query).get("fingerprint")
    except ValueError:
        found = None
    if not found:
        raise FetchError("a page names a next one without saying which (no fingerprint); the rest is not to be had")
    return found[0]


def judge(status: int, value: Any) -> bool:
    """A page of TronGrid; a limit that passes is told from an error that does not."""
    if not isinstance(value, dict):
        return False
    if status == 200 and value.get("success") is True and isinstance(value.get("data"), list):
        return True
    reason = str(value.get("error") or value.get("Error") or value.get("message") or "")[:200]
    if _LIMITED.search(reason):
        asked = _SUSPENDED.search(reason)
        raise Again(f"it limits how often it may be asked ({reason})", float(asked[1]) if asked else None, status)
    if reason and status < 500 and status not in (408, 429):
        raise FetchError(f"it refuses: {reason}", everywhere=status in (401, 403))
    return False


SERVICE = Service(
    name="trongrid",
    title="TronGrid",
    url="https://api.trongrid.io",
    connector="trongrid",
    pace=2,
    key=KEY,
    plan=plan,
    first=first,
    pages=pages,
    judge=judge,
    asks="USDT (or --contract) transfers of TRON addresses, their TRX (--coins), freezes (--freezes), a transaction (--tx)",
)
