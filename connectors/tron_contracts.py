"""What one TRON transaction asked for, by the type of its contract: transfers, delegated energy, changed keys.

Raw (TronGrid writes ``41..`` addresses, Tronscan base58)::

    {"type": "TriggerSmartContract", "parameter": {"value": {"owner_address": "4179..", "contract_address": "41a6..",
     "data": "a9059cbb" + 32 bytes of receiver + 32 bytes of amount, "call_value": 0}}}

A call is what was asked, not what happened: a successful ``transfer`` of the issuer's USDT moves exactly that much (its
fee is set to zero; a frozen sender makes the call fail), but of an unknown contract only its Transfer event, and not
even that for a contract made to deceive, shows that tokens moved. Such calls are kept with a note.

Specification: core/contract/*.proto of tronprotocol/protocol; TRC-20 (TIP-20); "Energy delegation" of TRON's
developer documentation: delegated energy is the right to use a resource, no TRX leaves the owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.evm import approval, token_notes
from connectors.tron import TRX, read_whole, trc10, tron_node
from trails.errors import ValueProblem
from trails.model import Event, Issue, Record, Skip, Transfer
from trails.money import USDT_CONTRACTS, Asset, format_units, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import Node
    from trails.timestamps import Instant

#: The numbers that Tronscan writes for the types we know by name.
TYPE_NUMBERS: dict[int, str] = {
    0: "AccountCreateContract",
    1: "TransferContract",
    2: "TransferAssetContract",
    4: "VoteWitnessContract",
    11: "FreezeBalanceContract",
    12: "UnfreezeBalanceContract",
    13: "WithdrawBalanceContract",
    30: "CreateSmartContract",
    31: "TriggerSmartContract",
    46: "AccountPermissionUpdateContract",
    54: "FreezeBalanceV2Contract",
    55: "UnfreezeBalanceV2Contract",
    56: "WithdrawExpireUnfreezeContract",
    57: "DelegateResourceContract",
    58: "UnDelegateResourceContract",
    59: "CancelAllUnfreezeV2Contract",
}
_OWN_STAKE = "the owner's own stake: no TRX change hands"
_NO_TRANSFER: dict[str, str] = {
    "FreezeBalanceContract": _OWN_STAKE,
    "UnfreezeBalanceContract": _OWN_STAKE,
    "FreezeBalanceV2Contract": _OWN_STAKE,
    "UnfreezeBalanceV2Contract": _OWN_STAKE,
    "CancelAllUnfreezeV2Contract": _OWN_STAKE,
    "WithdrawExpireUnfreezeContract": _OWN_STAKE,
    "WithdrawBalanceContract": "the chain pays a voting reward: no other account sends it",
    "VoteWitnessContract": "a vote: moves nothing",
}
_TRANSFER, _TRANSFER_FROM = "a9059cbb", "23b872dd"
_APPROVALS = {"095ea7b3": "approve", "d73dd623": "increaseApproval", "66188463": "decreaseApproval"}
_HEX = re.compile(r"(0x)?([0-9a-fA-F]*)\Z", re.ASCII)
_WORD = 64


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract of a transaction: its type and values, and the transaction's hash, time and status."""

    row: int
    kind: str
    value: dict[str, Any]
    tx: str
    time: Instant
    status: str

    def node(self, name: str) -> Node:
        """Give an account by the name of its field; raises IdentifierError."""
        return tron_node(self.value.get(name))

    def moves(self, src: Node, dst: Node, asset: Asset, amount: int) -> Transfer:
        """State a transfer."""
        return Transfer(self.row, src, dst, asset, amount, "transfer", self.time, tx=self.tx, status=self.status)

    def happens(self, kind: str, node: Node, other: Node | None, text: str) -> Event:
        """State an event; the same from another source is the same fact."""
        identity = f"tron:{self.tx}:{kind}:{other.key if other else node.key}"
        return Event(self.row, kind, self.time, node, other, text, identity)


def contract_records(contract: Contract) -> Iterator[Record]:
    """Give what one contract of a transaction states; a reason comes as a Skip. Raises ValueProblem."""
    match contract.kind:
        case "TransferContract":
            amount = read_whole(contract.value.get("amount"), "amount")
            yield contract.moves(contract.node("owner_address"), contract.node("to_address"), TRX, amount)
        case "TransferAssetContract":
            asset = trc10(str(contract.value.get("asset_name")))
            amount = read_whole(contract.value.get("amount"), "amount")
            yield contract.moves(contract.node("owner_address"), contract.node("to_address"), asset, amount)
        case "TriggerSmartContract":
            yield from _call_records(contract)
        case _ if contract.status == "failed":
            yield Skip(contract.row, f"{contract.kind} failed: nothing happened")
        case "AccountCreateContract":
            owner, made = contract.node("owner_address"), contract.node("account_address")
            yield contract.happens("activated", owner, made, f"account {made.key} was activated by {owner.key}")
        case "DelegateResourceContract" | "UnDelegateResourceContract":
            yield from _delegation_records(contract)
        case "FreezeBalanceContract" | "UnfreezeBalanceContract" if contract.value.get("receiver_address"):
            yield from _delegation_records(contract)
        case "AccountPermissionUpdateContract":
            yield from _permission_events(contract)
        case _:
            yield Skip(contract.row, f"{contract.kind[:60]}: {_NO_TRANSFER.get(contract.kind, 'no transfer')}")


