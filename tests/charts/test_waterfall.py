from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from trails.charts.waterfall import draw_waterfall

SIGNS = [
    {"sign": "start", "bits": -5.0, "observed": "9 transfers within bounds"},
    {"sign": "amount", "bits": 2.5, "observed": "3.1 % less than booked"},
    {"sign": "office", "bits": 6.0, "observed": "40 other pairs <of this office>"},
    {"sign": "party", "bits": -1.5, "observed": "others use it"},
]


def bars(svg: str) -> list[tuple[float, float]]:
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="20"', svg)
    return [(float(x), float(x) + float(width)) for x, width in found]


def test_each_bar_begins_where_the_one_before_ends_and_the_sum_starts_at_nought() -> None:
    svg = draw_waterfall(SIGNS, title="Match 1", verdict="link")
    ET.fromstring(svg)
    start, amount, office, party, total = bars(svg)
    assert abs(start[0] - amount[0]) < 0.2, "against goes left, for goes right from there"
    assert abs(amount[1] - office[0]) < 0.2
    assert abs(office[1] - party[1]) < 0.2
    nought = start[1]
    assert abs(total[0] - nought) < 0.2
    assert abs(total[1] - party[0]) < 0.2
    assert ">+2.0<" in svg, "the sum of all"


def test_texts_are_escaped_and_equal_input_gives_equal_bytes() -> None:
    svg = draw_waterfall(SIGNS, title="Match 1", verdict="link", footer=("Case <x>",))
    assert "&lt;of this office&gt;" in svg
    assert "Case &lt;x&gt;" in svg
    assert svg == draw_waterfall(SIGNS, title="Match 1", verdict="link", footer=("Case <x>",))
