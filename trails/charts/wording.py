"""Short, safe text for pictures: money, dates, lengths in px, and labels made harmless.

Names come from evidence: they may hold mark-up, control characters or characters that reverse the reading direction.
"""

from __future__ import annotations

import html
import unicodedata
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from trails.visible import show_text

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_LIMIT = 24
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NARROW = frozenset("ijl.,:;|!'()[] ·-ftr")
_WIDE = frozenset("mwMW@%—×→")


def clean_text(text: str) -> str:
    r"""One line in which nothing acts and nothing is unseen: such signs stand as escapes, rows of spaces as one space.

    >>> clean_text("Amber \u202e & \u200bSons")
    'Amber \\u202e & \\u200bSons'
    """
    return " ".join(show_text(text).split())


def escape_text(text: str) -> str:
    """A label that neither HTML nor SVG can mistake for mark-up.

    >>> escape_text("<b>x</b>")
    '&lt;b&gt;x&lt;/b&gt;'
    """
    return html.escape(clean_text(text), quote=True)


def escape_label(text: str) -> str:
    """A label that plotly's own little mark-up and its ``%{...}`` templates leave as it is.

    >>> escape_label('<b>"x"</b> %{y}')
    '&lt;b&gt;"x"&lt;/b&gt; %&#123;y}'
    """
    return html.escape(clean_text(text), quote=False).replace("%{", "%&#123;")


def shorten_name(text: str, limit: int = NAME_LIMIT) -> str:
    """At most ``limit`` characters, the cut shown by an ellipsis.

    >>> shorten_name("Hawala office at the old market", 12)
    'Hawala offi…'
    """
    plain = clean_text(text)
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def measure_text(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text in px when set in DejaVu Sans, a little on the generous side (other fonts are narrower)."""
    ems = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in {"W", "F"}:
            ems += 1.0
        elif char in _NARROW:
            ems += 0.39
        elif char in _WIDE:
            ems += 0.98
        else:
            ems += 0.70 if char.isupper() else 0.63
    return ems * size * (1.12 if bold else 1.0)


def fit_text(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """The text cut with an ellipsis so that it is at most ``width`` px wide."""
    shown = text
    while len(shown) > 2 and measure_text(shown, size, bold=bold) > width:
        shown = shown.rstrip("…")[:-1].rstrip() + "…"
    return shown


def wrap_text(parts: Iterable[str], size: float, width: float, *, joiner: str = " · ") -> tuple[str, ...]:
    """Parts joined into lines no wider than ``width`` px, breaking between parts and, if need be, between words."""
    lines: list[str] = []
    line = ""
    for part in parts:
        for number, word in enumerate(part.split(" ")):
            glue = (joiner if number == 0 else " ") if line else ""
            if line and measure_text(line + glue + word, size) > width:
                lines.append(line)
                line, glue = "", ""
            line += glue + word
    return (*lines, line) if line else tuple(lines)


def format_money(value: Decimal) -> str:
    """A short amount without its currency: 940, 4.5k, 286k, 2.9M.

    >>> [format_money(Decimal(v)) for v in ("940", "4510", "286400", "2900000", "999999")]
    ['940', '4.5k', '286k', '2.9M', '1.0M']
    """
    size = abs(value)
    for unit, letter in ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(1000), "k")):
        if size >= unit * Decimal("0.9995"):
            scaled = size / unit
            places = Decimal("0.1") if scaled < Decimal("9.95") else Decimal(1)
            return f"{'-' if value < 0 else ''}{scaled.quantize(places, ROUND_HALF_UP)}{letter}"
    return str(value.quantize(Decimal(1), ROUND_HALF_UP)) if size >= 1 or size == 0 else f"{value:.2f}"


def format_day(time: datetime) -> str:
    """A UTC day: 14 Jan 2025."""
    utc = time.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def format_minute(time: datetime) -> str:
    """A UTC minute: 14 Jan 2025 09:05 UTC."""
    utc = time.astimezone(UTC)
    return f"{format_day(utc)} {utc.hour:02d}:{utc.minute:02d} UTC"


def format_period(first: datetime | None, last: datetime | None) -> str:
    """Two UTC days, or one when they are the same; empty when there is no time at all."""
    if first is None or last is None:
        return ""
    start, end = format_day(first), format_day(last)
    return start if start == end else f"{start} – {end}"
