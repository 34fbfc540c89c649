"""Addresses, transaction ids and explorer links in a message's text.

What is valid by its checksum is an address. What looks like one and is not is *damaged* (see :mod:`.damage` for what was
damaged on its way), and never mended. What was cut
short by hand (``TL6AVH7j…PrCiP``) is *possible* at most: look-alikes are made to share exactly those characters. A link
to a block explorer states the rail of what it shows, which the address of an Ethereum-like chain alone does not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.messages.damage import MIXED, find_damage
from connectors.messages.found import Found
from connectors.messages.hidden import holds_hidden
from trails.identifiers import EVM_RAILS, find_mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The rail an explorer's host states.
_HOSTS = {
    "tronscan.org": "tron", "tronscan.io": "tron", "etherscan.io": "ethereum", "bscscan.com": "bsc",
    "polygonscan.com": "polygon", "gnosisscan.io": "gnosis", "mempool.space": "bitcoin", "blockstream.info": "bitcoin",
    "btcscan.org": "bitcoin", "walletexplorer.com": "bitcoin", "blockchain.info": "bitcoin",
}  # fmt: skip
#: Explorers of many chains, which name the chain in the path, and of chains that are no rail of ours.
_MANY_CHAINS = (
    "blockchair.com", "oklink.com", "blockchain.com", "blockcypher.com", "tokenview.io", "arbiscan.io", "basescan.org",
    "snowtrace.io", "ftmscan.com", "solscan.io",
)  # fmt: skip
_CHAIN_WORDS = {
    "bitcoin": "bitcoin", "btc": "bitcoin", "ethereum": "ethereum", "eth": "ethereum", "tron": "tron", "trx": "tron",
    "bsc": "bsc", "bnb": "bsc", "binance": "bsc", "binance-smart-chain": "bsc", "polygon": "polygon", "matic": "polygon",
    "gnosis-chain": "gnosis", "gnosis": "gnosis", "xdai": "gnosis",
}  # fmt: skip
_TEST_PATHS = ("testnet", "testnet3", "testnet4", "signet")
_EXPLORER = re.compile(
    rf"(?<![\w.-])(?:https?://)?((?:[a-z0-9-]{{1,30}}\.){{0,3}}?)({'|'.join(map(re.escape, (*_HOSTS, *_MANY_CHAINS)))})"
    r"(/[^\s<>\"']{0,500})",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|(?<![\w@.-])(?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,12}/)[^\s<>\"']{1,2000}", re.IGNORECASE)
#: What stands before a transaction id in the link of an explorer that we do not know.
_TX_PATH = re.compile(r"(?:/(?:tx|txs|trx|transactions?)/|[?&](?:tx|txid|tx_?hash)=)(?:0x)?\Z", re.IGNORECASE)
_LONG = re.compile(r"\w{26}")
_SHORTEST = 26

_TRON_LIKE = re.compile(r"(?<!\w)[T\u0422]\w{31,35}(?!\w)")
_EVM_LIKE = re.compile(r"(?<!\w)0[xX\u0445]\w{38,42}(?!\w)")
_CUT_MARK = r"(?:\u2026|\.{2,4}|\*{2,12})"
_CUT = re.compile(rf"(?<!\w)((?:T|[13]|bc1|0x)[0-9A-Za-z]{{2,20}}){_CUT_MARK}([0-9A-Za-z]{{3,20}})(?!\w)")
_HEX = re.compile(r"[0-9a-f]+\Z", re.IGNORECASE)
_CAPITAL_INSIDE = re.compile(r"[a-z][A-Z]|[A-Z][A-Z][a-z]")


def find_addresses(text: str) -> list[Found]:
    """Everything of a chain in a text, in its order: what is valid, what is damaged, and what was cut short."""
    found: list[Found] = []
    long = bool(_LONG.search(text))
    if long:
        found = _find_whole(text)
    if long or (len(text) > _SHORTEST and MIXED.search(text)) or holds_hidden(text):
        found = _add_damage(text, found, long=long)
    if long:
        found += list(_find_near_misses(text, _spans(found)))
    if "/" in text and found:
        found = list(_with_links(text, found))
    if "\u2026" in text or ".." in text or "**" in text:
        spans = _spans(found)
        found += [piece for piece in _find_cut(text) if not _overlaps(piece, spans)]
    return found


def _add_damage(text: str, found: list[Found], *, long: bool) -> list[Found]:
    """What is found, with what was damaged on its way; the whole of a damaged address stands for a part of it."""
    kept = [piece for piece in found if piece.kind != "damaged_address"]
    for piece in find_damage(text, long=long):
        if not _overlaps(piece, _spans(kept)):
            kept.append(piece)
    spans = _spans(kept)
    return kept + [piece for piece in found if piece.kind == "damaged_address" and not _overlaps(piece, spans)]


def _find_whole(text: str) -> list[Found]:
    pieces = []
    for mention in find_mentions(text):
        start, end = mention.start, mention.end
        if mention.kind == "txid":
            pieces.append(Found("mention_tx", mention.key, start, end))
        elif mention.kind != "damaged":
            pieces.append(Found("mention", text[start:end], start, end, rail=mention.kind, key=mention.key))
        elif not mention.key.isdecimal() and not (mention.key[0] in "13" and _HEX.match(mention.key)):
            # a long account number, or the hash of a picture, is no damaged Bitcoin address
            pieces.append(Found("damaged_address", mention.key, start, end, problem=mention.problem))
    return pieces


def _find_near_misses(text: str, spans: list[tuple[int, int]]) -> Iterator[Found]:
    """What would be an address but for a character too many or too few, or one that no address has."""
    for match in _TRON_LIKE.finditer(text):
        written = match[0]
        body = written[1:]
        mixed = sum(map(str.isdecimal, body)) > 1 and sum(map(str.isupper, body)) > 1 and any(map(str.islower, body))
        if mixed and not _HEX.match(written):
            yield from _near_miss(match, _tron_problem(written), spans)
    for match in _EVM_LIKE.finditer(text):
        if sum(map(str.isdecimal, match[0])) > 4:
            yield from _near_miss(match, _evm_problem(match[0]), spans)


def _near_miss(match: re.Match[str], problem: str, spans: list[tuple[int, int]]) -> Iterator[Found]:
    piece = Found("damaged_address", match[0], match.start(), match.end(), problem=f"address {match[0]!r} {problem}")
    if not _overlaps(piece, spans):
        yield piece


def _tron_problem(written: str) -> str:
    foreign = sorted({ch for ch in written if not ch.isascii()})
    if foreign:
        return f"holds {' '.join(foreign)} of another alphabet: damaged, or made to look alike"
    if len(written) != 34:
        return f"has {len(written)} characters where a TRON address has 34: damaged, or cut"
    return f"holds {' '.join(sorted(set(written) & set('0OIl')))}, which no address has: damaged, or read wrongly"


def _evm_problem(written: str) -> str:
    foreign = sorted({ch for ch in written if not ch.isascii()})
    if foreign:
        return f"holds {' '.join(foreign)} of another alphabet: damaged, or made to look alike"
    if written[1] == "X" and len(written) == 42 and _HEX.match(written[2:]):
        return "begins with 0X, where an address begins with 0x: a capital that a phone set"
    if not _HEX.match(written[2:]):
        return "holds characters that are not hexadecimal: damaged, or read wrongly"
    return f"has {len(written) - 2} digits where an address has 40: damaged, or cut"


def _find_cut(text: str) -> Iterator[Found]:
    for match in _CUT.finditer(text):
        head, tail = match[1], match[2]
        if head[:2] == "0x":
            likely = bool(_HEX.match(head[2:]) and _HEX.match(tail))
        else:
            likely = len(head) + len(tail) >= 8 and (_is_random(head[1:]) or _is_random(tail))
        if likely:
            problem = (
                f"address {match[0]!r} is cut short: it may be any address that begins and ends so, "
                "and look-alikes are made on purpose"
            )
            yield Found("possible_address", match[0], match.start(), match.end(), problem=problem)


def _is_random(part: str) -> bool:
    """Whether letters and digits stand together as in no word: ``7jQw`` and not ``hen``, ``When`` or ``2024``."""
    digits = sum(map(str.isdecimal, part))
    return 0 < digits < len(part) or bool(_CAPITAL_INSIDE.search(part))


def _spans(found: list[Found]) -> list[tuple[int, int]]:
    return sorted((piece.start, piece.end) for piece in found)


def _overlaps(piece: Found, spans: list[tuple[int, int]]) -> bool:
    """Whether a piece shares characters with one of the spans, which are in order and apart from each other."""
    place = bisect_left(spans, (piece.end, 0))
    return place > 0 and spans[place - 1][1] > piece.start


def _with_links(text: str, found: list[Found]) -> Iterator[Found]:
    """Pieces with the rail that the explorer's link around them states; a link to elsewhere has no damaged address."""
    explorers = list(_EXPLORER.finditer(text))
    starts = [match.start() for match in explorers]
    elsewhere = [match.span() for match in _URL.finditer(text)]
    for piece in found:
        place = bisect_right(starts, piece.start) - 1
        if place >= 0 and piece.start < explorers[place].end():
            yield _state_rail(piece, _rail_of(explorers[place]))
        elif not _overlaps(piece, elsewhere) or _belongs(text, piece):
            yield piece


