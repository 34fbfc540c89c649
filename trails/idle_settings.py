"""Settings of a mapping that have no effect: a declared word that changes nothing is somebody's mistake, and is refused.

Which settings a table heeds depends on what it is and on its columns: a `region` serves phone numbers, a `year` dates without one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from trails.errors import SourceError

_PART = re.compile(r"\(\?P?<(\w+)>")
_MOST_SHOWN = 6


def find_idle(
    own: Collection[str], words: Collection[str], unused: Collection[str], serves: Mapping[str, Collection[str]]
) -> list[str]:
    """What is wrong with settings that have no effect.

    ``own`` are the settings that a person said, ``words`` those of the declared columns or parts of lines; ``unused`` settings
    never have an effect on such a table, those of ``serves`` only where one of their words is declared. Where no word is
    (a notebook of which each line is skipped), nothing is said of them.

    >>> find_idle(["region", "scope"], ["date"], ["scope"], {"region": ["payer_phone"]})
    ['`region` has no effect: it serves payer_phone, and no such column is declared; take it out', \
'`scope` has no effect on a table of this kind; take it out']
    """
    problems = []
    for name in own:
        if name in unused:
            problems.append(f"`{name}` has no effect on a table of this kind; take it out")
        elif name in serves and words and not set(serves[name]) & set(words):
            served = ", ".join(list(serves[name])[:_MOST_SHOWN])
            problems.append(f"`{name}` has no effect: it serves {served}, and no such column is declared; take it out")
    return problems


def declared_words(columns: Collection[str], lines: Collection[Mapping[str, str]]) -> frozenset[str]:
    """The words of declared columns, and of the named parts of declared lines."""
    return frozenset(columns) | {word for line in lines for word in _PART.findall(line["pattern"])}


def find_idle_year(own: Collection[str], patterns: Collection[str]) -> list[str]:
    """A `year` beside patterns that all state one themselves."""
    if "year" in own and patterns and all("%Y" in each or "%y" in each for each in patterns):
        return ["`year` has no effect: each `date_pattern` states a year itself; take it out"]
    return []


def require_heeded(mapping: Mapping[str, Any] | None, heeded: Collection[str], name: str, kind: str | None = None) -> None:
    """Refuse a mapping with settings that a file's reader does not heed; ``kind`` is the one it may have.

    Raises SourceError naming each of them, before anything is read.
    """
    said = dict(mapping or {})
    if kind is not None and said.get("kind") == kind:
        del said["kind"]
    known = f"what is heeded: {', '.join(sorted(heeded))}" if heeded else "no setting of a mapping is heeded"
    problems = [f"`{key}` has no effect on this file; {known}" for key in said if key not in heeded]
    if problems:
        raise SourceError(f"{name}: the mapping does not fit, nothing was added:", problems)


def check_kind(mapping: Mapping[str, Any] | None, kind: str) -> list[str]:
    """What is wrong with the stated ``kind`` of a mapping that is read as another."""
    said = (mapping or {}).get("kind", kind)
    return [] if said == kind else [f"`kind` is {said!r}, and the file is read as one of kind {kind!r}; say the kind that it is"]
