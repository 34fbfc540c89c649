"""Fold first, lay out second: actors become a few dozen groups before any geometry is computed.

Payers always fold, by recipient: they are a protected class and never appear singly by name. Everything here works on
the whole case, so that a filter applied later never moves a shape.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from trails.charts.palette import ROLES, name_class, normalise_role
from trails.charts.wording import clean_text, shorten_name
from trails.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trails.charts.records import Actor, FlowInput, Payment

#: More actors of one role (or drivers of one organiser) than this fold.
KEEP_PER_ROLE = 10

_TAIL_ROLES = ("office", "organiser", "dispatcher", "service", "unknown")


class SceneError(UsageError):
    """The picture asked for cannot be drawn; the message says what would help."""


class TooManyShapes(SceneError):
    """More shapes than a reader or a browser can follow."""


@dataclass(frozen=True, slots=True)
class Group:
    """One shape to be: a single actor (``folded`` 0) or a group of ``folded`` actors."""

    key: str
    role: str
    name: str
    folded: int
    shared: bool
    note: str
    role_text: str
    inferred: bool = False
    whole: tuple[str, ...] = ()
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """The groups of the whole case and every payment between two of them, in the input's order."""

    groups: Mapping[str, Group]
    pairs: Mapping[tuple[str, str], tuple[Payment, ...]]
    inside: tuple[Payment, ...]
    actors_per_role: Mapping[str, int]
    words_per_role: Mapping[str, str]


def sum_values(payments: Iterable[Payment]) -> Decimal:
    """Sum in the reference currency; payments without a rate count nothing."""
    return sum((p.value for p in payments if p.value is not None), Decimal(0))


def fold_flow(flow: FlowInput) -> Folded:
    """Fold the actors of a case into groups.

    Raises SceneError when an actor is listed twice or a payment names an actor that is not listed.
    """
    roles = _check_actors(flow)
    bosses = _find_bosses(flow.payments, roles, "organiser")
    shared = {key for key, found in bosses.items() if len(found) > 1}
    bosses = {**_find_bosses(flow.payments, roles, "dispatcher"), **bosses}
    home = _fold_tails(flow, roles)
    home.update(_fold_drivers(flow, roles, bosses, shared, home))
    members = _collect_members(flow.payments, roles, home)
    pairs, inside = _pair_payments(flow.payments, roles, home)
    actors = {actor.key: actor for actor in flow.actors}
    groups = {key: _describe_group(key, found, actors, roles, shared, home) for key, found in sorted(members.items())}
    seen = {end for payment in flow.payments for end in (payment.src, payment.dst)}
    return Folded(groups, pairs, inside, Counter(roles[key] for key in sorted(seen)), _name_roles(actors, roles, seen))


def _name_roles(actors: Mapping[str, Actor], roles: Mapping[str, str], seen: set[str]) -> dict[str, str]:
    """What the legend calls those drawn alike: the class of payers holds other protected people too."""
    said: dict[str, set[str]] = defaultdict(set)
    for key in seen:
        said[roles[key]].add(actors[key].role.strip().lower())
    return {role: name_class(role, words) for role, words in said.items()}


def _check_actors(flow: FlowInput) -> dict[str, str]:
    """Role of each actor key; the messages name no actor, who may be a payer."""
    roles = {actor.key: normalise_role(actor.role) for actor in flow.actors}
    if len(roles) != len(flow.actors):
        raise SceneError(f"{len(flow.actors) - len(roles)} actors are listed twice; list each actor once")
    for payment in flow.payments:
        if payment.src not in roles or payment.dst not in roles:
            end = "payer" if payment.src not in roles else "receiver"
            raise SceneError(f"payment {payment.payment_id!r}: its {end} is not among the actors")
    return roles


def _find_bosses(payments: Iterable[Payment], roles: Mapping[str, str], boss_role: str) -> dict[str, set[str]]:
    """For each driver the actors of one role (organisers, dispatchers) who paid it."""
    bosses: dict[str, set[str]] = defaultdict(set)
    for payment in payments:
        if roles[payment.dst] == "driver" and roles[payment.src] == boss_role:
            bosses[payment.dst].add(payment.src)
    return bosses


def _rank_actors(flow: FlowInput, roles: Mapping[str, str], role: str) -> list[str]:
    """Actors of one role that appear in payments, by money in and out, ties by key."""
    money: dict[str, Decimal] = {}
    for payment in flow.payments:
        for key in (payment.src, payment.dst):
            if roles[key] == role:
                money[key] = money.get(key, Decimal(0)) + (payment.value or Decimal(0))
    return sorted(money, key=lambda key: (-money[key], key))


