"""Months as phones write them in words, in the languages of chat exports: ``14 août 2024``, ``3. März``, ``12 июн.``.

What :mod:`trails.calendars.words` has for books (Bosnian, Croatian, Serbian, Turkish, Arabic, Persian, Urdu, English) is
taken from there; the names and short forms of the Unicode CLDR for further languages stand here. A word that is one month
in one language and another in the next is no month: ``listopada`` is October in Zagreb and November in Warsaw.
"""

from __future__ import annotations

import re
from functools import lru_cache

from trails.calendars.words import MONTHS, fold_text

#: Each month up to a semicolon, in French, German, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Romanian, Hungarian,
#: Albanian, Indonesian, Greek, Russian, Ukrainian, Polish and Czech, as they stand behind a day.
_MONTHS = """
janvier, janv, jänner, jän, enero, ene, gennaio, gen, janeiro, januari, ianuarie, ian, január, janari, janar,
ιανουαρίου, ιαν, января, январь, янв, січня, січ, stycznia, sty, ledna, led;
février, févr, fév, februari, febrero, febbraio, fevereiro, fev, februarie, február, shkurt, φεβρουαρίου, φεβ,
февраля, февраль, февр, фев, лютого, лют, lutego, února, úno;
mars, märz, mär, mrz, marzo, março, maart, mrt, marts, martie, március, márc, maret, μαρτίου, μαρ, марта, март, мар,
березня, бер, marca, března, bře;
avril, avr, abril, abr, aprile, aprilie, április, ápr, prill, απριλίου, απρ, апреля, апрель, апр, квітня, квіт,
kwietnia, kwi, dubna, dub;
mai, mayo, maggio, mag, maio, mei, május, máj, majit, μαΐου, μαΐ, мая, май, травня, трав, maja, května, kvě;
juin, junio, giugno, giu, junho, iunie, iun, június, jún, qershor, ιουνίου, ιουν, июня, июнь, июн, червня, черв,
czerwca, cze, června, čvn;
juillet, juil, julio, luglio, lug, julho, iulie, iul, július, júl, korrik, ιουλίου, ιουλ, июля, июль, июл, липня, лип,
lipca, července, čvc;
août, agosto, ago, augustus, augusti, augusztus, gusht, agustus, αυγούστου, αυγ, августа, август, авг, серпня, серп,
sierpnia, sie, srpna;
septembre, septiembre, settembre, set, setembro, septembrie, szeptember, szept, shtator, σεπτεμβρίου, σεπ, сентября,
сентябрь, сент, сен, вересня, вер, września, wrz, září, zář;
octobre, oktober, octubre, ottobre, ott, outubro, out, octombrie, október, tetor, οκτωβρίου, οκτ, октября, октябрь,
окт, жовтня, жовт, października, paź, října, říj;
novembre, noviembre, novembro, noiembrie, noi, nëntor, νοεμβρίου, νοε, ноября, ноябрь, нояб, ноя, листопада, лист,
listopada, listopadu;
décembre, déc, dezember, dez, diciembre, dic, dicembre, dezembro, decembrie, dhjetor, desember, des, δεκεμβρίου, δεκ,
декабря, декабрь, дек, грудня, груд, grudnia, gru, prosince
"""

_CYRILLIC = re.compile("[\u0400-\u04ff]")


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int | None]:
    """The number of each folded name; None for one that two languages count differently."""
    numbers: dict[str, int | None] = {}
    for months in (MONTHS["gregorian"].split("\n")[1:-1], _MONTHS.split(";")):
        for number, names in enumerate(months, start=1):
            for name in map(_fold, names.split(",")):
                numbers[name] = number if numbers.get(name, number) == number else None
    return numbers


def _fold(word: str) -> str:
    """A name as it is compared: what is written in Cyrillic is told apart, as its Latin form may be another month."""
    return f"{'cyrillic ' if _CYRILLIC.search(word) else ''}{fold_text(word)}"


@lru_cache(maxsize=1 << 10)
def read_month(word: str) -> int | None:
    """The number of a month that is written as a number or a word; None for a word that is none, or of two meanings.

    >>> read_month("Sept"), read_month("9"), read_month("août"), read_month("rujan"), read_month("listopada")
    (9, 9, 8, 9, None)
    >>> read_month("листопада"), read_month("август"), read_month("avgust")
    (11, 8, 8)
    """
    if word.isdecimal():
        return int(word)
    numbers = _numbers()
    return numbers.get(_fold(word), numbers.get(fold_text(word)))
