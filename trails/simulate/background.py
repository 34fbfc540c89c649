"""Everybody else: families, traders, firms, riders, tenants, gamblers. Drawn from the ranges the network's sums lie in too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from trails.simulate.chain_pay import Services, deposit_address, to_units
from trails.simulate.crew import DESKS
from trails.simulate.world import DAY, HOUR, START, Book, Message, office_hours, round_sum, wake

if TYPE_CHECKING:
    from trails.simulate.crew import Network, Pair
    from trails.simulate.world import Movement, Person, World

#: Records the network leaves that are counted: what happens in cash and in nobody's book is in no file.
_COUNTED = ("hawala", "mto", "bank", "tron", "ethereum", "bsc", "bitcoin")
_AFTER_PROOF = 44 * HOUR
_TRIES = 8


class Background:
    """Makes innocent payments, a kind at a time, until there are as many as the size asks for."""

    def __init__(self, world: World, networks: list[Network], pairs: list[Pair], services: Services) -> None:
        self.world, self.pairs, self.services = world, pairs, services
        self.dispatchers = [each for network in networks for each in network.dispatchers]
        self.dice = world.dice("background")
        self.proofs = [trip.proof for trip in world.trips if trip.proof < world.end - _AFTER_PROOF]
        self.kinds: dict[str, Callable[[], int]] = {
            "remittance_hawala": lambda: self._remit_by_code("remittance"), "trade_hawala": lambda: self._remit_by_code("trade"),
            "mto": self._remit_by_operator, "foreman": self._pay_workers, "errands": self._pay_errands, "bank": self._pay_by_bank,
            "family_usdt": self._remit_by_usdt, "payroll": self._pay_wages, "fares": self._pay_fares, "p2p": self._trade_usdt,
            "exchange": self._use_exchange, "rent": self._pay_rent, "aid": self._give_aid, "gambling": self._gamble,
            "bitcoin": self._pay_bitcoin,
        }  # fmt: skip
        self.pools: dict[str, list[tuple[int, Person]]] = {}

    def make(self) -> None:
        """All kinds, each until its share of the records is reached."""
        counted = sum(each.rail in _COUNTED or bool(each.book) for each in self.world.movements)
        many = self.world.parameters.count(self.world.size, "background")
        for kind, share in self.world.parameters["background_kind"].shares.items():
            left = int(counted * many * share)
            while left > 0:
                left -= max(1, self.kinds[kind]())
        self._poison()
        self._counterfeit()
        self._repeat_a_code()

    # who and when

    def _someone(self, role: str, most: int, at: int, *, eastern: bool = False, side: str = "innocent") -> Person:
        """A person of a role who is there at an instant: a known one, or a newcomer.

        People come throughout the period, as the network's do; were all there from the first day, being new would tell.
        """
        pool = self.pools.setdefault(role, [])
        if pool and not (len(pool) < most and self.dice.below(0.4)):
            for _ in range(_TRIES):
                since, person = self.dice.pick(pool)
                if since <= at:
                    return person
        pool.append((at, self.world.add_person(side, role, eastern=eastern)))
        return pool[-1][1]

    def _many(self, size: int) -> int:
        return max(3, size * len(self.world.trips) // 13)

    def _time(self) -> int:
        """Any waking hour; now and then the hours after a proof, where a payment looks like a driver's."""
        dice = self.dice
        if self.proofs and dice.happens("trap_share"):
            return wake(dice, dice.pick(self.proofs) + dice.between(HOUR, _AFTER_PROOF))
        return wake(dice, START + dice.between(HOUR, self.world.end - START - 3 * DAY))

    def _move(self, time: int, rail: str, kind: str, src: str, dst: str, asset: str, value: float, **more: object) -> Movement:
        return self.world.move(time, rail, kind, src, dst, asset, to_units(asset, value), network=False, **more)

    def _usdt(self, time: int, kind: str, src: str, dst: str, value: float, rail: str = "") -> Movement:
        rail = rail or self._rail()
        goal = self.world.wallet(dst, rail, fresh=self.dice.happens("innocent_fresh_share"))
        return self._move(time, rail, kind, self.world.wallet(src, rail), goal, f"USDT@{rail}", value)

    def _rail(self) -> str:
        found = self.dice.choose("chain")
        return "tron" if found == "bitcoin" else found

    # each kind gives how many records it left

    def _remit_by_code(self, sum_of: str) -> int:
        """A deposit at a desk of the network's own offices and its payout: an innocent client of the same office."""
        dice, world = self.dice, self.world
        pair = dice.pick(self.pairs)
        desk, keeper = dice.pick(list(pair.desks.items()))
        at = office_hours(dice, self._time())
        payer = self._someone(f"{sum_of} payer", self._many(90), at, eastern=True)
        payee = self._someone(f"{sum_of} payee", self._many(70), at)
        eur = round_sum(dice, dice.draw(sum_of))
        fee = max(5, round(eur * dice.draw("innocent_fee") / 500) * 5)
        code = world.new_code(dice, DESKS[desk][2])
        currency = "USD" if desk == "kabul" else "EUR"
        whole = eur + fee
        spread = 1 + dice.draw("fx_spread") / 100
        value = whole if currency == "EUR" else round(whole * spread * world.rate(at, currency) / 10) * 10
        put = self._move(
            at, "hawala", "deposit", payer.person_id, keeper.person_id, currency, value, book=f"{desk}_{pair.number}", code=code
        )
        late = office_hours(dice, at + int(dice.random.uniform(0.1, 12) * DAY))
        if late >= world.end or (pair.raided and late > pair.raided):
            return 1
        book = f"office_{pair.number}"
        office = pair.payout.person_id
        paid = self._move(
            late, "hawala", "payout", office, payee.person_id, "EUR", eur, book=book, code=code, after=(put.number,)
        )
        if eur >= 400 and "cash" not in world.scenario.marks and dice.below(0.5 * world.parameters["relay_share"].number("value")):
            when = late + int(dice.draw("relay_delay") * HOUR)
            sent = eur * (1 - dice.draw("relay_kept") / 100) * world.rate(when, "USD")
            relay = self._usdt(when, "relay", office, payee.person_id, round(sent, 2), "tron")
            world.matches.append((paid.number, relay.number))
            said = f"an innocent client whose payout M{paid.number} went on as USDT too"
            world.set_trap("same office", payee.person_id, said)
            return 3
        return 2

    def _remit_by_operator(self) -> int:
        """Families by a money-transfer operator; a resident who collects for several of them is a trap."""
        dice = self.dice
        at = self._time()
        payer = self._someone("operator payer", self._many(40), at, eastern=True)
        collector = dice.below(0.25)
        payee = self._someone("collector", 2, at) if collector else self._someone("operator payee", self._many(40), at)
        if collector:
            self.world.set_trap("collector", payee.person_id, "a resident who collects family money for migrants")
        value = round_sum(dice, dice.draw("remittance"))
        self._move(at, "mto", "remittance", payer.person_id, payee.person_id, "EUR", value)
        return 1

    def _pay_workers(self) -> int:
        """A foreman pays his men in cash by the days they worked, and keeps a list like a dispatcher's."""
        dice, world = self.dice, self.world
        foreman = self._someone("foreman", max(1, len(self.pairs)), world.end)
        name = f"lista_{foreman.person_id}"
        if f"{name}.txt" not in world.books:
            world.books[f"{name}.txt"] = Book(f"{name}.txt", "dispatcher-list", name, foreman.person_id, "Europe/Sarajevo")
            world.set_trap("foreman", foreman.person_id, "pays workers in cash by a list like a dispatcher's")
        at = self._time()
        worker = self._someone(f"worker of {foreman.person_id}", 9, at)
        self._move(
            at, "cash", "wage", foreman.person_id, worker.person_id, "EUR", round_sum(dice, dice.draw("wage")), book=name
        )
        return 1

    def _pay_errands(self) -> int:
        """A dispatcher's list has his own life in it too: the mechanic, the landlord, a cousin. None of them is of the crew."""
        dice, world = self.dice, self.world
        dispatcher, at = dice.pick(self.dispatchers), self._time()
        payee = self._someone(f"errand of {dispatcher.person_id}", 12, at)
        world.set_trap("errand", payee.person_id, "stands on a dispatcher's list for work that is no part of any trip")
        value = round_sum(dice, dice.draw("wage" if dice.below(0.5) else "remittance"))
        book = f"lista_{dispatcher.person_id}"
        self._move(at, "cash", "errand", dispatcher.person_id, payee.person_id, "EUR", value, book=book)
        return 1

    def _pay_by_bank(self) -> int:
        dice = self.dice
        at = self._time()
        src, dst = self._someone("customer", self._many(20), at), self._someone("craftsman", self._many(8), at)
        self._move(at, "bank", "invoice", src.person_id, dst.person_id, "EUR", round_sum(dice, dice.draw("trade")))
        return 1

    def _remit_by_usdt(self) -> int:
        dice = self.dice
        at = self._time()
        src = self._someone("usdt sender", self._many(60), at, eastern=True)
        dst = self._someone("usdt receiver", self._many(60), at)
        self._usdt(at, "remittance", src.person_id, dst.person_id, round_sum(dice, dice.draw("usdt_size")))
        return 1

    def _pay_wages(self) -> int:
        """A firm pays its people in USDT on one day, some of these days right after a proof."""
        dice, world = self.dice, self.world
        day = self._time()
        firm = self._someone("firm", self._many(3), day)
        world.set_trap("payroll", firm.person_id, "pays wages in USDT, some of them on days of proofs")
        count = dice.between(3, 8)
        for nth in range(count):
            worker = self._someone(f"employee of {firm.person_id}", 12, day)
            at, value = day + nth * dice.between(30, 400), round_sum(dice, dice.draw("wage"))
            self._usdt(at, "wage", firm.person_id, worker.person_id, value)
        return count

    def _pay_fares(self) -> int:
        """A ride app pays a driver by heads; its drivers send pictures of who arrived, as they must."""
        dice, world = self.dice, self.world
        heads, at = dice.between(1, 6), self._time()
        firm = self._someone("ride app", max(1, len(self.pairs)), world.end)
        driver = self._someone(f"taxi driver of {firm.person_id}", 8, at)
        world.set_trap("taxi driver", driver.person_id, "paid by heads through a ride app, after pictures of arrival")
        eur = round_sum(dice, dice.draw("fare_per_head") * heads)
        chat = f"Taxi {firm.person_id} (fictional)"
        said = dice.pick(("stigli {n}", "{n} putnika, sve ok", "OK {n} gl")).format(n=heads)
        world.messages.append(Message(at - dice.between(HOUR, 30 * HOUR), chat, driver.person_id, said, "innocent proof", "photo"))
        self._usdt(at, "fare", firm.person_id, driver.person_id, eur)
        return 1

    def _trade_usdt(self) -> int:
        """Somebody sells to the trader, or buys of him."""
        dice = self.dice
        at = self._time()
        other = self._someone("private trader", self._many(60), at)
        trader = self.services.trader.person_id
        ends = (other.person_id, trader) if dice.below(0.5) else (trader, other.person_id)
        self._usdt(at, "trade", *ends, round_sum(dice, dice.draw("usdt_size")))
        return 1

    def _use_exchange(self) -> int:
        """A withdrawal, or a deposit to an address of the exchange's that it sweeps."""
        dice, world = self.dice, self.world
        rail, at = self._rail(), self._time()
        customer = self._someone("exchange customer", self._many(70), at)
        hot = world.wallet(self.services.exchange.person_id, rail)
        value = round_sum(dice, dice.draw("usdt_size"))
        own = world.wallet(customer.person_id, rail)
        asset = f"USDT@{rail}"
        if dice.below(0.5):
            self._move(at, rail, "withdrawal", hot, own, asset, value)
            return 1
        deposit = deposit_address(world, self.services, customer.person_id, rail)
        self._move(at, rail, "cash_out", own, deposit, asset, value)
        self._move(at + dice.between(600, 6 * HOUR), rail, "sweep", deposit, hot, asset, value)
        return 2

    def _pay_rent(self) -> int:
        dice = self.dice
        at = self._time()
        tenant, landlord = self._someone("tenant", self._many(12), at), self._someone("landlord", self._many(4), at)
        self._usdt(at, "rent", tenant.person_id, landlord.person_id, round_sum(dice, dice.draw("wage")))
        return 1

    def _give_aid(self) -> int:
        """A charity gives several people the same sum on one day."""
        dice = self.dice
        at, value = self._time(), round_sum(dice, dice.draw("remittance"))
        charity = self._someone("charity", 1, self.world.end)
        count = dice.between(4, 9)
        for nth in range(count):
            person = self._someone("aided person", self._many(40), at, eastern=True, side="payer")
            self._usdt(at + nth * 90, "aid", charity.person_id, person.person_id, value, "tron")
        return count

    def _gamble(self) -> int:
        dice = self.dice
        at = self._time()
        player, site = self._someone("player", self._many(25), at), self.services.gambling.person_id
        ends = (player.person_id, site) if dice.below(0.6) else (site, player.person_id)
        self._usdt(at, "stake", *ends, round_sum(dice, dice.draw("usdt_size")))
        return 1

    def _pay_bitcoin(self) -> int:
        dice, world = self.dice, self.world
        at = self._time()
        src, dst = self._someone("bitcoin payer", self._many(12), at), self._someone("bitcoin payee", self._many(15), at)
        coins = round(dice.draw("usdt_size") / world.rate(at, "BTC") * 1e8)
        coins = max(20_000, round(coins, -2) if dice.happens("round_share") else coins)
        goal = world.wallet(dst.person_id, "bitcoin", fresh=True)
        world.move(at, "bitcoin", "payment", src.person_id, goal, "BTC", coins, network=False)
        return 1

    # traps made on purpose

    def _poison(self) -> None:
        """Transfers of next to nothing from addresses that begin and end like a true counterparty's."""
        dice, world = self.dice, self.world
        true = [m for m in world.movements if m.rail == "tron" and m.asset == "USDT@tron"]
        known = [m for m in true if m.dst in world.look_alikes]
        if not known:
            return
        poisoner = self._someone("poisoner", 1, world.end)
        for _ in range(1 + int(len(true) * world.parameters["poison_per_hundred"].number("value") / 100)):
            victim = dice.pick(known)
            fake = world.look_alikes[victim.dst]
            world.owner_of[("tron", fake)] = poisoner.person_id
            at = min(world.end - 60, victim.time + dice.between(60, 2 * DAY))
            made = world.move(
                at, "tron", "poison", fake, victim.src, "USDT@tron", dice.pick((0, 0, 100, 10_000)), network=False,
                after=(victim.number,),
            )  # fmt: skip
            world.set_trap("poisoning", f"M{made.number}", f"looks like {victim.dst}")

    def _counterfeit(self) -> None:
        """A token that calls itself USDT and is worth nothing, sent to a few."""
        dice, world = self.dice, self.world
        true = [m for m in world.movements if m.rail == "tron" and m.kind in ("wage", "driver_pay", "fare", "relay")]
        if not true:
            return
        maker = self._someone("counterfeiter", 1, world.end)
        for _ in range(1 + len(true) // 200):
            victim = dice.pick(true)
            at = min(world.end - 60, victim.time + dice.between(60, 2 * DAY))
            made = world.move(
                at, "tron", "counterfeit", world.wallet(maker.person_id, "tron"), victim.dst, "FAKE@tron", victim.amount,
                network=False,
            )  # fmt: skip
            world.set_trap("counterfeit", f"M{made.number}", "a token of another contract with the symbol USDT")

    def _repeat_a_code(self) -> None:
        """Two payers with the same code within weeks: an innocent accident, as offices count by themselves."""
        deposits = [m for m in self.world.movements if m.kind == "deposit"]
        for _ in range(1 + len(deposits) // 400):
            first = self.dice.pick(deposits)
            near = [
                m for m in deposits
                if m.book == first.book and m.src != first.src and abs(m.time - first.time) < 40 * DAY and not m.network
            ]  # fmt: skip
            if near:
                second = self.dice.pick(near)
                old = second.code
                for each in self.world.movements:
                    if each.code == old and not each.network:
                        each.code = first.code
                self.world.set_trap("equal codes", first.code, f"M{first.number} and M{second.number}")
