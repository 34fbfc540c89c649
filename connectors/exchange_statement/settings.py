"""What a profile, or a mapping of kind ``statement``, may say beside the settings of every mapping, and what is wrong with it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent
MEANINGS = ("deposit", "withdrawal", "trade", "buy", "sell", "fee", "house", "peer", "card", "inside", "skip")
#: What each table must say; the rest it may lack.
TABLES: dict[str, tuple[str, ...]] = {
    "movements": ("date", "amount"),
    "deposits": ("date", "amount"),
    "withdrawals": ("date", "amount"),
    "by_name": ("date", "amount"),
    "trades": ("date", "sent_amount", "received_amount"),
    "pairs": ("date", "side", "amount", "total"),
    "p2p": ("date", "side", "amount", "id"),
    "swaps": ("date", "sent_amount", "received_amount", "id"),
    "wide": ("date", "operation"),
}
WORDS = (
    "date", "clock", "zone", "user", "account", "operation", "suboperation", "direction", "side", "pair", "coin",
    "amount", "total", "remaining", "fee", "fee_coin", "memo", "network", "address", "deposit_address",
    "from_address", "txid", "id", "trade_id", "status", "note", "counterparty", "fiat", "sent_coin", "sent_amount",
    "sent_address", "sent_txid", "received_coin", "received_amount", "received_address", "received_txid",
    "refund_address", "refund_txid",
)  # fmt: skip
_OWN_TEXTS: dict[str, tuple[str, ...]] = {
    "exchange": (), "table": tuple(TABLES), "operation": MEANINGS, "fee": ("extra", "inside"),
    "fee_in": ("quote", "received"), "offset": (),
}  # fmt: skip
FLAGS = ("signed", "either_sign", "fee_in_total", "quote_first", "statement", "id_required", "trade_legs_by_id")
_OWN_LISTS = ("quotes", "ignored", "note_forms", "amount_columns", "fee_columns")
OWN_TABLES: dict[str, tuple[str, ...]] = {
    "operations": MEANINGS,
    "coins": (),
    "networks": ("tron", "ethereum", "bsc", "polygon", "gnosis", "bitcoin", "evm"),
    "directions": ("in", "out"),
    "headers": (),
}


@lru_cache(maxsize=1)
def read_words() -> dict[str, Any]:
    """The words that mean the same at every exchange."""
    return tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))


def split_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Our own settings, those of every mapping, and what is wrong with ours."""
    names = (*_OWN_TEXTS, *FLAGS, *_OWN_LISTS, *OWN_TABLES)
    own = {key: value for key, value in settings.items() if key in names}
    rest = {key: value for key, value in settings.items() if key not in names and key != "profile"}
    problems: list[str] = []
    for key, value in list(own.items()):
        why = _problem_of(key, value)
        if why:
            problems.append(why)
            del own[key]
    return own, rest, problems


def _problem_of(key: str, value: Any) -> str | None:
    if key in _OWN_TEXTS:
        allowed = _OWN_TEXTS[key]
        if not isinstance(value, str) or (allowed and value not in allowed):
            return f"`{key}` is {value!r}; say {'one of ' + ', '.join(allowed) if allowed else 'a text'}"
    elif key in FLAGS and not isinstance(value, bool):
        return f"`{key}` is {value!r}; say true or false"
    elif key in _OWN_LISTS and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        return f"`{key}` must be a list of texts"
    elif key in OWN_TABLES:
        allowed = OWN_TABLES[key]
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            return f"`{key}` must be a table of texts: [{key}]"
        for word, target in value.items():
            if allowed and target not in allowed:
                return f"[{key}] {word} = {target!r} is none of {', '.join(allowed)}"
    return None


def needed_words(own: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that a table of the layout's kind must have columns for."""
    return TABLES[own.get("table", "movements")]
