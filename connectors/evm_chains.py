"""Which chain a file of an EVM chain is of: what the person says may decide only what the file leaves open.

The rail is what the file proves (a chain id, the coin in a column's name, the pace), else what the person says. The pace
of a chain says which block was made when; it tells Ethereum and BSC apart, and shows a chain that is said wrongly. Its
anchors are approximate: round block numbers as any block explorer shows them, fork blocks and fork times as the release
notes of go-ethereum and bsc announce them. The last anchor of each chain is projected at the pace before it; nothing is
said about later blocks.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from trails.errors import SourceError, UsageError
from trails.identifiers import EVM_RAILS
from trails.model import Issue
from trails.said import contradicted
from trails.timestamps import FIRST_BLOCK, LAST_SENSIBLE
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trails.connector import ReadOptions

    Pair = tuple[int, int]

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

#: The rails that a coin's name in an export may mean. ETH is the coin of many chains, so it decides nothing by itself.
#: Of a coin that is not here the chain has no rail of its own.
COIN_RAILS = {"BNB": ("bsc",), "MATIC": ("polygon",), "POL": ("polygon",), "XDAI": ("gnosis",), "ETH": ("ethereum",)}
#: Blocks below this one are also those of a chain of one's own, made for a test: they make a chain doubtful and prove none.
_YOUNG = 100_000
#: A chain's pace crosses another's within days: pairs further apart that fit one chain alone are proof against any other.
_CROSSING_S = 30 * 86_400


def stated_rail(options: ReadOptions, *, also: tuple[str, ...] = ()) -> str | None:
    """Give the rail the person named; raises UsageError for one that is neither an EVM rail nor one of ``also``."""
    allowed = (*EVM_RAILS, *also)
    if options.rail is not None and options.rail not in allowed:
        raise UsageError(f"--rail {options.rail}: it is not one of {', '.join(allowed)}")
    return options.rail


def find_rail(
    pairs: Iterable[Pair | None],
    options: ReadOptions,
    *,
    coin: str | None = None,
    chains: Iterable[int] = (),
    also: tuple[str, ...] = (),
    name: str = "the file",
) -> tuple[str, Issue | None]:
    """Name the chain of a whole source, and say with an issue what it was known by.

    ``pairs`` are (block, Unix seconds), None where a row does not state both; ``coin`` is the coin a column's name
    states; ``chains`` are the chain ids the rows state. Where nothing singles out a chain the rail is ``evm``.
    Raises UsageError for a rail that is none, SourceError where the file states another chain than the person.
    """
    stated = stated_rail(options, also=also)
    ids, known = sorted(set(chains)), set(pairs)
    if ids:
        return _rail_of_chains(ids, stated, name)
    if stated:
        _check_coin(stated, coin, name)
        return stated, check_pace(stated, [pair for pair in known if pair], name)
    if coin is not None and coin.upper() != "ETH":
        return _rail_of_coin(coin, [pair for pair in known if pair])
    return _rail_of_pace(known, coin)


def _rail_of_chains(ids: list[int], stated: str | None, name: str) -> tuple[str, Issue | None]:
    """Name the rail of the chain ids that rows state; raises SourceError for several, or another than the stated."""
    shown = ", ".join(map(str, ids))
    if len(ids) > 1:
        raise SourceError(f"{name}: the rows are of several chains (chain ids {shown}): add one file for each chain")
    rail = CHAIN_IDS.get(ids[0], "evm")
    if stated not in (None, rail, "evm"):
        raise contradicted("rail", str(stated), f"the rows state chain id {shown} ({rail})", name)
    if rail == "evm":
        message = f"chain id {shown} has no rail of its own: its accounts are kept on the rail evm"
        return rail, Issue(None, "warning", "chain_without_rail", message)
    return rail, None


def _check_coin(stated: str, coin: str | None, name: str) -> None:
    """Raise SourceError where the coin in a column's name is not that of the chain said; ``evm`` leaves it open."""
    if coin is not None and stated != "evm" and stated not in COIN_RAILS.get(coin.upper(), ()):
        meant = COIN_RAILS.get(coin.upper(), ("a chain without a rail of its own, which is kept with --rail evm",))
        raise contradicted("rail", stated, f"its columns state the coin {coin}, that of {meant[0]}", name)


def _rail_of_coin(coin: str, pairs: Sequence[Pair]) -> tuple[str, Issue | None]:
    """Name the rail of a coin that is that of one chain; of any other coin the accounts are kept on ``evm``."""
    if coin.upper() not in COIN_RAILS:
        message = (
            f"its columns state the coin {coin}, of a chain without a rail of its own: its accounts are kept on the rail evm, "
            f"its coin as {coin}@evm"
        )
        return "evm", Issue(None, "warning", "chain_without_rail", message)
    rail = COIN_RAILS[coin.upper()][0]
    message = f"the file names no chain; its coin is {coin}, that of {rail}"
    if rail in PACE and _is_most([pair for pair in _sound(pairs) if _misfits(rail, pair)], _sound(pairs)):
        message += ", but its blocks and times are not those of that chain: if it is another one with that coin, say --rail evm"
        return rail, Issue(None, "warning", "chain_doubtful", message)
    return rail, Issue(None, "note", "chain_by_coin", message)


