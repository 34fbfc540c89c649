"""Every connector x every option, on the connector's own samples: nothing that is said is ignored without a word.

Said of a sample, an option changes what is read, or is refused naming the option, or is said to decide nothing, or agrees with
what the file states. Nothing else can happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.reading import Reading, make_source, open_source, sort_records
from tests.regenerate import find_samples, read_options
from trails.connector import Connector, ReadOptions, Source, list_connectors
from trails.errors import TrailsError
from trails.idle_options import note_idle
from trails.model import Issue
from trails.said import check_mapping, flag, is_read_in, is_taken, note_currency_unused, note_unused, note_zone_unused

SAID: dict[str, tuple[Any, ...]] = {
    "rail": ("bitcoin-test", "ethereum", "polygon", "tron", "nonsense"),
    "timezone": ("UTC", "Asia/Tokyo"),
    "currency": ("EUR", "JPY"),
    "encoding": ("utf-8", "utf-16", "cp1256"),
    "date_order": ("dmy", "mdy", "ymd"),
    "calendar": ("gregorian", "jalali"),
    "mapping": ({"kind": "ledger", "nonsense": 1},),
    "companions": ("anything",),
}
#: How else an error may say what it is about.
SIGNS = {"mapping": ("mapping",), "companions": ("other.txt",), "encoding": ("the file has no column",)}


def list_samples() -> Iterator[tuple[Connector, Path]]:
    for connector in list_connectors():
        for path in find_samples(connector.folder) if connector.folder else ():
            yield connector, path


def facts_of(found: Reading) -> list[Any]:
    return [*found.facts, *found.table_rows, *sorted(found.refused)]


def rails_of(found: Reading) -> set[str]:
    nodes = [node for fact in found.facts for node in (getattr(fact, name, None) for name in ("src", "dst", "node")) if node]
    return {node.rail for node in nodes} | {batch.constants["rail"] for batch in found.tables if "rail" in batch.constants}


def remarks_of(found: Reading, source: Source, connector: Connector, options: ReadOptions) -> list[Issue]:
    """What is said of the options of a whole file, as it is when the file is added."""
    assets = {fact.asset.asset for fact in found.transfers} | {asset.asset for batch in found.tables for asset in batch.assets}
    bases = {time.basis for fact in found.facts if (time := getattr(fact, "time", None))}
    bases |= {row["time_basis"] for row in found.table_rows}
    refused = list(note_currency_unused(options, assets, connector))
    settled = {"currency"} if refused or is_read_in(options.currency, assets) else set()
    return [
        *found.issues, *refused, *note_unused(options, source, connector, rails_of(found)),
        *note_zone_unused(options, bases, connector),
        *note_idle(source, connector, options, rails=rails_of(found), settled=settled),
    ]  # fmt: skip


def listen(connector: Connector, source: Source, options: ReadOptions, word: str, before: Reading) -> bool:
    """Whether something said of a file was heard: it changed what is read, or was spoken of by name."""
    try:
        check_mapping(options, source.name)
        found = sort_records(connector, source, options)
        said = [issue.message for issue in remarks_of(found, source, connector, options)]
    except TrailsError as problem:
        return any(sign in str(problem) for sign in (flag(word), *SIGNS.get(word, ())))
    return facts_of(found) != facts_of(before) or any(flag(word) in message for message in said)


def agrees(word: str, options: ReadOptions, before: Reading, connector: Connector) -> bool:
    """Whether a sample states itself what was said of it, or was read so anyway: then nothing is to be told."""
    if word == "rail":
        return rails_of(before) == {options.rail}
    if word == "timezone":  # a zone was used, and this one gives the same times
        return any(time.basis == "assumed" for fact in before.facts if (time := getattr(fact, "time", None)))
    return word in ("encoding", "date_order", "calendar", "currency") and is_taken(word, connector)  # note_idle looks


@pytest.mark.parametrize(("connector", "sample"), list(list_samples()), ids=lambda it: getattr(it, "name", None))
def test_what_is_said_is_heeded_or_refused_or_said_to_decide_nothing(connector: Connector, sample: Path, tmp_path: Path) -> None:
    own, before = read_options(sample), sort_records(connector, open_source(sample), read_options(sample))
    silent = []
    for word, value in [(word, value) for word, values in SAID.items() for value in values]:
        source, options = open_source(sample), own
        if word == "companions":
            source = replace(source, companions=(*source.companions, make_source(tmp_path, "anything\n", "other.txt")))
        elif (options := replace(own, **{word: value})) == own:
            continue
        heard = listen(connector, source, options, word, before)
        if not (heard or agrees(word, options, before, connector)):
            silent.append(f"{flag(word)} {value}")
    assert silent == []
