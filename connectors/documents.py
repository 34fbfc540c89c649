"""Numbers of documents by which people identified themselves: passports, identity cards, tax numbers."""

from __future__ import annotations

import re

from trails.errors import IdentifierError
from trails.model import Node
from trails.money import ascii_digits

_MASKED = re.compile(r"[*xX#]{2,}")


def read_document(raw: str) -> Node:
    """The node of a document's number, written in any of the usual ways; raises IdentifierError for a masked one.

    >>> read_document("ab 123-456").key
    'AB123456'
    """
    plain = re.sub(r"[\s\-/.]", "", ascii_digits(raw)).upper()
    if not plain.isalnum() or not any(ch.isdigit() for ch in plain) or _MASKED.search(plain):
        raise IdentifierError("no document's number")
    return Node("document", plain, label=raw)
