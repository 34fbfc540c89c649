"""How many decimals the tokens have that people meet, by contract (``token_decimals.toml``, with its source and date).

Exports of explorers state a token's sums as decimals and not how many places its unit has. A contract is looked up on its
own chain only: USDC has 6 places on Ethereum and 18 on BSC. Chains without a rail of their own share the rail ``evm``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from trails.identifiers import EVM_RAILS

_FILE = Path(__file__).parent / "token_decimals.toml"


@cache
def _tables() -> dict[str, dict[str, int]]:
    """Decimals by contract, of each rail."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    found: dict[str, dict[str, int]] = {}
    for chain, tokens in data.items():
        if isinstance(tokens, dict):
            rail = chain if chain in (*EVM_RAILS, "tron") else "evm"
            plain = {contract if rail == "tron" else contract.lower(): places for contract, (_, places) in tokens.items()}
            found.setdefault(rail, {}).update(plain)
    return found


def decimals_of(rail: str, contract: str | None) -> int | None:
    """How many decimals a contract's token has, None where that is not known here.

    >>> decimals_of("ethereum", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
    6
    >>> decimals_of("bsc", "0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d")
    18
    """
    return _tables().get(rail, {}).get(contract or "")


def rails_of(contract: str | None) -> list[str]:
    """The rails on which a contract is known here.

    >>> rails_of("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
    ['ethereum']
    """
    return [rail for rail, known in _tables().items() if contract in known]