def delegation(contract: Contract, owner: Node, receiver: Node, *, back: bool) -> Event:
    """State that an account lent a resource to another, or took it back: a sign of a tie, never a transfer."""
    resource = str(contract.value.get("resource") or contract.value.get("resource_type") or "BANDWIDTH").upper()
    word = "energy" if resource in ("ENERGY", "1") else "bandwidth"
    staked = contract.value.get("balance", contract.value.get("frozen_balance"))
    worth = "" if staked is None else f" of {format_units(read_whole(staked, 'balance'), 6)} TRX staked"
    done = "took back" if back else "delegated"
    text = f"{owner.key} {done} {word}{worth} {'from' if back else 'to'} {receiver.key}: no TRX moved"
    return contract.happens(f"{word}_{'reclaimed' if back else 'delegated'}", owner, receiver, text)


def _delegation_records(contract: Contract) -> Iterator[Record]:
    back = contract.kind.startswith("Un")
    yield delegation(contract, contract.node("owner_address"), contract.node("receiver_address"), back=back)


def _permission_events(contract: Contract) -> Iterator[Event]:
    """State, key by key, who else may sign for an account from now on; once without another party where nobody else may."""
    owner = contract.node("owner_address")
    said: list[str] = []
    others: set[str] = set()
    actives = contract.value.get("actives")
    for permission in (contract.value.get("owner"), *(actives if isinstance(actives, list) else ())):
        if not isinstance(permission, dict):
            continue
        listed = permission.get("keys")
        found = [(tron_node(key.get("address")).key, key.get("weight")) for key in listed or () if isinstance(key, dict)]
        others |= {key for key, _ in found} - {owner.key}
        keys = ", ".join(key if weight is None else f"{key} (weight {weight})" for key, weight in found)
        enough = "" if permission.get("threshold") is None else f", {permission['threshold']} needed"
        said.append(f"{str(permission.get('permission_name'))[:40]}: {keys}{enough}")
    text = f"{owner.key} may be signed for by {'; '.join(said)}"
    if not others:
        yield contract.happens("permission_changed", owner, None, text)
    for other in sorted(others):
        yield contract.happens("permission_changed", owner, tron_node(other), text)


def _call_records(contract: Contract) -> Iterator[Record]:
    """Read a call: the TRX and TRC-10 sent along, and a transfer of the called token."""
    owner, called = contract.node("owner_address"), contract.node("contract_address")
    sent = read_whole(contract.value.get("call_value") or 0, "call_value")
    if sent:
        yield contract.moves(owner, called, TRX, sent)
    if sent_tokens := read_whole(contract.value.get("call_token_value") or 0, "call_token_value"):
        yield contract.moves(owner, called, trc10(str(contract.value.get("token_id"))), sent_tokens)
    data = _HEX.match(str(contract.value.get("data") or ""))
    if data is None:
        raise ValueProblem("the data of the call are not hexadecimal")
    selector, words = data[2][:8].lower(), data[2][8:].lower()
    if selector == _TRANSFER:
        yield from _token_transfer(contract, called, owner, _address(words, 0), _number(words, 1), words[:24])
    elif selector == _TRANSFER_FROM:
        padding = words[:24] + words[_WORD : _WORD + 24]
        yield from _token_transfer(contract, called, _address(words, 0), _address(words, 1), _number(words, 2), padding)
    elif selector in _APPROVALS:
        yield _approval_record(contract, called, owner, selector, words)
    else:
        shown = selector or "without a function"
        yield Skip(contract.row, f"a call of {called.key} ({shown}): what tokens it moved is in the Transfer events")


def _approval_record(contract: Contract, called: Node, owner: Node, selector: str, words: str) -> Record:
    """State that an account let another spend its tokens, or took that back: a permission, which moves nothing."""
    name = _APPROVALS[selector]
    if contract.status != "ok" or name == "decreaseApproval":
        return Skip(contract.row, f"{name} of {called.key}: a permission, moves no tokens")
    spender, amount = _address(words, 0), _number(words, 1)
    return approval(contract.row, contract.time, contract.tx, called, owner, spender, amount, None)


def _token_transfer(
    contract: Contract, called: Node, src: Node, dst: Node, amount: int, padding: str
) -> Iterator[Record]:
    asset = token("tron", called.key)
    transfer = contract.moves(src, dst, asset, amount)
    yield from token_notes(contract.row, asset, "", "", amount)
    if any(part not in ("0" * 24, "0" * 22 + "41") for part in (padding[:24], padding[24:] or "0" * 24)):
        message = "the address in the call has unusual bytes before it, which the chain's machine leaves out: so did we"
        yield Issue(contract.row, "note", "address_padding", message)
    if called.key != USDT_CONTRACTS["tron"][0] and contract.status == "ok":
        message = (
            f"a successful call of contract {called.key} says what was asked, not that tokens moved (and of a "
            "collectible the number is its name, not an amount): compare with the Transfer events"
        )
        yield Issue(contract.row, "note", "call_not_event", message)
    yield transfer


def _word(words: str, place: int) -> str:
    word = words[place * _WORD : (place + 1) * _WORD]
    if len(word) < _WORD:
        raise ValueProblem(f"the data of the call are cut: {len(words) // 2} bytes of arguments")
    return word


def _address(words: str, place: int) -> Node:
    return tron_node("41" + _word(words, place)[24:])


def _number(words: str, place: int) -> int:
    return read_whole(int(_word(words, place), 16), "amount")
