"""What the facilitator reads: how the day runs, and the solution with its reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trails.simulate.exercise.injects import contradict
from trails.simulate.files import FICTIONAL
from trails.simulate.keys import DECIMALS

if TYPE_CHECKING:
    from trails.simulate.exercise.facts import Facts
    from trails.simulate.exercise.injects import Inject
    from trails.simulate.exercise.scoring import Item


def _at(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def write_guide(facts: Facts, injects: list[Inject], items: list[Item], minutes: int) -> str:
    """The facilitator's guide."""
    rows = ["| minute | hand out | folder |", "| --- | --- | --- |"]
    rows += [f"| {each.minute} | {each.title} | `injects/{nth:02}_{each.key}/` |" for nth, each in enumerate(injects, start=1)]
    most = sum(max(0, each.points) for each in items)
    return _GUIDE.format(
        fictional=FICTIONAL, minutes=minutes, table="\n".join(rows), persons=len(facts.played.world.persons),
        trips=len(facts.played.world.trips), most=most, seed=facts.seed,
    )  # fmt: skip


def write_solution(facts: Facts) -> str:
    """The solution key, with the movements of the answer key it rests on."""
    world = facts.played.world
    paid = [
        f"| {_at(m.time)} | {facts.name(trail.organiser)} | {facts.name(trail.driver)} "
        f"| {m.amount / 10 ** DECIMALS[m.asset]:,.2f} USDT "
        f"| trip {trip.number}, proof {_at(trip.proof)} | {trail.state} | {m.txid[:12]}… (M{m.number}) |"
        for trail, m, trip in facts.paid
    ]  # fmt: skip
    hidden = sum(trail.state == "unobservable" for trail in world.trails)
    flips = [f"- M{m.number} and the proof of trip {trip.number}: {how}" for m, trip, how in facts.flips]
    frozen = [f"- {person.name.latin}: {address}, {_at(at)}" for person, address, at in facts.frozen]
    rotated = [f"- {person.name.latin} pays from {address} afterwards" for person, address in facts.rotated]
    said = [f"- {_at(m.time)}: first phone {m.text!r}, second phone {text!r}" for m, text in contradict(facts)]
    coerced = [
        f"- {facts.name(o.payer)} (trip {o.trip}): " + "; ".join(
            f"{m.rail}, M{m.number}, {_at(m.time)}" for m in world.movements
            if m.kind == "coerced" and m.obligation == o.obligation_id
        ) for o in facts.coerced
    ]  # fmt: skip
    innocent = [f"- {trap}: {facts.name(who)} ({who}), {note}" for trap, who, note in world.traps if who in world.persons]
    deposits = sorted({m.dst for m in facts.deposits})
    return _SOLUTION.format(
        fictional=FICTIONAL, paid="\n".join(paid), hidden=hidden, all=len(world.trails), flips="\n".join(flips),
        frozen="\n".join(frozen), rotated="\n".join(rotated), said="\n".join(said), coerced="\n".join(coerced),
        innocent="\n".join(innocent), deposits="\n".join(f"- {each}" for each in deposits),
        others=sum(trap in ("poisoning", "counterfeit", "equal codes") for trap, _, _ in world.traps),
    )  # fmt: skip


_GUIDE = """# Facilitator's guide

**{fictional}**

A training day of {minutes} minutes for two to five people with one machine. They get the folder `participants/` and, at its
minute, each folder of `injects/`. This folder and `truth/` stay with you. The case has {persons:,} people, {trips} trips
that arrived, and far more innocent payments than others (seed {seed}).

{table}

**Before.** Install trails on the machine and run `trails demo` once. Copy `participants/` to it, nothing else. Cut the network:
nobody needs it. Read the solution.

**During.** Release each inject at its minute, whether or not the group is ready: real answers do not wait. Note in `scoring.csv`
the minute at which each request leaves, and what is said. Do not correct; ask "which row?" and "what else could it be?".

**What usually goes wrong.** The first match that fits is believed. Everybody who is paid after a proof becomes a driver. The
payer's name is written on the board. The exchange is asked for everything. A contradiction is settled by taste. When the clock
moves, nobody remembers which findings were about order.

**After.** Fill `scoring.csv` (column `awarded`: 0 to 1; for harm, how many times), then

```
trails exercise --score scoring.csv
```

There are {most} points. Harm takes points away, and no number of right findings outweighs a named payer: say so when you read out
the result. Then `trails run participants/evidence -o CASE` and `trails evaluate CASE --truth FOLDER` show what the tool itself got
right and wrong on the same files.
"""
_SOLUTION = """# Solution key

**{fictional}** `M` numbers are those of `truth/movements.csv`.

## Payments to drivers on the chain

| when | organiser | driver | sum | trip | how it comes from the organiser | transaction |
| --- | --- | --- | --- | --- | --- | --- |
{paid}

Of {all} payments to drivers {hidden} cannot be followed from the organiser in any file: cash, or a step nobody recorded.
"Not visible in these files" is the right answer for them.

## Exchange

Deposit addresses of the network's people, whose user the exchange can name:

{deposits}

The other customers in the answer are innocent.

## Freeze and rotation

{frozen}

{rotated}

The same counterparties after the freeze are consistent with one owner. A fuelling or a purchase from the same service is not.

## Two phones

{said}

Nothing in the files decides between them. The second phone's times are those of Sarajevo; nobody said so, so no order may be
claimed against another source unless it holds for every zone.

## The clock

The explorer's export was two hours ahead. Orders that change:

{flips}

Transfers that stand in the API's answer too contradict the export until it is replaced: `trails check` lists the rows.

## Coercion

{coerced}

Victims. Set apart from every estimate of fees; referral the same day.

## Innocent look-alikes

{innocent}

Besides, {others} traps of addresses, tokens and codes are listed in `truth/traps.csv`.

## The defence expert

1. `trails match` prints the expected number beside each match; only its links may be worded as the
   same money.
2. `trails why` and `trails strike`.
3. Money from the organiser's people minutes after an order that names trip or sum; a taxi driver's fares come from many
   customers and follow a tariff. Where neither is there, the honest answer is that the files cannot tell.
"""
