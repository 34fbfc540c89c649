"""The settings of a case: their names, bounds and meaning, and the file ``case.toml`` that holds them."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trails.errors import CaseError, UsageError
from trails.plain_files import create_new, read_settings

_SECTIONS = {"case": ("name", "trails_version"), "pseudonyms": ("key",)}
_KEY = re.compile(r"[0-9a-f]{32,}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its value in a new case, what it means, the steps of the analysis that read it, and a test that says what
    is wrong with another value."""

    default: Any
    meaning: str
    steps: tuple[str, ...]
    find_fault: Callable[[Any], str]


def _number(least: float, most: float, *, whole: bool = False) -> Callable[[Any], str]:
    kind = "a whole number" if whole else "a number"

    def find_fault(value: Any) -> str:
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fits or not math.isfinite(value) or not least <= value <= most:
            return f"must be {kind} from {least:,} to {most:,}"
        return ""

    return find_fault


def _four_counts(value: Any) -> str:
    one = _number(2, 1_000_000_000, whole=True)
    if isinstance(value, list) and len(value) == 4 and not any(one(each) for each in value):
        return ""
    return "must be a list of four whole numbers from 2 on"


def _currency(value: Any) -> str:
    from trails.errors import AmountError
    from trails.money import currency

    problem = "must be the code of a currency, like USD"
    if not isinstance(value, str):
        return problem
    try:
        known = currency(value)
    except AmountError:
        return problem
    return "" if known.asset == value else problem


_MATCH, _LINK, _BOTH = ("match",), ("link",), ("match", "link")

SETTINGS: dict[str, Setting] = {
    "reference_currency": Setting("USD", "currency in which sums are compared and added up", _BOTH, _currency),
    "window_hours": Setting(
        72, "hours within which a hawala record and a transfer may be one payment", _MATCH, _number(0.01, 8784)
    ),
    "fee_max": Setting(0.06, "largest share that an office keeps", _BOTH, _number(0, 0.5)),
    "tolerance": Setting(0.02, "share by which two sums of one payment may differ besides", _MATCH, _number(0, 0.5)),
    "tolerance_floor": Setting(15, "the least such difference, in EUR", _MATCH, _number(0, 10_000)),
    "max_hops": Setting(6, "account-to-account hops of a trail, at most", _LINK, _number(1, 12, whole=True)),
    "large_clusters": Setting(
        [1000, 100, 10, 10], "members on both sides from which on a strong, medium, weak claim or hint waits for a person",
        ("cluster",), _four_counts,
    ),
    "service_counterparties": Setting(
        500, "counterparties on both sides from which on an account of a chain is taken for a service",
        ("cluster", "link"), _number(2, 1_000_000_000, whole=True),
    ),
    "fuel_usd": Setting(
        20, "transfers of a chain's own coin below this worth in USD are fuel, no payments", _LINK, _number(0, 10_000)
    ),
    "dust_usd": Setting(1, "transfers of anything below this worth in USD are dust, no payments", _LINK, _number(0, 10_000)),
}  # fmt: skip

#: Analysis settings of a new case; each can be changed in case.toml, and every result states the ones it used.
DEFAULT_SETTINGS: dict[str, Any] = {name: setting.default for name, setting in SETTINGS.items()}


def read_config(path: Path) -> dict[str, Any]:
    """The whole of a ``case.toml``, checked: sections, names, types and bounds of every value.

    Raises CaseError naming the file, the value and what it must be.
    """
    try:
        config = read_settings(path)
    except UsageError as problem:
        raise CaseError(
            f"{problem.message}; put the file right, or back as it was: the key of this case's pseudonyms stands nowhere else"
        ) from None
    for section, values in config.items():
        if section not in (*_SECTIONS, "settings") or not isinstance(values, dict):
            raise CaseError(f"{path}: unknown section [{section}]; known: {', '.join((*_SECTIONS, 'settings'))}")
        if unknown := sorted(set(values) - set(_SECTIONS.get(section, values))):
            raise CaseError(f"{path}: [{section}] has no {', '.join(unknown)}; known: {', '.join(_SECTIONS[section])}")
    name, key = config.get("case", {}).get("name"), config.get("pseudonyms", {}).get("key")
    if not isinstance(name, str) or not name.strip():
        raise CaseError(f"{path}: [case] name is {name!r}; it must be a text")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise CaseError(f"{path}: [pseudonyms] key must be 32 or more hexadecimal digits in lower case")
    check_settings(config.get("settings", {}), f"{path}: [settings]")
    return config


def check_settings(given: Mapping[str, Any], where: str) -> None:
    """Raise CaseError naming every setting that does not exist or whose value is out of its bounds."""
    problems = [
        f"{name} is no setting (known: {', '.join(SETTINGS)})" for name in sorted(set(given) - set(SETTINGS))
    ]  # fmt: skip
    for name in sorted(set(given) & set(SETTINGS)):
        fault = SETTINGS[name].find_fault(given[name])
        if fault:
            problems.append(f"{name} is {given[name]!r}: it {fault}")
    if problems:
        raise CaseError(f"{where}: {'; '.join(problems)}")


def read_value(name: str, text: str) -> Any:
    """A setting's value as a person writes it on the command line (``48``, ``0.05``, ``EUR``, ``[500, 50, 5, 5]``).

    Raises UsageError for a name that is no setting, or a value out of its bounds.

    >>> read_value("window_hours", "48")
    48
    """
    if name not in SETTINGS:
        raise UsageError(f"there is no setting {name!r}; known: {', '.join(SETTINGS)}")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if fault := SETTINGS[name].find_fault(value):
        raise UsageError(f"{name} {fault}; {text!r} is not")
    return value


def write_config(path: Path, config: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a ``case.toml`` whole or not at all, readable by its owner alone."""
    lines = ["# Settings of this case. Results state the settings they were made with. Keep the pseudonym key secret:"]
    lines += ["# whoever has it and a list of names can tell who is behind a pseudonym.",
              "# After an edit: `trails settings CASE --accept --why REASON`, then `trails analyse CASE`."]  # fmt: skip
    for section, values in config.items():
        lines += ["", f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    part = path.with_name(f"{path.name}.part")
    with create_new(part) as out:
        out.write(("\n".join(lines) + "\n").encode())
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
