"""What a person says about a file decides only what the file leaves open.

One rule for every option of every connector: where the file itself states something else, the option is refused by name
and nothing is read; an option that decides nothing in a file is said by name, so that nobody believes it was used. Times
are the exception in form, not in rule: ``--timezone`` is the zone of times that state none, and one command may say it of
many files, so a file whose times all state theirs is read by what it states, with a warning that names the option.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from trails.errors import SourceError
from trails.model import Issue
from trails.money import COIN_CODES, unit
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trails.connector import Connector, ReadOptions, Source

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


def choose_encoding(data: bytes, said: str | None, name: str) -> str:
    """The encoding of a text by its first bytes: that of its byte-order mark, else the one said, else UTF-8.

    Raises SourceError where another one was said than the mark is of.

    >>> choose_encoding(b"abc", "cp1250", "a.txt"), choose_encoding(b"\\xff\\xfea", None, "a.txt")
    ('cp1250', 'utf-16')
    """
    plain = _plain(said)
    mark = next((each for each in _MARKS if data.startswith(each[0])), None)
    if mark is None or plain.startswith("utf-32"):  # a mark of UTF-32 begins like one of UTF-16
        return said or "utf-8-sig"
    if said is not None and plain not in mark[3]:
        raise contradicted("encoding", said, f"the file begins with the byte-order mark of {mark[1]}", name)
    return mark[2]


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


def list_unused(options: ReadOptions, source: Source, connector: Connector) -> list[str]:
    """The flags of what was said that the connector takes no notice of, by its manifest; a rail that it reads anyway is no such."""
    manifest = connector.manifest
    taken = {word.partition(".")[0] for word in manifest.options} if manifest else set()
    said = [word for word in options.__slots__ if getattr(options, word) is not None and word not in taken]
    if manifest and options.rail in manifest.rails and "rail" in said:
        said.remove("rail")
    return [flag(word) for word in said] + ([flag("companions")] if source.companions and "with" not in taken else [])


def note_unused(options: ReadOptions, source: Source, connector: Connector) -> Iterator[Issue]:
    """Warn of every option that the connector does not take."""
    for word in list_unused(options, source, connector):
        message = f"{word} decides nothing here: connector `{connector.name}` does not take it"
        yield Issue(None, "warning", "option_unused", message)


def note_zone_unused(options: ReadOptions, bases: Iterable[str], connector: Connector) -> Iterator[Issue]:
    """Warn of a zone with which no time was read, though the connector takes one: the file's times state theirs.

    ``bases`` are where the times of what was read come from, as in :class:`trails.timestamps.Instant`.
    """
    found = set(bases)
    taken = connector.manifest is not None and "timezone" in connector.manifest.options
    if options.timezone and taken and "assumed" not in found and found & {"stated", "chain"}:
        message = f"--timezone {options.timezone} is refused for this file: its times state their own zone, and were read with that"
        yield Issue(None, "warning", "option_unused", message)


def note_currency_unused(options: ReadOptions, assets: Iterable[str], connector: Connector) -> Iterator[Issue]:
    """Warn of a currency in which nothing was read, though the connector takes one: the file's sums all state theirs."""
    found = set(assets)
    taken = connector.manifest is not None and "currency" in connector.manifest.options
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
