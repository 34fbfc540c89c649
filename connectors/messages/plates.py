"""Number plates in a message's text: of Bosnia and Herzegovina, Serbia, Croatia, Montenegro, Slovenia, and, beside a word
that says so, of Austria, Germany, Turkey and Hungary.

A plate is named only where the writing leaves little else: the first five have fixed districts and dashes, and must
stand in capitals. The others, and any plate written freely, look like codes and words, so a word like *tablice*, *kombi*,
*plaka* or *Kennzeichen* must stand shortly before. Shapes: the countries' registration rules as of 2024.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.messages.found import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

_RS = (
    "AC AL AR BB BČ BG BO BP BT BU CN ĆU ČA DE DJ GL GM GNJ IN IC JA KA KC KG KI KL KM KO KŠ KV KŽ LB LE LO LU MA MI "
    "NG NI NP NS NV PA PB PE PH PI PK PL PN PO PP PR PT PZ RA RU SA SC SD SJ SM SO SP ST SU SV ŠA ŠI TO TS TT TU UB UE UR "
    "UZ VA VB VG VL VM VP VR VS VŠ ZA ZR"
)
_HR = "BJ BM ČK DA DE DJ DU GS IM KA KC KR KT KŽ MA NA NG OG OS PU PŽ RI SB SK SL ST ŠI VK VT VU VŽ ZD ZG ŽU"
_ME = "AN BA BD BP BR CT DG GS HN KL KO MK NK PG PL PT PV RO ŠN TV TZ UL ŽB"
_SI = "CE GO KK KP KR LJ MB MS NM PO SG"
_AT = (
    "AM B BA BL BM BN BR BZ DL DO E EF EU FE FF FK FR G GB GD GF GM GR GS GU HA HB HE HF HL HO I IL IM JE JO JU JW K KB "
    "KF KI KK KL KO KR KS KU L LA LB LE LF LI LL LN LZ MA MD ME MI MT MU MZ ND NK OP OW P PE PL RA RE RI RO S SB SD SE SL "
    "SO SP SR SV SW SZ TA TU UU VB VI VK VL VO W WB WE WL WN WO WT WU WY WZ ZE ZT ZW"
)
#: What else two capitals after a number are: ``PO 500 KM`` is a price.
_NO_ENDING = frozenset({"KM", "TL", "EU", "DIN", "EUR", "USD"})


def _any_of(words: str) -> str:
    return "|".join(words.split())


#: Country and shape, strongest first. Groups are the parts of the plate.
_FIXED = (
    ("BA", re.compile(r"([AEJKMOT]\d{2})-([AEJKMOT])-(\d{3})")),
    ("HR", re.compile(rf"({_any_of(_HR)})[ -]?(\d{{3,4}})[ -]([A-PR-VZ]{{1,2}})")),
    ("RS", re.compile(rf"({_any_of(_RS)})[ -]?(\d{{3,5}})[ -]([A-ZČĆŠŽĐ]{{2}})")),
    ("ME", re.compile(rf"({_any_of(_ME)})[ -]([A-Z]{{2}})[ -]?(\d{{3}})")),
    ("SI", re.compile(rf"({_any_of(_SI)})[ -]([A-Z]{{2}})-(\d{{3}})")),
)
_FREE = (
    ("BA", re.compile(r"([AEJKMOT]\d{2})[ -]?([AEJKMOT])[ -]?(\d{3})")),
    ("HR", re.compile(rf"({_any_of(_HR)})[ -]?(\d{{3,4}})[ -]?([A-PR-VZ]{{1,2}})")),
    ("RS", re.compile(rf"({_any_of(_RS)})[ -]?(\d{{3,5}})[ -]?([A-ZČĆŠŽĐ]{{2}})")),
    ("ME", re.compile(rf"({_any_of(_ME)})[ -]?([A-Z]{{2}})[ -]?(\d{{3}})")),
    ("SI", re.compile(rf"({_any_of(_SI)})[ -]([A-Z\d]{{2}})[ -]?([A-Z\d]{{3}})")),
    ("TR", re.compile(r"(0[1-9]|[1-7]\d|8[01])[ -]?([A-PR-VYZ]{1,3})[ -]?(\d{2,5})")),
    ("HU", re.compile(r"([A-Z]{2})[ -]?([A-Z]{2})[ -](\d{3})|([A-Z]{3})[ -](\d{3})")),
    ("AT", re.compile(rf"({_any_of(_AT)})[ -](\d{{1,5}})[ -]?([A-Z]{{1,3}})")),
    ("DE", re.compile(r"([A-ZÄÖÜ]{1,3})[ -]([A-Z]{1,2})[ -]?(\d{1,4}[EH]?)")),
)
_CAPITALS = "A-ZČĆŠŽĐ"
#: Where a plate in capitals may begin, and where one beside its word may.
_STRICT_START = re.compile(rf"(?<![\w\-.,+/#])[{_CAPITALS}](?=[{_CAPITALS}]{{0,2}}[ -]?[A-Z]{{0,2}}[ -]?\d)")
_FREE_START = re.compile(r"(?<![\w\-.,+/#])\w")
_CONTEXT = re.compile(
    r"(?<!\w)(?:tablic\w{0,3}|registracij\w{0,3}|reg|registarsk\w{0,4}|vozil\w{0,4}|kombi\w{0,3}|auto|autom|kola|"
    r"plates?|number plate|licen[cs]e plate|car|van|taxi|taksi|plaka\w{0,3}|araba\w{0,3}|kennzeichen|nummernschild|"
    r"rendszám\w{0,3}|таблиц\w{0,3}|регистрациј\w{0,3}|номер|ауто|кола|комби|پلاک|نمره|لوحة|اللوحة|نمبر پلیٹ)(?!\w)",
    re.IGNORECASE,
)
#: How far behind its word a plate may begin.
_REACH = 24


def find_plates(text: str) -> Iterator[Found]:
    """The plates of a text in their order; a shape of several countries names them all."""
    spots = [word.end() for word in _CONTEXT.finditer(text)]
    starts = {match.start(): False for match in _STRICT_START.finditer(text)}
    for spot in spots:
        starts |= {match.start(): True for match in _FREE_START.finditer(text, spot, min(len(text), spot + _REACH))}
    end = 0
    for start, free in sorted(starts.items()):
        found = _read_plate(text, start, free=free) if start >= end else None
        if found:
            end = found.end
            yield found


def _read_plate(text: str, start: int, *, free: bool) -> Found | None:
    window = text[start : start + 16]
    upper = window.upper() if free and len(window.upper()) == len(window) else window
    countries: dict[tuple[int, str], list[str]] = {}
    for country, shape in _FREE if free else _FIXED:
        match = shape.match(upper)
        if not match or (match.end() < len(upper) and (upper[match.end()].isalnum() or upper[match.end()] == "_")):
            continue
        parts = [part for part in match.groups() if part]
        if parts[-1] not in _NO_ENDING:
            countries.setdefault((match.end(), "-".join(parts)), []).append(country)
    if not countries:
        return None
    (length, plate), names = max(countries.items(), key=lambda item: item[0][0])
    return Found("plate_mentioned", f"{plate} ({' or '.join(names)})", start, start + length)
