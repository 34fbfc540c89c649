"""Which matches may be read as the same money: links, and what an analyst accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from trails.graph import BoolArray


def supported_matches(matches: pd.DataFrame) -> BoolArray:
    """Whether each match may be followed: a link by its own probability, chance and second source (see ``match_table``),
    unless an analyst rejected it or is unsure; or any match that an analyst accepted."""
    pairs = zip(matches["state"], matches["judged"], strict=True)
    found: BoolArray = np.array(
        [judged == "accept" or (state == "link" and not isinstance(judged, str)) for state, judged in pairs], dtype=bool
    )
    return found
