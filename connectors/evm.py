"""What the connectors of token transfers share: refusing a row, naming the rail, and the two traps of tokens (a
counterfeit symbol, a transfer of nothing).

The pace of a chain (which block was made when) tells Ethereum and BSC apart where an export does not name its chain.
The anchors are approximate: round block numbers as any block explorer shows them, fork blocks and fork times as the
release notes of go-ethereum and bsc announce them. The last anchor of each chain is projected at the pace before it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING

from trails.errors import AmountError, IdentifierError, TimeError, UsageError, ValueProblem
from trails.identifiers import EVM_RAILS
from trails.model import Issue
from trails.money import USDT_CONTRACTS, Asset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trails.connector import ReadOptions

PACE_TOLERANCE_S = 3 * 86_400

#: (block number, Unix seconds), approximate to well under the tolerance.
PACE: dict[str, tuple[tuple[int, int], ...]] = {
    "ethereum": (
        (4_370_000, 1_508_131_331),  # Byzantium
        (5_000_000, 1_517_319_693),
        (6_000_000, 1_532_118_564),
        (7_000_000, 1_546_466_952),
        (7_280_000, 1_551_383_524),  # Constantinople
        (8_000_000, 1_561_100_149),
        (9_000_000, 1_574_706_444),
        (9_200_000, 1_577_953_849),  # Muir Glacier
        (10_000_000, 1_588_598_533),
        (11_000_000, 1_601_957_824),
        (12_000_000, 1_615_234_816),
        (13_000_000, 1_628_632_419),
        (14_000_000, 1_642_114_795),
        (15_000_000, 1_655_778_535),
        (15_537_394, 1_663_224_179),  # the Merge
        (17_034_870, 1_681_338_479),  # Shapella
        (18_000_000, 1_693_066_895),
        (19_426_587, 1_710_338_135),  # Dencun
        (21_000_000, 1_729_338_503),
        (22_431_084, 1_746_612_311),  # Pectra
        (27_000_000, 1_801_759_127),  # projected at 12.07 s a block
    ),
    "bsc": (
        (1, 1_598_671_449),
        (13_082_000, 1_638_259_200),  # Bruno, as announced
        (18_907_621, 1_655_884_800),  # Euler, as announced
        (30_720_096, 1_691_650_800),  # Plato, as announced
        (34_140_700, 1_701_936_000),  # Hertzfix, as announced
        (48_780_000, 1_745_903_100),  # Lorentz; the block is projected at 3.003 s a block
    ),
}

_LOOKALIKES = str.maketrans({"\u20ae": "T", "\u0422": "T", "\u03a4": "T", "\u0405": "S", "\u054d": "U"})
_PROBLEM_CODES = {AmountError: "amount", TimeError: "time", IdentifierError: "identifier"}


def refuse(row: int, problem: ValueProblem) -> Issue:
    """Make the error issue that refuses a row for one value nobody can understand."""
    return Issue(row, "error", _PROBLEM_CODES.get(type(problem), "malformed"), str(problem))


def stated_rail(options: ReadOptions) -> str | None:
    """Give the EVM rail the person named; raises UsageError for a rail that is none."""
    if options.rail is not None and options.rail not in EVM_RAILS:
        raise UsageError(f"rail {options.rail!r} is not one of {', '.join(EVM_RAILS)}")
    return options.rail


def rails_by_pace(pairs: Iterable[tuple[int, int]]) -> list[str]:
    """Name the chains of PACE on which every (block, Unix seconds) pair is plausible, within three days.

    >>> rails_by_pace([(17_173_049, 1_683_029_999)])
    ['ethereum']
    """
    checked = list(pairs)
    return [rail for rail in PACE if checked and all(_fits(PACE[rail], block, time) for block, time in checked)]


def _fits(anchors: tuple[tuple[int, int], ...], block: int, seconds: int) -> bool:
    after = bisect_right(anchors, (block, 1 << 62))
    if after in (0, len(anchors)):
        return False
    (low, start), (high, end) = anchors[after - 1], anchors[after]
    expected = start + (end - start) * (block - low) // (high - low)
    return abs(seconds - expected) <= PACE_TOLERANCE_S


def token_notes(row: int, asset: Asset, symbol: str, name: str, amount: int | None) -> Iterator[Issue]:
    """Note what a reader of a token transfer must know: the token only calls itself USDT, or nothing was moved."""
    issuers = {contract for contract, _ in USDT_CONTRACTS.values()}
    if asset.contract not in issuers and _calls_itself_usdt(symbol, name):
        yield Issue(
            row,
            "note",
            "counterfeit_symbol",
            f"token {asset.contract} calls itself {symbol or name!r} but is not the issuer's USDT contract on "
            f"{asset.rail}: a counterfeit or a bridged token, never added up with USDT",
        )
    if amount == 0:
        yield Issue(row, "note", "zero_value", "a transfer of zero tokens: often address poisoning, moves nothing")


def _calls_itself_usdt(symbol: str, name: str) -> bool:
    return _plain(symbol) == "USDT" or _plain(name) in ("TETHERUSD", "TETHERUSDT", "USDT")


def _plain(text: str) -> str:
    """Letters and digits only, in capitals, with the look-alikes of other scripts as Latin letters."""
    letters = unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES)
    return "".join(letter for letter in letters if letter.isalnum())
