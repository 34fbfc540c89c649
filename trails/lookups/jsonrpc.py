"""JSON-RPC as nodes speak it: the envelope, and what their many errors mean."""

from __future__ import annotations

import json
import re
from typing import Any

from trails.http import Again, FetchError, Request

#: An answer would be too large, in the words of Infura, Alchemy, QuickNode, geth, reth, erigon, java-tron and others.
_TOO_MUCH = re.compile(
    r"block range|range.{0,40}(exceed|larger|limit|too|max)|(exceed|larger|max|limit).{0,40}range|more than \d+ (results|logs)"
    r"|too many (results|logs|blocks)|response size|result.{0,20}too (large|big|many)|reduce.{0,30}range|\d+ blocks? (range|limit)"
    r"|limited to.{0,30}(blocks|range|results)|query (timeout|exceeds)|exceeds? max (results|logs)|max results",
    re.IGNORECASE,
)
_TOO_OFTEN = re.compile(
    r"rate.?limit|too many requests|per second|compute units|capacity|try again|temporar|overloaded|work queue"
    r"|loading|warm(ing)? ?up|rescanning|still syncing|header not found|timed? ?out|busy|in progress",
    re.IGNORECASE,
)
_DAILY = re.compile(r"daily|monthly|quota", re.IGNORECASE)
_TRANSIENT_CODES = frozenset({-28, -32005, 429})


class NodeError(FetchError):
    """A node's refusal, with the number that the node gave it."""

    def __init__(self, message: str, *, code: object, everywhere: bool = False) -> None:
        self.code = code
        super().__init__(message, everywhere=everywhere)


def call(url: str, method: str, *parameters: Any, scope: str = "") -> Request:
    """A request for one method."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    return Request(url, json.dumps(body, separators=(",", ":")), scope)


def is_too_much(value: Any) -> bool:
    """Whether an answer says that a smaller part must be asked for."""
    error = value.get("error") if isinstance(value, dict) else None
    return isinstance(error, dict) and not _is_too_often(error) and bool(_TOO_MUCH.search(_words(error)))


def judge(status: int, value: Any) -> bool:
    """A result; an error that passes is told from one that does not. A node's error may come with any status.

    Raises NodeError for a refusal, FetchError where a quota is used up, Again for what passes.
    """
    if not isinstance(value, dict):
        return False
    error = value.get("error")
    if error is None:
        return status == 200 and "result" in value and value.get("id") == 1
    words = _words(error)[:200]
    if _DAILY.search(words):
        raise FetchError(f"it gives no more for now ({words}); run the same command again later", everywhere=True)
    if isinstance(error, dict) and (_is_too_often(error) or error.get("code") in _TRANSIENT_CODES):
        raise Again(f"it asks for patience ({words})", None, status)
    if status in (429, 502, 503, 504):
        return False
    code = error.get("code") if isinstance(error, dict) else None
    raise NodeError(f"it refuses: {words}", code=code, everywhere=status in (401, 403))


def judge_logs(status: int, value: Any) -> bool:
    """A result, or word that the range is too large, which is an answer too: a smaller one is then asked for."""
    return is_too_much(value) or judge(status, value)


def _is_too_often(error: dict[str, Any]) -> bool:
    return bool(_TOO_OFTEN.search(_words(error))) and not re.search(r"block range|results|query timeout", _words(error))


def _words(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    data = error.get("data")
    inner = data if isinstance(data, str) else json.dumps(data) if isinstance(data, dict) else ""
    return f"{error.get('code')} {error.get('message')} {inner}".strip()


def whole(value: Any) -> int:
    """A number as nodes write it (``0x1a``); raises FetchError."""
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{1,16}", value, re.ASCII):
        return int(value, 16)
    raise FetchError(f"the node gives {str(value)[:60]!r} where a number is due; the look-up was stopped")