def _rail_of_pace(known: set[Pair | None], coin: str | None) -> tuple[str, Issue | None]:
    """Name the one chain whose pace the pairs have; of chains whose coin is ETH where the file states that."""
    pairs = [pair for pair in known if pair]
    fitting = _rails_of_most(pairs)
    found = [rail for rail in fitting if coin is None or rail in COIN_RAILS["ETH"]]
    if len(found) == 1:
        message = (
            f"the file names no chain; its block numbers and times fit {found[0]} and not the other of Ethereum, BSC"
        )
        unfit = sum(not _fits(PACE[found[0]], *pair) for pair in pairs)
        if unfit:
            message += f", but for {count_words(unfit, 'row')} whose block or time is damaged"
        return found[0], Issue(None, "warning" if unfit else "note", "chain_by_pace", message)
    if not known:
        return "evm", None
    message = (
        "the file names no chain, and its block numbers and times do not single out Ethereum or BSC "
        f"({_suggest(pairs, coin)}): say it with --rail"
    )
    return "evm", Issue(None, "warning", "chain_not_stated", message)


def _suggest(pairs: Sequence[Pair], coin: str | None) -> str:
    """What a file itself suggests about its chain, in words."""
    said = [f"its coin is {coin}"] if coin else []
    fitting = _rails_of_most(pairs)
    if not _sound(pairs):
        said.append("no row states both")
    elif fitting:
        said.append(f"they fit {' and '.join(fitting)}")
    elif coin:
        said.append("they fit neither: one of the other chains with that coin, which are kept with --rail evm")
    else:
        said.append("they fit neither: polygon, gnosis, or another, which is kept with --rail evm")
    return "; ".join(said)


def check_pace(stated: str, pairs: Sequence[Pair], name: str) -> Issue | None:
    """Warn where the pace of a file makes the chain that was said doubtful.

    Raises SourceError where it proves that it is another one: most pairs cannot be of it, or all of them are of one other
    chain over a longer time than their paces cross in.
    """
    sound = _sound(pairs)
    if stated == "evm" or not sound:
        return None
    fitting = [rail for rail in _rails_of_most(sound) if rail != stated]
    shown = f"its block numbers and times (block {sound[0][0]} at Unix time {sound[0][1]})"
    if stated in PACE:
        wrong = [pair for pair in sound if _misfits(stated, pair)]
        if _is_most(wrong, sound) and any(block >= _YOUNG for block, _ in wrong):
            other = f"are those of {fitting[0]}" if len(fitting) == 1 else f"are not those of {stated}"
            raise contradicted("rail", stated, f"{shown} {other}", name)
        if not wrong:
            return None
        message = f"{count_words(len(wrong), 'row states', 'rows state')} a block and a time that do not fit {stated}, as said"
        return Issue(None, "warning", "chain_doubtful", message)
    if len(fitting) != 1:
        return None
    times = [seconds for _, seconds in sound]
    if max(times) - min(times) > _CROSSING_S:
        raise contradicted("rail", stated, f"{shown} are those of {fitting[0]}", name)
    message = f"--rail says {stated}; {shown} fit {fitting[0]} as well: make sure of the chain"
    return Issue(None, "warning", "chain_doubtful", message)


def rails_by_pace(pairs: Iterable[Pair]) -> list[str]:
    """Name the chains of PACE on which every (block, Unix seconds) pair is plausible, within three days.

    >>> rails_by_pace([(17_173_049, 1_683_029_999)])
    ['ethereum']
    """
    checked = list(pairs)
    return [rail for rail in PACE if checked and all(_fits(PACE[rail], block, time) for block, time in checked)]


def _sound(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs that can be a block and its time, in order."""
    return sorted((block, unix) for block, unix in pairs if block < _MOST_BLOCKS and FIRST_BLOCK <= unix < LAST_SENSIBLE)


def _is_most(wrong: Sequence[Pair], sound: Sequence[Pair]) -> bool:
    """Whether pairs are more than damaged rows can be: all of two, more than one of three, else more than one in ten."""
    return bool(wrong) and (len(wrong) == len(sound) or (len(sound) >= 3 and len(wrong) > max(1, len(sound) // 10)))


def _rails_of_most(pairs: Iterable[Pair]) -> list[str]:
    """Name the chains of PACE that the pairs fit, though a damaged row does not: one in ten, and at least one of three.

    A pair that fits another of the chains is no damage: then nothing is certain.
    """
    sound = _sound(pairs)
    fitting = {pair: rails_by_pace([pair]) for pair in sound}
    odd = [pair for pair, rails in fitting.items() if not rails]
    if len(sound) < 3 or len(odd) > max(1, len(sound) // 10):
        return rails_by_pace(sound)
    return rails_by_pace(pair for pair in sound if fitting[pair])


def _misfits(rail: str, pair: Pair) -> bool:
    """Whether a pair cannot be of a chain; of what lies behind its last anchor nothing is known."""
    last_block, last_time = PACE[rail][-1]
    behind = pair[0] >= last_block and pair[1] >= last_time - PACE_TOLERANCE_S
    return not behind and not _fits(PACE[rail], *pair)


def _fits(anchors: tuple[Pair, ...], block: int, seconds: int) -> bool:
    after = bisect_right(anchors, (block, 1 << 62))
    if after in (0, len(anchors)):
        return False
    (low, start), (high, end) = anchors[after - 1], anchors[after]
    expected = start + (end - start) * (block - low) // (high - low)
    return abs(seconds - expected) <= PACE_TOLERANCE_S
