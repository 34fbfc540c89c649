"""The TRON transfers of the case as TronGrid gives them: the crew, the offices, and several dozen strangers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from examples.river_case import story
from examples.river_case.addresses import pick, tron, tron_tx
from trails.simulate.files.explorers import write_item, write_pages

_CENT = 10_000
_PAGE = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One transfer of a TRC-20 token, in base units."""

    label: str
    src: str
    dst: str
    value: int
    time: datetime
    contract: str = story.USDT_CONTRACT

    @property
    def tx(self) -> str:
        """Its transaction id."""
        return tron_tx(self.label)


#: The one planned rival of a payout: about the sum of code 6025, in its window, between two strangers.
RIVAL = Row("rival", tron("wallet 31"), tron("wallet 32"), 2_560_000_000, story.at(14, 18, 0, 12))
COUNTERFEIT = Row(
    "counterfeit", tron("wallet 33"), story.GAGI, 1_500_000_000, story.at(16, 19, 0, 6), story.COUNTERFEIT_CONTRACT
)
POISON = Row("poison", story.LOOKALIKE, story.BIRCH, 0, story.at(17, 12, 0, 30))


def relays() -> list[Row]:
    """Office Jade sends payouts on to Alder."""
    return [
        Row(f"relay {code.code}", story.JADE, story.ALDER, story.relayed_usdt(code), code.relay.time)
        for code in story.CODES if code.relay
    ]


def crew() -> list[Row]:
    """Payments of the crew and what they and the offices do besides."""
    payments = (*story.PAYMENTS, *story.SIDE_PAYMENTS)
    return [Row(p.label, p.src, p.dst, p.usdt * 100 * _CENT, p.time) for p in payments]


def strangers() -> list[Row]:
    """Unrelated transfers: families, a trader, a small firm's wages, an exchange's customers, others."""
    rows = [_stranger("family", n, tron(f"family {n % 8}"), tron(f"relative {n % 8}"), (60, 480)) for n in range(12)]
    rows += [_stranger("sale", n, tron(f"seller {n}"), story.TRADER, (300, 2400)) for n in range(12)]
    rows += [_stranger("purchase", n, story.TRADER, tron(f"buyer {n}"), (200, 1900)) for n in range(8)]
    rows += [_stranger("withdrawal", n, story.EXCHANGE_HOT, tron(f"customer {n}"), (100, 6000)) for n in range(8)]
    rows += [_stranger("deposit", n, tron(f"customer {n + 4}"), story.EXCHANGE_HOT, (100, 3000)) for n in range(5)]
    rows += [_stranger("other", n, tron(f"wallet {n}"), tron(f"wallet {n + 10}"), (20, 5000)) for n in range(10)]
    return [*rows, *_wages()]


def _wages() -> list[Row]:
    """Small firm pays four people twice, on days on which drivers are paid too: an innocent look-alike."""
    firm = tron("Studio Pelican")
    rows = [Row("wages fund", story.EXCHANGE_HOT, firm, 6_400_000_000, story.at(6, 8, 30, 15))]
    for person in range(4):
        for day in (7, 21):
            wage = pick(61, 79, "wage", person) * 1000 * _CENT
            when = story.at(day, 10, 2 + person, 3 * person)
            rows.append(Row(f"wage {person} {day}", firm, tron(f"employee {person}"), wage, when))
    return rows


def _stranger(kind: str, number: int, src: str, dst: str, bounds: tuple[int, int]) -> Row:
    """Transfer at a made-up time, of the first made-up sum that cannot be taken for any payout."""
    label = f"{kind} {number}"
    seconds = 3 * pick(0, 22 * 28_800 - 1, "time", label)
    when = story.at(1, 5, 0) + timedelta(seconds=seconds)
    low, high = bounds
    for attempt in range(1000):
        cents = pick(low * 100, high * 100, "sum", label, attempt)
        cents -= cents % (1000 if attempt % 3 else 1)
        if not resembles_payout(cents, when):
            return Row(label, src, dst, cents * _CENT, when)
    raise ValueError(f"{label}: every sum resembles a payout")


def resembles_payout(cents: int, when: datetime) -> bool:
    """Whether a sum could be read as a payout sent on: less up to 6 %, with 3 % or EUR 18 to spare either way.

    From 30 h before the payout to 96 h after it, which is wider than any window a matcher would use.
    """
    if when.date() > story.LAST_DAY:
        return False
    rate = story.eur_usd(when.date())
    for code in story.CODES:
        if code.paid is None or code.paid_at is None:
            continue
        spare = max(code.paid * 3, 1800)
        low, high = (code.paid * 94 - spare) * rate, (code.paid * 100 + spare) * rate
        if -30 * 3600 <= (when - code.paid_at).total_seconds() <= 96 * 3600 and low <= cents <= high:
            return True
    return False


def all_rows() -> list[Row]:
    """Every transfer, newest first, as TronGrid lists them."""
    rows = [*relays(), *crew(), *strangers(), RIVAL, COUNTERFEIT, POISON]
    return sorted(rows, key=lambda row: (row.time, row.label), reverse=True)


def usdt_json() -> bytes:
    """Pages of the answer as one list of documents, a transfer a line."""
    items = [
        write_item(row.tx, row.contract, int(row.time.timestamp()) * 1000, row.src, row.dst, row.value) for row in all_rows()
    ]
    return write_pages(items, _PAGE, 1724630400000, story.FICTIONAL)
