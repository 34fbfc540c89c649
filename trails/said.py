"""What a person says about a file decides only what the file leaves open.

One rule for every option of every connector: where the file itself states something else, the option is refused by name
and nothing is read; an option that decides nothing in a file is said by name, so that nobody believes it was used. Times
are the exception in form, not in rule: ``--timezone`` is the zone of times that state none, and one command may say it of
many files, so a file whose times all state theirs is read by what it states, with a warning that names the option.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from trails.errors import SourceError
from trails.model import Issue
from trails.money import COIN_CODES, unit
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from trails.connector import Connector, ReadOptions, Source

#: A character of several bytes in UTF-8. Bytes of another encoding look like one by chance, but not so many throughout.
_OF_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SURELY_UTF8 = 4
#: Of fewer bytes nothing is concluded.
_LEAST_BYTES = 16
_FLAGS = {"date_order": "--date-order", "companions": "--with"}
#: Byte-order marks: how the encoding is called in messages, the one to decode with, and what it may be called.
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8-sig", ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16", ("utf-16", "utf-16-be")),
)



def flag(option: str) -> str:
    """How an option is called on the command line.

    >>> flag("date_order"), flag("rail")
    ('--date-order', '--rail')
    """
    return _FLAGS.get(option, f"--{option}")


def decide(option: str, said: str | None, stated: str | None, by: str, name: str) -> str | None:
    """What holds of what a person said and what a file states itself; the file's own word where both agree.

    ``by`` says what in the file states it. Raises SourceError where they differ.

    >>> decide("rail", None, "bsc", "its coin", "a.csv"), decide("rail", "bsc", None, "", "a.csv")
    ('bsc', 'bsc')
    """
    if said is None or stated is None:
        return said if stated is None else stated
    if said.strip().casefold() != stated.strip().casefold():
        raise contradicted(option, said, f"{by} {stated}", name)
    return stated


def contradicted(option: str, said: str, stated: str, name: str) -> SourceError:
    """The error for an option that a file contradicts; ``stated`` says what the file states, and where.

    >>> str(contradicted("rail", "bsc", "its chain id is that of ethereum", "a.csv"))[:68]
    'a.csv: --rail says bsc, but its chain id is that of ethereum: one of'
    """
    return SourceError(
        f"{name}: {flag(option)} says {said}, but {stated}: one of them is wrong, so nothing was added; leave {flag(option)} "
        "out, or say what the file says"
    )


def check_mapping(options: ReadOptions, name: str) -> None:
    """Raise SourceError where an option says something else than the mapping of the same file: a person said both.

    >>> from trails.connector import ReadOptions
    >>> check_mapping(ReadOptions(timezone="UTC", mapping={"timezone": "UTC"}), "a.csv")
    """
    mapping = options.mapping or {}
    for word in ("timezone", "currency", "rail", "encoding"):
        said, stated = getattr(options, word), mapping.get(word)
        if said is not None and isinstance(stated, str) and not (word == "encoding" and _plain(said) == _plain(stated)):
            decide(word, said, stated, "its mapping says", name)
    stated = mapping.get("calendars")
    if options.calendar is not None and isinstance(stated, list) and stated and options.calendar not in stated:
        raise contradicted("calendar", options.calendar, f"its mapping says {', '.join(map(str, stated))}", name)


def choose_encoding(data: bytes, said: str | None, name: str) -> str:
    """The encoding of a text by its first bytes: that of its byte-order mark, else the one said, else UTF-8.

    Raises SourceError where another one was said than the mark is of, or than the bytes can be in.

    >>> choose_encoding(b"abc", "cp1250", "a.txt"), choose_encoding(b"\\xff\\xfea", None, "a.txt")
    ('cp1250', 'utf-16')
    """
    plain = _plain(said)
    mark = next((each for each in _MARKS if data.startswith(each[0])), None)
    if mark is None or plain.startswith("utf-32"):  # a mark of UTF-32 begins like one of UTF-16
        _check_bytes(data, said, plain, name)
        return said or "utf-8-sig"
    if said is not None and plain not in mark[3]:
        raise contradicted("encoding", said, f"the file begins with the byte-order mark of {mark[1]}", name)
    return mark[2]


def _check_bytes(data: bytes, said: str | None, plain: str, name: str) -> None:
    """Raise SourceError where the first bytes of a text cannot be in the encoding that was said."""
    if said is None or plain.startswith("utf-8") or plain == "utf-7" or len(data) < _LEAST_BYTES:
        return
    if plain.startswith(("utf-16", "utf-32")):
        if b"\x00" not in data:
            raise contradicted("encoding", said, "its bytes hold no zero byte, and each digit and line end of that has one", name)
        if plain in ("utf-16", "utf-32") and not data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise SourceError(f"{name}: --encoding {said}: the file has no byte-order mark; say {plain}-le or {plain}-be")
        return
    if len(_OF_UTF8.findall(data)) >= _SURELY_UTF8 and _is_utf8(data):
        raise contradicted("encoding", said, "its bytes are UTF-8, each character of several bytes whole", name)


def _is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8; the last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _plain(encoding: str | None) -> str:
    """An encoding's own name, ``utf-16-le`` for ``UTF_16LE``; the word itself where there is none of that name."""
    try:
        return codecs.lookup(encoding).name if encoding else ""
    except LookupError:
        return encoding or ""


