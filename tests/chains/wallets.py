"""Owners with real wallets: BDK chooses coins, makes change and signs; each owner has its software's habits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import bdkpython as bdk

KINDS = ("p2pkh", "p2sh", "p2wpkh", "p2tr")
_TEMPLATES = {
    "p2pkh": bdk.Descriptor.new_bip44, "p2sh": bdk.Descriptor.new_bip49,
    "p2wpkh": bdk.Descriptor.new_bip84, "p2tr": bdk.Descriptor.new_bip86,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habits:
    """What an owner's software leaves in its transactions, and how the owner uses it.

    ``anti_sniping`` sets the locktime to the height; ``reuse`` gives one receiving address to everybody; ``own_change``
    sends change back to an address of the inputs; ``rounding`` is what payments are rounded to.
    """

    version: int = 2
    sequence: int = 0xFFFFFFFD
    anti_sniping: bool = True
    reuse: bool = False
    own_change: bool = False
    rounding: int = 1


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output of an owner."""

    outpoint: Any
    amount: int
    script: bytes


@dataclass
class Owner:
    """Somebody with a wallet."""

    name: str
    kind: str
    habits: Habits
    wallet: Any
    scripts: set[bytes] = field(default_factory=set)

    @classmethod
    def make(cls, seed: int, name: str, kind: str, habits: Habits) -> Owner:
        """An owner whose keys come from a seed and a name: fictional, the same each time."""
        entropy = hashlib.sha256(f"{seed}|{name}".encode()).digest()[:16]
        key = bdk.DescriptorSecretKey(bdk.NetworkKind.TEST, bdk.Mnemonic.from_entropy(entropy), None)
        both = (
            _TEMPLATES[kind](key, keychain, bdk.NetworkKind.TEST)
            for keychain in (bdk.KeychainKind.EXTERNAL, bdk.KeychainKind.INTERNAL)
        )
        return cls(name, kind, habits, bdk.Wallet(*both, bdk.Network.REGTEST, bdk.Persister.new_in_memory()))

    def receive(self) -> bytes:
        """A script to be paid at: a fresh one, or always the first."""
        external = bdk.KeychainKind.EXTERNAL
        info = self.wallet.peek_address(external, 0) if self.habits.reuse else self.wallet.reveal_next_address(external)
        return self._own(info)

    def change(self) -> bytes:
        """A fresh script of the change keychain, for transactions that are put together by hand."""
        return self._own(self.wallet.reveal_next_address(bdk.KeychainKind.INTERNAL))

    def _own(self, info: Any) -> bytes:
        script = bytes(info.address.script_pubkey().to_bytes())
        self.scripts.add(script)
        return script

    def coins(self) -> list[Coin]:
        """The coins it can spend, the largest first."""
        found = [
            Coin(each.outpoint, each.txout.value.to_sat(), bytes(each.txout.script_pubkey.to_bytes()))
            for each in self.wallet.list_unspent()
        ]
        return sorted(found, key=lambda coin: (-coin.amount, str(coin.outpoint.txid), coin.outpoint.vout))

    def balance(self) -> int:
        """What it has."""
        return sum(coin.amount for coin in self.coins())

    def builder(self, height: int) -> Any:
        """A transaction in its software's form."""
        made = bdk.TxBuilder().version(self.habits.version).set_exact_sequence(self.habits.sequence)
        made = made.ordering(bdk.TxOrdering.UNTOUCHED).coin_selection(self._selection())
        return made.nlocktime(bdk.LockTime.BLOCKS(height if self.habits.anti_sniping else 0))

    def _selection(self) -> Any:
        """How it chooses coins: one of the ways that draw no lots, so that a chain can be made again."""
        ways = bdk.CoinSelectionAlgorithm
        return ways.LARGEST_FIRST if sum(self.name.encode()) % 2 else ways.OLDEST_FIRST

    def pay(
        self, outputs: list[tuple[bytes, int]], height: int, rate: int, *, coins: list[Coin] | None = None, drain: bool = False
    ) -> Any:  # fmt: skip
        """Pay, and sign: from chosen coins or those BDK chooses; ``drain`` sends all of them to the first output."""
        made = self.builder(height).fee_rate(bdk.FeeRate.from_sat_per_vb(rate))
        if coins is not None:
            made = made.add_utxos([coin.outpoint for coin in coins]).manually_selected_only()
        if drain:
            made = made.drain_to(bdk.Script(outputs[0][0]))
        else:
            for script, amount in outputs:
                made = made.add_recipient(bdk.Script(script), bdk.Amount.from_sat(amount))
            if self.habits.own_change:
                made = made.drain_to(bdk.Script((coins or self.coins())[0].script))
        psbt = made.finish(self.wallet)
        if not self.wallet.sign(psbt):
            raise AssertionError(f"{self.name} cannot sign its own transaction")
        return psbt.extract_tx()

    def lend_inputs(self, coins: list[Coin], height: int, sequence: int | None = None) -> Any:
        """A PSBT that spends some coins to itself: its inputs are taken over into transactions of several owners."""
        made = self.builder(height)
        made = made if sequence is None else made.set_exact_sequence(sequence)
        made = made.add_utxos([coin.outpoint for coin in coins]).manually_selected_only()
        made = made.drain_to(bdk.Script(coins[0].script)).fee_absolute(bdk.Amount.from_sat(500))
        return made.finish(self.wallet)

    def take_note(self, tx: Any, when: int) -> None:
        """Let the wallet see a transaction."""
        self.wallet.apply_unconfirmed_txs([bdk.UnconfirmedTx(tx=tx, last_seen=when)])

    def knows(self, script: bytes) -> bool:
        """Whether a script is its own."""
        return bool(self.wallet.is_mine(bdk.Script(script)))


def join(
    spends: list[tuple[Owner, list[Coin]]], outputs: list[tuple[bytes, int]], height: int, *, version: int = 2,
    sequence: int | None = None,
) -> Any:  # fmt: skip
    """One transaction of several owners: everybody brings inputs, and signs the same PSBT; all with one sequence number
    where it is given."""
    from embit.psbt import PSBT
    from embit.transaction import Script, Transaction, TransactionOutput

    lent = []
    for owner, coins in spends:
        own = PSBT.from_string(owner.lend_inputs(coins, height, sequence).serialize())
        lent += list(zip(own.tx.vin, own.inputs, strict=True))
    lent.sort(key=lambda each: (each[0].txid, each[0].vout))
    paid = [TransactionOutput(amount, Script(script)) for script, amount in sorted(outputs, key=lambda each: (each[1], each[0]))]
    psbt = PSBT(Transaction(version, [each[0] for each in lent], paid, 0))
    for at, (_, scope) in enumerate(lent):
        kept = psbt.inputs[at]
        for name in ("witness_utxo", "non_witness_utxo", "bip32_derivations", "redeem_script", "taproot_bip32_derivations",
                     "taproot_internal_key"):  # fmt: skip
            setattr(kept, name, getattr(scope, name))
    shared = bdk.Psbt(psbt.to_string())
    for owner, _ in spends:
        owner.wallet.sign(shared)
    return shared.extract_tx()
