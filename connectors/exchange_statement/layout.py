"""What a table of an exchange means: its profile, what a person said in a mapping, and what the file says of itself.

Beside the settings of every mapping (:mod:`trails.mapping`) a profile, or a mapping of kind ``statement``, may say::

    exchange = "binance"        # whose table it is; part of every account and reference
    table = "withdrawals"       # movements, deposits, withdrawals, by_name, trades, pairs, p2p, swaps, wide
    fee = "extra"               # the fee is charged beside the amount; "inside": the amount includes it
    fee_in_total = true         # pairs: the total is what was paid or got in all, with the fee in it
    quote_first = true          # pairs: USDT-BTC is so many BTC for so many USDT
    fee_in = "quote"            # pairs without a fee currency: "quote", or "received" (the coin the customer got)
    offset = "+00:00"           # the zone the times are stated in; "header", "preamble", "file_name": where it is written
    signed = true               # movements: the sign says the direction, not the operation
    either_sign = true          # movements: the operation says the direction, with a sign that agrees or without one
    statement = true            # it repeats what histories of deposits and withdrawals state too
    id_required = true          # rows without an id are unconfirmed repeats
    trade_legs_by_id = true     # the trade's id and the coin make a leg the same in ledger and trade list
    quotes = ["USDT", "EUR"]    # what a pair without a mark between its halves may end with
    ignored = ["Remark"]        # columns known to hold nothing for us
    amount_columns = ["{coin} Amount {coin}"]  # wide: the columns of each coin; fee_columns likewise
    note_forms = ["Converted * to {total} {coin}"]  # pairs: sentences of a note that state the other side
    [operations]                # the table's own words -> deposit, withdrawal, trade (of pairs also buy, sell), fee, house, peer,
                                # card, inside, skip;
                                # with a column `suboperation`, "earn/reward" is both words, "transfer/" one without a second;
                                # where the words are sentences, * stands for what varies: "Sent * to *"
    [coins]                     # the table's own codes of coins; "*.S" = "*" is a code without its ending, # stands for a digit
    [networks]                  # the table's own names of networks -> rail
    [directions]                # the table's own words -> in, out
    [headers]                   # in a mapping: the file's own names of columns -> those of the profile it is to be read by

In a profile a column may be a list of its names in older and newer files, with ``*`` for a part that varies, and columns
that a file lacks are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from connectors.exchange_statement.heeded import UNUSED, find_problems
from connectors.exchange_statement.known import check_headers, find_layout, ignored_columns, said_mapping, wide_columns
from connectors.exchange_statement.settings import (
    FLAGS,
    FOLDER,
    MOST_KEPT,
    OWN_TABLES,
    WORDS,
    needed_words,
    read_words,
    split_settings,
)
from connectors.headers import head_lines, header_cells, present_columns
from connectors.profiles import load_profiles
from trails.errors import SourceError
from trails.identifiers import normalise_name
from trails.mapping import Vocabulary, load_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.connector import Head, ReadOptions
    from trails.mapping import DeclaredColumns
    from trails.money import Asset

_OFFSET = re.compile(r"(?:UTC|GMT)\s*(?:-?([+-])(\d{1,2}):?(\d{2})?)?", re.IGNORECASE)
_PLAIN_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})\Z")
#: Whose account it is, in the lines above a table: a number or address, or the long id that follows a customer's name.
_USER = re.compile(
    r"\b(?:UID|User ?ID)\s*[:,]\s*(\w[\w.+@-]{0,79})|\bUser,[^,]{0,100},([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b",
    re.IGNORECASE,
)


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
    note_forms: tuple[str, ...]
    ignored: frozenset[str]
    words: Mapping[str, Mapping[str, str]]
    #: Operations with a part that varies, the longest first.
    sentences: tuple[tuple[str, str], ...]
    #: Codes of coins with a part that varies, and what the coin is called; the longest first.
    coin_forms: tuple[tuple[re.Pattern[str], str], ...]
    scope: str | None
    preamble_user: str | None
    #: Whether the patterns of dates are a person's own, of a mapping, and not those of a profile.
    own_patterns: bool
    mapping: DeclaredColumns
    #: Coins, and operations with their second words, that were read before.
    read_assets: dict[str, Asset] = field(default_factory=dict, compare=False, repr=False)
    read_operations: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)

    def is_ignored(self, column: str) -> bool:
        """Whether a column is known to hold nothing for us; ``*`` stands for a part of its name that varies."""
        name = normalise_name(column)
        return name in self.ignored or any("*" in each and fnmatchcase(name, each) for each in self.ignored)

    def operation_of(self, said: str, sub: str) -> str | None:
        """What an operation means: with its second word, alone, or as a sentence with a part that varies."""
        if (means := self.read_operations.get((said, sub))) is not None:
            return means
        known, word = self.words["operations"], normalise_name(said)
        means = known.get(f"{word}/{normalise_name(sub)}") or known.get(word)
        if means is not None and len(self.read_operations) < MOST_KEPT:  # a sentence that varies is not kept
            self.read_operations[said, sub] = means
        return means or next((means for form, means in self.sentences if fnmatchcase(word, form)), None)

    def coin_code(self, written: str) -> str:
        """The coin that a code of the table stands for; an ending may say in which of its accounts the exchange keeps it."""
        code, known = normalise_name(written), self.words["coins"]
        if code not in known:
            for form, target in self.coin_forms:
                if found := form.fullmatch(code):
                    code = target.replace("*", found[1]).casefold()
                    break
        return (known.get(code) or code).strip().upper()

    def knows_coin(self, written: str) -> bool:
        """Whether a code is one of the table's own, or of a coin or currency that every table knows."""
        return normalise_name(written) in self.words["coins"] or written in ("BTC", "USDT", *read_words()["fiat"])

    def meaning(self, table: str, word: str) -> str | None:
        """What a word of the table means under [operations], [coins], [networks] or [directions]."""
        return self.words[table].get(normalise_name(word))


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
        columns = present_columns(settings.get("columns", {}), header, found.aliases)
        settings = {"decimal_mark": ".", **settings, "columns": {**columns, **wide_columns(settings, header)}}
    own, rest, problems = split_settings(settings)
    problems += [*check_headers(own.get("headers", {}), found, header), *_misplaced(own, by_profile=found is not None)]
    if options.currency:
        rest.setdefault("currency", options.currency)
    words = (*WORDS, *(word for word in rest.get("columns", {}) if found and ":" in word))
    vocabulary = Vocabulary(words, needed_words(own), {"done": (), "pending": (), "failed": ()}, kind="statement", unused=UNUSED)
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
        flags=_flags(own, said),
        quotes=tuple(sorted(own.get("quotes", ()), key=len, reverse=True)),
        note_forms=tuple(own.get("note_forms", ())),
        ignored=ignored_columns(own.get("ignored", ()), found),
        words=(own_words := {name: _words(name, own.get(name, {})) for name in OWN_TABLES}),
        sentences=tuple(sorted(((w, m) for w, m in own_words["operations"].items() if "*" in w), key=lambda each: -len(each[0]))),
        coin_forms=_coin_forms(own_words["coins"]),
        scope=mapping.said("scope"),
        preamble_user=(user[1] or user[2]) if (user := _USER.search(preamble)) else None,
        own_patterns="date_pattern" in said,
        mapping=replace(mapping, status=_words("status", mapping.status), problems=(*problems, *mapping.problems)),
    )  # fmt: skip


