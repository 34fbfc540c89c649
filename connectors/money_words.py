"""The words of ``money_words.toml``: what names a currency or multiplies a number, by language, for books and messages."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The tables of the file that are no language.
_NO_LANGUAGE = ("chat", "signs")


@lru_cache(maxsize=1)
def load_money_words() -> Mapping[str, Any]:
    """The whole file."""
    return tomllib.loads(Path(__file__).with_name("money_words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Mapping[str, Any]]:
    """The tables by language.

    >>> languages()["en"]["multipliers"]["crore"]
    10000000
    """
    return {name: table for name, table in load_money_words().items() if name not in _NO_LANGUAGE}
