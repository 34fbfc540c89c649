"""Fictional flows for the chart tests, made by a small fixed generator: nobody in them exists."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trails.charts.lanes import Lane, Mark, MarkKind, TimelineInput
from trails.charts.records import Actor, Basis, FlowInput, Payment

START = datetime(2025, 1, 14, 8, 0, tzinfo=UTC)
STONES = ("Topaz", "Onyx", "Garnet", "Jade", "Amber", "Beryl", "Coral")
TREES = ("Alder", "Elm", "Rowan", "Cedar", "Birch")
PAYER_NAME = "Zzpayername"
RAILS = ("tron", "tron", "hawala", "hawala", "ethereum", "bitcoin")


class _Maker:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.payments: list[Payment] = []

    def pay(self, src: str, dst: str, rails: str, span: tuple[int, int], kind: str, inference: float = 0.0) -> None:
        rail = self.dice.choice(rails.split())
        value = Decimal(self.dice.randrange(span[0] * 100, span[1] * 100)) / 100
        time = START + timedelta(minutes=self.dice.randrange(160 * 24 * 60))
        number = len(self.payments)
        basis: Basis = "inference" if self.dice.random() < inference else "fact"
        self.payments.append(Payment(
            f"p{number:05d}", src, dst, rail, "USDT", f"{value} USDT", value, time, time.isoformat(), kind, basis,
            f"{rail}.json row {number + 1}",
        ))


def make_case(
    *, payers: int = 300, offices: int = 7, organisers: int = 5, drivers: int = 40, dispatchers: int = 0,
    unknown: int = 6, services: int = 4, deposits: int = 1200, seed: int = 7,
) -> FlowInput:
    """A case of the size asked for; the defaults are the reference case of the picture specification."""
    make = _Maker(seed)
    dice = make.dice
    names = {
        "payer": [f"{PAYER_NAME} {n}" for n in range(payers)],
        "hawaladar": [f"Haw {STONES[n % 7]}{n // 7 or ''}" for n in range(offices)],
        "organiser": [f"Org {TREES[n % 5]}{n // 5 or ''}" for n in range(organisers)],
        "coordinator": [f"Dispatcher {n + 1}" for n in range(dispatchers)],
        "driver": [f"Driver {n:02d}" for n in range(drivers)],
        "unknown": [f"Cluster u{n + 1}" for n in range(unknown)],
        "exchange": [f"Exchange {chr(65 + n)}" for n in range(services)],
    }
    actors = tuple(Actor(f"{role}-{n}", name, role) for role, found in names.items() for n, name in enumerate(found))
    for _ in range(deposits):
        direct = dice.random() < 0.2
        target = f"hawaladar-{int(offices * dice.random() ** 1.6)}"
        if direct:
            target = f"organiser-{dice.randrange(organisers)}"
        rails = "tron ethereum bitcoin" if direct else "tron hawala hawala"
        make.pay(f"payer-{dice.randrange(payers)}", target, rails, (500, 4500), "deposit")
    for _ in range(deposits // 6):
        office = dice.randrange(offices)
        make.pay(f"hawaladar-{office}", f"organiser-{(office + dice.choice((0, 0, 1))) % organisers}",
                 "tron tron hawala bitcoin", (3000, 20000), "release", inference=0.15)
    for _ in range(deposits // 5):
        driver = dice.randrange(drivers)
        boss = driver % organisers
        if dispatchers and dice.random() < 0.6:
            make.pay(f"organiser-{boss}", f"coordinator-{boss % dispatchers}", "tron hawala", (800, 2400), "payout")
            make.pay(f"coordinator-{boss % dispatchers}", f"driver-{driver}", "tron hawala", (300, 900), "payout")
            continue
        if driver == 31 and dice.random() < 0.5:
            boss = (boss + 1) % organisers
        make.pay(f"organiser-{boss}", f"driver-{driver}", "tron hawala ethereum", (300, 1200), "payout", inference=0.1)
    for _ in range(deposits // 8):
        cluster, boss = dice.randrange(unknown), dice.randrange(organisers)
        make.pay(f"organiser-{boss}", f"unknown-{cluster}", "tron tron ethereum bsc", (2000, 9000), "pass")
        make.pay(f"unknown-{cluster}", f"exchange-{(cluster + dice.choice((0, 0, 1))) % services}", "tron bitcoin",
                 (1900, 8800), "cash-out")
    for _ in range(deposits // 20):
        office, other = dice.randrange(offices), dice.randrange(offices)
        make.pay(f"hawaladar-{office}", f"payer-{dice.randrange(payers)}", "hawala", (500, 4000), "refund")
        make.pay(f"hawaladar-{office}", f"hawaladar-{other}", "hawala", (500, 9000), "settlement")
    return FlowInput(actors, tuple(make.payments), "USD", "Who paid whom: the whole case",
                     ("Fictitious data · synthetic case T-0 · case file SHA-256 0000…0000 · times in UTC",))


def make_trips(trips: int = 40, seed: int = 5) -> TimelineInput:
    """Trips with deposits before, a proof at the end, a release and a payment to the driver after it."""
    dice = random.Random(seed)
    lanes: list[Lane] = []
    marks: list[Mark] = []
    for number in range(trips):
        key = f"T{number:03d}"
        proof = START + timedelta(hours=40 * number + dice.randrange(30))
        lanes.append(Lane(key, f"{key} · Driver {number % 7:02d} · {2 + number % 5}p",
                          proof - timedelta(hours=8 + dice.randrange(50)), proof))
        deposits = dice.randrange(2, 9)
        steps: list[tuple[MarkKind, float]] = [("deposit", -24 * dice.uniform(0.5, 6)) for _ in range(deposits)]
        if number % 11 != 5:
            release = dice.uniform(0.5, 7)
            steps += [("proof", 0), ("release", release), ("driver_pay", release + dice.uniform(1, 20))]
            steps += [("cashout", 24 * dice.uniform(1.5, 4))] if dice.random() < 0.6 else []
            steps += [("pass", 24 * dice.uniform(0.8, 1.4))] if dice.random() < 0.3 else []
            steps += [("message", -dice.uniform(0.2, 3))] if dice.random() < 0.3 else []
            steps += [("payout", dice.uniform(1, 9))] if dice.random() < 0.3 else []
        for kind, hours in steps:
            rail = "" if kind in {"proof", "message"} else dice.choice(RAILS)
            value = None if not rail else Decimal(dice.randrange(300, 9000))
            label = PAYER_NAME if kind == "deposit" else f"{kind} of {key}"
            error_s = 43200 if dice.random() < 0.04 else 60
            basis: Basis = "inference" if kind == "release" and dice.random() < 0.2 else "fact"
            marks.append(Mark(key, kind, proof + timedelta(hours=hours), error_s, rail, value, label,
                              f"chat.json row {len(marks) + 1}", basis))
    return TimelineInput(tuple(lanes), tuple(marks), "USD", "Trips of Org Alder: every trip aligned on its proof",
                         ("Fictitious data · synthetic case T-0 · times in UTC",))
