"""Which matches may be read as the same money: links alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from trails.graph import BoolArray


def supported_matches(matches: pd.DataFrame) -> BoolArray:
    """Whether each match is a link, by its own probability, chance and second source (see ``match_table``)."""
    found: BoolArray = np.array([state == "link" for state in matches["state"]], dtype=bool)
    return found
