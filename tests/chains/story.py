"""What the owners of a test chain do: payments, batches, peel chains, consolidations, joins; and the truth about it."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import bdkpython as bdk

from tests.chains.blocks import FIRST_TIME, GENESIS, MINER_SCRIPT, OPEN_SCRIPT, frame, mine_block
from tests.chains.wallets import KINDS, Habits, Owner, join

if TYPE_CHECKING:
    from pathlib import Path

RIPE = 101
ROUND = (1, 1_000, 100_000, 1_000_000)
#: Habits of wallet software, one an owner in turn.
SOFTWARE = (
    Habits(), Habits(1, 0xFFFFFFFF, anti_sniping=False), Habits(2, 0xFFFFFFFE), Habits(2, 0xFFFFFFFD, anti_sniping=False),
    Habits(1, 0xFFFFFFFE), Habits(2, 0xFFFFFFFF, anti_sniping=False, reuse=True),
    Habits(2, 0xFFFFFFFD, own_change=True), Habits(1, 0xFFFFFFFF, anti_sniping=False, reuse=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """Who lives on a chain: the software of its owners, their kinds of address, and what payments are rounded to."""

    software: tuple[Habits, ...] = SOFTWARE
    kinds: tuple[str, ...] = KINDS
    rounding: tuple[int, ...] = ROUND


_PLAIN = Habits(2, 0xFFFFFFFD)
#: Worlds in which signs are scarce or mislead, for rules that are tuned to the usual one.
OTHER_WORLDS = {
    "nobody rounds": World(rounding=(1,)),
    "everybody rounds much": World(rounding=(10**6, 10**7)),
    "one software": World((_PLAIN,)),
    "one software, one kind of address": World((_PLAIN,), ("p2wpkh",)),
    "one software, one kind, everybody with one address": World((replace(_PLAIN, reuse=True),), ("p2wpkh",)),
    "one software, one kind, half with change to an address used before": World(
        (_PLAIN, replace(_PLAIN, own_change=True)), ("p2wpkh",)
    ),
}


@dataclass
class Chain:
    """A chain and the truth: raw blocks, the owner of every script, the role of outputs, the behaviour of transactions."""

    blocks: list[bytes] = field(default_factory=list)
    owners: dict[bytes, str] = field(default_factory=dict)
    roles: dict[tuple[str, int], str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the blocks as a node's file, and the owner of every address as a table."""
        from connectors.bitcoin_scripts import script_address

        (folder / "blk00000.dat").write_bytes(frame(self.blocks))
        with (folder / "owners.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["address", "owner"])
            rows.writerows(sorted((script_address(script, "bcrt"), owner) for script, owner in self.owners.items()))
        return folder / "blk00000.dat", folder / "owners.csv"


class Story:
    """Makes a chain, block by block."""

    def __init__(self, seed: int, owners: int = 16, world: World | None = None) -> None:
        self.draw = random.Random(seed)
        self.world = world = world or World()
        self.chain = Chain()
        self.owners = [
            Owner.make(seed, f"owner-{at:02}", world.kinds[at % len(world.kinds)],
                       world.software[(at * 5 + at // 4) % len(world.software)])
            for at in range(owners)
        ]
        self.exchange = Owner.make(seed, "exchange", "p2wpkh", Habits(2, 0xFFFFFFFD, anti_sniping=False))
        self.everybody = [*self.owners, self.exchange]
        self.before, self.unripe = bytes.fromhex(GENESIS)[::-1], list[tuple[bytes, int]]()
        self.waiting: list[tuple[Any, int]] = []
        for _ in range(RIPE + 60):
            self.mine()
        self.fund()

    @property
    def height(self) -> int:
        """The height of the next block."""
        return len(self.chain.blocks) + 1

    def mine(self) -> None:
        """A block of what waits."""
        raws = []
        for tx, _ in self.waiting:
            raw = bytes(tx.serialize())
            raws.append((raw, bytes.fromhex(str(tx.compute_txid()))[::-1], bytes.fromhex(str(tx.compute_wtxid()))[::-1]))
        fees = sum(fee for _, fee in self.waiting)
        block, self.before, coinbase, amount = mine_block(self.height, self.before, raws, fees)
        self.chain.blocks.append(block)
        self.unripe.append((coinbase, amount))
        self.waiting = []

    def fund(self) -> None:
        """The miner hands its ripe coins out: everybody gets several, of sums that are not round."""
        for owner in self.everybody:
            for _ in range(3):
                coinbase, amount = self.unripe.pop(0)
                parts = 6 if owner is not self.exchange else 10
                sums = [amount // (parts + 1) - self.draw.randrange(10**6) for _ in range(parts)]
                outputs = b"".join(
                    value.to_bytes(8, "little") + bytes([len(lock)]) + lock for value in sums for lock in [owner.receive()]
                )
                rest = amount - sum(sums) - 10_000
                outputs += rest.to_bytes(8, "little") + bytes([len(MINER_SCRIPT)]) + MINER_SCRIPT
                raw = (
                    b"\x02\x00\x00\x00\x00\x01\x01" + coinbase + bytes(4) + b"\x00\xff\xff\xff\xff" + bytes([parts + 1])
                    + outputs + b"\x01\x01" + OPEN_SCRIPT + bytes(4)
                )  # fmt: skip
                self.note(bdk.Transaction(raw), 10_000, "funding", None)
            self.mine()

    def note(self, tx: Any, fee: int, kind: str, sender: Owner | None, own: tuple[bytes, ...] = ()) -> None:
        """Put a transaction into the next block, let everybody concerned see it, and write the truth down."""
        txid = str(tx.compute_txid())
        self.chain.kinds[txid] = kind
        self.waiting.append((tx, fee))
        for owner in self.everybody:
            owner.take_note(tx, FIRST_TIME + 600 * self.height)
        for vout, output in enumerate(tx.output()):
            script = bytes(output.script_pubkey.to_bytes())
            holder = next((owner for owner in self.everybody if owner.knows(script)), None)
            if holder is None:
                continue
            self.chain.owners[script] = holder.name
            role = "payment" if holder is not sender else "self" if script in own else "change"
            self.chain.roles[txid, vout] = role

    def spend(self, owner: Owner, outputs: list[tuple[bytes, int]], kind: str, own: tuple[bytes, ...] = (), **more: Any) -> Any:
        """Pay by an owner's wallet; None where it has not enough."""
        try:
            tx = owner.pay(outputs, self.height - 1, self.draw.randint(1, 20), **more)
        except bdk.CreateTxError:
            return None
        self.note(tx, int(owner.wallet.calculate_fee(tx).to_sat()), kind, owner, own)
        return tx

    def amount(self, owner: Owner, most: float = 0.2) -> int:
        """What somebody pays: a part of what is there, rounded as people do."""
        size = int(owner.balance() * self.draw.uniform(0.002, most))
        step = self.draw.choice(self.world.rounding)
        return max(size // step * step, 20_000)

    def pay(self) -> None:
        """One payment to somebody else."""
        sender, payee = self.draw.sample(self.everybody, 2)
        self.spend(sender, [(payee.receive(), self.amount(sender))], "payment")

    def batch(self) -> None:
        """An exchange pays many."""
        payees = self.draw.sample(self.owners, self.draw.randint(4, 12))
        self.spend(self.exchange, [(each.receive(), self.amount(self.exchange, 0.01)) for each in payees], "batch")

    def consolidate(self) -> None:
        """An owner sweeps many coins into one of its own addresses."""
        owner = self.draw.choice(self.everybody)
        coins = owner.coins()[3:11]
        if len(coins) > 3:
            script = owner.receive()
            self.spend(owner, [(script, 0)], "consolidation", own=(script,), coins=coins, drain=True)

    def peel(self) -> None:
        """A large coin is paid down in steps, each from the change of the one before."""
        owner = self.draw.choice(self.owners)
        coin = owner.coins()[:1]
        for _ in range(self.draw.randint(4, 8)):
            if not coin or coin[0].amount < 10**7:
                return
            payee = self.draw.choice([each for each in self.everybody if each is not owner])
            tx = self.spend(owner, [(payee.receive(), int(coin[0].amount * self.draw.uniform(0.02, 0.2)))], "peel", coins=coin)
            if tx is None:
                return
            txid = str(tx.compute_txid())
            coin = [each for each in owner.coins() if str(each.outpoint.txid) == txid][:1]
            if self.draw.random() < 0.5:
                self.mine()

    def coinjoin(self) -> None:
        """Equal outputs of several owners, and the change of each; or, as Whirlpool does, equal outputs alone."""
        taking = self.draw.sample([each for each in self.owners if each.coins()], self.draw.randint(3, 7))
        value = min(each.coins()[0].amount for each in taking) // 3
        outputs, spends, own = [], [], 0
        for each in taking:
            coins = each.coins()[: self.draw.randint(1, 2)]
            spends.append((each, coins))
            outputs += [(each.receive(), value), (each.change(), sum(coin.amount for coin in coins) - value - 2_000)]
            own += 2_000
        self.note(join(spends, outputs, self.height - 1), own, "coinjoin", None)

    def payjoin(self) -> None:
        """The payee adds a coin of its own: half of them as the standard asks, with one kind of input and one sequence
        number, which no rule can see."""
        sender, payee = self.draw.sample([each for each in self.owners if each.coins()], 2)
        alike = [each for each in self.owners if each.coins() and each.kind == sender.kind and each is not sender]
        standard = bool(alike) and self.draw.random() < 0.5
        payee = self.draw.choice(alike) if standard else payee
        mine, its = sender.coins()[:1], payee.coins()[-1:]
        value = mine[0].amount // 4
        outputs = [(payee.receive(), value + its[0].amount), (sender.change(), mine[0].amount - value - 1_500)]
        sequence = sender.habits.sequence if standard else None
        joined = join([(sender, mine), (payee, its)], outputs, self.height - 1, sequence=sequence)
        self.note(joined, 1_500, "standard payjoin" if standard else "payjoin", None)

    def sweep(self) -> None:
        """The exchange gathers what its clients paid in."""
        coins = self.exchange.coins()[5:17]
        if len(coins) > 4:
            script = self.exchange.receive()
            self.spend(self.exchange, [(script, 0)], "sweep", own=(script,), coins=coins, drain=True)


def make_chain(seed: int, *, transactions: int = 2_000, payjoins: bool = True, world: World | None = None) -> Chain:
    """A chain of about so many transactions; the same bytes for the same seed."""
    story = Story(seed, world=world)
    kinds: list[tuple[Callable[[], None], float]] = [
        (story.pay, 70), (story.batch, 4), (story.consolidate, 5), (story.peel, 4), (story.coinjoin, 4), (story.sweep, 2),
        (story.payjoin, 1 if payjoins else 0),
    ]  # fmt: skip
    while len(story.chain.kinds) < transactions:
        for _ in range(story.draw.randint(2, 12)):
            story.draw.choices([each for each, _ in kinds], [weight for _, weight in kinds])[0]()
        story.mine()
    return story.chain


