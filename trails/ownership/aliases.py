"""Names that are spelled alike across scripts and habits (Gagi / Гаги, Đorđe / Djordje): possible aliases, never a merge."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.identifiers import normalise_name
from trails.ownership.entities import held_claims

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD = "a name alone is never an owner: many people share one, and spellings differ"
#: Rails whose accounts carry names of people; labels of addresses describe, and do not name.
NAME_RAILS = ("hawala", "cash", "chat", "phone", "bank", "vasp", "mto")
#: Fewer letters than this, or more bearers, say nothing.
LEAST_LETTERS = 3
MOST_BEARERS = 20
#: Letters that one language writes so and another so, after everything is Latin; the longer first.
_ONE_SOUND = (
    ("shch", "sc"), ("sch", "s"), ("sh", "s"), ("ch", "c"), ("zh", "z"), ("kh", "h"), ("gh", "g"), ("th", "t"), ("ph", "f"),
    ("dzh", "d"), ("dj", "d"), ("ts", "c"), ("tz", "c"), ("ck", "k"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("x", "ks"),
    ("q", "k"), ("w", "v"), ("y", "i"), ("j", "i"),
)  # fmt: skip
#: Scripts that leave vowels out, so that only consonants can be compared.
_WITHOUT_VOWELS = ("ARABIC", "HEBREW", "SYRIAC")
_VOWELS = str.maketrans("", "", "aeiouv")


@dataclass(frozen=True, slots=True)
class _Name:
    """A named account: its name's sound and script, the sources that speak of it, and the fact that names it first."""

    node: int
    sound: str
    script: str
    sources: frozenset[int]
    transfer: int | None
    event: int | None


def fold_name(text: str) -> str:
    """A name as its sounds in plain Latin letters, words in alphabetical order; empty where too little is left.

    Raises nothing; cost: linear. Not reversible, and coarse on purpose.

    >>> fold_name("Гаги"), fold_name("Đorđe") == fold_name("Djordje") == fold_name("Ђорђе"), fold_name("Yusuf Xan")
    ('gagi', True, 'iusuf ksan')
    """
    from anyascii import anyascii

    name = normalise_name(text).replace("đ", "dj")
    words = "".join(each if unicodedata.category(each)[0] in "LM" else " " for each in name).split()
    folded = sorted(_fold_word("".join(filter(str.isalpha, anyascii(word).casefold()))) for word in words)
    return " ".join(folded) if sum(map(len, folded)) >= LEAST_LETTERS else ""


def _fold_word(word: str) -> str:
    for written, sound in _ONE_SOUND:
        word = word.replace(written, sound)
    return "".join(letter for at, letter in enumerate(word) if letter != word[at - 1 : at])


def keep_consonants(folded: str) -> str:
    """The consonants of a folded name, for comparison with scripts that write no vowels; empty where too few are left.

    >>> keep_consonants(fold_name("Farhad")), keep_consonants(fold_name("فرهاد"))
    ('frhd', 'frhd')
    """
    kept = " ".join(word for word in (part.translate(_VOWELS) for part in folded.split()) if word)
    return kept if len(kept.replace(" ", "")) >= LEAST_LETTERS else ""


def name_script(text: str) -> str:
    """The script of a name's first letter (LATIN, CYRILLIC, ARABIC ...); empty where it has no letter.

    >>> name_script("Гаги"), name_script("12")
    ('CYRILLIC', '')
    """
    return next((unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha()), "")


