"""What the Bitcoin connectors share: one transaction, its hash made again, its balance, and the facts it states.

A txid is the double SHA-256 of version, inputs, outputs and locktime without witness data (BIP-141), so an altered
amount, script or outpoint shows. It does not cover the *spent* outputs (prevouts): those are held only by the balance
inputs = outputs + fee. Addresses are compared with the scripts that stand beside them (BIP-13, BIP-141, BIP-350).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from base58_bech32 import base58, bech32

from connectors.evm import refuse
from trails.connector import ReadOptions
from trails.errors import AmountError, IdentifierError, TimeError, UsageError, ValueProblem
from trails.identifiers import canonical_address, parse_address, parse_txid
from trails.model import Issue, Node, Record, Transfer
from trails.money import BTC, BTC_TEST
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix

#: A block's time may lie up to two hours ahead of the network's (Bitcoin Core: MAX_FUTURE_BLOCK_TIME).
BLOCK_TIME_ERROR_S = 7_200
MAX_SATOSHI = 21_000_000 * 10**8
RAILS = ("bitcoin", "bitcoin-test")
_U32 = 0xFFFFFFFF
_SHOWN_SCRIPT = 80


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
    """One transaction as one row states it; ``version``, ``locktime`` and ``fee`` are None where it does not."""

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

    @property
    def is_coinbase(self) -> bool:
        """Whether it creates new coins."""
        return any(each.outpoint is None for each in self.inputs)

    @property
    def stated_outputs(self) -> list[Output]:
        """Its outputs, and the outputs it spends where the source states them."""
        return [*(each.prevout for each in self.inputs if each.prevout), *self.outputs]


def whole(value: object, name: str, *, most: int = _U32) -> int:
    """A field that must be a whole number from 0 to ``most``; raises ValueProblem."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueProblem(f"{name} {str(value)[:40]!r} is not a whole number from 0 to {most}")
    return value


def satoshi(value: object, name: str) -> int:
    """An amount in satoshi that can exist; raises AmountError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SATOSHI:
        raise AmountError(f"{name} {str(value)[:60]!r} is not a whole number of satoshi from 0 to 21 million BTC")
    return value


def hex_bytes(value: object, name: str) -> bytes | None:
    """A field in hexadecimal, None where it is missing; raises ValueProblem."""
    if value is None:
        return None
    try:
        return bytes.fromhex(value if isinstance(value, str) else "-")
    except ValueError:
        raise ValueProblem(f"{name} is not hexadecimal") from None


def outpoint(txid: object, index: object) -> tuple[str, int]:
    """The output an input spends; raises ValueProblem."""
    return parse_txid(str(txid)), whole(index, "the number of the output spent")


def block_time(row: int, seconds: object) -> tuple[Instant, tuple[Issue, ...]]:
    """A block's time; an impossible one (1970) becomes unknown with a warning, so that no fact is lost to it."""
    try:
        return from_unix(whole(seconds, "block time", most=1 << 62), error_s=BLOCK_TIME_ERROR_S), ()
    except TimeError as problem:
        return UNKNOWN_TIME, (Issue(row, "warning", "time_implausible", str(problem)),)


def hash_transaction(tx: Transaction) -> str | None:
    """The txid the fields give; None where a field needed for it is missing."""
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


def network(transactions: Iterable[Transaction], options: ReadOptions) -> str:
    """The rail of transactions that are all on one network: the one named, else a test network where any address is of
    one. Raises UsageError for a rail that is no Bitcoin network.
    """
    if options.rail is not None:
        if options.rail not in RAILS:
            raise UsageError(f"rail {options.rail!r} is not one of {', '.join(RAILS)}")
        return options.rail
    return "bitcoin-test" if any(_is_test(each) for tx in transactions for each in tx.stated_outputs) else "bitcoin"


def _is_test(output: Output) -> bool:
    try:
        return output.address is not None and parse_address(output.address).family == "bitcoin-test"
    except IdentifierError:
        return False


@lru_cache(maxsize=1 << 16)
def script_address(script: bytes, prefix: str) -> str | None:
    """The address of a standard script on the network whose bech32 prefix is ``bc``, ``tb`` or ``bcrt``.

    A bare public key gets the address of its hash, as old Bitcoin Core states it: the same key spends both.

    >>> script_address(bytes.fromhex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"), "bc")
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'
    """
    size, main = len(script), prefix == "bc"
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return _base58(0x00 if main else 0x6F, script[3:23])
    if size == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return _base58(0x05 if main else 0xC4, script[2:22])
    if _is_bare_key(script):
        return _base58(0x00 if main else 0x6F, _hash160(script[1:-1]))
    if 4 <= size <= 42 and (script[0] == 0 or 0x51 <= script[0] <= 0x60) and script[1] == size - 2:
        if script[0] == 0 and size not in (22, 34):
            return None
        version = script[0] and script[0] - 0x50
        return bech32.bech32_encode(prefix, [version, *bech32.convertbits(script[2:], 8, 5)]).decode()
    return None


def _is_bare_key(script: bytes) -> bool:
    compressed = len(script) == 35 and script[0] == 33 and script[1] in (2, 3)
    plain = len(script) == 67 and script[0] == 65 and script[1] in (4, 6, 7)
    return (compressed or plain) and script[-1] == 0xAC