def check_order(said: str | None, days: Iterable[tuple[int, int]], name: str) -> None:
    """Raise SourceError where the dates of a file, as first and second number, prove another order of day and month than
    the one said.

    >>> check_order("dmy", [(1, 2), (31, 2)], "a.csv")
    """
    if said not in ("dmy", "mdy"):
        return
    place = 1 if said == "dmy" else 0
    pairs = list(days)
    wrong = [pair for pair in pairs if pair[place] > 12]
    if wrong and all(pair[1 - place] <= 12 for pair in pairs):
        shown = f"{wrong[0][0]}/{wrong[0][1]}"
        raise contradicted("date_order", said, f"its dates are {'mdy' if said == 'dmy' else 'dmy'} ({shown} is one)", name)


def list_unused(options: ReadOptions, source: Source, connector: Connector, rails: Collection[str] = ()) -> list[str]:
    """The flags of what was said that the connector takes no notice of, by its manifest; a rail on which everything that was
    read is (all its ``rails``) is no such."""
    said = [word for word in options.__slots__ if getattr(options, word) is not None and not is_taken(word, connector)]
    if "rail" in said and options.rail in _rails(connector) and all(rail == options.rail for rail in rails):
        said.remove("rail")
    return [flag(word) for word in said] + ([flag("companions")] if source.companions and not is_taken("with", connector) else [])


def is_taken(word: str, connector: Connector) -> bool:
    """Whether a connector takes an option, by its manifest."""
    return connector.manifest is not None and word in {each.partition(".")[0] for each in connector.manifest.options}


def _rails(connector: Connector) -> tuple[str, ...]:
    return connector.manifest.rails if connector.manifest else ()


def note_unused(options: ReadOptions, source: Source, connector: Connector, rails: Collection[str] = ()) -> Iterator[Issue]:
    """Warn of every option that the connector does not take."""
    for word in list_unused(options, source, connector, rails):
        message = f"{word} decides nothing here: connector `{connector.name}` does not take it"
        yield Issue(None, "warning", "option_unused", message)


def note_zone_unused(options: ReadOptions, bases: Iterable[str], connector: Connector) -> Iterator[Issue]:
    """Warn of a zone with which no time was read, though the connector takes one: the file's times state theirs.

    ``bases`` are where the times of what was read come from, as in :class:`trails.timestamps.Instant`.
    """
    found = {each for each in bases if each}
    if not options.timezone or not is_taken("timezone", connector) or "assumed" in found or not found:
        return
    if found & {"stated", "chain"}:
        message = f"--timezone {options.timezone} is refused for this file: its times state their own zone, and were read with that"
    else:
        message = f"--timezone {options.timezone} decides nothing here: no time was read"
    yield Issue(None, "warning", "option_unused", message)


def is_read_in(currency: str | None, assets: Iterable[str]) -> bool:
    """Whether sums of a file were read in the currency that was said."""
    word = (currency or "").strip().upper()
    return bool(word) and word not in COIN_CODES and unit(word).asset.asset in set(assets)


def note_currency_unused(options: ReadOptions, assets: Iterable[str], connector: Connector) -> Iterator[Issue]:
    """Warn of a currency in which nothing was read, though the connector takes one: the file's sums all state theirs."""
    found = set(assets)
    taken = is_taken("currency", connector)
    word = (options.currency or "").strip().upper()
    if options.currency and taken and found and word not in COIN_CODES and unit(options.currency).asset.asset not in found:
        message = f"--currency {options.currency} is refused for this file: its sums state their own currency, and none is in that"
        yield Issue(None, "warning", "option_unused", message)


def note_order_misfit(options: ReadOptions, damaged: int) -> Iterator[Issue]:
    """Warn where times of a file are none in the order that was said: then the others may be wrong without a sign."""
    if options.date_order and damaged:
        message = (
            f"--date-order {options.date_order}: {count_words(damaged, 'row was', 'rows were')} refused for a time that cannot be "
            "read; if it is no date in that order, the dates of the other rows may be wrong too"
        )
        yield Issue(None, "warning", "date_order_doubtful", message)