def _fold_tails(flow: FlowInput, roles: Mapping[str, str]) -> dict[str, str]:
    """Actor key -> group key for all roles except payers and drivers; a tail of one stays as it is."""
    home: dict[str, str] = {}
    for role in _TAIL_ROLES:
        ranked = _rank_actors(flow, roles, role)
        tail = ranked[KEEP_PER_ROLE:] if len(ranked) > KEEP_PER_ROLE + 1 else []
        home.update({key: f"one:{key}" for key in ranked})
        home.update(dict.fromkeys(tail, f"other:{role}"))
    return home


def _fold_drivers(
    flow: FlowInput,
    roles: Mapping[str, str],
    bosses: Mapping[str, set[str]],
    shared: set[str],
    home: Mapping[str, str],
) -> dict[str, str]:
    """Drivers of one organiser fold when more than ten, then the tail of the role; shared drivers never fold."""
    ranked = _rank_actors(flow, roles, "driver")
    boss_of = {key: home[min(bosses[key])] if key in bosses else "" for key in ranked if key not in shared}
    per_boss = Counter(boss for boss in boss_of.values() if boss)
    folded = {key: f"of:{boss}" for key, boss in boss_of.items() if per_boss[boss] > KEEP_PER_ROLE}
    single = [key for key in ranked if key in boss_of and key not in folded]
    tail = single[KEEP_PER_ROLE:] if len(single) > KEEP_PER_ROLE + 1 else []
    tail_size = Counter(boss_of[key] for key in tail)
    folded.update({key: f"others-of:{boss_of[key]}" for key in tail if tail_size[boss_of[key]] > 1})
    return {key: folded.get(key, f"one:{key}") for key in ranked}


def _find_ends(payment: Payment, roles: Mapping[str, str], home: Mapping[str, str]) -> tuple[str, str]:
    """The two groups of a payment; a payer's group is named after the other end."""
    src_payer, dst_payer = roles[payment.src] == "payer", roles[payment.dst] == "payer"
    if src_payer and dst_payer:
        return "payers:", "payers:"
    if src_payer:
        return f"payers:{home[payment.dst]}", home[payment.dst]
    if dst_payer:
        return home[payment.src], f"payers:{home[payment.src]}"
    return home[payment.src], home[payment.dst]


def _collect_members(
    payments: Iterable[Payment], roles: Mapping[str, str], home: Mapping[str, str]
) -> dict[str, set[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for payment in payments:
        src, dst = _find_ends(payment, roles, home)
        members[src].add(payment.src)
        members[dst].add(payment.dst)
    return members


def _pair_payments(
    payments: Iterable[Payment], roles: Mapping[str, str], home: Mapping[str, str]
) -> tuple[dict[tuple[str, str], tuple[Payment, ...]], tuple[Payment, ...]]:
    """Payments by pair of groups, and those that stay inside one group."""
    pairs: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    inside: list[Payment] = []
    for payment in payments:
        src, dst = _find_ends(payment, roles, home)
        (inside if src == dst else pairs[src, dst]).append(payment)
    return {ends: tuple(pairs[ends]) for ends in sorted(pairs)}, tuple(inside)


def _describe_group(
    key: str,
    members: set[str],
    actors: Mapping[str, Actor],
    roles: Mapping[str, str],
    shared: set[str],
    home: Mapping[str, str],
) -> Group:
    """Name and notes of a group; of payers only how many they are."""
    role = roles[min(members)]
    style = ROLES[role]
    size = len(members)
    noun = style.singular if size == 1 else style.plural
    if role == "payer":
        only = {actors[member].role.strip().lower() for member in members} == {"payer"}
        noun = noun if only else ("protected person" if size == 1 else "protected people")
        return Group(key, role, f"{size:,} {noun}", size, False, "", style.singular if only else "protected")
    if key.startswith("one:"):
        actor = actors[min(members)]
        role_text = f"{clean_text(actor.role) or style.singular} ({actor.role_basis})"
        return Group(key, role, clean_text(actor.label) or "without a name", 0, actor.key in shared,
                     clean_text(actor.note), role_text, actor.role_basis == "inferred",
                     tuple(clean_text(line) for line in actor.whole), actor.nodes)
    boss = key.partition(":")[2]
    other = "" if key.startswith("of:") else "other "
    owner = "" if role != "driver" or not boss else f" of {_name_boss(boss, actors, home)}"
    bases = {actors[member].role_basis for member in members}
    said = f"{style.plural} ({', '.join(sorted(bases))})" if role != "unknown" else style.plural
    return Group(key, role, f"{size:,} {other}{noun}{owner}", size, False, "", said, bases == {"inferred"})


def _name_boss(boss: str, actors: Mapping[str, Actor], home: Mapping[str, str]) -> str:
    """The name of who pays a driver, or "40 other organisers" when that one is folded too."""
    kind, _, rest = boss.partition(":")
    if kind == "one":
        return shorten_name(actors[rest].label)
    return f"{sum(1 for group in home.values() if group == boss):,} other {ROLES[rest].plural}"
