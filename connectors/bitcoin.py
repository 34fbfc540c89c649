"""What the Bitcoin connectors share: one transaction, its hash made again, its balance, and the facts it states.

A txid is the double SHA-256 of version, inputs, outputs and locktime without witness data (BIP-141), so an altered
amount, script or outpoint shows. It does not cover the *spent* outputs (prevouts): those are held only by the balance
inputs = outputs + fee. Addresses are compared with the scripts that stand beside them (BIP-13, BIP-141, BIP-350).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.bitcoin_scripts import address_prefix, is_old_spelling, script_address, script_key, script_label
from connectors.evm import refuse
from trails.errors import AmountError, IdentifierError, TimeError, UsageError, ValueProblem
from trails.identifiers import canonical_address, parse_address, parse_txid
from trails.model import Event, Issue, Node, Record, Transfer, TransferKind
from trails.money import BTC, BTC_TEST
from trails.said import contradicted
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trails.connector import ReadOptions

#: A block's time may lie up to two hours ahead of the network's (Bitcoin Core: MAX_FUTURE_BLOCK_TIME).
BLOCK_TIME_ERROR_S = 7_200
MAX_SATOSHI = 21_000_000 * 10**8
#: An output takes nine bytes or more, a block holds four million.
MOST_OUTPUTS = 4_000_000 // 9
RAILS = ("bitcoin", "bitcoin-test")
_U32 = 0xFFFFFFFF
_SHOWN_SEQUENCES = 4


@dataclass(frozen=True, slots=True)
class Output:
    """An output: satoshi, the script that locks it, and the address the source states for it."""

    amount: int
    script: bytes | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Input:
    """An input: the outpoint it spends (None for newly mined coins), its script, and the output spent where stated."""

    outpoint: tuple[str, int] | None
    script: bytes | None
    sequence: int | None
    prevout: Output | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction as one row states it; ``version``, ``locktime`` and ``fee`` are None where it does not.

    ``self_hashed``: its txid was made from the row's own bytes, so there is no stated one to compare.
    """

    row: int
    txid: str
    version: int | None
    locktime: int | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    fee: int | None
    time: Instant
    seq: int | None
    status: str
    doubts: tuple[Issue, ...] = ()
    self_hashed: bool = False

    @property
    def is_coinbase(self) -> bool:
        """Whether it creates new coins."""
        return any(each.outpoint is None for each in self.inputs)

    @property
    def stated_outputs(self) -> list[Output]:
        """Its outputs, and the outputs it spends where the source states them."""
        return [*(each.prevout for each in self.inputs if each.prevout), *self.outputs]


def whole(value: object, name: str, *, most: int = _U32) -> int:
    """Check a field that must be a whole number from 0 to ``most``; raises ValueProblem."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueProblem(f"{name} {str(value)[:40]!r} is not a whole number from 0 to {most}")
    return value


def satoshi(value: object, name: str) -> int:
    """Check an amount in satoshi that can exist; raises AmountError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SATOSHI:
        raise AmountError(f"{name} {str(value)[:60]!r} is not a whole number of satoshi from 0 to 21 million BTC")
    return value


def hex_bytes(value: object, name: str) -> bytes | None:
    """Read a field in hexadecimal, None where it is missing; raises ValueProblem."""
    if value is None:
        return None
    try:
        return bytes.fromhex(value if isinstance(value, str) else "-")
    except ValueError:
        raise ValueProblem(f"{name} is not hexadecimal") from None


def outpoint(txid: object, index: object) -> tuple[str, int]:
    """Read the output an input spends; raises ValueProblem."""
    return parse_txid(str(txid)), output_number(index)


def output_number(index: object) -> int:
    """Read the number of an output; raises ValueProblem for one that no transaction within a block can have."""
    return whole(index, "the number of an output", most=MOST_OUTPUTS)


def block_time(row: int, seconds: object) -> tuple[Instant, tuple[Issue, ...]]:
    """Read a block's time; an impossible one (1970) becomes unknown with a warning, so that no fact is lost to it."""
    try:
        return from_unix(whole(seconds, "block time", most=1 << 62), error_s=BLOCK_TIME_ERROR_S), ()
    except TimeError as problem:
        return UNKNOWN_TIME, (Issue(row, "warning", "time_implausible", str(problem)),)


