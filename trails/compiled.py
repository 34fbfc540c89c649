"""Loops over arrays as machine code: compiled when first called, kept beside the package for the next process.

Loading Numba takes half a second, so modules with such loops are imported where they are needed and not before. A loop
takes and gives arrays and numbers, never Python objects, and runs without the interpreter's lock: other threads go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Said = ParamSpec("_Said")
_Given = TypeVar("_Given")


def compiled(function: Callable[_Said, _Given]) -> Callable[_Said, _Given]:
    """Make a function over arrays run as machine code; ``.py_func`` of what it gives is the function itself."""
    try:
        made = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder may be written to: each process compiles anew
        made = numba.njit(nogil=True)(function)
    return cast("Callable[_Said, _Given]", made)
