"""What the connectors of published attributions share: on which chain a tagged address is, and who owns nothing.

An address alone says its family by its checksum (Bitcoin, TRON, EVM); the word beside it (``XBT``, ``TRC20``) says the
chain. Where the two contradict each other the row is refused; where the chain is none of trails' it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.errors import IdentifierError
from trails.identifiers import EVM_RAILS, NULL_ADDRESSES, parse_address
from trails.model import Issue, Node, Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a currency or network word says of the rail. Each is the name of one chain, or of its own token standard.
RAILS = {
    "BTC": "bitcoin", "XBT": "bitcoin", "BITCOIN": "bitcoin",
    "ETH": "ethereum", "ETHEREUM": "ethereum", "ERC20": "ethereum", "ERC-20": "ethereum",
    "TRX": "tron", "TRON": "tron", "TRC20": "tron", "TRC-20": "tron",
    "BSC": "bsc", "BNB": "bsc", "BEP20": "bsc", "BEP-20": "bsc",
    "POLYGON": "polygon", "GNOSIS": "gnosis", "EVM": "evm", "BITCOIN-TEST": "bitcoin-test",
}  # fmt: skip
#: Tokens that live on several chains: the address says which, as far as it can.
TOKENS = frozenset({"USDT", "USDC", "TETHER"})


def find_node(row: int, address: str, word: str | None, label: str) -> Node | Skip | Issue:
    """Name the node a tag is about, or say why there is none: a chain that is not in trails, a damaged address, or one
    that is not of the chain ``word`` names. Without a word the address says its chain as far as it can (``evm``)."""
    plain = (word or "").strip().upper()
    if plain and plain not in RAILS and plain not in TOKENS:
        return Skip(row, f"rail not in trails: {word}")
    said = f"tag {label!r}, {word}" if word else f"tag {label!r}"
    try:
        found = parse_address(address)
    except IdentifierError as problem:
        return Issue(row, "error", "address_damaged", f"{said}: {problem}")
    rail = RAILS.get(plain, found.family)
    if found.family != ("evm" if rail in EVM_RAILS else rail):
        what = f"tag {label!r}: {address} is a {found.family} address, but the tag says {word}"
        return Issue(row, "error", "address_wrong_rail", what)
    return Node(rail, found.key)


def find_own_node(row: int, address: str, word: str | None, label: str) -> tuple[Node | Skip | Issue, Issue | None]:
    """Name the node as :func:`find_node` does; but an address of another chain than ``word`` names, whose checksum proves it,
    is that chain's, with a warning: for lists of an authority, which names the address and calls the currency by mistake."""
    node = find_node(row, address, word, label)
    if not isinstance(node, Issue) or node.code != "address_wrong_rail":
        return node, None
    found = parse_address(address)
    if found.family == "evm" and not found.checksummed:
        return node, None
    message = f"{node.message}: its checksum proves the chain, so the tag is kept on {found.family}"
    return Node(found.family, found.key), Issue(row, "warning", "address_other_rail", message)


def note_null_address(row: int, node: Node, label: str) -> Iterator[Issue]:
    """Note a tag of an address that nobody owns: it is kept, and names no owner."""
    if node.key in NULL_ADDRESSES:
        yield Issue(row, "note", "null_address", f"nobody owns {node.key}: the tag {label!r} names no owner")