def hash_transaction(tx: Transaction) -> str | None:
    """Make the txid the fields give; None where a field needed for it is missing."""
    if tx.version is None or tx.locktime is None:
        return None
    parts = [struct.pack("<I", tx.version & _U32), _count(len(tx.inputs))]
    for each in tx.inputs:
        if each.script is None or each.sequence is None:
            return None
        txid, index = each.outpoint or ("00" * 32, _U32)
        parts += [bytes.fromhex(txid)[::-1], struct.pack("<I", index), _sized(each.script)]
        parts.append(struct.pack("<I", each.sequence))
    parts.append(_count(len(tx.outputs)))
    for output in tx.outputs:
        if output.script is None:
            return None
        parts += [struct.pack("<q", output.amount), _sized(output.script)]
    parts.append(struct.pack("<I", tx.locktime))
    return hashlib.sha256(hashlib.sha256(b"".join(parts)).digest()).digest()[::-1].hex()


def _count(number: int) -> bytes:
    if number < 0xFD:
        return bytes([number])
    return b"\xfd" + struct.pack("<H", number) if number <= 0xFFFF else b"\xfe" + struct.pack("<I", number)


def _sized(script: bytes) -> bytes:
    return _count(len(script)) + script


def network(
    transactions: Iterable[Transaction], options: ReadOptions, default: str = "bitcoin", *, file: str | None = None
) -> str:
    """Name the rail of transactions on one network: the one stated, else what their addresses say, else the default.

    Raises UsageError for a rail that is no Bitcoin network; and, where the transactions are all of a ``file``, SourceError
    for one that none of their addresses is of, though some are of the other.
    """
    return network_of((each.address for tx in transactions for each in tx.stated_outputs), options, default, file=file)


def network_of(
    addresses: Iterable[str | None], options: ReadOptions, default: str = "bitcoin", *, file: str | None = None
) -> str:
    """Name the rail of addresses on one network, as :func:`network` does."""
    if options.rail is not None:
        if options.rail not in RAILS:
            raise UsageError(f"--rail {options.rail}: it is not one of {', '.join(RAILS)}")
        if file is not None:
            _check_network(options.rail, addresses, file)
        return options.rail
    families = {_family(address) for address in addresses if address}
    return next((rail for rail in reversed(RAILS) if rail in families), default)


def _check_network(said: str, addresses: Iterable[str | None], name: str) -> None:
    """Raise SourceError where the addresses are all of another network than the one said."""
    other = None
    for address in addresses:
        family = _family(address) if address else None
        if family == said:
            return
        other = other or (family if family in RAILS else None)
    if other:
        raise contradicted("rail", said, f"its addresses are those of {other}", name)


def _family(address: str) -> str | None:
    try:
        return parse_address(address).family
    except IdentifierError:
        return None


def owner(output: Output, rail: str) -> Node:
    """Name the node an output belongs to: its address, else its script.

    Raises IdentifierError where address and script contradict each other, or the address is damaged or of another
    network.
    """
    prefix = address_prefix(output.address, rail)
    derived = None if output.script is None else script_address(output.script, prefix)
    if not is_old_spelling(output.address, output.script, prefix):
        stated = canonical_address(output.address, rail) if output.address else None
        if output.script is None and stated is not None:
            return Node(rail, stated)
        if stated and stated != derived:
            raise IdentifierError(f"address {stated} is not what its script pays ({derived or 'no address'}): altered")
    if output.script is None:
        raise IdentifierError("an output states neither script nor address")
    if derived:
        return Node(rail, derived)
    return Node(rail, script_key(output.script), label=script_label(output.script))


def _has_old_spelling(output: Output, rail: str) -> bool:
    return is_old_spelling(output.address, output.script, address_prefix(output.address, rail))


def state(tx: Transaction, rail: str, *, note_unknown: bool = True) -> Iterator[Record]:
    """Give everything a transaction states on a rail: movements and doubts, or only the issues that refuse its row.

    Bulk connectors count the inputs without a stated output themselves (``note_unknown=False``): one note for a file.
    """
    issues = [*tx.doubts, *_check_hash(tx), *_check_balance(tx)]
    try:
        movements = list(_movements(tx, rail))
    except ValueProblem as problem:
        issues.append(refuse(tx.row, problem))
        movements = []
    old = sum(_has_old_spelling(output, rail) for output in tx.stated_outputs)
    if old:
        message = count_words(old, "taproot address", "taproot addresses")
        message += " in the spelling from before BIP-350: the script was used"
        issues.append(Issue(tx.row, "note", "old_spelling", message))
    unknown = sum(1 for each in tx.inputs if each.outpoint and each.prevout is None)
    if unknown and note_unknown:
        message = f"{unknown} of {len(tx.inputs)} inputs do not state the output they spend; it is sought in the case"
        issues.append(Issue(tx.row, "note", "prevout_unknown", message))
    yield from issues
    if not any(issue.severity == "error" for issue in issues):
        yield from movements
        yield from _forms(tx, rail)


