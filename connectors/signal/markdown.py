"""What signal-export adds to a message's own words in ``chat.md``: a quoted message, reactions, and the attached files::

    [2024-08-02 23:12:05] Kaka: \n\n> kod 4718\n\nstigli  \n(- Cedar: OK -)![proof.jpg](./media/proof.jpg)

The quoted words are another's, or older; who reacts says nothing; a picture may prove a delivery.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.messages import Found, media_kind, proof
from connectors.messages.found import blank_out

_QUOTE = re.compile(r"[ \t]*(?:\r?\n){1,4}((?:>[^\r\n]*(?:\r?\n|\Z))+)")
_REACTIONS = re.compile(r"\n\(- [^\r\n]{1,4000} -\)")
_FILE = re.compile(r"!?\[([^\r\n]{0,300}?)\]\(\./([^\r\n]{1,400}?)\)(?=  |\s*\Z)")
_LEFT_OUT = re.compile(r"\((image|photo|picture|video) not exported\)(?=  |\s*\Z)")


@dataclass(frozen=True, slots=True)
class Written:
    """A message's own words, every character in its place; the files it brings; and the words that it quotes."""

    words: str
    files: tuple[Found, ...]
    quote: str


def read_markdown(text: str) -> Written:
    """What of a message's text in ``chat.md`` is its sender's.

    >>> read_markdown("\\n\\n> kod 4718\\n\\nstigli  ").words.strip("_")
    '\\nstigli  '
    """
    if "\n" not in text and "(" not in text:
        return Written(text, (), "")
    quoted = _QUOTE.match(text)
    others = [Found("", "", each.start(), each.end()) for each in (quoted, *_REACTIONS.finditer(text)) if each]
    words = blank_out(text, others)
    files = []
    for found in _FILE.finditer(words):
        kind = media_kind(found[2])
        files += [proof(found[1] or found[2], kind, start=found.start(), end=found.end())] if kind else []
    for found in _LEFT_OUT.finditer(words):
        kind = "video" if found[1] == "video" else "photo"
        files.append(proof(found[1], kind, included=False, start=found.start(), end=found.end()))
    return Written(words, tuple(files), quoted[1] if quoted else "")
