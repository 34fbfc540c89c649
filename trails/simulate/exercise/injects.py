"""The hand-outs of an exercise, each with the minute it is due, its note to participants and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trails.simulate.files import FICTIONAL, Made
from trails.simulate.files.chats import write_whatsapp
from trails.simulate.files.explorers import write_tronscan
from trails.simulate.files.handout import split_tron
from trails.simulate.keys import USDT, transaction_id
from trails.simulate.world import START, Message

if TYPE_CHECKING:
    from trails.simulate.exercise.facts import Facts

#: Share of the day at which each inject is released, for a day of any length.
TIMES = {"start": 0.0, "vasp": 0.15, "freeze": 0.3, "phone": 0.42, "clock": 0.55, "defence": 0.68, "coercion": 0.8, "foreign": 0.9}


_FREEZE_FILE = "tron_freeze.json"


@dataclass(slots=True)
class Inject:
    """One hand-out."""

    key: str
    title: str
    minute: int
    note: str
    files: dict[str, bytes] = field(default_factory=dict)


def make_injects(facts: Facts, files: list[Made], minutes: int) -> list[Inject]:
    """All hand-outs in the order of their release. The exchange's answers are kept back for theirs."""
    at = {key: round(minutes * share / 5) * 5 for key, share in TIMES.items()}
    answers = [each for each in files if each.name.startswith("exchange_") and each.is_written]
    return [
        Inject("start", "The files of the first day", at["start"], _START),
        Inject("vasp", "The exchange answers", at["vasp"], _VASP, _bytes_of(answers)),
        Inject("freeze", "The issuer freezes a wallet", at["freeze"], _say_freeze(facts), {_FREEZE_FILE: write_freeze(facts)}),
        Inject("phone", "A second phone", at["phone"], _PHONE, write_second_phone(facts)),
        Inject("clock", "The clock of an export", at["clock"], _CLOCK, write_true_clock(facts)),
        Inject("defence", "The defence expert", at["defence"], say_defence(facts)),
        Inject("coercion", "Somebody was made to pay", at["coercion"], _COERCION),
        Inject("foreign", "A request from abroad", at["foreign"], _FOREIGN),
    ]


def _bytes_of(files: list[Made]) -> dict[str, bytes]:
    found = {}
    for each in files:
        found[each.name] = each.data
        if each.mapping:
            found[f"{each.name}.mapping.toml"] = each.mapping.encode("utf-8")
    return found


def write_freeze(facts: Facts) -> bytes:
    """The issuer's own events as the TronGrid API gives them: which addresses were put on the list, and when."""
    from base58_bech32 import base58

    items = []
    for number, (_, address, at) in enumerate(facts.frozen):
        user = "0x" + base58.b58decode_check(address)[1:].hex()
        items.append({
            "block_number": 64_000_000 + (at - START) // 3, "block_timestamp": at * 1000, "contract_address": USDT["tron"],
            "event_index": 0, "event_name": "AddedBlackList", "result": {"0": user, "_user": user},
            "transaction_id": transaction_id("tron", facts.seed, "freeze", number),
        })  # fmt: skip
    answer = {"fictional": FICTIONAL, "data": items, "success": True, "meta": {"at": 1_730_000_000_000, "page_size": len(items)}}
    return (json.dumps(answer, indent=1) + "\n").encode()


def contradict(facts: Facts) -> list[tuple[Message, str]]:
    """Two proofs as the second phone has them: other heads in one, another driver's word in the other."""
    first, second = facts.contradicted[:2]
    heads = next(trip.heads for trip in facts.played.world.trips if trip.number == first.trip)
    return [
        (first, f"OK rasid {heads + 2} gl"),
        (second, "nisam ja vozio, on je. meni kes"),
    ]


def write_second_phone(facts: Facts) -> dict[str, bytes]:
    """A driver's phone: the same group by WhatsApp, with two messages that say something else than the first phone."""
    world = facts.played.world
    chat = facts.played.networks[0].chat
    other = {id(message): text for message, text in contradict(facts)}
    copied = [
        Message(m.time + 2, m.chat, m.who, other.get(id(m), m.text), m.kind, m.media, m.trip)
        for m in world.messages if m.chat == chat and (m.kind in ("proof", "failed", "talk", "release"))
    ]  # fmt: skip
    made = write_whatsapp(world, world.dice("second phone"), "second_phone.txt", chat, copied)
    return _bytes_of([made])


def write_true_clock(facts: Facts) -> dict[str, bytes]:
    """The explorer's export again, row for row, with the clock right."""
    world = facts.played.world
    dice = world.dice("file explorer")
    dice.parameters = world.parameters.replace({"fault_zone": {"value": 0.0}}, "the exercise")
    return {"tron_explorer_utc.csv": write_tronscan(world, dice, split_tron(world)[1]).data}


def _say_freeze(facts: Facts) -> str:
    lines = [f"- {address} on {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" for _, address, at in facts.frozen]
    return _FREEZE.format(addresses="\n".join(lines))


def say_defence(facts: Facts) -> str:
    """Three challenges, with the numbers of this case."""
    world = facts.played.world
    transfers = sum(m.asset == "USDT@tron" for m in world.movements)
    driver = facts.name(facts.paid[0][0].driver)
    return _DEFENCE.format(transfers=f"{transfers:,}", driver=driver)


_START = """You have the case folder as it was handed over: books of two offices, the phone of a dispatcher, exports of four chains,
an operator's list, bank statements. `handover.toml` says what is known of each file.

By the end of the day we want: who was paid for what, on which rows it rests, what is not known, and which requests must leave
this house today. Every sentence you hand in names a file and a row. Payers are migrants and their families: they are witnesses
or victims here, and are never named outside this room."""
_VASP = """The exchange has answered your request (or that of a colleague, if yours is not out yet). Add the files to the case. Some
of these customers have nothing to do with it: the exchange sent whatever touched the addresses it was asked about."""
_FREEZE = """The issuer of the token reports that it has frozen:

{addresses}

The event is in `tron_freeze.json`. What do you expect the owners to do next, what do you see, and how sure can you be that a new
address is the same person's?"""
_PHONE = """A second phone was seized, a driver's. Its chat overlaps with the first phone's. Where the two say different things, say
so: which of them is right is for evidence to show, and perhaps nothing will. Nobody has told you the clock of this phone."""
_CLOCK = """The colleague who saved `tron_explorer.csv` writes: the column says UTC, but the computer showed local time, two hours
ahead. The corrected export is `tron_explorer_utc.csv`. Make the case anew with it in place of the first one. Which of your
findings were about order in time, and which of them change?"""
_COERCION = """A relative of one of the passengers has come to an office of the police. He says that after the arrival they were
kept in a house until he had sent more money, and shows the messages. Find the payment. What happens with it in your summary, and
who has to be told today, apart from the prosecutor?"""
_FOREIGN = """A unit abroad asks for your package, and has marked its own contribution: no further dissemination without consent.
What do you send, in which form, and what do you leave out?"""
_DEFENCE = """The defence has an expert. He asks, and wants an answer in writing:

1. "There are {transfers} transfers of this token in your files. Sums cluster on round figures. How many matches as good as yours
   would I find by luck alone, and for which of yours is that number below one in ten?"
2. "You say that several addresses are one person. On which single facts does that rest, and what is left of your picture if I
   take away the weakest one?"
3. "{driver} drives. So do taxi drivers, who are paid by the head and send pictures on arrival as well. Which fact in your files
   would look different if he were one?" """
