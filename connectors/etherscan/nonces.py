"""Whether transactions of an account are missing from a list of its own: each account counts its transactions.

The number (``nonce``) that a chain gives to what an account sends rises by one each time. Only the list of an account's
transactions must hold all of them, so only that list is looked at, and only between the first and the last it holds.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from trails.model import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_MOST_DIGITS = 18
_LONGEST = 80


def sides_of(item: Mapping[str | None, Any]) -> tuple[str, str, str]:
    """The sender, the receiver and the number of a transaction, as texts."""
    return (_text(item.get("from")).lower(), _text(item.get("to")).lower(), _text(item.get("nonce")))


def _text(value: object) -> str:
    return str(value)[:_LONGEST] if isinstance(value, str | int) else ""


def note_missing_nonces(sides: Sequence[tuple[str, str, str]]) -> Iterator[Issue]:
    """Warn where numbers are left out of what the one account sent that stands in every item.

    >>> sent = [{"from": "0xa", "to": "0xb", "nonce": str(n)} for n in (4, 5, 8)]
    >>> sides = [sides_of(item) for item in [*sent, {"from": "0xc", "to": "0xa", "nonce": "77"}]]
    >>> [issue.message for issue in note_missing_nonces(sides)]
    ['the account sent transactions 4 to 8, and 2 of them are not here (first: 6): rows may be missing']
    """
    if not sides:
        return
    owners = {sides[0][0], sides[0][1]}
    for src, dst, _ in sides:
        owners &= {src, dst}
    if len(owners) != 1:
        return
    owner = owners.pop()
    sent = sorted({int(nonce) for src, _, nonce in sides if src == owner and _is_number(nonce)})
    missing = sum(later - earlier - 1 for earlier, later in pairwise(sent))
    if missing:
        first = next(earlier + 1 for earlier, later in pairwise(sent) if later > earlier + 1)
        yield Issue(
            None, "warning", "possibly_truncated",
            f"the account sent transactions {sent[0]:,} to {sent[-1]:,}, and {missing:,} of them are not here (first: "
            f"{first:,}): rows may be missing",
        )  # fmt: skip


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
