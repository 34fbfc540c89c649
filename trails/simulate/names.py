"""Names of fictional people in several scripts: a common given name, a plant as surname, an initial. Nobody is called so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trails.simulate.dice import Dice

#: Given names: Latin, Arabic script.
_EASTERN = (
    ("Zalmay", "زلمی"), ("Farhad", "فرهاد"), ("Nasir", "ناصر"), ("Karim", "کریم"), ("Rahim", "رحیم"), ("Latif", "لطیف"),
    ("Hamid", "حمید"), ("Jawad", "جواد"), ("Samir", "سمیر"), ("Yusuf", "یوسف"), ("Idris", "ادریس"), ("Murad", "مراد"),
    ("Basir", "بصیر"), ("Anwar", "انور"), ("Tahir", "طاهر"), ("Bilal", "بلال"), ("Faisal", "فیصل"), ("Habib", "حبیب"),
    ("Laila", "لیلا"), ("Maryam", "مریم"), ("Nadia", "نادیه"), ("Soraya", "ثریا"), ("Parwin", "پروین"), ("Amina", "امینه"),
)  # fmt: skip
_EASTERN_PLANTS = (
    ("Badam", "بادام"), ("Anar", "انار"), ("Pista", "پسته"), ("Zaytun", "زیتون"), ("Bihi", "بهی"), ("Shaftalu", "شفتالو"),
    ("Tut", "توت"), ("Gulab", "گلاب"), ("Rayhan", "ریحان"), ("Sumaq", "سماق"), ("Kunjid", "کنجد"), ("Narin", "نارنج"),
)  # fmt: skip
#: Given names: Latin, Cyrillic.
_BALKAN = (
    ("Gagi", "Гаги"), ("Miki", "Мики"), ("Dado", "Дадо"), ("Braco", "Брацо"), ("Neno", "Нено"), ("Keko", "Кеко"),
    ("Zoki", "Зоки"), ("Bato", "Бато"), ("Rale", "Рале"), ("Siki", "Сики"), ("Tupa", "Тупа"), ("Vule", "Вуле"),
    ("Goran", "Горан"), ("Mirza", "Мирза"), ("Emir", "Емир"), ("Senad", "Сенад"), ("Darko", "Дарко"), ("Jasna", "Јасна"),
    ("Amra", "Амра"), ("Vesna", "Весна"), ("Ivana", "Ивана"), ("Selma", "Селма"), ("Nikola", "Никола"), ("Petar", "Петар"),
)  # fmt: skip
_BALKAN_PLANTS = (
    ("Jasen", "Јасен"), ("Dren", "Дрен"), ("Glog", "Глог"), ("Vrba", "Врба"), ("Lipa", "Липа"), ("Orah", "Орах"),
    ("Bukva", "Буква"), ("Jela", "Јела"), ("Kesten", "Кестен"), ("Trn", "Трн"), ("Zova", "Зова"), ("Hrast", "Храст"),
)  # fmt: skip
_LETTERS = "ABCDEFGHIJKLMNOPRSTUVZ"
_EASTERN_LETTERS = "ابپتجحخدرزسشصطعفقکلمنوهی"
_KIN = {"fa": ("فامیل", "کاکا", "برادر"), "ar": ("أبو", "أم"), "la": ("Family", "Uncle", "Brother")}


@dataclass(frozen=True, slots=True)
class Name:
    """One person's name: as official papers in Latin letters have it, and further ways in which it is written."""

    latin: str
    native: str
    variants: tuple[str, ...]

    def written(self, script: str) -> str:
        """The name in ``native`` letters or in Latin ones."""
        return self.native if script == "native" else self.latin


class NameBook:
    """Names, each given once; everybody's come from the same lists, whichever side they are on."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.given: set[str] = set()

    def eastern(self) -> Name:
        """A name of the kind families and their relatives have."""
        for _ in range(10_000):
            first, plant = self.dice.pick(_EASTERN), self.dice.pick(_EASTERN_PLANTS)
            at, second = self.dice.between(0, len(_LETTERS) - 1), self.dice.between(0, len(_LETTERS) - 1)
            latin = f"{first[0]} {plant[0]} {_LETTERS[at]}. {_LETTERS[second]}."
            if latin not in self.given:
                self.given.add(latin)
                native = f"{first[1]} {plant[1]} {_EASTERN_LETTERS[at]} {_EASTERN_LETTERS[second]}"
                kin = self.dice.pick(_KIN["la"])
                return Name(latin, native, self._variants(latin, f"{kin} {latin}"))
        raise ValueError("every name is taken")

    def balkan(self) -> Name:
        """A name of the kind people of the region have."""
        for _ in range(10_000):
            first, plant = self.dice.pick(_BALKAN), self.dice.pick(_BALKAN_PLANTS)
            initial, second = self.dice.pick(_LETTERS), self.dice.pick(_LETTERS)
            latin = f"{first[0]} {plant[0]} {initial}. {second}."
            if latin not in self.given:
                self.given.add(latin)
                native = f"{first[1]} {plant[1]} {initial}. {second}."
                return Name(latin, native, self._variants(latin, f"{first[0]} {plant[0][0]}. {initial}. {second}."))
        raise ValueError("every name is taken")

    def _variants(self, latin: str, other: str) -> tuple[str, ...]:
        """Ways a name is written: another form of address, a letter left out."""
        count = int(self.dice.draw("alias_variants"))
        at = self.dice.between(1, max(1, len(latin.split(" ", maxsplit=1)[0]) - 1))
        return (latin, other, latin[:at] + latin[at + 1 :])[:count]
