"""Whatever a service answers, a look-up ends: with pages, or with one error that says why."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lookups.server import Seen
from tests.lookups.standins import every_service
from trails.http import Again, FetchError, Judge, Request
from trails.lookups import SERVICES
from trails.lookups.service import Answer, Wanted

ODD: list[Any] = [
    None, True, 0, -1, 1.5, "x", "0x", [], {}, [None], [[]], [{}], {"result": None}, {"result": "x"}, {"result": {}},
    {"result": []}, {"result": [1]}, {"result": [{}]}, {"result": {"relevant_blocks": [1]}}, {"result": {"tx": [{}]}},
    {"result": {"tx": [{"vin": 1}]}}, {"result": {"logs": 7}}, {"error": {}}, {"error": []},
    {"error": {"code": "x", "message": []}},
    {"success": True, "data": [1, None, {}]}, {"success": True, "data": [], "meta": {"fingerprint": [1]}},
    {"success": True, "data": [], "meta": {"links": {"next": 5}}}, {"success": True, "data": [], "meta": 5}, {"success": "yes"},
    {"success": False, "error": {}}, {"status": "1", "result": "x"}, {"status": "1", "result": [{}]},
    {"status": "1", "result": [1]},
    {"status": 1, "message": "OK", "result": [{"blockNumber": "-1"}]}, {"status": "0", "message": None, "result": None},
    {"chain_stats": []}, {"chain_stats": {"tx_count": "5"}}, [{"txid": 5}], [{"txid": "ab" * 32, "status": 3}],
]  # fmt: skip

SERVICE_NAMES = list(SERVICES)
FIELDS = [
    "result", "error", "code", "message", "data", "success", "meta", "fingerprint", "links", "next", "status", "txid", "vin",
    "vout", "tx", "hash", "timestamp", "blockNumber", "blockHash", "logs", "transactionHash", "relevant_blocks", "completed",
    "mediantime",
    "chain_stats", "tx_count", "id",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0x1", "0x", "1", "ab" * 32]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def look_up(name: str, place: int, odd: Any) -> int:
    """Ask a service whose answers are right until one is odd; how many answers that took."""
    _, words, standin = every_service("key")[name]
    service, count = SERVICES[name], 0
    lookup = service.plan(
        Wanted(addresses=words[:1], url="http://127.0.0.1:1", confirmations=0 if "rpc" in name else None)
    )[0]

    def ask(request: Request, *, judge: Judge | None = None, condense: Callable[[Any], Any] | None = None) -> Answer:
        nonlocal count
        count += 1
        assert count < 100, "the look-up does not end"
        parts = urlsplit(request.url)
        value = odd
        if count <= place:
            target = f"{parts.path}?{parts.query}&apikey=key"
            value = standin(Seen(request.method, target, {}, (request.body or "").encode(), 0))
        elif isinstance(odd, dict) and request.body:
            value = {"jsonrpc": "2.0", "id": 1, **odd}
        if not (judge or service.judge)(200, value):
            raise Again("the answer is none that is known")
        return Answer(b"", condense(value) if condense else value)

    for page in service.pages(lookup, ask):
        assert page.rows >= 0
    return count


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_right_answers_end_by_themselves(name: str) -> None:
    assert look_up(name, 100, None) < 20


@pytest.mark.parametrize("place", range(10))
@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_an_odd_answer_in_any_place_is_used_or_refused(name: str, place: int) -> None:
    refused = 0
    for odd in ODD:
        try:
            look_up(name, place, odd)
        except (FetchError, Again):
            refused += 1
    assert refused > len(ODD) // 2 or place >= look_up(name, 100, None)


@pytest.mark.parametrize("name", SERVICE_NAMES)
@settings(max_examples=150)
@given(place=st.integers(0, 9), odd=JSON)
def test_any_json_in_any_place_is_used_or_refused(name: str, place: int, odd: Any) -> None:
    with suppress(FetchError, Again):
        look_up(name, place, odd)
