"""Files that cost far more than their size, for tests/test_hostile.py and `make hostile`: see :mod:`tests.hostile.shapes`."""

from tests.hostile import documents, sheets, tables
from tests.hostile.shapes import SHAPES

__all__ = ["SHAPES", "documents", "sheets", "tables"]
