"""Colours, shapes and letters of the pictures: one table for every back end.

Colour never stands alone: a role also has a shape and a letter, a rail also has a line pattern. The tests simulate
protan, deutan and tritan vision and grey printing and hold every pair of roles and of rails apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ShapeName = Literal["circle", "hexagon", "diamond", "triangle-down", "triangle-right", "square"]
CentreLine = Literal["none", "solid", "dots", "dashes"]

INK = "#1B2126"
MUTED = "#5A646C"
GRID = "#E4E8EB"
GROUND = "#FFFFFF"
OUTLINE = "#20262B"
SHARED_OUTLINE = "#E08214"
PROOF = "#FFD400"
ON_ROAD = "#D5DBE0"
NO_PROOF = "#B3261E"
FONT_STACK = "DejaVu Sans, Segoe UI, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class RoleStyle:
    """How one role is drawn: ``fill`` and the colour of the ``letter`` on it, the shape, and its words."""

    role: str
    fill: str
    text: str
    shape: ShapeName
    letter: str
    singular: str
    plural: str


@dataclass(frozen=True, slots=True)
class RailStyle:
    """How one rail is drawn: ``fill`` of the ribbon, ``line`` of its edge, hatch or centre line for grey printing."""

    rail: str
    fill: str
    line: str
    name: str
    hatched: bool = False
    centre: CentreLine = "none"


_ROLE_STYLES = (
    RoleStyle("payer", "#BFE9FB", "#10222B", "circle", "P", "payer", "payers"),
    RoleStyle("office", "#EDB926", "#2A1F00", "hexagon", "H", "hawala office", "hawala offices"),
    RoleStyle("organiser", "#8E0B12", "#FFFFFF", "diamond", "O", "organiser", "organisers"),
    RoleStyle("dispatcher", "#300024", "#FFFFFF", "triangle-down", "C", "dispatcher", "dispatchers"),
    RoleStyle("driver", "#10267A", "#FFFFFF", "triangle-right", "D", "driver", "drivers"),
    RoleStyle("unknown", "#6B6E70", "#FFFFFF", "circle", "?", "unidentified party", "unidentified parties"),
    RoleStyle("service", "#2CB05C", "#04210F", "square", "E", "exchange", "exchanges"),
)

#: Every role in the order the money usually runs and the legend lists them.
ROLES: dict[str, RoleStyle] = {style.role: style for style in _ROLE_STYLES}

#: Roles that are drawn as another one: people who are protected like payers, a recruiter beside the dispatchers.
_ROLE_ALIASES = {
    "victim": "payer",
    "minor": "payer",
    "third_party": "payer",
    "recruiter": "dispatcher",
    "hawaladar": "office",
    "guarantor": "office",
    "escrow": "office",
    "coordinator": "dispatcher",
    "exchange": "service",
    "vasp": "service",
    "cash-out": "service",
}

_RAIL_STYLES = (
    RailStyle("tron", "#008C7A", "#00665A", "TRON"),
    RailStyle("ethereum", "#6A3FB5", "#4C2B87", "Ethereum", centre="solid"),
    RailStyle("bsc", "#F2E205", "#7A7000", "BSC", centre="dashes"),
    RailStyle("bitcoin", "#E08214", "#A35A06", "Bitcoin", centre="dots"),
    RailStyle("hawala", "#2F3B45", "#2F3B45", "Hawala code", hatched=True),
    RailStyle("other", "#B4B9BD", "#5A646C", "Other rail"),
)

#: Every rail with a colour of its own, in legend order; all others share the grey of ``other``.
RAILS: dict[str, RailStyle] = {style.rail: style for style in _RAIL_STYLES}

_OTHER_NAMES = {"cash": "Cash", "bank": "Bank", "mto": "Money-transfer operator", "vasp": "Inside an exchange"}

#: Outlines as unit polygons, x to the right and y down; a circle has none. Equal to the plotly symbols of that name.
_UNIT_OUTLINES: dict[ShapeName, tuple[tuple[float, float], ...]] = {
    "hexagon": ((1.0, 0.0), (0.5, 0.866), (-0.5, 0.866), (-1.0, 0.0), (-0.5, -0.866), (0.5, -0.866)),
    "diamond": ((1.3, 0.0), (0.0, 1.3), (-1.3, 0.0), (0.0, -1.3)),
    "triangle-down": ((-1.155, -0.5), (1.155, -0.5), (0.0, 1.0)),
    "triangle-right": ((-0.5, -1.155), (-0.5, 1.155), (1.0, 0.0)),
    "square": ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
}

PLOTLY_SYMBOLS: dict[ShapeName, str] = {
    "circle": "circle",
    "hexagon": "hexagon2",
    "diamond": "diamond",
    "triangle-down": "triangle-down",
    "triangle-right": "triangle-right",
    "square": "square",
}


def normalise_role(role: str) -> str:
    """The picture's word for a role: ``hawaladar`` is drawn as ``office``; an unlisted role as ``unknown``.

    >>> normalise_role("coordinator"), normalise_role("guide")
    ('dispatcher', 'unknown')
    """
    plain = role.strip().lower()
    known = _ROLE_ALIASES.get(plain, plain)
    return known if known in ROLES else "unknown"


def name_class(role: str, words: Iterable[str]) -> str:
    """What to call those who are drawn with the style of one role, by the roles they truly have.

    >>> name_class("payer", ["payer"]), name_class("payer", ["payer", "victim"]), name_class("dispatcher", ["recruiter"])
    ('payer', 'payer or other protected person', 'recruiter')
    """
    true, style = set(words), ROLES[role].singular
    if role == "payer":
        return style if true == {"payer"} else "payer or other protected person"
    if "recruiter" in true:
        return "recruiter" if true == {"recruiter"} else f"{style} or recruiter"
    return style


def get_rail_style(rail: str) -> RailStyle:
    """The style of a rail; a rail without a colour of its own is grey under its own name.

    >>> get_rail_style("bank").name, get_rail_style("bank").fill == RAILS["other"].fill
    ('Bank', True)
    """
    if rail in RAILS:
        return RAILS[rail]
    grey = RAILS["other"]
    return RailStyle(rail, grey.fill, grey.line, _OTHER_NAMES.get(rail, rail or grey.name))


def rank_rail(rail: str) -> tuple[int, str]:
    """Sort key that keeps the rails in legend order everywhere."""
    order = list(RAILS)
    return (order.index(rail) if rail in RAILS else len(order), rail)


def trace_outline(shape: ShapeName, radius: float) -> tuple[tuple[float, float], ...]:
    """Corners of a shape around (0, 0) in px, y down; empty for a circle."""
    return tuple((x * radius, y * radius) for x, y in _UNIT_OUTLINES.get(shape, ()))


def measure_reach(shape: ShapeName, radius: float) -> tuple[float, float, float, float]:
    """How far a shape reaches left, right, up and down from its middle, in px, along its own two axes."""
    if shape == "circle":
        return radius, radius, radius, radius
    corners = trace_outline(shape, radius)
    left, right = (0.77 * radius, 0.77 * radius) if shape == "triangle-down" else (
        -min(x for x, _ in corners), max(x for x, _ in corners))
    return left, right, -min(y for _, y in corners), max(y for _, y in corners)


def blend_with_white(colour: str, share: float) -> str:
    """An opaque tint: ``share`` of the colour on white, so that no picture depends on transparency.

    >>> blend_with_white("#000000", 0.5)
    '#7F7F7F'
    """
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{255 - int((255 - part) * share + 0.5):02X}" for part in parts)
