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
_OF_TOKENS = ("tokenSymbol", "tokenName", "tokenDecimal")


def kind_of_fields(fields: set[str]) -> str | None:
    """Name what the items of an answer may be about, by their fields alone: all that a file's beginning shows."""
    return next((kind for kind, needed in _MARKS if needed <= fields), None)


def kind_of_item(item: Mapping[Any, Any]) -> str | None:
    """Name what an item is about by what it states: a field that is there and empty means nothing.

    An item that names a contract and nothing of a token is the creation of that contract where the receiver is empty; an
    answer about tokens alone (which has no ``isError``) may know no name of one.

    >>> kind_of_item({"from": "0x..", "to": "0x..", "value": "1", "gasPrice": "1", "isError": "0", "tokenID": ""})
    'coin'
    """
    stated = {str(name) for name, value in item.items() if value not in (None, "") and str(value).strip()}
    if "tokenID" in stated:
        return "collectible"
    if "contractAddress" in stated and (stated & set(_OF_TOKENS) or ("tokenSymbol" in item and "isError" not in item)):
        return "token"
    found = kind_of_fields(stated)
    if found == "coin" and "contractAddress" in stated and "tokenSymbol" in item and "to" in stated:
        return None
    return found


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
