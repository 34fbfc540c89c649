r"""Text out of evidence made harmless to look at: what nobody could see, or what would move other text, becomes visible.

A name or a cell may hold signs that clear the screen, begin a line of their own, reverse the reading direction or hide
words. :func:`show_text` writes each of them as an escape with a backslash, and leaves everything else as it is:

- ``\n``, ``\r``, ``\t``, and ``\u0000`` to ``\u009f`` for the other controls;
- ``\u202e``, ``\u200b``, ``\U000e0041`` for signs of direction, line and paragraph separators, byte-order marks, tags, fillers
  and every other sign that Unicode says is not to be drawn;
- ``\xff`` for a byte of a file name that is no text, ``\ud800`` for half of a character.

Letters, marks, digits, symbols and spaces of every script stay. So do a zero-width joiner or non-joiner between two letters,
where Persian and the scripts of India need it, a joiner between two pictures, and what says whether a picture is coloured. A
backslash stays as it is, so a text that *holds* the six characters ``\u202e`` looks like one with the sign itself.
"""

from __future__ import annotations

import re
import unicodedata

#: Controls, line and paragraph separators, halves of characters, and all that is not drawn (Unicode's property
#: Default_Ignorable_Code_Point, and the format characters of category Cf but for the signs that Arabic, Syriac and Kaithi
#: write round their numbers, which are drawn). From, to; a test compares the table with Python's own.
HIDDEN: tuple[tuple[int, int], ...] = (
    (0x0000, 0x001F), (0x007F, 0x009F), (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),
    (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xD800, 0xDFFF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xFFFE, 0xFFFF),
    (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_HIDDEN = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in HIDDEN)}]")
#: The escapes of these signs, once or twice behind a backslash, as inside JSON.
_SHOWN = re.compile(r"\\{1,2}(?:([nrt])|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_NON_JOINER, _JOINER = "\u200c", "\u200d"
#: The combining class of the signs that take a consonant's vowel away: a joiner behind one shapes the consonant.
_VIRAMA = 9
_LOOKS = "\ufe0e\ufe0f"
#: Bytes of a file name that are no text, as Python gives them (PEP 383).
_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF


def show_text(text: str) -> str:
    r"""The text in one line, with everything that would be unseen, or act, written as an escape; see the module.

    >>> show_text("a\x1b[2Jb\u202ec\nd"), show_text("نمی\u200cشود")
    ('a\\u001b[2Jb\\u202ec\\nd', 'نمی\u200cشود')
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_show, text)


def show_name(name: str) -> str:
    r"""A file's name as text that can be stored: bytes that are no text become escapes, and nothing else changes.

    >>> show_name("ledger-\udcff.csv")
    'ledger-\\xff.csv'
    """
    return name if name.isascii() else re.sub("[\ud800-\udfff]", lambda found: _escape(found[0]), name)


def hide_in_json(text: str) -> str:
    r"""JSON text with what :func:`show_text` would show written as ``\u`` escapes: the same JSON, safe to look at.

    Line ends between values stay: inside a value JSON has none.

    >>> hide_in_json('{"name": "a\u202eb"}')
    '{"name": "a\\u202eb"}'
    """
    return _HIDDEN.sub(lambda found: found[0] if found[0] == "\n" or _is_at_home(found) else _escape_json(found[0]), text)


def drop_shown(text: str) -> str:
    r"""The text without the escapes that :func:`show_text` and :func:`hide_in_json` write; spaces stand for line ends.

    >>> drop_shown("Family\\nQu\\u200bince")
    'Family Quince'
    """
    if "\\" not in text:
        return text
    return _SHOWN.sub(lambda found: " " if found[1] else "", text)


def is_hidden(sign: str) -> bool:
    """Whether a character is one that nobody sees, or that acts: a member of :data:`HIDDEN`."""
    return bool(_HIDDEN.match(sign))


def _show(found: re.Match[str]) -> str:
    return found[0] if _is_at_home(found) else _escape(found[0])


def _is_at_home(found: re.Match[str]) -> bool:
    """Whether an unseen sign stands where writing needs it: a joiner among letters or pictures, a look after a symbol."""
    sign, text, place = found[0], found.string, found.start()
    before = text[place - 1] if place else ""
    after = text[place + 1 : place + 2]
    if sign in _LOOKS:
        return bool(before) and (before in "#*" or unicodedata.category(before) in ("So", "Sm", "Po", "Nd"))
    if sign not in (_NON_JOINER, _JOINER) or not before:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if not after:
        return False
    if sign == _JOINER and unicodedata.category(after) == "So":
        return before in _LOOKS or unicodedata.category(before) in ("So", "Sk")
    return unicodedata.category(before)[0] in "LM" and unicodedata.category(after)[0] in "LM" and not _HIDDEN.match(before + after)


def _escape(sign: str) -> str:
    number = ord(sign)
    if _FIRST_BYTE <= number <= _LAST_BYTE:
        return f"\\x{number - 0xDC00:02x}"
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return _SHORT.get(sign) or f"\\u{number:04x}"


def _escape_json(sign: str) -> str:
    number = ord(sign)
    if number <= 0xFFFF:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