def _base58(version: int, digest: bytes) -> str:
    return base58.b58encode_check(bytes([version]) + digest).decode()


def _hash160(data: bytes) -> bytes:
    from Crypto.Hash import RIPEMD160

    return RIPEMD160.new(hashlib.sha256(data).digest()).digest()


def owner(output: Output, rail: str) -> Node:
    """The node an output belongs to: its address, else its script. Raises IdentifierError where address and script
    contradict each other, or the address is damaged or of another network.
    """
    prefix = _prefix(output, rail)
    derived = None if output.script is None else script_address(output.script, prefix)
    if not _is_old_spelling(output, prefix):
        stated = canonical_address(output.address, rail) if output.address else None
        if output.script is None and stated is not None:
            return Node(rail, stated)
        if stated and stated != derived:
            raise IdentifierError(f"address {stated} is not what its script pays ({derived or 'no address'}): altered")
    if output.script is None:
        raise IdentifierError("an output states neither script nor address")
    if derived:
        return Node(rail, derived)
    shown = output.script.hex()
    if len(shown) > _SHOWN_SCRIPT:
        shown = f"sha256:{hashlib.sha256(output.script).hexdigest()}"
    return Node(rail, f"script:{shown}", label=_script_label(output.script))


def _prefix(output: Output, rail: str) -> str:
    if rail == "bitcoin":
        return "bc"
    return "bcrt" if (output.address or "").lower().startswith("bcrt1") else "tb"


def _is_old_spelling(output: Output, prefix: str) -> bool:
    """Whether a taproot address has the checksum Bitcoin Core gave it before BIP-350; its script says the same."""
    script = output.script
    if not script or not output.address or not 0x51 <= script[0] <= 0x60 or script_address(script, prefix) is None:
        return False
    words = [script[0] - 0x50, *bech32.convertbits(script[2:], 8, 5)]
    return output.address == bech32.bech32_encode(prefix, words, m=bech32.BECH32_1_CONST).decode()


def _script_label(script: bytes) -> str:
    if script[:1] == b"\x6a":
        return "OP_RETURN data (no owner)"
    if script[-1:] == b"\xae" and 0x51 <= script[0] <= 0x60:
        return "bare multisig"
    return "script without an address"


def state(tx: Transaction, rail: str) -> Iterator[Record]:
    """Everything a transaction states on a rail: its movements and doubts, or only the issues that refuse its row."""
    issues = [*tx.doubts, *_check_hash(tx), *_check_balance(tx)]
    try:
        movements = list(_movements(tx, rail))
    except ValueProblem as problem:
        issues.append(refuse(tx.row, problem))
        movements = []
    old = sum(_is_old_spelling(output, _prefix(output, rail)) for output in tx.stated_outputs)
    if old:
        message = f"{old} taproot addresses stand in the spelling from before BIP-350; their scripts were used"
        issues.append(Issue(tx.row, "note", "old_spelling", message))
    unknown = sum(1 for each in tx.inputs if each.outpoint and each.prevout is None)
    if unknown:
        message = f"{unknown} of {len(tx.inputs)} inputs do not state the output they spend; it is sought in the case"
        issues.append(Issue(tx.row, "note", "prevout_unknown", message))
    yield from issues
    if not any(issue.severity == "error" for issue in issues):
        yield from movements


def _check_hash(tx: Transaction) -> Iterator[Issue]:
    made = hash_transaction(tx)
    if made is None:
        message = "a field needed to hash the transaction again is missing; only its balance was checked"
        yield Issue(tx.row, "note", "not_rehashed", message)
    elif made != tx.txid:
        message = f"the fields hash to {made}, not to the stated txid {tx.txid}: the row was altered or damaged"
        yield Issue(tx.row, "error", "txid_mismatch", message)


def _balance(tx: Transaction) -> int | None:
    """Inputs less outputs; None where an input's amount is not stated or the coins are new."""
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
    asset = BTC if rail == "bitcoin" else BTC_TEST
    junction = Node(rail, tx.txid, "junction")
    move = partial(Transfer, tx.row, asset=asset, time=tx.time, seq=tx.seq, status=tx.status)
    for each in tx.inputs:
        if each.outpoint is None:
            source = Node(rail, "coinbase", label="newly mined")
            mined = sum(output.amount for output in tx.outputs)
            yield move(src=source, dst=junction, amount=mined, kind="input", identity=f"coinbase|{tx.txid}")
            continue
        spent, index = each.outpoint
        if each.prevout is None:
            source, amount = Node(rail, f"{spent}:{index}", label="output not in the case"), None
        else:
            source, amount = owner(each.prevout, rail), each.prevout.amount
        yield move(src=source, dst=junction, amount=amount, kind="input", tx=spent, index=index)
    for index, output in enumerate(tx.outputs):
        yield move(src=junction, dst=owner(output, rail), amount=output.amount, kind="output", tx=tx.txid, index=index)
    balance = _balance(tx)
    fee = tx.fee if balance is None else balance
    if fee and not tx.is_coinbase:
        yield move(src=junction, dst=Node(rail, "fee", label="miner fee"), amount=fee, kind="fee", tx=tx.txid)
