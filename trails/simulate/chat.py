"""What the network's people write: arrangements, proofs, failed tries, releases, payments, and small talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.simulate.keys import PERSIAN
from trails.simulate.world import DAY, HOUR, START, Message

if TYPE_CHECKING:
    from trails.simulate.crew import Network
    from trails.simulate.dice import Dice
    from trails.simulate.world import Movement, Trip, World

BOT = "isplate_bot (fictional)"
_PROOFS = ("OK rasid {heads} gl", "OK rasid, {heads} kom, svi dobro", "stigli {heads}", "rasid {heads}", "OK {heads} gl")
_FAILED = ("vratili nas, sutra opet", "nema prolaza, vraceni svi", "policija, vracamo se", "no game nocas")
_TALK = (
    "ima li guzve danas", "nema, samo vruce", "kad krecemo", "javi kad si blizu", "zovi me", "dobro", "vazi", "jesi ziv",
    "kombi ok?", "ceka se", "vidimo se sutra", "tamam abi", "خوب است", "добро", "hvala brate", "pada kisa",
)  # fmt: skip


def say_proof(world: World, dice: Dice, network: Network, trip: Trip) -> None:
    """The driver sends a picture of who arrived; failed tries before it are words alone."""
    for tried in trip.attempts:
        at = tried + dice.between(2, 9) * HOUR
        world.messages.append(Message(at, network.chat, trip.driver, dice.pick(_FAILED), "failed", trip=trip.number))
    said = dice.pick(_PROOFS).format(heads=trip.heads)
    media = "video" if dice.below(0.6) else "photo"
    world.messages.append(Message(trip.proof, network.chat, trip.driver, said, "proof", media, trip.number))


def say_paid(world: World, dice: Dice, network: Network, trip: Trip, payment: Movement) -> None:
    """The dispatcher says what he sent; where a bot keeps the books, it was told minutes before."""
    if "bot" in world.scenario.marks and payment.rail == "tron":
        eur = round(payment.amount / 1e6 / world.rate(payment.time, "USD"))
        order = f"isplata {payment.dst} {eur} EUR"
        at = payment.time - dice.between(60, 600)
        world.messages.append(Message(at, BOT, trip.dispatcher, order, "order", trip=trip.number))
    if dice.below(0.5) and payment.rail != "bitcoin":
        places = 10 ** (18 if payment.rail == "bsc" else 6)
        said = f"poslano {payment.amount / places:.2f} USDT".replace(".00 ", " ")
        at = payment.time + dice.between(40, 900)
        world.messages.append(Message(at, network.chat, trip.dispatcher, said, "paid", trip=trip.number))


def say_code(dice: Dice, code: str, eur: int) -> str:
    """A code as a chat quotes it: plain, in groups of one, in Persian digits; with or without the sum."""
    form = dice.between(0, 4)
    if form == 0 and code.isdigit():
        return f"kod {' '.join(code)} pusten"
    if form == 1 and code.isdigit():
        return f"کد {code.translate(PERSIAN)} آزاد شد"
    return f"kod {code} {dice.pick(('pusten', 'isto', 'ok'))}, {eur} EUR"


def introduce(world: World, dice: Dice, network: Network) -> None:
    """At the beginning everybody writes where he wants to be paid, or that he wants cash."""
    at = START + 9 * HOUR
    for person in (*network.dispatchers, *network.drivers):
        at += dice.between(60, 4000)
        wallets = person.wallets.get("tron") or person.wallets.get("bitcoin")
        said = f"moj je {wallets[0]}" if wallets else "meni samo kes"
        world.messages.append(Message(at, network.chat, person.person_id, said, "arrangement"))


def chatter(world: World, dice: Dice, network: Network) -> None:
    """Small talk in between: about six messages a day."""
    people = [*network.dispatchers, *network.drivers]
    at = START + DAY
    while at < world.end:
        at += int(dice.random.expovariate(1 / (DAY / 6)))
        if at < world.end:
            world.messages.append(Message(at, network.chat, dice.pick(people).person_id, dice.pick(_TALK)))
