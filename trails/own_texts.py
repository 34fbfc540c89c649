"""The words of our own texts: what pictures, reports and tables say in every case, whoever is in it.

A payer may be called `Cash`, `Transfer` or `driver` in a ledger. Such a name is shown by a pseudonym wherever a name is shown, but
it cannot be searched for in a finished file: every file holds that word. A name is exempt from the search exactly where our own
texts hold it, all its words side by side. The texts are not listed by hand: they are the texts in the code of the modules named
below, which write what is shown, their page, the form that the library of pictures gives a page, and the names of the connectors.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from trails.terms import Terms

#: The modules and packages of `trails` that write what is shown: words of pictures and reports, sentences of inferences, kinds,
#: states and roles, and the names of columns.
WRITERS = (
    "charts", "report", "hawala", "links", "ownership", "patterns", "tables.py", "findings.py", "finding.py", "code_findings.py",
    "code_story.py", "claims.py", "claims_sql.py", "fact_lines.py", "subjects.py", "views.py", "accounting.py", "settings.py",
    "small_sums.py", "words.py", "pseudonyms.py",
)  # fmt: skip
#: What the library of pictures writes into every page: the page itself and the form of its figures.
_PICTURES = ("io/_html.py", "package_data/templates/plotly.json")
_WORD = re.compile(r"[^\W_]+")
#: More signs than may stand between two words of a name: texts that have nothing to do with each other make no name.
_APART = "\n" * 9


def find_own(terms: Iterable[str]) -> set[str]:
    """Those of the terms that our own texts hold.

    >>> sorted(find_own(["Cash", "Family Quince", "driver", "width"]))
    ['Cash', 'driver', 'width']
    """
    # names of the same words are one: `Cash` as a row writes it, `cash` as it is looked up
    alike: dict[str, set[str]] = {}
    for term in terms:
        alike.setdefault(" ".join(_list_words(term)) or term, set()).add(term)
    near = frozenset(name for name in alike if _read_words().issuperset(_list_words(name)))
    return {term for one in _find_whole(near) for term in alike[one]}


def has_own_words(term: str) -> bool:
    """Whether each word of a term stands somewhere in the files with our own texts: no other can be written there in any order."""
    return _read_words().issuperset(_list_words(term))


@lru_cache(maxsize=16)
def _find_whole(names: frozenset[str]) -> frozenset[str]:
    """Those of the names that stand in our own texts; a case asks for the same ones again and again."""
    found: set[str] = set()
    for number, file in enumerate(_read_files()):
        # only a file that has every word of a name somewhere is read as code, which takes long
        near = [name for name in sorted(names - found) if file.words.issuperset(_list_words(name))]
        if near:
            found |= set(Terms(dict.fromkeys(near, "")).find(_read_texts(number)))
    return frozenset(found)


@lru_cache(maxsize=1)
def _read_words() -> frozenset[str]:
    """Every word of the files with our own texts, remarks and all: what is not among these need not be looked for."""
    return frozenset().union(*(file.words for file in _read_files()))


def read_own() -> str:
    """Our own texts, far enough apart that no name spans two of them."""
    return _APART.join(map(_read_texts, range(len(_read_files()))))


@lru_cache(maxsize=256)
def _read_texts(number: int) -> str:
    """The texts of one file, far enough apart that no name spans two of them."""
    file = _read_files()[number]
    return _APART.join(dict.fromkeys(list_texts(file.whole))) if file.is_code else file.whole


@dataclass(frozen=True, slots=True)
class _File:
    """A file with our own texts, or the name of a connector: what stands in it, and its words."""

    whole: str
    is_code: bool
    words: frozenset[str]


@lru_cache(maxsize=1)
def _read_files() -> tuple[_File, ...]:
    """The files with our own texts; and the names of the connectors, one by one."""
    paths = [path for name in WRITERS for path in _list_files(_find_package("trails") / name)]
    paths += [_find_package("plotly") / name for name in _PICTURES]
    connectors = sorted(path.name.removesuffix(".py") for path in _find_package("connectors").iterdir())
    texts = [(path.read_text(encoding="utf-8"), path.suffix == ".py") for path in paths]
    texts += [(name, False) for name in connectors]
    return tuple(_File(whole, is_code, frozenset(_list_words(whole))) for whole, is_code in texts)


def _list_words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _find_package(name: str) -> Path:
    """The folder of a package, without loading it."""
    found = find_spec(name)
    return Path(found.origin).parent if found and found.origin else Path()


def _list_files(path: Path) -> list[Path]:
    """The modules and pages in a folder, or the one that is meant."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file for file in files if file.suffix in (".py", ".html")]


def list_texts(code: str) -> list[str]:
    """The texts that a module writes: all in its code but what only explains it, and the names of what it hands to a drawing."""
    texts, names, explains = [], [], set()
    for node in ast.walk(ast.parse(code)):  # a statement comes before what it holds
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            explains.add(id(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explains:
            texts.append(node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            names.append(node.arg)
    return texts + names