def _misplaced(own: Mapping[str, Any], *, by_profile: bool) -> list[str]:
    """What is said of a table that only another kind of table can be told."""
    problems = []
    if not by_profile and own.get("table") == "wide":
        problems.append('`table = "wide"` is read by a profile only: its columns of coins are found in the header')
    if own.get("table") != "pairs" and {"buy", "sell"} & set(own.get("operations", {}).values()):
        problems.append('[operations] buy and sell are words of `table = "pairs"`; in other tables say "trade"')
    return problems


def _flags(own: Mapping[str, Any], said: Mapping[str, Any]) -> frozenset[str]:
    """What a layout says yes to. A person's `fee = "inside"` is about the sums of trades too."""
    flags = {flag for flag in FLAGS if own.get(flag)}
    return frozenset(flags | ({"fee_in_total"} if said.get("fee") == "inside" else set()))


def _check_said(mapping: Mapping[str, Any] | None, where: str) -> None:
    """Refuse a mapping that would be left aside: one of another kind, or of a profile that does not exist."""
    wanted = said_mapping(mapping).get("profile")
    if wanted is not None and wanted not in {profile.name for profile in load_profiles(FOLDER)}:
        raise SourceError(f"{where}: there is no profile {wanted!r} of an exchange; say one of its profiles, or [columns]")
    if mapping and not said_mapping(mapping):
        raise SourceError(f'{where}: the mapping is of another kind and would have no effect; say kind = "statement" in it')


def _words(name: str, own: Mapping[str, str]) -> dict[str, str]:
    """The words every exchange uses, and over them the table's own."""
    return {normalise_name(word): target for word, target in {**read_words().get(name, {}), **own}.items()}


def _coin_forms(coins: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The codes with a part that varies, ``*.S``, as patterns; the longest first."""
    forms = sorted((form for form in coins if form.count("*") == 1), key=lambda form: -len(form))
    parts = {"*": "(.+)", "#": "[0-9]"}
    return tuple((re.compile("".join(parts.get(sign, re.escape(sign)) for sign in form)), coins[form]) for form in forms)


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