def _check_hash(tx: Transaction) -> Iterator[Issue]:
    if tx.self_hashed:
        return
    made = hash_transaction(tx)
    if made is None:
        message = "a field needed to hash the transaction again is missing; only its balance was checked"
        yield Issue(tx.row, "note", "not_rehashed", message)
    elif made != tx.txid:
        message = f"the fields hash to {made}, not to the stated txid {tx.txid}: the row was altered or damaged"
        yield Issue(tx.row, "error", "txid_mismatch", message)


def _balance(tx: Transaction) -> int | None:
    """Subtract the outputs from the inputs; None where an input's amount is not stated or the coins are new."""
    spent = [each.prevout.amount if each.prevout else None for each in tx.inputs]
    known = [amount for amount in spent if amount is not None]
    if tx.is_coinbase or len(known) < len(spent):
        return None
    return sum(known) - sum(output.amount for output in tx.outputs)


def _check_balance(tx: Transaction) -> Iterator[Issue]:
    balance = _balance(tx)
    if balance is None:
        return
    if balance < 0 or (tx.fee is not None and tx.fee != balance):
        message = f"inputs less outputs are {balance} satoshi, the stated fee is {tx.fee}: an amount was altered"
        yield Issue(tx.row, "error", "fee_mismatch", message)


def _movements(tx: Transaction, rail: str) -> Iterator[Transfer]:
    junction = Junction(tx.row, tx.txid, rail, tx.time, tx.seq, tx.status)
    for each in tx.inputs:
        yield junction.mine(sum(out.amount for out in tx.outputs)) if each.outpoint is None else junction.spend(each)
    for index, output in enumerate(tx.outputs):
        yield junction.pay(output, index)
    balance = _balance(tx)
    fee = tx.fee if balance is None else balance
    if fee and not tx.is_coinbase:
        yield junction.pay_fee(fee)


def _forms(tx: Transaction, rail: str) -> Iterator[Event]:
    """What the wallet left in a transaction beside coins, where the row states all of it."""
    sequences = {each.sequence for each in tx.inputs}
    if tx.is_coinbase or tx.version is None or tx.locktime is None or None in sequences:
        return
    yield transaction_form(
        tx.row, tx.txid, rail, tx.version, tx.locktime, {each for each in sequences if each is not None}
    )


def transaction_form(row: int, txid: str, rail: str, version: int, locktime: int, sequences: set[int]) -> Event:
    """Give the version, locktime and sequence numbers of a transaction: habits of the wallet that made it."""
    listed = "+".join(f"{each:08x}" for each in sorted(sequences)[:_SHOWN_SEQUENCES])
    more = "+more" if len(sequences) > _SHOWN_SEQUENCES else ""
    text = f"version {version}, locktime {locktime}, sequence {listed}{more}"
    junction = Node(rail, txid, "junction")
    return Event(row, "transaction_form", UNKNOWN_TIME, junction, None, text, f"form|{rail}|{txid}")


@dataclass(frozen=True, slots=True)
class Junction:
    """A transaction as the place value passes through, and the movements a row states about it, one by one.

    Tables with a row for each input or output use it directly.
    """

    row: int
    txid: str
    rail: str
    time: Instant
    seq: int | None = None
    status: str = "ok"

    def mine(self, amount: int) -> Transfer:
        """Give the newly mined coins of a coinbase."""
        source = Node(self.rail, "coinbase", label="newly mined")
        return self._move(source, self._node(), amount, "input", identity=f"coinbase|{self.txid}")

    def spend(self, each: Input) -> Transfer:
        """Give an input; its owner and amount stay open where the output it spends is not stated.

        Raises IdentifierError where the spent output's address and script do not agree.
        """
        spent, index = each.outpoint or ("", None)
        if each.prevout is None:
            source, amount = Node(self.rail, f"{spent}:{index}", label="output not in the case"), None
        else:
            source, amount = owner(each.prevout, self.rail), each.prevout.amount
        return self._move(source, self._node(), amount, "input", tx=spent, index=index)

    def pay(self, output: Output, index: int) -> Transfer:
        """Give an output; raises IdentifierError where its address and script do not agree."""
        payee = owner(output, self.rail)
        return self._move(self._node(), payee, output.amount, "output", tx=self.txid, index=index)

    def pay_fee(self, amount: int) -> Transfer:
        """Give the fee."""
        return self._move(self._node(), Node(self.rail, "fee", label="miner fee"), amount, "fee", tx=self.txid)

    def _node(self) -> Node:
        return Node(self.rail, self.txid, "junction")

    def _move(self, src: Node, dst: Node, amount: int | None, kind: TransferKind, **more: Any) -> Transfer:
        asset = BTC if self.rail == "bitcoin" else BTC_TEST
        return Transfer(self.row, src, dst, asset, amount, kind, self.time, seq=self.seq, status=self.status, **more)
