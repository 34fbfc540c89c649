"""The JSON answers of the API (v1 and v2 alike): what they are about, and which of them are errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trails.errors import SourceError
from trails.model import Issue
from trails.records import say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Fields that tell what an item is about, in the order they are tried.
_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("collectible", frozenset(("tokenID",))),
    ("token", frozenset(("contractAddress", "tokenSymbol"))),
    ("withdrawal", frozenset(("withdrawalIndex", "validatorIndex"))),
    ("coin", frozenset(("from", "value", "gasPrice"))),
    ("internal", frozenset(("from", "value", "traceId"))),
    ("internal", frozenset(("from", "value", "errCode"))),
)


def kind_of_item(item: Mapping[str, Any] | set[str]) -> str | None:
    """Name what an item of an answer is about by its fields."""
    fields = set(item)
    return next((kind for kind, needed in _MARKS if needed <= fields), None)


def check_answer(value: Any, where: str) -> Iterator[Issue]:
    """Warn of an answer without rows.

    Raises SourceError for an answer that is an error (no key, too many calls, a chain the plan does not include), and
    for one of another module.
    """
    if not isinstance(value, dict) or "result" not in value or "message" not in value:
        raise SourceError(f"{where}: {_say_other(value)}")
    result, message = value.get("result"), str(value.get("message"))
    ok = str(value.get("status")) == "1"
    if isinstance(result, list) and (result or ok or message.startswith("No ")):
        if not ok and result:
            raise SourceError(f"{where}: the API answered {message[:80]!r} with rows: get it again")
        if not result:
            yield Issue(None, "warning", "no_rows", f"{where}: {message[:80]}: nothing was found for what was asked")
        return
    reason = str(result)[:200] if result else "no reason given"
    raise SourceError(f"{where}: the API answered {message[:80]!r}: {reason}; {_what_to_try(reason + message)}")


def _say_other(value: Any) -> str:
    if isinstance(value, dict) and "jsonrpc" in value:
        error = value.get("error")
        said = f" with the error {str(error)[:200]}" if error else ""
        return f"an answer of the module proxy{said}, no API answer with status, message and result; logs are read as eth_logs"
    return say_broken(value, "no API answer with status, message and result")


def _what_to_try(said: str) -> str:
    plain = said.casefold()
    if "rate limit" in plain:
        return "too many calls: wait, then get it again"
    if "api key" in plain or "apikey" in plain:
        return "say a valid key"
    if "chain" in plain:
        return "name a chain that your plan includes (chainid)"
    if "window" in plain or "timeout" in plain or "offset" in plain:
        return "ask for fewer blocks at a time"
    return "get it again"
