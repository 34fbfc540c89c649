"""Loops over arrays as machine code: compiled when first called, kept beside the package for the next process.

Loading Numba takes half a second, so modules with such loops are imported where they are needed and not before. A loop
takes and gives arrays and numbers, never Python objects, and runs without the interpreter's lock: other threads go on.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    import numpy.typing as npt

_Said = ParamSpec("_Said")
_Element = TypeVar("_Element", bound="np.generic")
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def compiled(function: Callable[_Said, _Given]) -> Callable[_Said, _Given]:
    """Make a function over arrays run as machine code; ``.py_func`` of what it gives is the function itself."""
    try:
        made = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder may be written to: each process compiles anew
        made = numba.njit(nogil=True)(function)
    return cast("Callable[_Said, _Given]", made)


def view_only(values: npt.NDArray[_Element]) -> npt.NDArray[_Element]:
    """The same array, which may not be written to through this view; nothing is copied.

    A loop is compiled once for arrays that may be written to and once more for those that may not. What a loop only reads is
    handed to it in this way, wherever it came from, so that nobody waits for a second compilation.

    >>> import numpy as np
    >>> view_only(np.arange(3)).flags.writeable
    False
    """
    view = values.view()
    view.flags.writeable = False
    return view


#: Below this many steps a second thread costs more than it gives.
_WORTH_A_THREAD = 100_000


def run_in_pieces(loop: Callable[[int, int], None], count: int) -> None:
    """Run a compiled loop over ``range(count)`` on all cores: each call gets a piece, and writes to places of its own only.

    The result is the same for any number of cores, since no piece reads what another writes.
    """
    cores = min(os.cpu_count() or 1, max(1, count // _WORTH_A_THREAD))
    borders = [count * piece // cores for piece in range(cores + 1)]
    with ThreadPoolExecutor(cores) as threads:
        list(threads.map(loop, borders[:-1], borders[1:]))


def run_ahead(function: Callable[[_Given], _Made], inputs: Iterable[_Given]) -> Iterator[_Made]:
    """What a function that leaves the interpreter's lock gives of each input, in their order, computed a few ahead."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as threads:
        waiting: deque[Future[_Made]] = deque()
        for each in inputs:
            waiting.append(threads.submit(function, each))
            if len(waiting) > cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
