"""Logs of EVM chains decoded: transfers of tokens, and what the issuer of USDT did to addresses and to its supply.

Raw, as a node answers ``eth_getLogs`` (exports write the same fields as ``transaction_hash``, ``log_index``, ...)::

    {"address": "0xdac17f..", "topics": ["0xddf252ad..", "0x000..from", "0x000..to"], "data": "0x000..2710",
     "blockNumber": "0x137f754", "transactionHash": "0x4f..", "logIndex": "0x29", "blockTimestamp": "0x66ad69ab",
     "removed": false}

A topic is the Keccak-256 of the event's signature; an ERC-20 transfer has three topics (its two parties are indexed) and
its amount as data, an ERC-721 transfer has the token's number as a fourth topic. An approval (who may spend whose tokens)
has the same two forms and moves nothing. TRON's nodes answer the same calls with the last 20 bytes of an address. What
only calls itself like an event of the issuer is never taken for one: the contract decides. An argument stands in a topic
where the contract indexes it (TRON), else in the data (Ethereum).

Specification: Ethereum JSON-RPC (execution-apis, eth_getLogs), EIP-20, EIP-721; the verified source of TetherToken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.evm import approval, block_seq, implausible, read_stamp, refuse, token_notes
from connectors.evm_blocks import read_quantity
from connectors.tron import tron_key
from trails.errors import IdentifierError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Event, Issue, Node, Record, Skip, Transfer
from trails.money import USDT_CONTRACTS, check_amount, format_units, token
from trails.records import say_broken
from trails.timestamps import Instant
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trails.connector import ReadOptions

#: Keccak-256 of the signatures.
TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
APPROVAL = "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"
ISSUER_EVENTS: dict[str, tuple[str, str]] = {
    "42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc": ("AddedBlackList", "freeze"),
    "d7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c": ("RemovedBlackList", "unfreeze"),
    "61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6": ("DestroyedBlackFunds", "funds_destroyed"),
    "cb8241adb0c3fdb35b70c24ce35c5eb0c17af7431c99f827d44a445ca624176a": ("Issue", "issued"),
    "702d5967f45f6513a38ffc42d6ba9bf230bd40e8f53b16363c7eb4fd2deb9a44": ("Redeem", "redeemed"),
}
_WORD = 64
_MOST_DATA = 1 << 20
_FIELDS: dict[str, tuple[str, ...]] = {
    "tx": ("transactionHash", "transaction_hash", "txHash", "tx_hash"),
    "index": ("logIndex", "log_index", "index"),
    "block": ("blockNumber", "block_number", "blockId", "block_id"),
    "time": ("blockTimestamp", "block_timestamp", "timeStamp", "timestamp"),
}
_TOPIC_MARKS = re.compile(r"[,|;\s\[\]\"']+")


@dataclass(frozen=True, slots=True)
class Log:
    """One log: hexadecimal texts without ``0x``, its place, and its block's time (``doubt``: why it is unknown)."""

    row: int
    contract: str
    topics: tuple[str, ...]
    data: str
    tx: str
    index: int | None
    block: int | None
    time: Instant
    removed: bool
    doubt: str | None = None


def is_log(value: object) -> bool:
    """Whether a JSON value looks like a log: an object with address and topics."""
    return isinstance(value, dict) and "address" in value and "topics" in value


def read_log(row: int, value: Mapping[str, Any], rail: str, options: ReadOptions, times: Mapping[int, Instant]) -> Log:
    """Read one log in any of its spellings; its time is its own, else that of its block in ``times``.

    Raises ValueProblem.
    """
    block, time, doubt = _read_block(value, options, times)
    index = _field(value, "index")
    return Log(
        row,
        chain_address(value.get("address"), rail),
        tuple(_hex(topic, "topic", _WORD) for topic in _topics(value.get("topics"))),
        _hex(value.get("data") or "0x", "data"),
        parse_txid(str(_field(value, "tx"))),
        None if index in (None, "") else read_quantity(index),
        block,
        time,
        value.get("removed") is True or value.get("removed") == "true",
        doubt,
    )


