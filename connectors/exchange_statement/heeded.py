"""Which settings and columns of a mapping each table heeds: what a person declares beyond them has no effect and is refused.

Only what the person said is looked at; a known layout may say more than one of its files has columns for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trails.idle_settings import find_idle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Settings of every mapping that no statement heeds: its dates are Gregorian, its coins stand under [coins].
UNUSED = ("region", "currencies", "calendars", "period", "year")
_ROW = (
    "date", "clock", "zone", "user", "account", "operation", "suboperation", "id", "trade_id", "status", "txid", "address",
    "deposit_address",
)  # fmt: skip
_MOVEMENT = (*_ROW, "direction", "coin", "amount", "fee", "fee_coin", "network", "from_address", "note", "memo")
_TRADE = (*_ROW, "sent_coin", "sent_amount", "received_coin", "received_amount", "fee", "fee_coin")
_PAIR = (*_ROW, "pair", "side", "coin", "amount", "remaining", "total", "fiat", "fee", "fee_coin", "note", "ledgers")
_SWAP = ("sent_address", "sent_txid", "received_address", "received_txid", "refund_address", "refund_txid")
#: The columns that a table reads. One with a column of operations may hold rows of other movements too.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "movements": _MOVEMENT, "deposits": _MOVEMENT, "withdrawals": _MOVEMENT, "by_name": _MOVEMENT, "trades": _TRADE, "pairs": _PAIR,
    "p2p": (*_ROW, "side", "coin", "amount", "fee", "fee_coin", "total", "fiat", "counterparty"),
    "swaps": (*_ROW, *(word for word in _TRADE if word.startswith(("sent_", "received_"))), *_SWAP, "network", "from_address"),
    "wide": (*_MOVEMENT, *_PAIR),
}  # fmt: skip
_MOVEMENTS = ("movements", "deposits", "withdrawals", "by_name")
#: In these tables a fee inside the sums has no meaning: what was given and got are two coins of one order.
_FEE_BESIDE = ("p2p", "swaps")
#: Settings that only some tables heed; with a column of operations a table of trades heeds those of movements too.
_OF_TABLES: Mapping[str, tuple[str, ...]] = {
    "operation": (*_MOVEMENTS, "trades", "pairs"), "operations": (*_MOVEMENTS, "trades", "pairs"), "signed": _MOVEMENTS,
    "id_required": _MOVEMENTS, "directions": _MOVEMENTS, "fee_in": ("pairs",), "quotes": ("pairs",),
    "trade_legs_by_id": ("movements", "trades", "pairs"), "networks": (*_MOVEMENTS, "swaps"), "either_sign": _MOVEMENTS,
    "fee_in_total": ("trades", "pairs"), "quote_first": ("pairs",), "note_forms": ("pairs",), "amount_columns": ("wide",),
    "fee_columns": ("wide",),
}  # fmt: skip
#: The columns of coins without any of which a bare sum is in the mapping's currency; the fee of a movement is in its own coin.
_COINS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*_MOVEMENTS, "p2p"), ("coin",)), "trades": ("sent_coin", "received_coin"), "pairs": ("coin", "fiat"),
    "swaps": ("sent_coin", "received_coin"), "wide": (),
}  # fmt: skip
_SERVES: Mapping[str, tuple[str, ...]] = {
    "operations": ("operation",), "networks": ("network",), "directions": ("direction",), "status": ("status",),
    "fee_in": ("fee",), "quotes": ("pair",), "id_required": ("id",), "fee_in_total": ("fee",), "quote_first": ("pair",),
    "note_forms": ("note",),
}  # fmt: skip
_OFFSETS = ("header", "preamble", "file_name")


def find_problems(
    said: Mapping[str, Any], table: str, columns: Mapping[str, Any], *, plain_offset: bool, workbook: bool
) -> list[str]:
    """What a person declared without effect on a table with these columns; ``plain_offset``: the offset is one like +02:00."""
    own = said.get("columns")
    words = _words_of(table, mixed="operation" in columns)
    problems = find_idle(said, columns, ("delimiter", "encoding") if workbook else ("sheet",), _SERVES)
    problems += [
        f"[columns] `{word}` has no effect: a table of {table} does not read it; take it out"
        for word in (own if isinstance(own, dict) else ()) if word not in words and word in _all_words()
    ]  # fmt: skip
    mixed = table in ("trades", "pairs") and "operation" in columns
    for name, tables in _OF_TABLES.items():
        if name in said and table not in tables and not (mixed and set(tables) & set(_MOVEMENTS)):
            problems.append(f"`{name}` has no effect: a table of {table} does not heed it; take it out")
    problems += _find_idle_sums(said, table, columns)
    if "offset" in said and "timezone" in said:
        problems.append("`offset` and `timezone` both say the zone; keep one")
    elif "offset" in said and not plain_offset and said["offset"] not in _OFFSETS:
        problems.append(f"`offset` is {said['offset']!r}; say one like +02:00, or where it is written: {', '.join(_OFFSETS)}")
    if "operation" in said and "operation" in columns:
        problems.append("`operation` has no effect: the column of operations says what each row is; keep one")
    return list(dict.fromkeys(problems))


def _find_idle_sums(said: Mapping[str, Any], table: str, columns: Mapping[str, Any]) -> Iterator[str]:
    if said.get("fee") == "inside" and table in _FEE_BESIDE:
        yield f'`fee` = "inside" has no effect: in a table of {table} each fee is charged beside the sums; take it out'
    elif said.get("fee") == "inside" and "fee" not in columns:
        yield "`fee` has no effect: no column `fee` is declared; take it out"
    if "fee_in" in said and "fee_coin" in columns:
        yield "`fee_in` has no effect: the column `fee_coin` says in which coin the fee is; take it out"
    coins = (*_COINS[table], *(("fee_coin",) if table in ("trades", "pairs") and "fee" in columns else ()))
    if "currency" in said and all(coin in columns for coin in coins):
        yield "`currency` has no effect: each sum has a column that says its coin; take it out"


def _words_of(table: str, *, mixed: bool) -> frozenset[str]:
    return frozenset(_WORDS[table]) | (frozenset(_MOVEMENT) if mixed and table in ("trades", "pairs") else frozenset())


def _all_words() -> frozenset[str]:
    return frozenset(word for words in _WORDS.values() for word in words)
