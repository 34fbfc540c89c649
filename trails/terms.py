"""Names and numbers looked for in text: whole words in any case, phones however they are grouped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from trails.escapes import Plain
from trails.identifiers import ADDRESS_SHAPE
from trails.nearly import NearNames, is_gap

_WORD = re.compile(r"[^\W_]+")
#: Digits with the signs that people put between them; not the digits inside a word, as in a transaction's id.
_DIGITS = re.compile(r"\+?(?<![^\W_])\d[\d\s()./\u00a0\u2009\u202f-]{5,}\d(?![^\W_])")
#: A shorter number without any such sign, a plus or a nought before it may be a sum: it is replaced, but blocks no file.
_SHORTEST_BARE = 9
_NO_DIGIT = re.compile(r"[^0-9]+")
#: So many digits at the end of a number tell phones apart; what comes before may be written or left out.
PHONE_TAIL = 7

#: An address is known by so many signs of its beginning or of its end alone, so that one sign mistyped or one left out does
#: not hide it; by chance two agree once in 2^48 even on Bitcoin and Ethereum.
_END = 14
#: A shorter word is no address with a sign too few.
_NEARLY_LONG = 20
#: What people cut out of an address, and how many signs of it must be left: fewer fit too many.
_CUT = re.compile(r"(?<![^\W_])([^\W_]{3,24})(?:\u2026|\.{2,4}|\*{2,12})([^\W_]{3,24})(?![^\W_])")
_FEWEST = 8

#: First character, the one after the last, the term, and what stands for it there.
_Hit = tuple[int, int, str, str]


def split_words(text: str) -> list[str]:
    """The words of a text, letters and digits, by which terms are looked for.

    >>> split_words("zalmay_f.txt")
    ['zalmay', 'f', 'txt']
    """
    return _WORD.findall(text)


class Terms:
    """Texts to find or to replace, each with what stands for it.

    A term of several words is found whatever stands between them (``Zalmay F.`` in ``zalmay_f.txt``); a phone number by its
    last digits, however they are grouped, with or without the code of the country (to be found, rather than replaced, nine of
    them where nothing else says that it is a phone). An address is found mistyped or cut short too, and what stands for it
    then says "nearly": it may be another one that begins or ends alike. Two mistyped signs, one near each end, hide it.
    Replaced, not found, is also what stands in escapes, and a name that is nearly written (:mod:`trails.nearly`), but for those
    ``as_written``, and where a name ``spared`` stands. Cost: one pass over the words of a text, to replace two, whatever the number
    of terms.

    >>> Terms({"TFLZiFoxp6s4QX2KAG1NwKUMx6Cd87wGNd": "Payer-1"}).replace("to TFLZiFoxp6s4QX2KAG1NxKUMx6Cd87wGNd")
    'to Payer-1 (nearly)'
    """

    def __init__(self, terms: Mapping[str, str], *, spared: Iterable[str] = (), as_written: Iterable[str] = ()) -> None:
        self._spared, self._as_written = spared, frozenset(as_written)
        self._first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._phones: dict[str, list[tuple[str, str]]] = {}
        self._signs: list[str] = []
        self._begin: dict[str, str] = {}
        self._end: dict[str, str] = {}
        self._cut: dict[str, list[tuple[str, str]]] = {}
        self._stands_for = dict(terms)
        for term in sorted(terms, key=lambda each: (-len(each), each)):
            words = tuple(word.casefold() for word in _WORD.findall(term))
            digits = _plain_digits(term)
            if term.startswith("+") and len(digits) > PHONE_TAIL:
                self._phones.setdefault(digits[-PHONE_TAIL:], []).append((digits, term))
            elif words:
                self._first.setdefault(words[0], []).append((words, term))
                # not the number of a bank account: those of one bank begin alike, and many end in noughts
                if ADDRESS_SHAPE.fullmatch(term):
                    self._add_address(words[0], term)
            else:
                self._signs.append(term)

    def _add_address(self, word: str, term: str) -> None:
        self._begin.setdefault(word[:_END], term)
        self._end.setdefault(word[-_END:], term)
        self._cut.setdefault(word[:3], []).append((word, term))

    def __len__(self) -> int:
        return len(self._stands_for)

    def find(self, text: str) -> list[str]:
        """The terms that occur in a text, each once, in the order of their first place.

        What was cut short is left out: a look-alike made to share both ends, cut in the same way, would block a file.
        """
        hits = [term for first, last, term, _ in self._hits(text, cut=False) if not _may_be_a_sum(text[first:last], term)]
        found = hits + [term for term in self._signs if term in text]
        return list(dict.fromkeys(found))

    def replace(self, text: str) -> str:
        """The text with what stands for it in place of every term."""
        whole = _put(text, self._hits(text, cut=True))
        whole = _put(whole, self._find_hidden(whole))
        for term in self._signs:
            whole = whole.replace(term, self._stands_for[term])
        return whole

    @cached_property
    def _near(self) -> NearNames:
        names = [term for term in self._stands_for if term not in self._as_written and not ADDRESS_SHAPE.fullmatch(term)]
        return NearNames(names, self._spared)

    def _find_hidden(self, text: str) -> list[_Hit]:
        """What is to be replaced in a text as people read it, and what is nearly a name there, by place in the text as written."""
        plain = Plain(text)
        hits = self._hits(plain.text, cut=True) if plain.text != text else []
        taken = [(first, last) for first, last, _, _ in hits]
        for first, last, term in self._near.find(plain.text) if self._near else ():
            if all(last <= begin or first >= end for begin, end in taken):
                hits.append((first, last, term, f"{self._stands_for[term]} (nearly)"))
        found = [(*plain.find_written(first, last), term, stands_for) for first, last, term, stands_for in hits]
        return sorted(found, key=lambda hit: (hit[0], -hit[1], hit[2]))

    def _hits(self, text: str, *, cut: bool) -> list[_Hit]:
        """What is found, by place; of two at one place the longer first."""
        found = list(self._find_phones(text)) if self._phones else []
        if self._first:
            found += self._find_words(text)
        if cut and self._cut and ("\u2026" in text or ".." in text or "**" in text):
            found += self._find_cut(text)
        return sorted(found, key=lambda hit: (hit[0], -hit[1], hit[2]))

    def _find_words(self, text: str) -> Iterator[_Hit]:
        words = [(match.group().casefold(), match.start(), match.end()) for match in _WORD.finditer(text)]
        for at, (word, start, _) in enumerate(words):
            for wanted, term in self._first.get(word, ()):
                last = at + len(wanted) - 1
                if last < len(words) and all(
                    words[at + step][0] == wanted[step] and is_gap(text, words[at + step - 1][2], words[at + step][1])
                    for step in range(1, len(wanted))
                ):
                    yield start, words[last][2], term, self._stands_for[term]
                    break
            else:
                if len(word) >= _NEARLY_LONG and (near := self._begin.get(word[:_END]) or self._end.get(word[-_END:])):
                    yield start, words[at][2], near, f"{self._stands_for[near]} (nearly)"

    def _find_cut(self, text: str) -> Iterator[_Hit]:
        for match in _CUT.finditer(text):
            head, tail = match[1].casefold(), match[2].casefold()
            fit = [term for word, term in self._cut.get(head[:3], ()) if word.startswith(head) and word.endswith(tail)]
            if fit and len(head) + len(tail) >= _FEWEST:
                yield match.start(), match.end(), fit[0], f"{self._stands_for[fit[0]]} (nearly)"

    def _find_phones(self, text: str) -> Iterator[_Hit]:
        for match in _DIGITS.finditer(text):
            digits = _plain_digits(match.group()).lstrip("0")
            for whole, term in self._phones.get(digits[-PHONE_TAIL:], ()):
                if whole.endswith(digits) or digits.endswith(whole):
                    yield match.start(), match.end(), term, self._stands_for[term]
                    break


def _put(text: str, hits: list[_Hit]) -> str:
    """The text with what stands for it in place of every hit, of those that overlap the first."""
    parts, end = [], 0
    for first, last, _, stands_for in hits:
        if first >= end:
            parts += [text[end:first], stands_for]
            end = last
    return "".join([*parts, text[end:]])


def _may_be_a_sum(text: str, term: str) -> bool:
    """Whether what was taken for a phone is a short number and nothing more."""
    return term.startswith("+") and text.isdecimal() and len(text) < _SHORTEST_BARE and not text.startswith("0")


def _plain_digits(text: str) -> str:
    """The digits of a text, of whatever script, as 0 to 9."""
    if text.isascii():
        return _NO_DIGIT.sub("", text)
    return "".join(str(unicodedata.digit(char)) for char in text if char.isdigit())