def _field(value: Mapping[str, Any], ours: str) -> Any:
    return next((value[name] for name in _FIELDS[ours] if name in value), None)


def _read_block(
    value: Mapping[str, Any], options: ReadOptions, times: Mapping[int, Instant]
) -> tuple[int | None, Instant, str | None]:
    """Read a log's block, its time, and why an impossible time is unknown."""
    number, stamp = _field(value, "block"), _field(value, "time")
    block = None if number in (None, "") else read_quantity(number)
    if isinstance(stamp, str) and stamp[:2] in ("0x", "0X"):
        stamp = read_quantity(stamp)
    time, doubt = read_stamp(stamp, options)
    if time.time is None and block is not None and block in times:
        return block, times[block], None
    return block, time, doubt


def read_place(value: Any, options: ReadOptions, times: Mapping[int, Instant]) -> tuple[int, int] | None:
    """Give a log's block and Unix time for the pace of its chain; None where it does not state both."""
    try:
        block, time, _ = _read_block(value, options, times) if isinstance(value, dict) else (None, None, None)
    except ValueProblem:
        return None
    return None if block is None or time is None or time.time is None else (block, int(time.time.timestamp()))


def chain_address(text: object, rail: str) -> str:
    """Give the key of an address as a node writes it, also the 20 bytes that TRON's nodes give for one of theirs.

    Raises IdentifierError.

    >>> chain_address("0xa614f803b6fd780986a42c78ec9c7f77e6ded13c", "tron")
    'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t'
    """
    return tron_key(text) if rail == "tron" else canonical_address(text if isinstance(text, str) else "", rail)


def state_log(row: int, value: Any, rail: str, options: ReadOptions, times: Mapping[int, Instant]) -> Iterator[Record]:
    """Give what a log states: a transfer, an event of the issuer of USDT, why it is left out, or why it is refused."""
    if not is_log(value):
        yield Issue(row, "error", "malformed", say_broken(value, "this is no log: an object with address, topics and data"))
        return
    try:
        records = list(_log_records(read_log(row, value, rail, options, times), rail))
    except ValueProblem as problem:
        records = [refuse(row, problem)]
    yield from records


def _log_records(log: Log, rail: str) -> Iterator[Record]:
    if log.removed:
        yield Skip(log.row, "taken back: its block is not part of the chain any more (removed: true)")
    elif not log.topics:
        yield Skip(log.row, "an event without a signature: not a transfer")
    elif log.topics[0] == TRANSFER:
        yield from _transfer_records(log, rail)
    elif log.topics[0] == APPROVAL:
        yield from _approval_records(log, rail)
    elif log.topics[0] in ISSUER_EVENTS:
        yield from _issuer_records(log, rail)
    else:
        yield Skip(log.row, f"another event (0x{log.topics[0][:8]}...): not a transfer of tokens")


def _transfer_records(log: Log, rail: str) -> Iterator[Record]:
    if len(log.topics) == 4:
        yield Skip(log.row, "a collectible with a token number (ERC-721), not money")
        return
    if len(log.topics) != 3:
        yield Skip(log.row, "a transfer of an old layout (parties not indexed): token or collectible, not told apart")
        return
    if len(log.data) != _WORD:
        raise ValueProblem(f"the data of a transfer are one number of 32 bytes, here {len(log.data) // 2} bytes")
    amount = check_amount(int(log.data, 16))
    asset = token(rail, log.contract)
    if log.doubt:
        yield implausible(log.row, log.doubt)
    yield from token_notes(log.row, asset, "", "", amount)
    yield Transfer(
        log.row,
        Node(rail, _party(log.topics[1], rail)),
        Node(rail, _party(log.topics[2], rail)),
        asset,
        amount,
        "transfer",
        log.time,
        tx=log.tx,
        index=log.index,
        seq=block_seq(log.block, log.index),
    )


