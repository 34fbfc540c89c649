"""What the connectors of token transfers share: refusing a row, naming the rail, reading a block's time, and the two
traps of tokens (a counterfeit symbol, a transfer of nothing).

The rail is what the person says, else what the file says (a chain id, the coin in a column's name), else what the pace
of the chain says: which block was made when tells Ethereum and BSC apart. The anchors of the pace are approximate:
round block numbers as any block explorer shows them, fork blocks and fork times as the release notes of go-ethereum
and bsc announce them. The last anchor of each chain is projected at the pace before it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from trails.errors import AmountError, IdentifierError, SourceError, TimeError, UsageError, ValueProblem
from trails.identifiers import EVM_RAILS, plain_symbol
from trails.model import Event, Issue
from trails.money import USDT_CONTRACTS, Asset
from trails.timestamps import FIRST_BLOCK, LAST_SENSIBLE, UNKNOWN_TIME, Instant, from_unix, is_numbered, parse_time
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trails.connector import ReadOptions
    from trails.model import Node

PACE_TOLERANCE_S = 3 * 86_400
#: A larger number is no block's.
_MOST_BLOCKS = 10**10

#: (block number, Unix seconds), approximate to well under the tolerance.
PACE: dict[str, tuple[tuple[int, int], ...]] = {
    "ethereum": (
        (1, 1_438_269_988),  # Frontier
        (1_000_000, 1_455_404_053),
        (1_500_000, 1_463_003_133),
        (2_000_000, 1_470_173_578),
        (2_500_000, 1_477_324_790),
        (3_000_000, 1_484_475_035),
        (3_700_000, 1_494_679_592),
        (3_900_000, 1_497_906_023),
        (4_000_000, 1_499_633_567),
        (4_100_000, 1_501_511_212),  # the pace fell from here to Byzantium
        (4_200_000, 1_503_608_908),
        (4_300_000, 1_506_036_497),
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

#: The rails of chain ids (EIP-155), as the chain list of Etherscan's API v2 gives them.
CHAIN_IDS = {1: "ethereum", 56: "bsc", 100: "gnosis", 137: "polygon"}

#: The rail that a coin's name in an export means. ETH is the coin of many chains, so it decides nothing by itself.
COIN_RAILS = {"BNB": "bsc", "MATIC": "polygon", "POL": "polygon", "XDAI": "gnosis"}

MAX_LOGS = 10**6
#: No chain has come near such numbers of a block, or of a log in it; larger ones do not fit the tables of a case.
_MOST_BLOCK, _MOST_LOG = 10**12, 2**31

_PROBLEM_CODES = {AmountError: "amount", TimeError: "time", IdentifierError: "identifier"}


def refuse(row: int, problem: ValueProblem) -> Issue:
    """Make the error issue that refuses a row for one value nobody can understand."""
    codes = (code for kind, code in _PROBLEM_CODES.items() if isinstance(problem, kind))
    return Issue(row, "error", next(codes, "malformed"), str(problem))


def stated_rail(options: ReadOptions, *, also: tuple[str, ...] = ()) -> str | None:
    """Give the rail the person named; raises UsageError for one that is neither an EVM rail nor one of ``also``."""
    allowed = (*EVM_RAILS, *also)
    if options.rail is not None and options.rail not in allowed:
        raise UsageError(f"rail {options.rail!r} is not one of {', '.join(allowed)}")
    return options.rail


def find_rail(
    pairs: Iterable[tuple[int, int] | None],
    options: ReadOptions,
    *,
    coin: str | None = None,
    chains: Iterable[int] = (),
    also: tuple[str, ...] = (),
) -> tuple[str, Issue | None]:
    """Name the chain of a whole source, and say with an issue what it was known by.

    ``pairs`` are (block, Unix seconds), None where a row does not state both; ``coin`` is the coin a column's name
    states; ``chains`` are the chain ids the rows state. Where nothing singles out a chain the rail is ``evm``.
    Raises UsageError for a rail that is none, SourceError where the file states another chain than the person.
    """
    stated = stated_rail(options, also=also)
    ids = sorted(set(chains))
    if ids:
        return _rail_of_chains(ids, stated)
    if stated:
        return stated, None
    if coin is not None and coin.upper() in COIN_RAILS:
        rail = COIN_RAILS[coin.upper()]
        message = f"the file names no chain; its coin is {coin}, that of {rail}"
        return rail, Issue(None, "note", "chain_by_coin", message)
    known = set(pairs)
    found = [rail for rail in _rails_of_most(pair for pair in known if pair) if coin in (None, COINS[rail][1])]
    if len(found) == 1:
        message = (
            f"the file names no chain; its block numbers and times fit {found[0]} and not the other of Ethereum, BSC"
        )
        unfit = sum(not _fits(PACE[found[0]], *pair) for pair in known if pair)
        if unfit:
            message += f", but for {count_words(unfit, 'row')} whose block or time is damaged"
        return found[0], Issue(None, "warning" if unfit else "note", "chain_by_pace", message)
    if not known:
        return "evm", None
    message = (
        "the file names no chain, and its block numbers and times do not single out Ethereum or BSC: say it with --rail"
    )
    return "evm", Issue(None, "warning", "chain_not_stated", message)


def _rail_of_chains(ids: list[int], stated: str | None) -> tuple[str, Issue | None]:
    """Name the rail of the chain ids that rows state; raises SourceError for several, or another than the stated."""
    shown = ", ".join(map(str, ids))
    if len(ids) > 1:
        raise SourceError(f"the rows are of several chains (chain ids {shown}): add one file for each chain")
    rail = CHAIN_IDS.get(ids[0], "evm")
    if stated not in (None, rail, "evm"):
        raise SourceError(f"--rail says {stated}, but the rows state chain id {shown} ({rail}): one of them is wrong")
    if rail == "evm":
        message = f"chain id {shown} has no rail of its own: its accounts are kept on the rail evm"
        return rail, Issue(None, "warning", "chain_without_rail", message)
    return rail, None


def rails_by_pace(pairs: Iterable[tuple[int, int]]) -> list[str]:
    """Name the chains of PACE on which every (block, Unix seconds) pair is plausible, within three days.

    >>> rails_by_pace([(17_173_049, 1_683_029_999)])
    ['ethereum']
    """
    checked = list(pairs)
    return [rail for rail in PACE if checked and all(_fits(PACE[rail], block, time) for block, time in checked)]


def _rails_of_most(pairs: Iterable[tuple[int, int]]) -> list[str]:
    """Name the chains of PACE that the pairs fit, though a damaged row does not: one in ten, and at least one of three.

    A pair that fits another of the chains is no damage: then nothing is certain.
    """
    sound = [(block, unix) for block, unix in pairs if block < _MOST_BLOCKS and FIRST_BLOCK <= unix < LAST_SENSIBLE]
    fitting = {pair: rails_by_pace([pair]) for pair in sound}
    odd = [pair for pair, rails in fitting.items() if not rails]
    if len(sound) < 3 or len(odd) > max(1, len(sound) // 10):
        return rails_by_pace(sound)
    return rails_by_pace(pair for pair in sound if fitting[pair])


def _fits(anchors: tuple[tuple[int, int], ...], block: int, seconds: int) -> bool:
    after = bisect_right(anchors, (block, 1 << 62))
    if after in (0, len(anchors)):
        return False
    (low, start), (high, end) = anchors[after - 1], anchors[after]
    expected = start + (end - start) * (block - low) // (high - low)
    return abs(seconds - expected) <= PACE_TOLERANCE_S


#: The coin of each chain itself: the id of the asset, and its symbol. Matic was renamed POL in 2024, one for one.
COINS: dict[str, tuple[str, str]] = {
    "ethereum": ("ETH", "ETH"),
    "bsc": ("BNB@bsc", "BNB"),
    "polygon": ("POL@polygon", "POL"),
    "gnosis": ("xDAI@gnosis", "xDAI"),
}


def native_coin(rail: str) -> Asset:
    """Give the coin of a chain itself, in which value and fees are paid; 18 places on every EVM chain.

    >>> native_coin("ethereum").asset, native_coin("evm").asset
    ('ETH', 'coin@evm')
    """
    asset, symbol = COINS.get(rail, (f"coin@{rail}", None))
    return Asset(asset, rail, None, symbol, 18)


def read_stamp(value: object, options: ReadOptions) -> tuple[Instant, str | None]:
    """Read a block's time: Unix seconds, ISO 8601, or ``2023-05-02 12:19:59 UTC``.

    A missing one is unknown; an impossible one (1970) is unknown with the reason. Raises TimeError for text that is no
    time or states no zone.

    >>> from trails.connector import ReadOptions
    >>> read_stamp("2023-05-02 12:19:59 UTC", ReadOptions())[0].time.isoformat()
    '2023-05-02T12:19:59+00:00'
    """
    if value is None or value == "":
        return UNKNOWN_TIME, None
    text = str(value).strip()
    if re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return from_seconds(int(text))
    plain = text.removesuffix("UTC").rstrip() + "+00:00" if text.endswith("UTC") else text
    try:
        parsed = datetime.fromisoformat(plain)
    except ValueError:
        if not is_numbered(plain):
            raise TimeError(f"block time {text[:60]!r} is neither Unix seconds nor ISO 8601") from None
        return _read_numbered(text, options)
    if parsed.tzinfo is None:
        return parse_time(text, zone_name=options.timezone), None
    return from_seconds(int(parsed.timestamp()))


def _read_numbered(text: str, options: ReadOptions) -> tuple[Instant, str | None]:
    """A block's time as a spreadsheet wrote it; where it states its zone it is the chain's, as it is in any other form."""
    found = parse_time(text, zone_name=options.timezone, order=options.date_order)
    if found.basis != "stated" or found.time is None:
        return found, None
    time, doubt = from_seconds(int(found.time.timestamp()))
    return (replace(time, error_s=found.error_s) if time.time else time), doubt


def from_seconds(seconds: int) -> tuple[Instant, str | None]:
    """Give a block's time from Unix seconds; an impossible one is unknown, with the reason."""
    try:
        return from_unix(seconds), None
    except TimeError as problem:
        return UNKNOWN_TIME, str(problem)


