"""What the network does with money: deposits, releases, payouts, relays, settlements, and how its people are paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.simulate.chain_pay import Services, cash_out, pay_on_chain, to_units, usdt_of
from trails.simulate.chat import say_code, say_paid, say_proof
from trails.simulate.keys import DECIMALS
from trails.simulate.world import (
    DAY,
    HOUR,
    START,
    Message,
    Movement,
    Obligation,
    Trail,
    Trip,
    office_hours,
    round_sum,
    wake,
)

if TYPE_CHECKING:
    from trails.simulate.crew import Network, Pair
    from trails.simulate.world import World

#: What each layout counts deposits in.
_CURRENCY = {"kabul": "USD", "maktab": "EUR", "kuyumcu": "EUR"}
_LEAST_RELAY = 400
_THREAT = "nisu svi platili, drzi ih jos. salji snimak rodbini"


class Story:
    """Plays the network's payments in the order of its trips."""

    def __init__(self, world: World, networks: list[Network], pairs: list[Pair], services: Services) -> None:
        self.world, self.services = world, services
        self.of = {network.organiser.person_id: network for network in networks}
        self.pairs = {pair.number: pair for pair in pairs}
        self.dice = world.dice("story")
        self.pay_dice = world.dice("pay")
        self.absconded = self._choose_absconding(pairs)
        self.by_trip: dict[int, list[Obligation]] = {}
        for obligation in world.obligations:
            self.by_trip.setdefault(obligation.trip, []).append(obligation)

    def _choose_absconding(self, pairs: list[Pair]) -> dict[int, int]:
        """In large cases one office closes with the money it holds."""
        if self.world.size not in ("L", "XL"):
            return {}
        count = int(self.world.parameters["absconding_offices"].number("value"))
        return {pair.number: START + (self.world.end - START) * 4 // 5 for pair in pairs[:count]}

    def play(self) -> None:
        """All of it."""
        for trip in self.world.trips:
            coerced = self.dice.happens("coercion_share")
            for obligation in self.by_trip.get(trip.number, []):
                self._play_obligation(obligation, trip, coerced=coerced)
            self._send_proof(trip)
            self._pay_driver(trip)
            self._pay_helpers(trip)
        for pair in self.pairs.values():
            self._settle(pair)

    # families

    def _play_obligation(self, of: Obligation, trip: Trip, *, coerced: bool) -> None:
        first = trip.attempts[0] if trip.attempts else trip.departed
        at = first - int(self.dice.draw("deposit_before_departure") * DAY)
        if at < START + HOUR:
            at = START + HOUR + int(self.dice.random.random() * (first - START - 2 * HOUR))
        if of.rail == "hawala":
            self._play_code(of, trip, office_hours(self.dice, at))
        elif of.rail == "crypto":
            paid = pay_on_chain(
                self.world, self.dice, self.services, of.payer, of.organiser, of.sum_eur, wake(self.dice, at), "fee_paid",
                trip=trip.number, obligation=of.obligation_id, hide=False,
            )  # fmt: skip
            cash_out(self.world, self.dice, self.services, paid[0][-1])
        elif of.rail == "mto":
            straw = self.dice.pick(self.of[of.organiser].strawmen).person_id
            got = self._move(at, "mto", "fee_paid", of.payer, straw, "EUR", of.sum_eur, trip, of)
            self._move(at + DAY, "cash", "hand_over", straw, of.organiser, "EUR", of.sum_eur, trip, of, after=(got.number,))
        else:
            self._move(at, "cash", "fee_paid", of.payer, trip.dispatcher, "EUR", of.sum_eur, trip, of)
        if coerced and of.state != "refunded":
            self._coerce(of, trip)

    def _move(
        self, time: int, rail: str, kind: str, src: str, dst: str, asset: str, value: float, trip: Trip, of: Obligation,
        after: tuple[int, ...] = (), book: str = "", code: str = "",
    ) -> Movement:  # fmt: skip
        return self.world.move(
            time, rail, kind, src, dst, asset, to_units(asset, value), network=True, obligation=of.obligation_id,
            trip=trip.number, after=after, book=book, code=code,
        )  # fmt: skip

    def _play_code(self, of: Obligation, trip: Trip, at: int) -> None:
        desk, number = of.desk.split("_")
        pair = self.pairs[int(number)]
        keeper = pair.desks[desk].person_id
        currency = _CURRENCY[desk]
        whole = of.sum_eur + of.fee_eur
        spread = 1 + self.dice.draw("fx_spread") / 100
        value = float(whole if currency == "EUR" else round(whole * spread * self.world.rate(at, currency) / 10) * 10)
        put = self._move(at, "hawala", "deposit", of.payer, keeper, currency, value, trip, of, book=of.desk, code=of.code)
        if of.state == "refunded":
            back = office_hours(self.dice, at + int(self.dice.random.uniform(3, 15) * DAY))
            value -= of.fee_eur * (1 if currency == "EUR" else self.world.rate(at, currency))
            ends = (keeper, of.payer)
            self._move(back, "hawala", "refund", *ends, currency, round(value), trip, of, (put.number,), of.desk, of.code)
            return
        upfront = int(self.dice.choose("upfront_share")) * of.sum_eur // 100
        if upfront:
            early = office_hours(self.dice, at + int(self.dice.random.uniform(0.1, 2) * DAY))
            self._pay_out(of, trip, pair, put, upfront, early)
        release = trip.proof + int(self.dice.draw("proof_to_release") * HOUR)
        self._quote_code(of, trip, release)
        late = office_hours(self.dice, release)
        closed = pair.raided or self.absconded.get(pair.number, 0)
        if closed and late > closed:
            of.state = "lost"
            return
        self._pay_out(of, trip, pair, put, of.sum_eur - upfront, late)

    def _pay_out(self, of: Obligation, trip: Trip, pair: Pair, put: Movement, eur: int, at: int) -> None:
        """The office pays the organiser; sometimes the money goes on as USDT, less what the office keeps."""
        if at >= self.world.end:
            of.state = "held"
            return
        office = pair.payout.person_id
        book = f"office_{pair.number}"
        paid = self._move(at, "hawala", "payout", office, of.organiser, "EUR", eur, trip, of, (put.number,), book, of.code)
        if eur < _LEAST_RELAY or not self.dice.happens("relay_share"):
            return
        kept = self.dice.draw("relay_kept") / 100
        when = at + int(self.dice.draw("relay_delay") * HOUR)
        value = round(eur * (1 - kept) * self.world.rate(when, "USD"), 2)
        src = self._office_wallet(pair, when)
        sent = self.world.move(
            when, "tron", "relay", src, self.world.wallet(of.organiser, "tron"), "USDT@tron", to_units("USDT@tron", value),
            network=True, obligation=of.obligation_id, trip=trip.number, after=(paid.number,),
        )  # fmt: skip
        self.world.matches.append((paid.number, sent.number))

    def _office_wallet(self, pair: Pair, time: int) -> str:
        """The office's wallet; a new one after a raid."""
        first = self.world.wallet(pair.payout.person_id, "tron")
        if not pair.raided or time <= pair.raided:
            return first
        held = self.world.persons[pair.payout.person_id].wallets["tron"]
        return held[1] if len(held) > 1 else self.world.wallet(pair.payout.person_id, "tron", fresh=True)

    def _coerce(self, of: Obligation, trip: Trip) -> None:
        """Held until more is paid: a threat in the chat, then a payment beyond the agreed price. Whoever pays is a victim."""
        of.coerced = True
        at = trip.proof + int(self.dice.random.uniform(2, 30) * HOUR)
        chat = self.of[of.organiser].chat
        self.world.messages.append(Message(at, chat, trip.dispatcher, _THREAT, "threat", "video", trip.number))
        eur = round_sum(self.dice, self.dice.draw("coerced_sum"))
        later = wake(self.dice, at + int(self.dice.random.uniform(6, 60) * HOUR))
        if self.dice.below(0.5) and "cash" not in self.world.scenario.marks:
            pay_on_chain(
                self.world, self.dice, self.services, of.payer, of.organiser, eur, later, "coerced", trip=trip.number,
                obligation=of.obligation_id, rail="tron", hide=False,
            )  # fmt: skip
        else:
            self._move(later, "cash", "coerced", of.payer, trip.dispatcher, "EUR", eur, trip, of)

    # words that move nothing

    def _send_proof(self, trip: Trip) -> None:
        say_proof(self.world, self.dice, self.of[trip.organiser], trip)

    def _quote_code(self, of: Obligation, trip: Trip, time: int) -> None:
        if self.dice.happens("code_quoted_share"):
            said = say_code(self.dice, of.code, of.sum_eur)
            chat = self.of[of.organiser].chat
            self.world.messages.append(
                Message(time, chat, trip.dispatcher, said, "release", trip=trip.number, obligation=of.obligation_id)
            )

    # the crew's pay

    def _pay_driver(self, trip: Trip) -> None:
        world, dice = self.world, self.pay_dice
        driver = world.persons[trip.driver]
        income = sum(of.sum_eur for of in self.by_trip.get(trip.number, []) if of.state != "refunded")
        if "taxi" in world.scenario.marks:
            eur = dice.draw("fare_per_head") * trip.heads
        else:
            eur = dice.draw("driver_per_trip") if trip.van else driver.rate * trip.heads
        most = (1 - dice.draw("organiser_margin") / 100) * income
        eur = max(50.0, min(eur, most))
        rail = driver.prefers if dice.happens("loyal_rail") else dice.choose("driver_rail")
        at = wake(dice, trip.proof + int(dice.draw("proof_to_driver_pay") * HOUR))
        if at < world.end:
            self._pay(trip, trip.driver, eur, at, rail, "driver_pay")

    def _pay_helpers(self, trip: Trip) -> None:
        """Recruiter before, scout the same night, house keeper by head and night."""
        dice, world = self.pay_dice, self.world
        recruiter, scout, keeper = (helper.person_id for helper in self.of[trip.organiser].helpers)
        sums = (
            (recruiter, dice.draw("recruiter_per_head") * trip.heads, trip.departed - dice.between(1, 5) * DAY, "recruiter_pay"),
            (scout, dice.draw("scout_per_trip"), trip.proof + dice.between(1, 10) * HOUR, "scout_pay"),
            (keeper, dice.draw("house_per_night") * trip.heads * (1 + len(trip.attempts)), trip.departed, "house_pay"),
        )
        for person, eur, at, kind in sums:
            rail = dice.choose("driver_rail")
            if START < at < world.end and dice.below(0.6):
                self._pay(trip, person, eur, wake(dice, at), rail, kind)

    def _pay(self, trip: Trip, person: str, eur: float, at: int, rail: str, kind: str) -> None:
        """One payment to somebody of the crew, on his rail, with what precedes it."""
        world, dice = self.world, self.pay_dice
        if rail == "usdt":
            self._pay_by_chain(trip, person, eur, at, kind)
            return
        payer = trip.dispatcher
        if rail == "mto":
            payer = dice.pick(self.of[trip.organiser].strawmen).person_id
        value = round_sum(dice, eur)
        book = f"lista_{trip.dispatcher}" if rail == "cash" else ""
        paid = world.move(at, rail, kind, payer, person, "EUR", to_units("EUR", value), network=True, trip=trip.number, book=book)
        if kind == "driver_pay":
            world.trails.append(Trail(trip.organiser, person, trip.number, (paid.number,), "unobservable"))

    def _pay_by_chain(self, trip: Trip, person: str, eur: float, at: int, kind: str) -> None:
        world, dice = self.world, self.pay_dice
        direct = dice.happens("organiser_pays_directly")
        gap = not direct and dice.happens("cash_gap_share")
        src = trip.organiser if direct else trip.dispatcher
        parts = pay_on_chain(world, dice, self.services, src, person, eur, at, kind, trip=trip.number)
        first = min(part[0].time for part in parts)
        before: tuple[int, ...] = ()
        if not direct and not gap:
            before = (self._advance(trip, parts[0][0], eur, first).number,)
        for part in parts:
            cash_out(world, dice, self.services, part[-1])
            if kind == "driver_pay":
                state = "unobservable" if gap else "direct" if direct and len(part) == 1 else "indirect"
                steps = (*before, *(step.number for step in part))
                world.trails.append(Trail(trip.organiser, person, trip.number, steps, state))
        self._say_paid(trip, parts[-1][-1], kind)

    def _advance(self, trip: Trip, payment: Movement, eur: float, first: int) -> Movement:
        """The organiser gives the dispatcher the means on the payment's first chain."""
        world, dice = self.world, self.pay_dice
        at = first - int(dice.random.uniform(0.2, 12) * HOUR)
        rail = payment.rail
        more = eur * dice.random.uniform(1.0, 1.4)
        src = trip.organiser if rail == "bitcoin" else world.wallet(trip.organiser, rail)
        if rail == "bitcoin":
            coins = round(more * world.rate(at, "USD") / world.rate(at, "BTC") * 1e8, -2)
            dst = world.wallet(trip.dispatcher, "bitcoin", fresh=True)
            return world.move(at, rail, "advance", src, dst, "BTC", int(coins), network=True, trip=trip.number)
        asset = f"USDT@{rail}"
        value = max(usdt_of(world, dice, at, more), payment.amount / 10 ** DECIMALS[asset])
        return world.move(at, rail, "advance", src, payment.src, asset, to_units(asset, value), network=True, trip=trip.number)

    def _say_paid(self, trip: Trip, payment: Movement, kind: str) -> None:
        if kind == "driver_pay":
            say_paid(self.world, self.pay_dice, self.of[trip.organiser], trip, payment)

    # offices

    def _settle(self, pair: Pair) -> None:
        """The pair squares what its payouts left, every few days, by one of the media."""
        world, dice = self.world, self.dice
        payouts = sorted(
            (m.time, m.amount) for m in world.movements if m.kind == "payout" and m.book == f"office_{pair.number}"
        )
        desk, keeper = next(reversed(pair.desks.items()))
        at = START + int(dice.draw("settlement_days") * DAY)
        since = START
        while at < world.end:
            owed = sum(amount for time, amount in payouts if since <= time < at) / 100
            medium = dice.choose("settlement_medium")
            when = office_hours(dice, at)
            if owed >= 100 and medium != "netting":
                self._settle_once(pair, desk, keeper.person_id, owed, medium, when)
            since, at = at, at + int(dice.draw("settlement_days") * DAY)

    def _settle_once(self, pair: Pair, desk: str, keeper: str, owed: float, medium: str, when: int) -> None:
        world = self.world
        office = pair.payout.person_id
        book = f"{desk}_{pair.number}"
        value = round(owed / 50) * 50
        booked = world.move(
            when, "hawala", "settlement", keeper, office, "EUR", to_units("EUR", value), network=True, book=book, note=medium
        )
        if medium == "usdt":
            src, dst = world.wallet(keeper, "tron"), world.wallet(office, "tron")
            units = to_units("USDT@tron", round(value * world.rate(when, "USD")))
            world.move(when + HOUR, "tron", "settlement", src, dst, "USDT@tron", units, network=True, after=(booked.number,))
