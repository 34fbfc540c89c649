"""Nodes named in sentences: a mark that is written in one place only and resolved once, when somebody is to read it.

Wordings of inferences name nobody. They carry ``[node:12]``, and whoever shows the sentence says what stands for it: a
pseudonym, a name, an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MARK = re.compile(r"\[node:(\d+)\]")


def mark_node(number: int) -> str:
    """The mark that stands for a node in a sentence.

    >>> mark_node(12)
    '[node:12]'
    """
    return f"[node:{number}]"


def resolve_marks(text: str, name: Callable[[int], str]) -> str:
    """A sentence with a name for every mark.

    >>> resolve_marks("[node:3] paid [node:7]", lambda number: f"node {number}")
    'node 3 paid node 7'
    """
    return _MARK.sub(lambda found: name(int(found[1])), text)


def list_marks(text: str) -> list[int]:
    """The nodes that a sentence names, in order, each once."""
    return list(dict.fromkeys(int(number) for number in _MARK.findall(text)))