def claim_aliases(transfers: pd.DataFrame, events: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Which accounts of different sources, or of different scripts, have names that may be one.

    Parameters
    ----------
    transfers, events, nodes
        Tables of the contract. Names are the labels of accounts; an account that only ever pays deposits into codes is a
        payer, and left alone.

    Returns
    -------
    DataFrame
        Held claims ``alias`` (hint), by node, on the first transfer or event that names the second account. ``why`` says how
        the names agree, and how many pairs of names would agree so by luck, at the rate at which different names of one source
        and script do. It does not repeat the names: those of people who turn out to be payers must not leave the case.

    Notes
    -----
    Cost: linear in names, quadratic in the bearers of one name (at most MOST_BEARERS, else it says nothing). Source: the
    letters are those of the anyascii library; the sounds are ours, for the languages of the Balkan route, with no published
    error rate. What it misses: nicknames, misreadings, translated names. Where it errs: common names.
    """
    names = _list_names(transfers, events, nodes)
    pairs: dict[tuple[int, int], tuple[_Name, str]] = {}
    for how, form in _FORMS.items():
        for one, other, chance in _pair_names(names, form):
            pairs.setdefault((one.node, other.node), (other, f"their names agree {how}; {chance}"))
    rows = [(*key, pairs[key][0].transfer, pairs[key][0].event) for key in sorted(pairs)]
    found = pd.DataFrame(rows, columns=["one", "other", "transfer_id", "event_id"])
    return held_claims("alias", "hint", found, [pairs[key][1] for key in sorted(pairs)], HELD)


def _list_names(transfers: pd.DataFrame, events: pd.DataFrame, nodes: pd.DataFrame) -> list[_Name]:
    """Every named account that some row is about and that is more than a payer, by node."""
    labelled = nodes[(nodes["kind"] == "account") & nodes["rail"].isin(NAME_RAILS) & nodes["label"].notna()]
    sides = [
        transfers[[side, "transfer_id", "source_id"]].set_axis(["node_id", "transfer_id", "source_id"], axis=1)
        .assign(event_id=np.nan, pays=((side == "src") & (transfers["kind"] == "deposit")).astype(float))
        for side in ("src", "dst")
    ]  # fmt: skip
    sides += [
        events[[side, "event_id", "source_id"]].set_axis(["node_id", "event_id", "source_id"], axis=1)
        .assign(transfer_id=np.nan, pays=np.nan)
        for side in ("node_id", "other_node_id")
    ]  # fmt: skip
    about = pd.concat([side[side["node_id"].isin(labelled["node_id"])].astype("float64") for side in sides])
    sources: dict[int, set[int]] = {}
    for node, source in about[["node_id", "source_id"]].drop_duplicates().itertuples(index=False):
        sources.setdefault(int(node), set()).add(int(source))
    by = about.groupby("node_id")[["transfer_id", "event_id", "pays"]].min()
    label = dict(zip(labelled["node_id"].tolist(), labelled["label"].astype(str), strict=True))
    return [
        _Name(
            int(node), fold_name(label[int(node)]), name_script(label[int(node)]), frozenset(sources[int(node)]),
            None if np.isnan(transfer) else int(transfer), int(event) if np.isnan(transfer) else None,
        )
        for node, transfer, event, pays in by.reset_index().to_numpy()
        if pays != 1  # all its transfers are deposits into codes
    ]  # fmt: skip


def _pair_names(names: list[_Name], form: Callable[[str], str]) -> Iterator[tuple[_Name, _Name, str]]:
    """Pairs of accounts whose names agree in one form, each with what luck would give."""
    bearers: dict[str, list[_Name]] = {}
    for name in names:
        if form(name.sound):
            bearers.setdefault(form(name.sound), []).append(name)
    pairs = [
        pair
        for group in bearers.values()
        if len(group) <= MOST_BEARERS
        for pair in combinations(group, 2)
        if _is_comparable(*pair) and (form is not keep_consonants or _lacks_vowels(*pair))
    ]
    chance = _word_chance(bearers, len(pairs))
    for one, other in pairs:
        yield one, other, chance


def _lacks_vowels(one: _Name, other: _Name) -> bool:
    return (one.script in _WITHOUT_VOWELS) != (other.script in _WITHOUT_VOWELS)


def _is_comparable(one: _Name, other: _Name) -> bool:
    """Whether two names may be one person's: whoever writes two names in one book and one script means two people."""
    return one.script != other.script or not one.sources & other.sources


def _word_chance(bearers: dict[str, list[_Name]], found: int) -> str:
    """How many pairs would agree by luck, at the rate at which different names of one source and script do."""
    known = [(form, name) for form, group in bearers.items() for name in group if len(name.sources) == 1]
    of_source = Counter((name.script, min(name.sources)) for _, name in known)
    alike = Counter((name.script, min(name.sources), form) for form, name in known)
    different, agree = (sum(count * (count - 1) // 2 for count in counts.values()) for counts in (of_source, alike))
    total = sum(map(len, bearers.values()))
    compared = total * (total - 1) // 2 - different
    expected = compared * (agree + 1) / (different + 1)
    return (
        f"{found} of {compared} pairs of names agree so, at most about {expected:.2g} of them expected by luck "
        f"({agree} of {different} pairs of different names within one source do)"
    )


#: How two names may agree, in words, and the form to compare; the closer first.
_FORMS: dict[str, Callable[[str], str]] = {
    "in sound": str,
    "in their consonants, the script of one leaving vowels out": keep_consonants,
}
