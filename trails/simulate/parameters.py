"""The simulator's parameters: read from one file, checked, and replaced by a person's own where he says so."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trails.errors import UsageError
from trails.plain_files import read_settings

_FILE = Path(__file__).parent / "parameters.toml"
SIZES = ("S", "M", "L", "XL")

#: What each kind of draw needs.
_NEEDS = {
    "fixed": ("value",), "chance": ("value",), "uniform": ("low", "high"), "whole": ("low", "high"),
    "triangular": ("low", "mode", "high"), "lognormal": ("median", "sigma", "low", "high"),
    "geometric": ("chance", "high"), "shares": ("of",),
}  # fmt: skip
_SUM_ERROR = 1e-6
#: How many innocent records a case has for one of the network: the specification's bounds.
_BACKGROUND = (10, 50)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: how it is drawn, from what, in which unit, and where the figure comes from."""

    name: str
    draw: str
    values: dict[str, Any]
    unit: str
    source: str

    def number(self, key: str) -> float:
        """One of its numbers."""
        return float(self.values[key])

    @property
    def shares(self) -> dict[str, float]:
        """Its names with their shares (or counts, where it has ``check = "none"``)."""
        return {str(name): float(share) for name, share in self.values["of"].items()}

    def show(self) -> str:
        """Its values in a line."""
        if self.draw == "shares":
            return ", ".join(f"{name} {share:g}" for name, share in self.shares.items())
        return ", ".join(f"{key} {self.values[key]:g}" for key in _NEEDS[self.draw])


class Parameters:
    """All parameters by name."""

    def __init__(self, found: dict[str, Parameter]) -> None:
        self._found = found

    def __getitem__(self, name: str) -> Parameter:
        """The parameter of a name."""
        return self._found[name]

    def names(self) -> list[str]:
        """The names, as the file orders them."""
        return list(self._found)

    def count(self, size: str, name: str) -> int:
        """A count of a size: networks, drivers, migrants and so on; XL has the story of L."""
        return int(self._found[f"size_{'L' if size == 'XL' else size}"].shares[name])

    def digest(self) -> str:
        """A hash of all values, which a finished simulation states."""
        listed = {name: [each.draw, each.values] for name, each in self._found.items()}
        return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()

    def replace(self, changes: dict[str, dict[str, Any]], told_by: str) -> Parameters:
        """The parameters with some values replaced; raises UsageError listing every change that cannot be."""
        problems: list[str] = []
        found = dict(self._found)
        for name, change in changes.items():
            old = found.get(name)
            if old is None:
                problems.append(f"there is no parameter {name!r}")
                continue
            if not isinstance(change, dict) or not set(change) <= {*_NEEDS[old.draw], "source", "unit", "draw"}:
                problems.append(f"[{name}] is drawn as {old.draw}: it takes {', '.join(_NEEDS[old.draw])}")
                continue
            if change.get("draw", old.draw) != old.draw:
                problems.append(f"[{name}] is drawn as {old.draw}, and that cannot be changed")
                continue
            values = {**old.values, **{key: value for key, value in change.items() if key in _NEEDS[old.draw]}}
            if isinstance(values.get("of"), dict):
                values["of"] = {**old.values["of"], **values["of"]} if "check" in old.values else values["of"]
            found[name] = Parameter(name, old.draw, values, old.unit, str(change.get("source", told_by)))
        problems += [problem for each in found.values() for problem in _find_problems(each, self._found.get(each.name))]
        if problems:
            raise UsageError(f"{told_by}: the parameters contradict themselves:", problems)
        return Parameters(found)


def load_parameters() -> Parameters:
    """The parameters this version comes with."""
    return Parameters({name: _make(name, said) for name, said in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()})


def read_changes(path: Path) -> dict[str, dict[str, Any]]:
    """A person's own values; raises UsageError where the file is no TOML, or a value stands under no name."""
    found = read_settings(path, what="parameters ")
    if wrong := [name for name, said in found.items() if not isinstance(said, dict)]:
        listed = ", ".join(wrong)[:200]
        raise UsageError(f"parameters {path}: {listed}: each parameter is a table, like [fault_missing] value = 0.1")
    return found


def _make(name: str, said: dict[str, Any]) -> Parameter:
    values = {key: value for key, value in said.items() if key not in ("draw", "unit", "source")}
    return Parameter(name, said["draw"], values, said["unit"], said["source"])


def _find_problems(each: Parameter, old: Parameter | None) -> list[str]:
    """What is impossible in one parameter."""
    named = f"[{each.name}]"
    if each.draw == "shares":
        return _find_share_problems(each, old, named)
    numbers = {key: each.values[key] for key in _NEEDS[each.draw]}
    bad = [key for key, value in numbers.items() if isinstance(value, bool) or not isinstance(value, (int, float))]
    if bad:
        return [f"{named} {key} = {numbers[key]!r} is no number" for key in bad]
    problems = []
    if any(value < 0 for value in numbers.values()):
        problems.append(f"{named} has a number below 0")
    if each.draw in ("chance", "geometric") and not 0 <= numbers["value" if each.draw == "chance" else "chance"] <= 1:
        problems.append(f"{named} is a chance: from 0 to 1")
    if each.draw == "geometric" and numbers["chance"] == 0:
        problems.append(f"{named} with a chance of 0 never succeeds")
    if "low" in numbers and numbers["low"] > numbers["high"]:
        problems.append(f"{named} low {numbers['low']} is above high {numbers['high']}")
    middle = numbers.get("mode", numbers.get("median"))
    if middle is not None and "low" in numbers and not numbers["low"] <= middle <= numbers["high"]:
        problems.append(f"{named} {middle} lies outside of {numbers['low']} to {numbers['high']}")
    return problems


def _find_share_problems(each: Parameter, old: Parameter | None, named: str) -> list[str]:
    of = each.values["of"]
    if not isinstance(of, dict) or any(isinstance(x, bool) or not isinstance(x, (int, float)) or x < 0 for x in of.values()):
        return [f"{named} needs `of`, names with numbers of 0 and more"]
    problems = []
    if old is not None and set(of) - set(old.shares):
        problems.append(f"{named} knows {', '.join(old.shares)}; not {', '.join(sorted(set(of) - set(old.shares)))}")
    if "check" not in each.values and abs(sum(of.values()) - 1) > _SUM_ERROR:
        problems.append(f"{named} has shares that sum to {sum(of.values()):g}, not 1")
    if each.name.startswith("size_"):
        low, high = _BACKGROUND
        if not low <= of.get("background", low) <= high:
            problems.append(f"{named} background {of['background']:g}: innocent records are {low} to {high} times the network's")
        problems += [f"{named} {name} must be a whole number of 1 or more" for name, x in of.items() if x < 1 or x != int(x)]
        if not problems and of["drivers"] < of["networks"] * of["dispatchers"]:
            problems.append(f"{named} has fewer drivers than dispatchers")
    return problems
