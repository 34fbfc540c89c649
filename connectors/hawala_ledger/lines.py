"""Notebooks without columns: each line is one entry, and a mapping declares its kinds as patterns with named parts.

For ``02.08.24  Örnek Bey   emanet 4.500 €`` and::

    layout = "lines"
    [[lines]]
    kind = "deposit"
    pattern = '(?P<date>[\\d.]+)\\s+(?P<payer>.+?)\\s{2,}emanet (?P<amount>.+)'

the parts are the cells of a row. The first pattern that fits the whole line is taken; a line that none fits is refused and
shown. Patterns are matched by RE2, in time proportional to the line whatever the pattern, so no pattern can make a
reading hang; it has no look-around and no back-references. ``\\d``, ``\\w`` and ``\\s`` mean digits, letters and spaces of
every script.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.records import find_damage, mend, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import ReadOptions, Source
    from trails.mapping import DeclaredColumns, Vocabulary

#: The key under which a line's kind stands among its parts; no word of a vocabulary has a space.
KIND = "kind of line"
_MOST_LINE = 4_000
_MOST_PATTERN = 2_000
#: Marks that turn the direction of writing; they stand anywhere and mean nothing in an entry.
_BIDI = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
_CLASSES = {"d": r"\p{Nd}", "w": r"\p{L}\p{M}\p{N}_", "s": r"\s\p{Z}"}
_NEGATED = {"D": r"[^\p{Nd}]", "W": r"[^\p{L}\p{M}\p{N}_]", "S": r"[^\s\p{Z}]"}


@dataclass(frozen=True, slots=True)
class LineKind:
    """A compiled kind of line."""

    kind: str
    pattern: Any
    words: tuple[str, ...]


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> tuple[Any, str]:
    """A pattern compiled, or None with what is wrong with it."""
    import re2

    if len(pattern) > _MOST_PATTERN:
        return None, f"it is longer than {_MOST_PATTERN:,} characters"
    names = re.findall(r"\(\?P?<(\w+)>", pattern)
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        return None, f"the part `{twice[0]}` stands in it twice"
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(_widen(pattern), options), ""
    except re2.error as problem:
        said = problem.args[0] if problem.args else ""
        return None, said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _widen(pattern: str) -> str:
    """The pattern with ``\\d``, ``\\w`` and ``\\s`` for every script."""
    made: list[str] = []
    at, inside = 0, False
    while at < len(pattern):
        ch = pattern[at]
        if ch == "\\" and at + 1 < len(pattern):
            escaped = pattern[at + 1]
            wide = _CLASSES.get(escaped)
            made.append((wide if inside else f"[{wide}]") if wide else _NEGATED.get(escaped, ch + escaped))
            at += 2
            continue
        inside = (inside or ch == "[") and not (inside and ch == "]" and pattern[at - 1] != "[")
        made.append(ch)
        at += 1
    return "".join(made)


def load_kinds(mapping: DeclaredColumns, vocabulary: Vocabulary) -> tuple[tuple[LineKind, ...], list[str]]:
    """The declared kinds of line, with every problem of them."""
    kinds: list[LineKind] = []
    problems = [] if mapping.lines else ['`layout` is "lines", but no [[lines]] are declared']
    for number, line in enumerate(mapping.lines, start=1):
        kind, named = line["kind"], f"[[lines]] {number}"
        pattern, why = compile_pattern(line["pattern"])
        words = tuple(sorted(pattern.groupindex)) if pattern else ()
        problems += [f"{named}: pattern {line['pattern']!r}: {why}"] if why else []
        if kind != "skip" and kind not in vocabulary.needs:
            problems.append(f"{named}: kind {kind!r} is none of {', '.join((*vocabulary.needs, 'skip'))}")
        problems += [f"{named}: unknown part `{word}`" for word in words if word not in vocabulary.words]
        lacking = [word for word in vocabulary.needs.get(kind, ()) if word not in words]
        problems += [f"{named}: a line of kind {kind} needs the part `{word}`" for word in lacking if pattern]
        if "amount" in words and mapping.said("decimal_mark") is None:
            problems.append(
                f"{named}: `decimal_mark` is missing: say '.' or ',', because 4.500 is two different amounts"
            )
        kinds.append(LineKind(kind, pattern, words))
    return tuple(kinds), problems


def line_rows(
    source: Source, options: ReadOptions, mapping: DeclaredColumns, vocabulary: Vocabulary
) -> Iterator[RawRecord]:
    """The lines of a notebook, by number from 1, blank ones left out; the value is a line's parts by our words.

    The value is None where no pattern fits. Raises SourceError listing every problem of the mapping at once.
    """
    kinds, problems = load_kinds(mapping, vocabulary)
    if found := [*mapping.problems, *problems]:
        raise SourceError(f"{source.name}: the mapping does not fit, nothing was added:", found)
    said = replace(options, encoding=options.encoding or mapping.said("encoding"))
    for number, line in enumerate(read_lines(source, said, rows=True), start=1):
        raw = mend(line.rstrip("\r\n"))
        if damage := find_damage(line):
            source.note_damage(number, "text_damaged", damage)
        if raw.strip():
            yield RawRecord(number, raw, _match(raw.translate(_BIDI).strip(), kinds))


def _match(line: str, kinds: tuple[LineKind, ...]) -> Mapping[str, str] | None:
    if len(line) > _MOST_LINE:
        return None
    for kind in kinds:
        found = kind.pattern.fullmatch(line)
        if found:
            return {KIND: kind.kind, **{word: text or "" for word, text in found.groupdict().items()}}
    return None
