"""What a table of an exchange means: its profile, what a person said in a mapping, and what the file says of itself.

Beside the settings of every mapping (:mod:`trails.mapping`) a profile, or a mapping of kind ``statement``, may say::

    exchange = "binance"        # whose table it is; part of every account and reference
    table = "withdrawals"       # movements, deposits, withdrawals, by_name, trades, pairs, p2p, swaps
    fee = "extra"               # the fee is charged beside the amount; "inside": the amount includes it
    fee_in = "quote"            # pairs without a fee currency: "quote", or "received" (the coin the customer got)
    offset = "+00:00"           # the zone the times are stated in; "header", "preamble", "file_name": where it is written
    signed = true               # movements: the sign says the direction, not the operation
    statement = true            # it repeats what histories of deposits and withdrawals state too
    id_required = true          # rows without an id are unconfirmed repeats
    trade_legs_by_id = true     # the trade's id and the coin make a leg the same in ledger and trade list
    quotes = ["USDT", "EUR"]    # what a pair without a mark between its halves may end with
    ignored = ["Remark"]        # columns known to hold nothing for us
    [operations]                # the table's own words -> deposit, withdrawal, trade, fee, house, peer, card, inside, skip
    [coins]                     # the table's own codes of coins
    [networks]                  # the table's own names of networks -> rail
    [directions]                # the table's own words -> in, out

In a profile a column may be a list of its names in older and newer files, with ``*`` for a part that varies, and columns
that a file lacks are left out.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.exchange_statement.heeded import UNUSED, find_problems
from connectors.headers import head_lines, header_cells, present_columns
from connectors.profiles import Found, find_profile, load_profiles
from trails.errors import SourceError
from trails.identifiers import normalise_name
from trails.mapping import Vocabulary, kind_of, load_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.connector import Head, ReadOptions
    from trails.mapping import DeclaredColumns

FOLDER = Path(__file__).parent
MEANINGS = ("deposit", "withdrawal", "trade", "fee", "house", "peer", "card", "inside", "skip")
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
}
WORDS = (
    "date", "user", "account", "operation", "direction", "side", "pair", "coin", "amount", "total", "fee", "fee_coin",
    "network", "address", "from_address", "txid", "id", "trade_id", "status", "note", "counterparty", "fiat",
    "sent_coin", "sent_amount", "sent_address", "sent_txid", "received_coin", "received_amount", "received_address",
    "received_txid", "refund_address", "refund_txid",
)  # fmt: skip
_OWN_TEXTS: dict[str, tuple[str, ...]] = {
    "exchange": (), "table": tuple(TABLES), "operation": MEANINGS, "fee": ("extra", "inside"),
    "fee_in": ("quote", "received"), "offset": (),
}  # fmt: skip
_OWN_FLAGS = ("signed", "statement", "id_required", "trade_legs_by_id")
_OWN_LISTS = ("quotes", "ignored")
_OWN_TABLES: dict[str, tuple[str, ...]] = {
    "operations": MEANINGS,
    "coins": (),
    "networks": ("tron", "ethereum", "bsc", "polygon", "gnosis", "bitcoin", "evm"),
    "directions": ("in", "out"),
}
_OFFSET = re.compile(r"(?:UTC|GMT)\s*(?:-?([+-])(\d{1,2}):?(\d{2})?)?", re.IGNORECASE)
_PLAIN_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})\Z")
_USER = re.compile(r"\b(?:UID|User ?ID)\s*[:,]\s*(\w{1,40})", re.IGNORECASE)


@lru_cache(maxsize=1)
def read_words() -> dict[str, Any]:
    """The words that mean the same at every exchange."""
    return tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Layout:
    """One table as it is to be read."""

    title: str
    exchange: str
    table: str
    operation: str | None
    fee: str
    fee_in: str | None
    offset: timedelta | None
    zone_name: str | None
    flags: frozenset[str]
    quotes: tuple[str, ...]
    ignored: frozenset[str]
    words: Mapping[str, Mapping[str, str]]
    scope: str | None
    preamble_user: str | None
    mapping: DeclaredColumns

    def meaning(self, table: str, word: str) -> str | None:
        """What a word of the table means under [operations], [coins], [networks] or [directions]."""
        return self.words[table].get(normalise_name(word))


def said_mapping(data: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a person's mapping says, where it is one of statements."""
    return data if data and kind_of(data) == "statement" else {}


def find_layout(head: Head, mapping: Mapping[str, Any] | None) -> Found | None:
    """The profile that fits a table: the one a mapping names, else the one whose header stands in it."""
    said = said_mapping(mapping)
    profiles = load_profiles(FOLDER)
    if "profile" in said:
        profiles = tuple(profile for profile in profiles if profile.name == said["profile"])
    elif "columns" in said:
        return None
    return find_profile(head, profiles)


