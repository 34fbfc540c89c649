"""Names written nearly as they are known: in another order, joined, without accents, with an ``s`` or digits behind them.

What is found so may be somebody else's name. So it is replaced, with "(nearly)" behind the pseudonym, and keeps no file from being
written. Not recognised: a mistyped name, another transliteration, initials, a part of a name, and a name of which the words stand
apart or, without capitals, inside a longer word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import permutations

from trails.escapes import MARKS

_TOKEN = re.compile(f"[^\\W_]+(?:[{MARKS}]+[^\\W_]+)*[{MARKS}]*")
_MARK = re.compile(f"[{MARKS}]+")
_DIGITS_BEHIND = re.compile(r"\d{1,4}$")
#: Between two words of a name may stand at most so many other signs that are seen, and space of any width up to a line's.
_GAP, _WIDEST = 3, 200
#: Names of so many words are looked for in every order, joined ones too.
_MOST_ORDERED = 3
#: Words as long as this are looked for joined in any writing; shorter ones only where a capital begins each.
_LONG = 4
#: A name of one word is looked for without accents or with digits behind it from this length.
_LONG_ALONE = 4
#: A name has at least so many letters to be looked for in another order: fewer are found by chance.
_FEWEST_LETTERS = 6
#: A longer word is no name with others, but a hash or an address: it is not taken apart.
_LONGEST = 48

#: A word as it is looked for, where it begins and ends, and whether an ``s`` behind it was left out.
_Word = tuple[str, int, int, bool]


def fold_word(text: str) -> str:
    """A word small and without accents, whatever form its letters have.

    >>> fold_word("F\u00e1mi\u0301ly"), fold_word("Stra\u00dfe")
    ('family', 'strasse')
    """
    if text.isascii():
        return text.casefold()
    return _MARK.sub("", unicodedata.normalize("NFKD", text.casefold())).casefold()


def is_gap(text: str, first: int, last: int) -> bool:
    """Whether two words with only signs and space between them may be words of one name.

    >>> is_gap("Family  --  Quince", 6, 12), is_gap("Family (....) Quince", 6, 14)
    (True, False)
    """
    return last - first <= _GAP or (last - first <= _WIDEST and len("".join(text[first:last].split())) <= _GAP)


def split_folded(text: str) -> list[str]:
    """The words of a text, folded, the parts of those that capitals or digits take apart, and each without digits behind it."""
    words: list[str] = []
    for match in _TOKEN.finditer(text):
        words += [fold_word(part) for part, _ in ((match.group(), 0), *_take_apart(match.group()))]
    return list(dict.fromkeys([*words, *(_DIGITS_BEHIND.sub("", word) for word in words)]))


def list_writings(term: str) -> list[str]:
    """A name, folded, in every order of its words, and each with an ``s`` behind it; one of more words in its own order.

    >>> list_writings("Quince")
    ['quince', 'quinces']
    """
    words = [fold_word(word) for word in _TOKEN.findall(term)]
    orders = list(permutations(words)) if 1 < len(words) <= _MOST_ORDERED else [tuple(words)]
    return [" ".join(order) + behind for order in orders for behind in ("", "s")]


class NearNames:
    """Names, each to be found where it is nearly written.

    ``terms`` are all terms; only names among them are looked for, not numbers, phones and addresses. ``spared`` are names of others
    that may be shown: where just one of these stands, it is meant. Cost: one pass over the words of a text, whatever the number of
    names; making it a pass over the names.
    """

    def __init__(self, terms: Iterable[str], spared: Iterable[str] = ()) -> None:
        self._words: set[str] = set()
        self._any_order: dict[tuple[str, ...], str] = {}
        self._in_order: dict[tuple[str, ...], str] = {}
        self._most = 1
        for term in sorted(terms):
            if not term.startswith("+"):
                self._add(term, [fold_word(word) for word in _TOKEN.findall(term)])
        self._spared = {
            words for name in spared
            if (words := _list_words(name)) and all(self._recognise(fold_word(word))[0] for word in words)
        }  # fmt: skip

    def __bool__(self) -> bool:
        return bool(self._words)

    def _add(self, term: str, words: list[str]) -> None:
        letters = sum(map(len, words))
        if not all(word.isalpha() for word in words):
            if len(words) > 1 and any(word.isalpha() for word in words):
                self._know(self._in_order, tuple(words), term)
        elif len(words) > 1 and letters >= _FEWEST_LETTERS:
            self._know(self._any_order, tuple(sorted(words)), term)
            if len(words) <= _MOST_ORDERED and min(map(len, words)) >= _LONG:
                for order in permutations(words):
                    self._know(self._any_order, ("".join(order),), term)
        elif len(words) > 1 or letters >= _LONG_ALONE:
            self._know(self._in_order, tuple(words), term)

    def _know(self, known: dict[tuple[str, ...], str], words: tuple[str, ...], term: str) -> None:
        known.setdefault(words, term)
        self._words.update(words)
        self._most = max(self._most, len(words))

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where names stand, and which, in order; none within another."""
        words = self._list_known(text)
        end = 0
        for at, (_, first, _, _) in enumerate(words):
            if first < end:
                continue
            for count in range(self._count_near(text, words, at), 0, -1):
                window = words[at : at + count]
                if (term := self._look_up(window)) and _list_words(text[first : window[-1][2]]) not in self._spared:
                    end = window[-1][2]
                    yield first, end, term
                    break

    def _look_up(self, window: list[_Word]) -> str | None:
        said = tuple(word[0] for word in window)
        if found := self._any_order.get(tuple(sorted(said))):
            return found
        # an `s` behind a name of one word makes another word of it
        return None if any(word[3] for word in window) else self._in_order.get(said)

    def _count_near(self, text: str, words: list[_Word], at: int) -> int:
        """How many known words stand side by side from a place on."""
        count = 1
        while count < self._most and at + count < len(words):
            before, after = words[at + count - 1][2], words[at + count][1]
            if not is_gap(text, before, after) or _TOKEN.search(text, before, after):
                break
            count += 1
        return count

    def _list_known(self, text: str) -> list[_Word]:
        """The words of a text that stand in any name."""
        found = []
        for match in _TOKEN.finditer(text):
            whole = match.group()
            word, cut = self._recognise(fold_word(whole))
            if word:
                found.append((word, match.start(), match.end(), cut))
            elif not whole.islower() or not whole.isalpha():
                for part, at in _take_apart(whole):
                    word, cut = self._recognise(fold_word(part))
                    if word:
                        first = match.start() + at
                        found.append((word, first, first + len(part), cut))
        return found

    def _recognise(self, word: str) -> tuple[str, bool]:
        """The word of a name that is meant, and whether an ``s`` was left out; empty where there is none."""
        if word in self._words:
            return word, False
        if word[-1:].isdigit() and (stem := _DIGITS_BEHIND.sub("", word)):
            word = stem
            if word in self._words:
                return word, False
        if len(word) > _LONG and word[-1] == "s" and word[:-1] in self._words:
            return word[:-1], True
        return "", False


def _list_words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _TOKEN.findall(text))


def _take_apart(word: str) -> list[tuple[str, int]]:
    """The parts of a word that capitals or digits take apart, with their places; none where nothing does.

    Digits stay behind the letters that they follow to the end of the word.
    """
    if len(word) > _LONGEST or word.isdigit() or (word.isalpha() and (word.isupper() or word[1:].islower())):
        return []
    cuts = [
        at for at in range(1, len(word))
        if (word[at].isupper() and (word[at - 1].islower() or (word[at + 1 : at + 2].islower() and word[at - 1].isupper())))
        or (word[at].isalpha() and word[at - 1].isdigit())
        or (word[at].isdigit() and word[at - 1].isalpha() and not word[at:].isdigit())
    ]  # fmt: skip
    if not cuts:
        return []
    return [(word[first:last], first) for first, last in zip([0, *cuts], [*cuts, len(word)], strict=True)]
