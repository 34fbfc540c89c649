"""The simulator's randomness: one named stream for each topic, so that a change in one leaves the others as they were."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from trails.simulate.parameters import Parameters

T = TypeVar("T")


class Dice:
    """Draws of one topic. The same seed and topic give the same draws in the same order."""

    def __init__(self, seed: int, topic: str, parameters: Parameters) -> None:
        self.random = random.Random(f"trails simulate|{seed}|{topic}")  # noqa: S311 - no secret is made of it
        self.parameters = parameters

    def draw(self, name: str) -> float:
        """A number of a parameter: see ``parameters.toml`` for the kinds of draw."""
        of = self.parameters[name]
        match of.draw:
            case "fixed":
                return of.number("value")
            case "uniform":
                return self.random.uniform(of.number("low"), of.number("high"))
            case "whole":
                return self.random.randint(int(of.number("low")), int(of.number("high")))
            case "triangular":
                return self.random.triangular(of.number("low"), of.number("high"), of.number("mode"))
            case "lognormal":
                return self._draw_lognormal(of.number("median"), of.number("sigma"), of.number("low"), of.number("high"))
            case "geometric":
                tries = 1
                while tries < of.number("high") and self.random.random() >= of.number("chance"):
                    tries += 1
                return tries
            case other:
                raise ValueError(f"parameter {name} is drawn as {other}: it is no number")

    def _draw_lognormal(self, median: float, sigma: float, low: float, high: float) -> float:
        """Drawn again while outside the bounds, so that no heap of equal sums stands at a bound."""
        for _ in range(1000):
            found = median * math.exp(self.random.gauss(0.0, sigma))
            if low <= found <= high:
                return found
        return median

    def happens(self, name: str) -> bool:
        """Whether something of a parameter's chance happens."""
        return self.random.random() < self.parameters[name].number("value")

    def choose(self, name: str) -> str:
        """One of the names of a parameter of shares."""
        shares = self.parameters[name].shares
        return self.random.choices(list(shares), list(shares.values()))[0]

    def pick(self, things: Sequence[T]) -> T:
        """One of several, each as likely."""
        return things[self.random.randrange(len(things))]

    def between(self, low: int, high: int) -> int:
        """A whole number, both bounds included."""
        return self.random.randint(low, high)

    def below(self, share: float) -> bool:
        """True with this chance."""
        return self.random.random() < share