def implausible(row: int, message: str) -> Issue:
    """Warn of a time that cannot be; the transfer is kept without it."""
    return Issue(row, "warning", "time_implausible", message)


def block_seq(block: int | None, log: int | None) -> int | None:
    """Give the order of a log inside its chain (block x 10^6 + log), None where the row does not state both.

    Raises ValueProblem for numbers that no block and no log can have.
    """
    if (block or 0) >= _MOST_BLOCK or (log or 0) >= _MOST_LOG:
        raise ValueProblem(f"block {block}, log {log}: too large to be the numbers of a block and a log")
    return None if block is None or log is None or log >= MAX_LOGS else block * MAX_LOGS + log


def approval(
    row: int, time: Instant, tx: str, contract: Node, owner: Node, spender: Node, amount: int, index: int | None
) -> Event:  # fmt: skip
    """State that an account let another spend its tokens, or took that back (amount 0): a permission, which moves nothing."""
    kind = "approved" if amount else "approval_revoked"
    done = "lets" if amount else "no longer lets"
    text = f"{owner.key} {done} {spender.key} spend its tokens of {contract.key}, transaction {tx}: nothing moved"
    place = f"{contract.key}:{owner.key}:{spender.key}:{index}"  # one transaction may repeat it
    return Event(row, kind, time, owner, spender, text, f"{owner.rail}:{tx}:{kind}:{place}")


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
    return plain_symbol(symbol) == "USDT" or plain_symbol(name) in ("TETHERUSD", "TETHERUSDT", "USDT")