def _belongs(text: str, piece: Found) -> bool:
    """Whether a link to no explorer we know names a piece: an address it does, a file's hash is no transaction."""
    if piece.kind == "mention_tx":
        return bool(_TX_PATH.search(text, max(0, piece.start - 20), piece.start))
    return piece.kind != "damaged_address"


def _rail_of(link: re.Match[str]) -> str | None:
    """The rail an explorer's link states; None for a test network, where nothing has value."""
    host, path = link[2].lower(), link[3].lower()
    steps = [step for step in re.split(r"[/?#&=]", path) if step]
    if link[1].lower() not in ("", "www.", "api.", "m.", "live."):
        return None
    rail = _HOSTS.get(host) or next((_CHAIN_WORDS[step] for step in steps[:3] if step in _CHAIN_WORDS), None)
    if rail == "bitcoin" and steps and steps[0] in _TEST_PATHS:
        return "bitcoin-test"
    return None if steps and steps[0] in _TEST_PATHS else rail


def _state_rail(piece: Found, rail: str | None) -> Found:
    if rail is None:
        return piece
    if piece.kind == "mention" and piece.rail == "evm" and rail in EVM_RAILS:
        return replace(piece, rail=rail)
    if piece.kind == "mention_tx":
        said = f"{piece.text} ({rail}, by its explorer link)"
        if rail.startswith("bitcoin"):
            return replace(piece, text=said, rail=rail, key=piece.text, node_kind="junction")
        return replace(piece, text=said)
    return piece
