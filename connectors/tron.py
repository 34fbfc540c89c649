"""What the connectors of TRON share: its own coin and TRC-10 tokens, block times, results, and pages that overlap.

An address is written in base58 (``TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t``), as ``41`` and 40 hexadecimal digits (a node's
answers), or as ``0x`` and 40 (arguments of events): all three are one account. Amounts of TRX are in sun, 10**-6 TRX.
Sources: TRON developer documentation; the message types of tronprotocol/protocol (core/Tron.proto).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from trails.errors import AmountError, IdentifierError, TimeError, ValueProblem
from trails.identifiers import canonical_address
from trails.model import Event, Issue, Node, Price, Record, Skip, Tag, Transfer
from trails.money import Asset, check_amount
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trails.connector import RawRecord

RAIL = "tron"
TRX = Asset("TRX", RAIL, None, "TRX", 6)
#: Where the TRX go that a transaction costs: the chain burns them.
FEE = Node(RAIL, "fee", "account", "network fee")
#: The longest whole number read from an answer; what does not fit 38 digits is refused with its length.
_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)
_TRC10 = re.compile(r"1\d{6}\Z", re.ASCII)
_TRC10_HEX = re.compile(r"31(3\d){6}\Z", re.ASCII)
_EVENT_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z", re.ASCII)
_WRITTEN = re.compile(r"(?<![0-9A-Za-z])T[1-9A-HJ-NP-Za-km-z]{33}(?![0-9A-Za-z])")
_SUCCESS = frozenset({"SUCCESS", "SUCESS"})


def trc10(number: str, symbol: str | None = None, decimals: int | None = None) -> Asset:
    """Give the asset of a TRC-10 token by its number, also where a node wrote the number as hexadecimal text.

    Raises IdentifierError for anything else: before 2018 such tokens went by names, which are not unique.

    >>> trc10("1002000").asset, trc10("31303032303030").asset
    ('1002000@tron', '1002000@tron')
    """
    plain = bytes.fromhex(number).decode("ascii") if _TRC10_HEX.match(number) else number
    if not _TRC10.match(plain):
        raise IdentifierError(f"token {number[:60]!r} is no number of a TRC-10 token (seven digits, from 1000001)")
    return Asset(f"{plain}@{RAIL}", RAIL, plain, symbol, decimals)


def account_key(value: object) -> str:
    """Give the canonical key of an address in base58, or as ``41`` and 40 digits; raises IdentifierError.

    ``0x`` is none of these: where accounts are named, such an address is one of another chain.
    """
    return canonical_address(value if isinstance(value, str) else str(value)[:90], RAIL)


def tron_key(value: object) -> str:
    """Give the canonical key of an address in any of its three spellings: for arguments of events and raw logs.

    Raises IdentifierError.

    >>> tron_key("0xa614f803b6fd780986a42c78ec9c7f77e6ded13c")
    'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t'
    """
    found = isinstance(value, str) and _EVENT_ADDRESS.match(value)
    return account_key(f"41{found[0][2:]}" if found else value)


def tron_node(value: object) -> Node:
    """Give the account of an address as accounts are written; raises IdentifierError."""
    return Node(RAIL, account_key(value))


def names_tron_addresses(text: str) -> bool:
    """Tell whether a text holds a whole address of TRON with a good checksum: a file's beginning, to know its chain.

    >>> names_tron_addresses("from,to\\nTR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,x"), names_tron_addresses("0xdac1..")
    (True, False)
    """
    for found in _WRITTEN.finditer(text):
        try:
            canonical_address(found[0], RAIL)
        except IdentifierError:
            continue
        return True
    return False


def read_whole(value: object, name: str) -> int:
    """Read a whole number of base units, as a number or as digits; raises AmountError."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _DIGITS.match(text):
        raise AmountError(f"{name} {str(value)[:90]!r} is not a whole number of at most 80 digits")
    return check_amount(int(text))


def read_decimals(value: object) -> int | None:
    """Read how many decimals an answer says a token has, None where it does not say; raises ValueProblem."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,3}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 255:
        raise ValueProblem(f"decimals {str(value)[:40]!r} are no whole number from 0 to 255")
    return value


def block_time(row: int, value: object, name: str = "block_timestamp") -> tuple[Instant, tuple[Issue, ...]]:
    """Read a block's time in milliseconds; an impossible one becomes unknown with a warning. Raises TimeError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TimeError(f"{name} {str(value)[:60]!r} is not a whole number of milliseconds")
    try:
        return from_unix(value // 1_000), ()
    except TimeError as problem:
        return UNKNOWN_TIME, (Issue(row, "warning", "time_implausible", str(problem)),)


def status_of(*results: object) -> str:
    """Give the status of a transaction from the results it states: all must say success for it to have moved value.

    ``unstated`` where none is said: such a transfer is kept, and not counted as moved.

    >>> status_of("SUCCESS", "SUCCESS"), status_of("SUCCESS", "OUT_OF_ENERGY"), status_of(None)
    ('ok', 'failed', 'unstated')
    """
    said = [str(result).strip().upper() for result in results if result not in (None, "")]
    if not said:
        return "unstated"
    return "ok" if all(word in _SUCCESS for word in said) else "failed"


def unconfirmed(row: int) -> Issue:
    """Warn that the answer was given before the block was final."""
    message = (
        "the block was not final when this was asked (it takes about a minute): not counted as moved; ask again for the "
        "final answer"
    )
    return Issue(row, "warning", "unconfirmed", message)


def settle_row(row: int, found: Iterable[Record]) -> Iterator[Record]:
    """Give a row's records so that it is accounted for once: why parts of it are no transfer is the reason of its
    skip where nothing else is stated, and a note beside the facts (a fee, say) otherwise."""
    kept: list[Record] = []
    reasons: list[str] = []
    for record in found:
        if isinstance(record, Skip):
            reasons.append(record.reason)
        else:
            kept.append(record)
    yield from kept
    stated = any(isinstance(record, Transfer | Event | Tag | Price) for record in kept)
    refused = any(isinstance(record, Issue) and record.severity == "error" for record in kept)
    if not stated and not refused:
        yield Skip(row, "; ".join(dict.fromkeys(reasons)) or "states no transfer")
    elif stated:
        for reason in dict.fromkeys(reasons):
            yield Issue(row, "note", "not_a_transfer", reason)


class PageOverlap:
    """Finds the items that stand on an earlier page word for word: pages overlap where an answer grew in between.

    Equal items of one page are different transfers (a batch payout); only what an earlier page held already is left out.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._here: Counter[str] = Counter()

    def next_page(self) -> None:
        """Begin a page."""
        self._seen |= self._here
        self._here = Counter()

    def repeats(self, item: RawRecord) -> bool:
        """Tell whether an item of the page was on an earlier one."""
        self._here[item.raw] += 1
        return self._here[item.raw] <= self._seen[item.raw]


def text_or_none(value: Any) -> str | None:
    """Give a text field, None where there is no text."""
    return value if isinstance(value, str) and value else None