def _approval_records(log: Log, rail: str) -> Iterator[Record]:
    """Read who let whom spend a token: a permission, never a transfer, whatever its number is."""
    if len(log.topics) != 3 or len(log.data) != _WORD:
        yield Skip(log.row, "an approval of a collectible, or of an old layout: moves nothing")
        return
    owner, spender = (Node(rail, _party(topic, rail)) for topic in log.topics[1:])
    if log.doubt:
        yield implausible(log.row, log.doubt)
    contract, amount = Node(rail, log.contract), int(log.data, 16)
    yield approval(log.row, log.time, log.tx, contract, owner, spender, amount, log.index)


def _issuer_records(log: Log, rail: str) -> Iterator[Record]:
    name, kind = ISSUER_EVENTS[log.topics[0]]
    issuer, decimals = USDT_CONTRACTS.get(rail, ("", 0))
    if log.contract != issuer:
        message = f"contract {log.contract} is not the issuer's USDT on {rail}: its {name} freezes or makes no USDT"
        yield Issue(log.row, "note", "not_the_issuer", message)
        yield Skip(log.row, f"{name} of another contract than the issuer's")
        return
    words = [*log.topics[1:], *_words(log.data)]
    has_address, has_amount = kind in ("freeze", "unfreeze", "funds_destroyed"), kind not in ("freeze", "unfreeze")
    if len(words) != has_address + has_amount:
        raise ValueProblem(f"{name} has {count_words(len(words), 'argument')}, expected {has_address + has_amount}")
    contract = Node(rail, log.contract)
    node = Node(rail, _party(words[0], rail)) if has_address else contract
    amount = f" {format_units(int(words[-1], 16), decimals)} USDT" if has_amount else ""
    if log.doubt:
        yield implausible(log.row, log.doubt)
    yield Event(
        log.row,
        kind,
        log.time,
        node,
        contract if has_address else None,
        f"{name}{amount} by the issuer's contract, transaction {log.tx}",
        f"{rail}:{log.tx}:{kind}:{node.key}" + ("" if has_address else f":{int(words[-1], 16)}"),
    )


def lacks_time(records: Iterable[Record]) -> bool:
    """Whether a row's facts have no time although the row states no impossible one."""
    found = list(records)
    doubted = any(isinstance(each, Issue) and each.code == "time_implausible" for each in found)
    return not doubted and any(isinstance(each, Transfer | Event) and each.time.time is None for each in found)


def block_times_missing(count: int) -> Iterator[Issue]:
    """Warn once per source of facts whose time is unknown because logs state block numbers only."""
    if count:
        many = count_words(count, "fact states its", "facts state their")
        message = (
            f"{many} block but not its time, which stays unknown; give the blocks with --with "
            "(ethereum-etl's blocks, or the answers of eth_getBlockByNumber)"
        )
        yield Issue(None, "warning", "time_missing", message)


def _topics(value: object) -> list[object]:
    """Give the topics of a log: a list, or the text an export makes of one."""
    if isinstance(value, list):
        return [each for each in value if each is not None]
    if isinstance(value, str):
        return [part for part in _TOPIC_MARKS.split(value) if part]
    raise ValueProblem("the log has no list of topics")


def _hex(value: object, name: str, digits: int | None = None) -> str:
    text = value.strip().lower().removeprefix("0x") if isinstance(value, str) else "-"
    if len(text) > _MOST_DATA or not re.fullmatch(r"(?:[0-9a-f]{2})*", text, re.ASCII):
        raise ValueProblem(f"{name} {str(value)[:80]!r} is not hexadecimal")
    if digits is not None and len(text) != digits:
        raise ValueProblem(f"{name} {str(value)[:80]!r} is not {digits // 2} bytes")
    return text


def _words(data: str) -> list[str]:
    if len(data) % _WORD:
        raise ValueProblem(f"the data are not whole words of 32 bytes, but {len(data) // 2} bytes")
    return [data[start : start + _WORD] for start in range(0, len(data), _WORD)]


def _party(word: str, rail: str) -> str:
    """Give the account in a word of 32 bytes: the last 20, the others being empty."""
    if word[:24] != "0" * 24:
        raise IdentifierError(f"0x{word} is no address: the first 12 of its 32 bytes are not empty")
    return chain_address(f"0x{word[24:]}", rail)
