"""Colours stay apart for people who see fewer of them, and on a grey printer."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from trails.charts.palette import RAILS, ROLES, get_rail_style, normalise_role

#: Full-strength simulation matrices of Machado, Oliveira and Fernandes (2009), on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                        [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                        [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                        [0.004733, 0.691367, 0.303900]]),
    "grey": np.array([[0.2126, 0.7152, 0.0722]] * 3),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                   [0.0193339, 0.1191920, 0.9503041]])


def see_colour(colour: str, vision: str) -> np.ndarray:
    """CIE Lab of a colour as seen with one kind of vision."""
    srgb = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISION[vision] @ linear, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(("fills", "limit"), [
    ([style.fill for style in ROLES.values()], 25),
    ([style.fill for style in RAILS.values()], 20),
])
def test_any_two_colours_stay_apart(vision: str, fills: list[str], limit: float) -> None:
    wanted = 9 if vision == "grey" else limit
    for one, other in combinations(fills, 2):
        distance = float(np.linalg.norm(see_colour(one, vision) - see_colour(other, vision)))
        assert distance >= wanted, f"{one} and {other} are {distance:.1f} apart in {vision}"


def test_letter_is_readable_on_its_fill() -> None:
    for style in ROLES.values():
        light = abs(see_colour(style.fill, "grey")[0] - see_colour(style.text, "grey")[0])
        assert light > 40, style.role


def test_roles_differ_by_shape_or_letter_too() -> None:
    assert len({(style.shape, style.letter) for style in ROLES.values()}) == len(ROLES)
    assert len({style.letter for style in ROLES.values()}) == len(ROLES)


def test_unlisted_rail_and_role_have_a_style() -> None:
    assert get_rail_style("cash").fill == RAILS["other"].fill
    assert get_rail_style("hawala").hatched
    assert normalise_role("Exchange") == "service"
    assert normalise_role("") == "unknown"
