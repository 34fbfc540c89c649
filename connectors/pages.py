"""Answers that come page by page: whether the last one looks as if another should follow.

A service names the next page, or says how many rows there are; where it does neither (TronGrid leaves the mark of the next
page out of pages that are full, TRON-US/trongrid#23) only the fullness of the last page says that rows may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.model import Issue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

#: Pages of one size are taken for full ones from this size on: answers of one or two rows are often alike.
_LEAST_ALIKE = 10


def note_full_page(sizes: Sequence[int], caps: Collection[int]) -> Iterator[Issue]:
    """Warn where the last page is full: at a size in ``caps``, or as large as each page before it.

    >>> [issue.code for issue in note_full_page([200], {20, 200})]
    ['possibly_truncated']
    >>> list(note_full_page([50, 50, 7], {20, 200}))
    []
    """
    last = sizes[-1] if sizes else 0
    alike = len(sizes) > 1 and last >= _LEAST_ALIKE and set(sizes) == {last}
    if last in caps or alike:
        message = (
            f"the last page holds exactly {last:,} rows, as many as a page gives, and nothing says that it is the last: rows "
            "may be missing; ask for the next page, or for what lies beyond its last row"
        )
        yield Issue(None, "warning", "possibly_truncated", message)