def load_layout(head: Head, options: ReadOptions, where: str) -> Layout:
    """How to read a table; raises SourceError where neither a profile nor a mapping says so."""
    said = said_mapping(options.mapping)
    _check_said(options.mapping, where)
    found = find_layout(head, options.mapping)
    if found is None and "columns" not in said:
        raise SourceError(
            f"{where}: no layout of an exchange that is known here; write {head.name}.mapping.toml beside it with "
            'kind = "statement" and its [columns], or name a known one with profile = "..."'
        )
    header: list[str] = []
    if found is None:
        settings = dict(said)
    else:
        settings = found.settings(said)
        header = header_cells(head, found.header_row, found.delimiter)
        settings = {"decimal_mark": ".", **settings, "columns": present_columns(settings.get("columns", {}), header)}
    own, rest, problems = _split(settings)
    vocabulary = Vocabulary(WORDS, _needed(own), {"done": (), "pending": (), "failed": ()}, kind="statement", unused=UNUSED)
    mapping = load_mapping({"kind": "statement", **rest}, vocabulary, [key for key in said if key not in own and key != "profile"])
    table, offset = _table(own.get("table", "movements"), head.name), str(own.get("offset", ""))
    plain = _PLAIN_OFFSET.match(offset) is not None
    workbook = head.data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
    heeded = {key: value for key, value in said.items() if key not in UNUSED}
    problems += find_problems(heeded, table, mapping.columns, plain_offset=plain, workbook=workbook)
    preamble = " ".join(head_lines(head)[: mapping.header_row - 1]) if found else ""
    return Layout(
        title=found.profile.title if found else "declared columns",
        exchange=normalise_name(own.get("exchange", "exchange")).replace(" ", "-"),
        table=table,
        operation=own.get("operation"),
        fee=own.get("fee", "extra"),
        fee_in=own.get("fee_in"),
        offset=None if "timezone" in said else _offset(own.get("offset"), mapping, preamble, head.name),
        zone_name=rest.get("timezone") if "timezone" in said else options.timezone or rest.get("timezone"),
        flags=frozenset(flag for flag in _OWN_FLAGS if own.get(flag)),
        quotes=tuple(sorted(own.get("quotes", ()), key=len, reverse=True)),
        ignored=frozenset(map(normalise_name, own.get("ignored", ()))),
        words={name: _words(name, own.get(name, {})) for name in _OWN_TABLES},
        scope=mapping.said("scope"),
        preamble_user=user[1] if (user := _USER.search(preamble)) else None,
        mapping=replace(mapping, status=_words("status", mapping.status), problems=(*problems, *mapping.problems)),
    )  # fmt: skip


def _check_said(mapping: Mapping[str, Any] | None, where: str) -> None:
    """Refuse a mapping that would be left aside: one of another kind, or of a profile that does not exist."""
    wanted = said_mapping(mapping).get("profile")
    if wanted is not None and wanted not in {profile.name for profile in load_profiles(FOLDER)}:
        raise SourceError(f"{where}: there is no profile {wanted!r} of an exchange; say one of its profiles, or [columns]")
    if mapping and not said_mapping(mapping):
        raise SourceError(f'{where}: the mapping is of another kind and would have no effect; say kind = "statement" in it')


def _split(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Our own settings, those of every mapping, and what is wrong with ours."""
    names = (*_OWN_TEXTS, *_OWN_FLAGS, *_OWN_LISTS, *_OWN_TABLES)
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
    elif key in _OWN_FLAGS and not isinstance(value, bool):
        return f"`{key}` is {value!r}; say true or false"
    elif key in _OWN_LISTS and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        return f"`{key}` must be a list of texts"
    elif key in _OWN_TABLES:
        allowed = _OWN_TABLES[key]
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            return f"`{key}` must be a table of texts: [{key}]"
        for word, target in value.items():
            if allowed and target not in allowed:
                return f"[{key}] {word} = {target!r} is none of {', '.join(allowed)}"
    return None


def _needed(own: Mapping[str, Any]) -> tuple[str, ...]:
    return TABLES[own.get("table", "movements")]


def _words(name: str, own: Mapping[str, str]) -> dict[str, str]:
    """The words every exchange uses, and over them the table's own."""
    return {normalise_name(word): target for word, target in {**read_words().get(name, {}), **own}.items()}


def _table(table: str, name: str) -> str:
    """The table of a layout that deposits and withdrawals share is told by the file's name, else left to its fees."""
    if table != "by_name":
        return table
    plain = name.casefold()
    found = [kind for kind, word in (("deposits", "deposit"), ("withdrawals", "withdraw")) if word in plain]
    return found[0] if len(found) == 1 else table


def _offset(said: str | None, mapping: DeclaredColumns, preamble: str, name: str) -> timedelta | None:
    """The offset from UTC that the file states: in the header of its time column, above the table, or in its name."""
    if said is None:
        return None
    if plain := _PLAIN_OFFSET.match(said):
        return _signed(plain[1], plain[2], plain[3])
    places = {"header": mapping.columns.get("date", ""), "preamble": preamble, "file_name": name}
    found = _OFFSET.search(places.get(said, ""))
    if not found:
        return None
    return _signed(found[1], found[2], found[3]) if found[1] else timedelta(0)


def _signed(sign: str, hours: str, minutes: str | None) -> timedelta | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > timedelta(hours=14):
        return None
    return -offset if sign == "-" else offset
