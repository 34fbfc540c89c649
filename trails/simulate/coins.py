"""Bitcoin payments as whole transactions: which coins are spent, change, peel chains, CoinJoins. Ids hash to themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trails.simulate.keys import digest
from trails.simulate.world import DAY, HOUR

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Movement, World

SEQUENCE = 0xFFFFFFFD
_FEE_RATE = 8
_MIX_SIZE, _MIX_SUM = 5, 500_000
_MIX_REST = 30_000


@dataclass(frozen=True, slots=True)
class Coin:
    """An output that can be spent."""

    txid: str
    vout: int
    address: str
    value: int
    since: int = 0


@dataclass(slots=True)
class Transaction:
    """One transaction; ``movements`` are the orders it carries out."""

    time: int
    inputs: list[Coin]
    outputs: list[tuple[str, int]]
    network: bool
    kind: str
    movements: list[int] = field(default_factory=list)
    txid: str = ""

    @property
    def fee(self) -> int:
        """What the miner gets."""
        return sum(coin.value for coin in self.inputs) - sum(value for _, value in self.outputs)


def script_of(address: str) -> bytes:
    """The script an address stands for."""
    from base58_bech32 import bech32

    values = bech32.bech32_decode(address, m=bech32.BECH32_1_CONST, limit=90)[1]
    return b"\0\x14" + bytes(bech32.convertbits(values[1:], 5, 8, pad=False))


class Chain:
    """Carries out Bitcoin orders in time order with every owner's coins; who lacks them withdraws from the exchange."""

    def __init__(self, world: World, exchange: str) -> None:
        self.world, self.exchange = world, exchange
        self.dice: Dice = world.dice("coins")
        self.coins: dict[str, list[Coin]] = {}
        self.made: list[Transaction] = []
        self.outside = 0

    def run(self) -> list[Transaction]:
        """Every order as a transaction, and what goes before and after it."""
        orders = sorted((m for m in self.world.movements if m.rail == "bitcoin"), key=lambda m: (m.time, m.number))
        for order in orders:
            self._pay(order)
        self.made.sort(key=lambda tx: (tx.time, tx.txid))
        return self.made

    def _fund(self, owner: str, value: int, time: int, *, network: bool) -> None:
        """A withdrawal from the exchange; its own coin comes from a transaction that is not in the case."""
        self.outside += 1
        hot = self.world.wallet(self.exchange, "bitcoin")
        source = Coin(digest("outside", self.world.seed, self.outside).hex(), 0, hot, value * 9 + 1_000_000)
        own = self.world.wallet(owner, "bitcoin", fresh=True)
        got = -(-value // 10_000) * 10_000
        outputs = [(own, got), (hot, source.value - got - self._fee(1, 2))]
        self._make(Transaction(time, [source], outputs, network, "withdrawal"), {own: owner})

    def _fee(self, inputs: int, outputs: int) -> int:
        return _FEE_RATE * (11 + 68 * inputs + 31 * outputs)

    def _make(self, tx: Transaction, mine: dict[str, str]) -> Transaction:
        """Give a transaction its id, and its outputs to who owns them."""
        if tx.kind != "withdrawal":
            tx.outputs.sort(key=lambda output: digest("order", tx.time, *output))
        tx.txid = hash_transaction(tx)
        self.made.append(tx)
        for vout, (address, value) in enumerate(tx.outputs):
            owner = mine.get(address) or self.world.owner_of.get(("bitcoin", address))
            if owner and owner != self.exchange:
                self.coins.setdefault(owner, []).append(Coin(tx.txid, vout, address, value, tx.time))
        return tx

    def _take(self, owner: str, value: int, time: int) -> list[Coin]:
        """Enough of the coins an owner has at an instant, the oldest first; none where he has too little."""
        taken: list[Coin] = []
        for coin in sorted(self.coins.get(owner, []), key=lambda coin: (coin.since, coin.txid, coin.vout)):
            if coin.since > time:
                break
            taken.append(coin)
            if sum(each.value for each in taken) >= value + self._fee(len(taken), 2):
                self.coins[owner] = [each for each in self.coins[owner] if each not in taken]
                return taken
        return []

    def _pay(self, order: Movement) -> None:
        owner = order.src
        coins = self._take(owner, order.amount, order.time)
        if not coins:
            needed = int(order.amount * self.dice.random.uniform(1.0, 3.0)) + 40_000
            self._fund(owner, needed, order.time - self.dice.between(HOUR, DAY), network=order.network)
            coins = self._take(owner, order.amount, order.time)
        steps = self.dice.between(3, 5) if order.network and self.dice.happens("peel_share") else 0
        for step in range(steps):
            coins = [self._peel(owner, coins, order, step, steps)]
        change = sum(coin.value for coin in coins) - order.amount - self._fee(len(coins), 2)
        outputs = [(order.dst, order.amount)]
        mine: dict[str, str] = {}
        if change > 1_000:
            back = self.world.wallet(owner, "bitcoin", fresh=True)
            outputs.append((back, change))
            mine[back] = owner
        tx = self._make(Transaction(order.time, coins, outputs, order.network, order.kind, [order.number]), mine)
        order.txid = tx.txid
        if change > _MIX_SUM + _MIX_REST and self.dice.happens("coinjoin_share"):
            self._mix(owner, tx, order)

    def _peel(self, owner: str, coins: list[Coin], order: Movement, step: int, steps: int) -> Coin:
        """One step of a peel chain: a small part goes elsewhere, the rest goes on."""
        whole = sum(coin.value for coin in coins)
        spare = whole - order.amount - self._fee(len(coins), 2) * (steps + 1)
        part = max(1_200, spare // (2 * steps))
        aside = self.world.wallet(owner, "bitcoin", fresh=True)
        rest = self.world.wallet(owner, "bitcoin", fresh=True)
        outputs = [(aside, part), (rest, whole - part - self._fee(len(coins), 2))]
        since = max(order.time - 1_200 * (steps - step + 1), *(coin.since for coin in coins))
        at = since + (order.time - since) // (steps - step + 1)
        tx = self._make(Transaction(at, coins, outputs, order.network, "peel"), {aside: owner, rest: owner})
        vout = next(nth for nth, output in enumerate(tx.outputs) if output[0] == rest)
        found = Coin(tx.txid, vout, rest, tx.outputs[vout][1], tx.time)
        self.coins[owner].remove(found)
        return found

    def _mix(self, owner: str, tx: Transaction, order: Movement) -> None:
        """The change goes through a CoinJoin of five: one of them is the owner, the others are strangers."""
        own = next(coin for coin in self.coins[owner] if coin.txid == tx.txid)
        self.coins[owner].remove(own)
        inputs, mine = [own], dict[str, str]()
        for _ in range(_MIX_SIZE - 1):
            stranger = self.world.add_person("innocent", "mixer user").person_id
            self.outside += 1
            address = self.world.wallet(stranger, "bitcoin", fresh=True)
            value = _MIX_SUM + self.dice.between(40_000, 900_000)
            inputs.append(Coin(digest("outside", self.world.seed, self.outside).hex(), 0, address, value))
        fee = self._fee(_MIX_SIZE, 2 * _MIX_SIZE) // _MIX_SIZE + 1
        outputs = []
        for coin in inputs:
            who = self.world.owner_of[("bitcoin", coin.address)]
            equal, rest = (self.world.wallet(who, "bitcoin", fresh=True) for _ in range(2))
            outputs += [(equal, _MIX_SUM), (rest, coin.value - _MIX_SUM - fee)]
            mine |= {equal: who, rest: who}
        inputs.sort(key=lambda coin: coin.txid)
        at = order.time + self.dice.between(HOUR, 2 * DAY)
        self._make(Transaction(at, inputs, outputs, order.network, "coinjoin"), mine)


def hash_transaction(tx: Transaction) -> str:
    """The id of a transaction."""
    spent = [(coin.txid, coin.vout) for coin in tx.inputs]
    return hash_body(*write_body(spent, [(script_of(address), value) for address, value in tx.outputs]))


def write_body(spent: Sequence[tuple[str, int]], paid: Sequence[tuple[bytes, int]]) -> tuple[bytes, bytes]:
    """Inputs (id and number of the output they spend) and outputs (script and value) as bytes, each with its count."""
    inputs = b"".join(bytes.fromhex(txid)[::-1] + _int(vout, 4) + b"\0" + _int(SEQUENCE, 4) for txid, vout in spent)
    outputs = b"".join(_int(value, 8) + _int(len(script), 1) + script for script, value in paid)
    return _int(len(spent), 1) + inputs, _int(len(paid), 1) + outputs


def hash_body(inputs: bytes, outputs: bytes) -> str:
    """The double SHA-256 of a transaction of version 2 without its witnesses."""
    raw = _int(2, 4) + inputs + outputs + _int(0, 4)
    return hashlib.sha256(hashlib.sha256(raw).digest()).digest()[::-1].hex()


def _int(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")
