r"""Cells of tables for people that a spreadsheet shows and never runs.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, also one out of a CSV file. A formula can
ask a server for a page (and say what it found), or start a program (DDE: ``=cmd|'/c calc'!A1``). Names and remarks come from
evidence, so whoever wrote a chat could write one.

:func:`defuse` puts an apostrophe before such a text: spreadsheets then show the text itself. What stands before the sign does
not help an attacker: spreadsheets and importers strip spaces, line feeds, no-break and zero-width signs and quotation marks, and
programs of East Asia read fullwidth signs as the plain ones. A semicolon, a tab or a line end inside a text begins a new cell
where a spreadsheet expects another separator than the file has, so what follows one is looked at as well.
"""

from __future__ import annotations

import re
import unicodedata

from trails.visible import is_hidden

#: What begins a formula, and the pipe of DDE; other signs that Unicode's compatibility form makes one of these count too.
_SIGNS = frozenset("=+-@|")
#: Signs for plus and minus that the compatibility form leaves as they are: programs read them as plus and minus.
_LIKE_SIGNS = frozenset("\u2212\u2010\u2011\u2012\u2013\u2014\u2015\u02d7\u06d4\u2795\u2796")
#: Quotation marks that importers take off before they look at a cell. An apostrophe is none: it is what defuses.
_QUOTES = frozenset('"`\u00b4\u2018\u2019\u201c\u201d\u00ab\u00bb\uff02')
_SEPARATORS = re.compile(r"([;\t\r\n]+)")


def defuse(value: object) -> object:
    r"""A cell that no spreadsheet runs: a text that may begin a formula gets an apostrophe in front, all else stays.

    Numbers stay numbers: -5 is no text. To defuse twice changes nothing. Cost: linear in the text.

    >>> defuse("=1+1"), defuse(" \u200b\uff1dcmd|' /c calc'!A1"), defuse("Amber & Sons"), defuse("a;=1+1"), defuse(-5)
    ("'=1+1", "' \u200b＝cmd|' /c calc'!A1", 'Amber & Sons', "a;'=1+1", -5)
    """
    if not isinstance(value, str):
        return value
    parts = _SEPARATORS.split(value)
    safe = "".join(f"'{part}" if not place % 2 and _begins_formula(part) else part for place, part in enumerate(parts))
    return f"'{safe}" if safe.startswith(("\t", "\r", "\n")) else safe


def _begins_formula(text: str) -> bool:
    """Whether the first sign that counts begins a formula; spaces, controls, unseen signs and quotation marks do not count."""
    for sign in text:
        if sign in _QUOTES or sign.isspace() or is_hidden(sign) or unicodedata.category(sign) in ("Cc", "Cf", "Zs"):
            continue
        return sign in _LIKE_SIGNS or bool(_SIGNS & set(unicodedata.normalize("NFKC", sign)))
    return False
