"""IVMS101 messages as JSON, of 2020 and of 2023, bare or inside the message of a network.

The standard names its entities and fields, but no document around them: services write ``Originator`` or ``originator``,
``originatorPersons`` (2020) or ``originatorPerson`` (2023), ``nameIdentifier`` or ``name_identifiers``, and put it under a key
like ``ivms101``, ``IVMS101`` or ``identity``. So names are compared without capitals and ``_``, and with either number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.ivms101.model import Message, Party, Side
from trails.columns import read_instant
from trails.errors import IdentifierError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue
from trails.timestamps import UNKNOWN_TIME, Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Fields that only a message of the standard has.
MARKS = frozenset(("originatorperson", "originatorpersons", "beneficiaryperson", "beneficiarypersons"))
_ACCOUNTS = ("accountnumber", "accountnumbers")
#: How deep a message may stand inside another.
_DEEPEST = 4
#: What networks call the transaction and the time, beside the message.
_TXIDS = ("txid", "txhash", "transactionhash", "transactionid")
_TIMES = ("timestamp", "createdat", "tradeisodatetime", "messagedatetime", "transactiondatetime")
_FIRST = ("LEGL", "")


def plain_name(name: str) -> str:
    """A field's name as it is compared.

    >>> plain_name("originator_persons"), plain_name("OriginatorPersons")
    ('originatorpersons', 'originatorpersons')
    """
    return name.replace("_", "").casefold()


def read_message(row: int, value: Any, zone: str | None, order: str | None) -> Message:
    """A message out of a JSON value; raises ValueProblem where it holds none."""
    around = _find_message(value, _DEEPEST)
    if not around:
        raise ValueProblem("this is no IVMS101 message: it has neither originator nor beneficiary with persons or an account")
    found, time = around[-1], _find_time(around, zone, order)
    txid, doubts = _find_txid(row, around)
    return Message(
        row=row,
        originator=_read_side(found, "originator", "originatingvasp"),
        beneficiary=_read_side(found, "beneficiary", "beneficiaryvasp"),
        time=time,
        txid=txid,
        between=tuple(_read_path(found)),
        doubts=tuple(doubts),
    )


def _find_message(value: Any, deepest: int) -> list[dict[str, Any]]:
    """The object that holds the sides, behind all that it stands in, outermost first; empty where there is none."""
    fields = _fields(value)
    if not fields or not deepest:
        return []
    sides = (_side_of(fields, "originator", "originatingvasp"), _side_of(fields, "beneficiary", "beneficiaryvasp"))
    if any(map(_is_side, sides)):
        return [fields]
    for each in fields.values():
        if found := _find_message(each, deepest - 1):
            return [fields, *found]
    return []


def _side_of(fields: Mapping[str, Any], side: str, service: str) -> dict[str, Any]:
    """A side by its name; some put it beside its service, one level deeper."""
    inner = fields.get(service)
    for value in (fields.get(side), _fields(inner).get(side)):
        if isinstance(value, dict):
            return _fields(value)
    return {}


def _fields(value: Any) -> dict[str, Any]:
    return {plain_name(key): each for key, each in value.items()} if isinstance(value, dict) else {}


def _is_side(fields: Mapping[str, Any]) -> bool:
    return bool(MARKS & fields.keys()) or any(name in fields for name in _ACCOUNTS)


def _read_side(message: Mapping[str, Any], word: str, service: str) -> Side:
    fields = _side_of(message, word, service)
    persons = next((fields[name] for name in (f"{word}persons", f"{word}person") if name in fields), None)
    accounts = next((fields[name] for name in _ACCOUNTS if name in fields), None)
    return Side(
        word,
        tuple(_read_party(_fields(each)) for each in _list(persons) if isinstance(each, dict)),
        tuple(dict.fromkeys(text for each in _list(accounts) if (text := _text(each)))),
        _read_service(message.get(service), service),
    )


def _read_party(fields: Mapping[str, Any]) -> Party:
    person = _fields(fields.get("naturalperson") or fields.get("legalperson") or fields)
    documents = (_text(_fields(each).get("nationalidentifier")) for each in _list(person.get("nationalidentification")))
    stated = (person.get(name) for name in ("customeridentification", "customernumber"))
    customers = (_text(_fields(each).get("customeridentification") if isinstance(each, dict) else each) for each in stated)
    return Party(tuple(_read_names(person)), tuple(filter(None, documents)), tuple(filter(None, customers)))


def _read_names(person: Mapping[str, Any]) -> list[str]:
    """All names, the legal one first; in local and phonetic writing too."""
    found: list[tuple[bool, str]] = []
    for block in _list(person.get("name")):
        parts = _fields(block)
        for local, kind in ((False, "nameidentifier"), (True, "localnameidentifier"), (True, "phoneticnameidentifier")):
            for each in (*_list(parts.get(kind)), *_list(parts.get(f"{kind}s"))):
                name = _fields(each)
                whole = _text(name.get("legalpersonname")) or " ".join(
                    text for text in (_text(name.get("secondaryidentifier")), _text(name.get("primaryidentifier"))) if text
                )
                stated = _text(name.get("nameidentifiertype") or name.get("legalpersonnameidentifiertype"))
                if whole:
                    found.append((local or stated.upper() not in _FIRST, whole))
    return list(dict.fromkeys(name for _, name in sorted(found, key=lambda each: each[0])))


def _read_service(value: Any, word: str) -> str | None:
    fields = _fields(value)
    inner = fields.get(word, value)
    names = _read_party(_fields(inner)).names
    return names[0] if names else None


def _read_path(message: Mapping[str, Any]) -> Iterator[str]:
    """The services between the two, in the order of the path."""
    path = message.get("transferpath")
    for step in _list(_fields(path).get("transferpath", path)):
        name = _read_service(_fields(step).get("intermediaryvasp"), "intermediaryvasp")
        if name:
            yield name


def _find_time(around: list[dict[str, Any]], zone: str | None, order: str | None) -> Instant:
    """The time that the message's own surroundings state; raises CellProblem for one without a zone, or that is none."""
    texts = (fields.get(name) for fields in reversed(around) for name in _TIMES)
    text = next((each for each in texts if isinstance(each, str) and each.strip()), None)
    return read_instant(text, zone_name=zone, order=order) if text else UNKNOWN_TIME


def _find_txid(row: int, around: list[dict[str, Any]]) -> tuple[str | None, list[Issue]]:
    """The transaction: beside the message, or in an object ``transaction`` there; a doubt says of one that is none."""
    places = [each for fields in reversed(around) for each in (fields, _fields(fields.get("transaction")))]
    stated = [text for fields in places for name in _TXIDS if (text := _text(fields.get(name)))]
    for text in stated:
        try:
            return parse_txid(text), []
        except IdentifierError:
            continue
    message = "the transaction that is stated beside the message is no hash of one: left out"
    return None, [Issue(row, "note", "txid_unknown", message)] if stated else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return re.sub(r"\s+", " ", value).strip() if isinstance(value, str) else ""


