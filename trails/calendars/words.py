"""Names of months, weekdays and nights as books of the region write them, and the letters in which they are compared.

Each line is one month, or one weekday (a long one is broken behind a backslash); its names stand between commas: Persian, Dari,
Pashto, Arabic (Egyptian, Levantine, Maghreb), Urdu, Turkish, Bosnian/Croatian/Serbian and English. Marks above Latin letters are
left out and Serbian Cyrillic is compared in Latin, see :func:`fold_text`. From general knowledge of these languages; no
native speaker has reviewed it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from trails.money import ascii_digits

MONTHS = {
    "gregorian": """
january, jan, januar, januara, sijecanj, sijecnja, ocak, oca, يناير, جانفي, كانون الثاني, كانون ثاني, ژانویه, جنوری
february, feb, februar, februara, veljaca, veljace, subat, sub, فبراير, فيفري, شباط, فوریه, فبروری, فروری
march, mar, mart, marta, ozujak, ozujka, مارس, آذار, مارچ
april, apr, aprila, travanj, travnja, nisan, nis, أبريل, أفريل, نيسان, آوریل, اپریل
may, maj, maja, svibanj, svibnja, mayis, مايو, ماي, أيار, مه, می, مئی
june, jun, juna, juni, lipanj, lipnja, haziran, haz, يونيو, يونيه, جوان, حزيران, ژوئن, جون
july, jul, jula, juli, srpanj, srpnja, temmuz, tem, يوليو, يوليه, يوليوز, جويلية, تموز, ژوئیه, ژوییه, جولای, جولائی
august, aug, avgust, avgusta, augusta, avg, kolovoz, kolovoza, agustos, agu, أغسطس, أوت, غشت, آب, آگوست, اگست
september, sept, sep, septembar, septembra, rujan, rujna, eylul, eyl, سبتمبر, شتنبر, أيلول, سپتامبر, سپتمبر, ستمبر
october, oct, oktobar, oktobra, okt, listopad, listopada, ekim, eki, أكتوبر, تشرين الأول, تشرين أول, اکتبر
november, nov, novembar, novembra, studeni, studenog, studenoga, kasim, kas, نوفمبر, نونبر, تشرين الثاني, تشرين ثاني, نوامبر, نومبر
december, dec, decembar, decembra, prosinac, prosinca, aralik, ara, ديسمبر, دجنبر, كانون الأول, كانون أول, دسامبر, دسمبر
""",
    "jalali": """
farvardin, hamal, فروردین, حمل, وری
ordibehesht, sawr, saur, اردیبهشت, ثور, غویی
khordad, jawza, jauza, خرداد, جوزا, غبرګولی
tir, saratan, تیر, سرطان, چنګاښ
mordad, amordad, asad, مرداد, امرداد, اسد, زمری
shahrivar, sonbola, sunbula, شهریور, سنبله, وږی
mehr, mizan, مهر, میزان, تله
aban, aqrab, آبان, عقرب, لړم
azar, qaws, qaus, آذر, قوس, لیندۍ
dey, jadi, دی, جدی, مرغومی
bahman, dalw, dalwa, بهمن, دلو, سلواغه
esfand, hut, hoot, اسفند, حوت, کب
""",
    "hijri": """
