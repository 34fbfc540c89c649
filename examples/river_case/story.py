"""What happens in the fictional case, once: the cast, the codes, the trips and who pays whom when. All times are UTC.

Every file of the case and the list of expected answers are made from this page, never from what trails finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from examples.river_case import addresses

FICTIONAL = "FICTIONAL: made for the trails demo. No person, office, code, phone, address or payment in it is real."
SCOPE = "amber-jade"

USDT_CONTRACT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
COUNTERFEIT_CONTRACT = addresses.tron("counterfeit token")

ALDER = addresses.tron("Alder")
BIRCH = addresses.tron("Birch")
GAGI = addresses.tron("Gagi")
DADO = addresses.tron("Dado")
AMBER = addresses.tron("Office Amber")
JADE = addresses.tron("Office Jade")
LOOKALIKE = addresses.tron_lookalike(GAGI)
EXCHANGE_HOT = addresses.tron("Exchange Pebble hot wallet")
EXCHANGE_GAGI = addresses.tron("Exchange Pebble deposit 1")
EXCHANGE_ALDER = addresses.tron("Exchange Pebble deposit 2")
TRADER = addresses.tron("trader Quartz")

ALDER_BTC = ("Alder 1", "Alder 2")
ALDER_CHANGE = "Alder 3"
MIKI_BTC = "Miki"
EXCHANGE_BTC_HOT = "Exchange Pebble hot wallet"
EXCHANGE_BTC_DEPOSIT = "Exchange Pebble deposit 3"

MIKI_PHONE = "+38765000417"
#: Payers of two rows of Office Amber that state no payment: an impossible date, and a cancelled deposit.
DAMAGED_ROW_PAYER = "Porter Sesame"
CANCELLED_ROW_PAYER = "Family Medlar"

FIRST_DAY = date(2024, 7, 31)
LAST_DAY = date(2024, 8, 25)


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    """Instant of August 2024 in UTC."""
    return datetime(2024, 8, day, hour, minute, second, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Relay:
    """Payout that left the office as USDT: when, and which share of it the office kept, in tenths of a percent."""

    time: datetime
    kept: int


@dataclass(frozen=True, slots=True)
class Code:
    """One hawala code: deposit and fee at Office Amber, payout at Office Jade (or a refund), in whole EUR."""

    code: str
    payer: str
    payee: str
    deposit: int
    fee: int
    deposited: datetime
    paid: int | None = None
    paid_at: datetime | None = None
    written: tuple[str, str] = ("", "")
    refunded_at: datetime | None = None
    relay: Relay | None = None
    payee_address: str = ""
    payee_phone: str = ""
    note: str = ""

    @property
    def amber(self) -> str:
        """Code as Office Amber writes it."""
        return self.written[0] or self.code

    @property
    def jade(self) -> str:
        """Code as Office Jade writes it."""
        return self.written[1] or self.code


@dataclass(frozen=True, slots=True)
class Proof:
    """Video or photo of delivery in the chat: trip, driver, heads, and when."""

    trip: int
    driver: str
    heads: int
    time: datetime
    media: str = "video"


@dataclass(frozen=True, slots=True)
class Payment:
    """One USDT transfer of the crew, in whole USDT."""

    label: str
    src: str
    dst: str
    usdt: int
    time: datetime


CODES = (
    Code("4718", "Family Quince", "Alder", 3850, 100, at(1, 11, 20), 3750, at(4, 7, 30), ("4718", "47-18"),
         relay=Relay(at(4, 11, 12, 3), 30)),
    Code("2093", "Uncle Saffron", "Alder", 1400, 100, at(2, 8, 5), 1300, at(4, 7, 45),
         ("\u06f2\u06f0\u06f9\u06f3", "2093")),
    Code("8812", "Family Juniper", "Alder", 2900, 100, at(5, 13, 40), 2800, at(7, 8, 10), ("88-12", "8812"),
         relay=Relay(at(7, 16, 40, 18), 25), payee_address=ALDER),
    Code("5160", "Brother Almond", "Alder", 1450, 100, at(5, 14, 2), 1350, at(7, 8, 25), ("5160", "5 1 6 0"),
         payee_address=addresses.bitcoin(ALDER_BTC[0]), note="kes, novcanik za drugi put"),
    Code("120-1", "Baker Nutmeg", "Student Fig", 285, 5, at(5, 15, 10), 280, at(6, 9, 0)),
    Code("3377", "Family Tamarind", "Alder", 5300, 100, at(8, 9, 30), 5200, at(10, 7, 20), ("3 3 7 7", "3377"),
         relay=Relay(at(10, 20, 35, 42), 35)),
    Code("120-2", "Tailor Clove", "Grandmother Plum", 205, 5, at(8, 10, 15), 200, at(9, 10, 40)),
    Code("2651", "Brother Sumac", "Alder", 1500, 100, at(8, 12, 25), refunded_at=at(17, 9, 15), note="trip did not go"),
    Code("7741", "Alder", "Miki", 450, 50, at(10, 8, 0), 400, at(11, 8, 15), ("7741", "77 41"),
         payee_phone="065/000-417"),
    Code("6025", "Mother of Pomelo", "Alder", 2550, 100, at(11, 7, 55), 2450, at(13, 9, 5), ("60-25", "6025"),
         relay=Relay(at(13, 10, 30, 9), 30)),
    Code("9134", "Cousin Walnut", "Alder", 1900, 100, at(11, 8, 35), 1600, at(13, 9, 20), ("9134", "91-34")),
    Code("120-3", "Porter Sesame", "Teacher Pear", 435, 5, at(13, 11, 5), 430, at(14, 8, 30)),
    Code("1402", "Family Apricot", "Alder", 6600, 100, at(14, 9, 45), 6500, at(16, 8, 0), ("1402", "14 02"),
         relay=Relay(at(16, 13, 45, 33), 30)),
    Code("5588", "Aunt Mulberry", "Alder", 2700, 100, at(14, 10, 10), 2600, at(16, 8, 20),
         ("\u06f5\u06f5\u06f8\u06f8", "55-88"), relay=Relay(at(17, 2, 50, 51), 50)),
    Code("7290", "Family Cardamom", "Alder", 4350, 100, at(18, 8, 20), 4250, at(20, 8, 30), ("72-90", "7290"),
         relay=Relay(at(20, 12, 10, 27), 20)),
    Code("3846", "Kaka Pistachio", "Alder", 3250, 100, at(18, 9, 5), 3150, at(20, 8, 50), ("3846", "38 46"),
         relay=Relay(at(20, 19, 25, 6), 45)),
    Code("4409", "\u0641\u0627\u0645\u06cc\u0644 \u0646\u0645\u0648\u0646\u0647", "Alder", 1500, 100, at(18, 12, 30),
         1400, at(20, 9, 0), ("\u06f4\u06f4\u06f0\u06f9", "4409")),
    Code("120-4", "Tailor Clove", "Grandmother Plum", 155, 5, at(19, 11, 50), 150, at(21, 10, 0)),
)

PROOFS = (
    Proof(1, "Gagi", 4, at(3, 20, 40, 12)),
    Proof(2, "Dado", 3, at(6, 21, 55, 31)),
    Proof(3, "Miki", 4, at(9, 19, 15, 44), "photo"),
    Proof(4, "Dado", 4, at(12, 22, 30, 5)),
    Proof(5, "Gagi", 5, at(15, 20, 5, 58)),
    Proof(5, "Dado", 2, at(15, 20, 50, 20)),
    Proof(6, "Gagi", 3, at(19, 21, 20, 37)),
    Proof(6, "Dado", 3, at(19, 21, 40, 2), "photo"),
)

#: Gagi gets 300 USDT a head, Dado 280.
PAYMENTS = (
    Payment("Alder to Birch 1", ALDER, BIRCH, 1500, at(4, 15, 5, 24)),
    Payment("Birch to Gagi 1", BIRCH, GAGI, 1200, at(4, 17, 31, 15)),
    Payment("Alder to Birch 2", ALDER, BIRCH, 1000, at(7, 19, 20, 57)),
    Payment("Birch to Dado 1", BIRCH, DADO, 840, at(8, 6, 50, 39)),
    Payment("Alder to Birch 3", ALDER, BIRCH, 1300, at(13, 14, 45, 12)),
    Payment("Birch to Dado 2", BIRCH, DADO, 1120, at(13, 16, 10, 48)),
    Payment("Alder to Birch 4", ALDER, BIRCH, 2400, at(16, 15, 30, 3)),
    Payment("Birch to Gagi 2", BIRCH, GAGI, 1500, at(16, 16, 5, 36)),
    Payment("Birch to Dado 3", BIRCH, DADO, 560, at(16, 16, 20, 9)),
    Payment("Alder to Birch 5", ALDER, BIRCH, 2000, at(20, 13, 30, 45)),
    Payment("Birch to Gagi 3", BIRCH, GAGI, 900, at(20, 15, 0, 21)),
    Payment("Birch to Dado 4", BIRCH, DADO, 840, at(20, 15, 12, 54)),
)

#: What the crew and the offices do besides: settlements, cash-out at an exchange, sales to a trader.
SIDE_PAYMENTS = (
    Payment("exchange to Amber", EXCHANGE_HOT, AMBER, 42_000, at(1, 9, 14, 30)),
    Payment("settlement 1", AMBER, JADE, 16_245, at(2, 14, 2, 6)),
    Payment("settlement 2", AMBER, JADE, 19_790, at(14, 15, 40, 18)),
    Payment("Gagi cashes out 1", GAGI, EXCHANGE_GAGI, 1150, at(5, 9, 48, 33)),
    Payment("sweep 1", EXCHANGE_GAGI, EXCHANGE_HOT, 1150, at(5, 10, 20, 0)),
    Payment("Gagi cashes out 2", GAGI, EXCHANGE_GAGI, 1480, at(17, 8, 12, 15)),
    Payment("sweep 2", EXCHANGE_GAGI, EXCHANGE_HOT, 1480, at(17, 8, 51, 42)),
    Payment("Gagi cashes out 3", GAGI, EXCHANGE_GAGI, 880, at(21, 7, 5, 27)),
    Payment("sweep 3", EXCHANGE_GAGI, EXCHANGE_HOT, 880, at(21, 7, 44, 3)),
    Payment("Alder cashes out", ALDER, EXCHANGE_ALDER, 9000, at(18, 16, 33, 51)),
    Payment("sweep 4", EXCHANGE_ALDER, EXCHANGE_HOT, 9000, at(18, 17, 9, 12)),
    Payment("Dado sells 1", DADO, TRADER, 1900, at(15, 9, 26, 54)),
    Payment("Dado sells 2", DADO, TRADER, 1350, at(22, 11, 3, 39)),
)

#: Office Amber settles with Office Jade: EUR, and when (the USDT follows minutes later).
SETTLEMENTS = ((15_000, at(2, 13, 30)), (18_000, at(14, 15, 10)))


def eur_usd(day: date) -> Decimal:
    """Fictional EUR/USD rate of a day: a slow rise with small steps."""
    step = (day - FIRST_DAY).days
    return (Decimal(10820) + 14 * step + addresses.pick(-9, 9, "eur", day)) / Decimal(10000)


def btc_usd(day: date) -> Decimal:
    """Fictional BTC/USD rate of a day."""
    step = (day - FIRST_DAY).days
    return Decimal(60200) + 85 * step + addresses.pick(-900, 900, "btc", day)


def relayed_usdt(code: Code) -> int:
    """USDT in base units that the office sends on for a payout: less what it keeps, at the day's rate, to the cent."""
    if code.paid is None or code.relay is None:
        raise ValueError(f"code {code.code} is not relayed")
    cents = Decimal(code.paid) * (1000 - code.relay.kept) / 10 * eur_usd(code.relay.time.date())
    return int(cents.to_integral_value()) * 10_000


def all_days() -> list[date]:
    """Days of the rate table."""
    return [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def protected_names() -> list[str]:
    """Payers: everybody who deposits, save the organiser. No exported file may hold one of these names."""
    return sorted({code.payer for code in CODES} - {"Alder"} | {DAMAGED_ROW_PAYER, CANCELLED_ROW_PAYER})

