"""JoinMarket, the two-person Stonewall shape, and equal outputs of any other kind.

Sources: M. Moeser and R. Boehme, "Join Me on a Market for Anonymity" (WEIS 2016); H. Kalodner et al., "BlockSci" (USENIX
Security 2020); Samourai's description of Stonewall and StonewallX2.
"""

from __future__ import annotations

import numpy as np

from trails.ownership.coinjoin.shape import Check, Rule, Shape, always, at_least, by_size

MANY_EQUAL = 5


def _part(shape: Shape) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.where(shape.equal >= MANY_EQUAL, 4, 2)


STONEWALL = Rule(
    "stonewall", "Stonewall or two-person join", "mix", "Samourai Wallet: Stonewall, StonewallX2",
    (
        Check("outputs of a value", "4", lambda s: (s.paid, s.paid == 4)),
        Check("equal outputs", "2", lambda s: (s.equal, (s.equal == 2) & (s.values == 3))),
        Check("input addresses", "2 or more", at_least(lambda s: s.senders, 2)),
    ),
    always("low"),
)  # fmt: skip

JOINMARKET = Rule(
    "joinmarket", "JoinMarket CoinJoin", "mix", "Moeser and Boehme, WEIS 2016",
    (
        Check("equal outputs, one a participant", "3 or more", at_least(lambda s: s.equal, 3)),
        Check("further outputs (one change each; one may go without)", "equal outputs, or one fewer",
              lambda s: (s.paid - s.equal, (s.paid - s.equal == s.equal) | (s.paid - s.equal == s.equal - 1))),
        Check("input addresses, as many as participants or more", "equal outputs",
              lambda s: (s.senders, s.senders >= s.equal)),
        Check("values that occur twice or more", "1", lambda s: (s.repeated_values, s.repeated_values == 1)),
    ),
    by_size(lambda s: s.equal),
)  # fmt: skip

EQUAL_OUTPUTS = Rule(
    "equal_outputs", "join with equal outputs", "mix", "Kalodner et al., USENIX Security 2020",
    (
        Check("equal outputs", "2 or more", at_least(lambda s: s.equal, 2)),
        Check("input addresses, as many as equal outputs or more", "equal outputs",
              lambda s: (s.senders, s.senders >= s.equal)),
        Check("outputs of a value", "3 or more", at_least(lambda s: s.paid, 3)),
        Check("equal outputs among all", "half of them, a quarter where 5 or more are equal",
              lambda s: (s.equal, s.equal * _part(s) >= s.paid)),
    ),
    by_size(lambda s: s.equal),
)  # fmt: skip
