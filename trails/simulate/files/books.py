"""The books of hawala offices: Dari, Arabic and Turkish deposit desks, and the paying office in Latin or Cyrillic."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from trails.identifiers import normalise_name
from trails.simulate.files import FICTIONAL, WRONG_ZONE, Made, Origin
from trails.simulate.files.hand import ARABIC, Line, write_lines, write_name
from trails.simulate.keys import PERSIAN
from trails.simulate.world import START

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Book, Movement, World

_DARI_MONTHS = ("حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت")
_HIJRI_MONTHS = (
    "محرم", "صفر", "ربيع الأول", "ربيع الثاني", "جمادى الأولى", "جمادى الآخرة", "رجب", "شعبان", "رمضان", "شوال",
    "ذو القعدة", "ذو الحجة",
)  # fmt: skip
_LEVANT_MONTHS = (
    "كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني",
    "كانون الأول",
)  # fmt: skip
_WITH_SETTLEMENTS = ("jeweller-notebook", "office")
#: What each desk counts in.
_DESK_CURRENCY = {"afghan-office-book": "USD", "insurance-register": "EUR", "jeweller-notebook": "EUR"}
_DARI_STATE = {"deposit": "امانت", "refund": "مسترد", "payout": "آزاد شد"}
_DARI_MONEY = {"USD": "دالر", "EUR": "یورو"}


class BookMaker:
    """Writes one book: entries with faults, the origins of its rows, and whose its names are."""

    def __init__(self, world: World, dice: Dice, book: Book, movements: list[Movement], payees: dict[str, str]) -> None:
        self.world, self.dice, self.book, self.payees = world, dice, book, payees
        # a register of what is held in trust has no line for what offices owe one another
        held = [each for each in movements if each.kind != "settlement" or book.layout in _WITH_SETTLEMENTS]
        self.lines, missing = write_lines(dice, book, held)
        self.lines += write_lines(dice, book, self._note_releases(held), complete=True)[0]
        self.lines.sort(key=lambda line: (line.of.time, line.of.number, line.of.kind))
        self.made = Made(book.name, b"", [])
        # only the paying office writes hours, so only there a wrong zone moves anything by less than a day
        self.wrong_zone = book.layout == "office" and dice.happens("fault_zone")
        self.made.faults += ["zone"] if self.wrong_zone else []
        self.made.origins = [Origin(None, f"M{each.number}", each.time, "missing") for each in missing]

    def _note_releases(self, deposits: list[Movement]) -> list[Movement]:
        """Payouts of this desk's codes that it notes itself: by the day, in its own currency, now and then with the
        commission. The paying office's book tells of the same ones."""
        currency = _DESK_CURRENCY.get(self.book.layout)
        if currency is None:
            return []
        payers = {each.code: each.src for each in deposits if each.kind == "deposit"}
        found = []
        dice = self.world.dice(f"releases of {self.book.name}")
        for paid in self.world.movements:
            if paid.kind != "payout" or paid.code not in payers or not dice.happens("release_noted_share"):
                continue
            at = paid.time + int(dice.draw("release_noted_delay") * 3_600)
            cents = float(paid.amount)
            if dice.happens("release_gross_share"):
                cents *= 1 + dice.draw("release_commission") / 100
            if currency != "EUR":
                cents *= (1 + dice.draw("fx_spread") / 100) * self.world.rate(at, currency)
            whole = round(cents / 500) * 500 if cents != paid.amount else paid.amount
            if at < self.world.end:
                found.append(replace(paid, time=at, src=payers[paid.code], asset=currency, amount=whole, book=self.book.name))
        return found

    def make(self) -> Made:
        """The file."""
        writers: dict[str, Callable[[], str]] = {
            "afghan-office-book": self._write_kabul, "insurance-register": self._write_maktab,
            "jeweller-notebook": self._write_kuyumcu, "office": self._write_office,
        }  # fmt: skip
        text = writers[self.book.layout]()
        self.made.data = text.encode("utf-8")
        self.made.mapping = self._write_mapping()
        return self.made

    def _write_mapping(self) -> str:
        last = datetime.fromtimestamp(self.world.end, ZoneInfo("UTC"))
        first = datetime.fromtimestamp(START - 30 * 86_400, ZoneInfo("UTC"))
        zone = WRONG_ZONE if self.wrong_zone else self.book.zone
        profile = "" if self.book.layout == "office" else f'profile = "{self.book.layout}"\n'
        money = 'currency = "EUR"\n' if self.book.layout != "afghan-office-book" else ""
        head = (
            f'# {FICTIONAL}\n{profile}kind = "ledger"\nscope = "{self.book.scope}"\ntimezone = "{zone}"\n'
            f'{money}period = ["{first:%Y-%m-%d}", "{last:%Y-%m-%d}"]\n'
        )
        return head + (_office_mapping(cyrillic=self.book.cyrillic) if self.book.layout == "office" else "")

    def _party(self, person: str, script: str = "latin") -> str:
        """A name, noted as this person's account in the book's scope."""
        raw = write_name(self.dice, self.world.persons[person], script)
        self.made.own("hawala", f"party:{self.book.scope}:{normalise_name(raw)}", person)
        return raw

    def _note(self, row: int, line: Line, calendar: str = "") -> None:
        faults = [*line.faults, *([calendar] if calendar else []), *(["zone"] if self.wrong_zone else [])]
        self.made.origins.append(Origin(row, f"M{line.of.number}", line.of.time, "+".join(faults)))

    def _payee(self, line: Line) -> str:
        return self.payees.get(line.of.code, line.of.dst)

    # the desks

    def _write_kabul(self) -> str:
        """The Afghan office's book: Dari, Persian digits, the solar calendar, now and then the lunar one."""
        from hijridate import Gregorian
        from persiantools.jdatetime import JalaliDate

        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("شماره", "تاریخ", "فرستنده", "گیرنده", "مبلغ", "ارز", "رمز", "حالت"))
        number, before = 0, 0
        for row, line in enumerate(self.lines, start=2):
            if line.of.number != before:
                number, before = number + 1, line.of.number
            day = JalaliDate(line.local.date())  # type: ignore[no-untyped-call]
            written, calendar = f"{day.year}/{day.month:02}/{day.day:02}", ""
            if self.dice.below(0.3):
                written = f"{day.day} {_DARI_MONTHS[day.month - 1]} {day.year}"
            if line.calendar:
                lunar = Gregorian(line.local.year, line.local.month, line.local.day).to_hijri()
                written, calendar = f"{lunar.day} {_HIJRI_MONTHS[lunar.month - 1]} {lunar.year}", "other calendar"
            payer = line.of.dst if line.of.kind == "refund" else line.of.src
            code = ("ن-" if self.dice.below(0.2) else "") + line.code
            amount = f"{line.cents / 100:,.2f}".removesuffix(".00").replace(",", "٬")
            cells = (str(number), written, self._party(payer, "native"), self._party(self._payee(line)), amount,
                     _DARI_MONEY[line.of.asset], code, _DARI_STATE[line.of.kind])  # fmt: skip
            rows.writerow([cell.translate(PERSIAN) if at in (0, 1, 4, 6) else cell for at, cell in enumerate(cells)])
            self._note(row, line, calendar)
        return out.getvalue()

    def _write_maktab(self) -> str:
        """The insurance office's register: Arabic, three calendars, what was given back in the status column."""
        from hijridate import Gregorian

        lines = ["| التاريخ | الاسم | المبلغ | الكود | المهرّب | الحالة |"]
        for line in self.lines:
            day, calendar = line.local, ""
            written = f"{day.year}/{day.month}/{day.day}"
            if self.dice.below(0.3):
                written = f"{day.day} {_LEVANT_MONTHS[day.month - 1]} {day.year}"
            if line.calendar:
                lunar = Gregorian(day.year, day.month, day.day).to_hijri()
                written, calendar = f"{lunar.day} {_HIJRI_MONTHS[lunar.month - 1]} {lunar.year}", "other calendar"
            payer = self._party(line.of.dst if line.of.kind == "refund" else line.of.src, "native")
            amount = f"{line.cents / 100:.2f}".removesuffix(".00")
            state = {"deposit": "مؤمَّن", "refund": "إرجاع", "payout": "فك"}[line.of.kind]
            cells = (written.translate(ARABIC), payer, f"{amount.translate(ARABIC)} يورو", line.code.translate(ARABIC),
                     self._party(self._payee(line)), state)  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
            self._note(len(lines), line, calendar)
        return "\n".join(lines) + "\n"

    def _write_kuyumcu(self) -> str:
        """The jeweller's notebook: banknotes as tokens, settlements with the paying office among the rest."""
        lines: list[str] = []
        for line in self.lines:
            amount = f"{line.cents / 100:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".").removesuffix(",00")
            day = f"{line.local:%d.%m.%y}"
            if line.of.kind == "settlement":
                other = self._party(line.of.dst)
                if line.of.note == "usdt":
                    address = self.world.wallet(line.of.dst, "tron")
                    lines.append(f"{day}  SETTLE {other}  -{amount} EUR  {address}")
                else:
                    lines.append(f"{day}  SETTLE {other}  -{amount} EUR")
            elif line.of.kind == "refund":
                lines.append(f"{day}  {self._party(line.of.dst)}   iade {amount} €   {line.code}")
            elif line.of.kind == "payout":
                lines.append(f"{day}  {self._party(self._payee(line))}   verildi {amount} €   {line.code}")
            else:
                code = line.code if self.dice.below(0.7) else line.code.replace(" ", "")
                lines.append(f"{day}  {self._party(line.of.src)}   emanet {amount} €   5 TL  {code}  foto var")
            self._note(len(lines), line)
        return "\n".join(lines) + "\n"

    def _write_office(self) -> str:
        """The paying office's table, Latin or Cyrillic, with the payee's wallet where money went on as USDT."""
        out = io.StringIO()
        rows = csv.writer(out, delimiter=";", lineterminator="\n")
        rows.writerow(_OFFICE[self.book.cyrillic])
        number, before = 0, 0
        for row, line in enumerate(self.lines, start=2):
            if line.of.number != before:
                number, before = number + 1, line.of.number
            settled = line.of.kind == "settlement"
            script = "native" if self.book.cyrillic else "latin"
            payer = self._party(line.of.src) if settled else ""
            payee = "" if settled else self._party(line.of.dst, script)
            keeper = self._party(self.book.keeper, "latin")
            amount = f"{line.cents / 100:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
            states = ("обрачун", "исплаћено") if self.book.cyrillic else ("obračun", "isplaćeno")
            person = self.world.persons[line.of.dst]
            wallet = person.wallets.get("tron", [""])[0] if not settled and self.dice.below(0.12) else ""
            phone = person.phone if not settled and self.dice.below(0.15) else ""
            if phone:
                self.made.own("phone", phone, line.of.dst)
            code = line.code if self.dice.below(0.6) else line.code.replace("-", "").replace(" ", "")
            rows.writerow((number, f"{line.local:%d.%m.%Y %H:%M}", code, payer, payee, keeper, amount, "EUR",
                           states[not settled], phone, wallet))  # fmt: skip
            self._note(row, line)
        return out.getvalue()


_OFFICE = {
    False: ("Rb", "Datum", "Sifra", "Od", "Primalac", "Ured", "Iznos", "Val", "Stanje", "Telefon", "Novcanik"),
    True: ("Рб", "Датум", "Шифра", "Од", "Прималац", "Уред", "Износ", "Вал", "Стање", "Телефон", "Новчаник"),
}
_OFFICE_WORDS = (
    "number", "date", "code", "payer", "payee", "office", "amount", "currency", "status", "payee_phone", "payee_address",
)  # fmt: skip


def _office_mapping(*, cyrillic: bool) -> str:
    columns = "\n".join(f'{word} = "{name}"' for word, name in zip(_OFFICE_WORDS, _OFFICE[cyrillic], strict=True))
    states = ("обрачун", "исплаћено") if cyrillic else ("obračun", "isplaćeno")
    return (
        'date_pattern = "%d.%m.%Y %H:%M"\ndecimal_mark = ","\nthousands_mark = "."\ndelimiter = ";"\n\n'
        f'[columns]\n{columns}\n\n[status]\n"{states[0]}" = "settlement_in"\n"{states[1]}" = "payout"\n'
    )