muharram, muharrem, محرم, المحرم, محرم الحرام
safar, safer, sefer, صفر, صفر المظفر, صفر الخير
rabi al awwal, rabi ul awwal, rabi i, rebiulevvel, rebiul evvel, ربيع الأول, ربيع أول
rabi al thani, rabi al akhir, rabi us sani, rabi ii, rebiulahir, rebiul ahir, ربيع الثاني, ربيع الآخر, ربيع ثاني, ربيع آخر
jumada al ula, jumada al awwal, jumada i, cemaziyelevvel, dzumadel ula, dzumade l ula, جمادى الأولى, جمادی الاول, \
جماد الأول, جماد الأولى, جماد أول, جمادى أول
jumada al thani, jumada al akhira, jumada ii, cemaziyelahir, dzumadel uhra, dzumade l uhra, جمادى الآخرة, جمادى الثانية, \
جمادى الثاني, جمادى الآخر, جماد الثاني, جماد الثانية, جماد الآخر, \
جماد الآخرة, جماد ثاني, جمادى ثاني
rajab, receb, recep, redzeb, رجب, رجب المرجب
shaban, saban, sa ban, شعبان, شعبان المعظم
ramadan, ramazan, ramadhan, رمضان, رمضان المبارك
shawwal, sevval, شوال, شوال المكرم
dhu al qadah, dhul qada, zilkade, zul kade, ذو القعدة, ذي القعدة, ذیقعده, ذو قعدة, ذي قعدة
dhu al hijjah, dhul hijja, zilhicce, zul hidzdze, zilhidze, ذو الحجة, ذي الحجة, ذیحجه, ذو حجة, ذي حجة
""",
}
#: The word for "month" before a name (Arabic, Persian, Urdu) and behind it (Persian: مهرماه).
MONTH_BEFORE, MONTH_BEHIND = "شهر, ماه", "ماه"
#: Monday first, as ``date.isoweekday`` counts.
WEEKDAYS = """
monday, mon, ponedjeljak, ponedeljak, pon, pazartesi, الاثنين, دوشنبه, پیر, سوموار
tuesday, tue, utorak, uto, sali, الثلاثاء, سه شنبه, منگل
wednesday, wed, srijeda, sreda, sri, carsamba, الأربعاء, چهارشنبه, چهار شنبه, چارشنبه, بدھ
thursday, thu, cetvrtak, cet, persembe, الخميس, پنجشنبه, پنج شنبه, جمعرات
friday, fri, petak, cuma, الجمعة, جمعه, آدینه
saturday, sat, subota, cumartesi, السبت, شنبه, ہفتہ
sunday, sun, nedjelja, nedelja, ned, pazar, الأحد, یکشنبه, یک شنبه, اتوار
"""
NIGHTS = "night of, night, u noc, noc, noci, nocu, gecesi, gece, ليلة, ليل, ليلا, شب, رات, شپه"
#: The halves of the day, as hours to add.
HALVES = {"am": 0, "a.m.": 0, "ص": 0, "ق.ظ": 0, "oo": 0, "pm": 12, "p.m.": 12, "م": 12, "ب.ظ": 12, "os": 12}

_LETTER = r"[^\W\d_]"
_CYRILLIC = dict(zip("абвгдђежзијклмнопрстћуфхцчшыэ", "abvgddezzijklmnoprstcufhccsye", strict=True)) | {
    "љ": "lj", "њ": "nj", "џ": "dz", "ю": "ju", "я": "ja", "щ": "sc", "ъ": "", "ь": "",
}  # fmt: skip
_LETTERS = str.maketrans(
    {**_CYRILLIC, "ي": "ی", "ى": "ی", "ې": "ی", "ۍ": "ی", "ے": "ی", "ك": "ک", "ګ": "گ", "ة": "ه", "ہ": "ه", "ھ": "ه",
     "ە": "ه", "ı": "i", "đ": "d", "،": ",", "’": "'", "ʿ": "'", "ʾ": "'", "‘": "'"}
)  # fmt: skip


@lru_cache(maxsize=65_536)
def fold_text(text: str) -> str:
    """Text for comparing words: digits as 0-9, one case, no marks above letters, no invisible marks, the Arabic and
    Persian forms of a letter as one, Cyrillic letters in Latin.

    >>> fold_text("Август"), fold_text("مؤمَّن") == fold_text("مومن"), fold_text("İŞ\u200d 12")
    ('avgust', True, 'is 12')
    """
    plain = unicodedata.normalize("NFKD", ascii_digits(text).casefold())
    kept = "".join(" " if ch in "\t\r\n" else ch for ch in plain if unicodedata.category(ch) not in ("Mn", "Cf"))
    return " ".join(kept.translate(_LETTERS).split())


def any_of(names: str) -> str:
    """A regex for any of the names between commas, on folded text, the longest first; the parts of a name of several
    words may be joined or hyphenated."""
    joined = {r"[\s'-]*".join(map(re.escape, fold_text(name).split())) for name in names.split(",")}
    return f"(?:{'|'.join(sorted(joined, key=lambda name: (-len(name), name)))})"


@lru_cache(maxsize=64)
def whole_words(names: str) -> re.Pattern[str]:
    """A regex that finds any of the names between commas where it stands as whole words."""
    return re.compile(rf"(?<!{_LETTER}){any_of(names)}(?!{_LETTER})")


def take_words(plain: str) -> tuple[str, tuple[str, int] | None, bool]:
    """Folded text without its weekday and its word for night; the weekday with its number; whether it is a night.

    >>> take_words("petak, 2.8. noc")
    ('2.8.', ('petak', 5), True)
    """
    night = whole_words(NIGHTS).search(plain)
    if night:
        plain = f"{plain[: night.start()]} {plain[night.end() :]}"
    weekdays = [
        (found, number)
        for number, names in enumerate(WEEKDAYS.split("\n")[1:-1], start=1)
        if (found := whole_words(names).search(plain))
    ]
    weekday = None
    if weekdays:
        # the word for Saturday is also the last part of other days' names
        longest, number = max(weekdays, key=lambda each: len(each[0][0]))
        weekday = (longest[0], number)
        plain = f"{plain[: longest.start()]} {plain[longest.end() :]}"
    return " ".join(plain.split()).strip(" ,"), weekday, night is not None
