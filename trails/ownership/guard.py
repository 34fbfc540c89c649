"""The guard against collapse: claims that would weld large or differently tagged clusters wait for a person.

One CoinJoin that no rule knows, one PayJoin, joins two strangers; from then on every claim of either makes it worse. A
cluster of millions is the usual end (M. Harrigan and C. Fretter, "The Unreasonable Effectiveness of Address Clustering",
2016, doi:10.1109/UIC-ATC-ScalCom-CBDCom-IoP-SmartWorld.2016.0071). So claims are joined one transaction after the other,
the strongest rules first and the oldest transactions first, and what a transaction would weld is looked at before.

What is held depends on the facts alone, never on judgements: so striking a claim never lets another one join, and a
clustering after a judgement is the clustering without that claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trails.claims import NO_REASON, Claims
from trails.tables import CLAIM_RULES, CLAIM_STATES, CLAIM_STRENGTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ints = npt.NDArray[np.int32]

#: Members from which on both sides of a weld are too large, by strength: strong, medium, weak, hint.
LARGE = (1_000, 100, 10, 10)
#: Rules whose very statement is that an address belongs to a service.
ABOUT_SERVICES = ("deposit_forward",)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of nodes, by node number: the actor a tag names (0 for none), and whether it is a service."""

    actor: NDArray[np.int32]
    service: NDArray[np.bool_]


def hold_welds(claims: Claims, rank: Ints, known: Known, *, large: tuple[int, ...] = LARGE) -> Claims:
    """Hold the claims that would weld clusters which should not be joined without a person.

    Parameters
    ----------
    claims
        Claims in their order; only accepted ones are looked at.
    rank
        By claim: the place in time of what states it (a transaction), from 0; what states several claims of one rule has
        one place, nothing else shares it, and they are joined or held together.
    known
        Tags and services.
    large
        Members from which on a side counts as large, by strength.

    Returns
    -------
    Claims
        The same claims; those held have state ``held`` and the reason.

    Notes
    -----
    A transaction is held whole where its sides carry different actors; where one side is a service and the other is not
    (co-spends and the rules about services apart); where two sides or more are large and carry no common tag. Cost: one
    sort of the claims by time and one pass. What it misses: wrong welds of small clusters.
    """
    from trails.ownership.union import guard_groups

    chosen = np.flatnonzero(claims.state == CLAIM_STATES.index("accepted"))
    if not len(chosen):
        return claims
    when = rank[chosen].astype(np.int64)
    # one number a claim for the order: strength, time, rule; claims of one transaction have one time and lie together
    key = (claims.strength[chosen].astype(np.int64) << 56) | (when << 8) | claims.rule[chosen]
    if np.any(key[1:] < key[:-1]):
        order = np.argsort(key, kind="stable")
        chosen, key = chosen[order], key[order]
    start = np.append(np.flatnonzero(np.append(True, key[1:] != key[:-1])), len(chosen)).astype(np.int64)
    about = np.array([rule in ABOUT_SERVICES for rule in CLAIM_RULES])
    exempt = about[claims.rule] | (claims.strength == CLAIM_STRENGTHS.index("strong"))
    limit = np.asarray(large, np.int64)[claims.strength]
    reason = guard_groups(
        claims.node_a, claims.node_b, start, chosen.astype(np.int64), limit, exempt, known.actor, known.service
    )
    held = reason != NO_REASON
    return claims.replace(
        state=np.where(held, CLAIM_STATES.index("held"), claims.state).astype(np.uint8),
        held=np.where(held, reason, claims.held).astype(np.uint8),
    )
