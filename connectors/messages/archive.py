"""The text of a chat: the file itself, or the one file in a zip that holds the chat beside its media."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.errors import SourceError
from trails.records import decode, open_zip_file, read_pieces, read_text, read_zip_file, zip_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trails.connector import ReadOptions, Source


def read_chat_text(source: Source, options: ReadOptions, choose: Callable[[tuple[str, ...]], str | None]) -> str:
    """The text of a chat; ``choose`` names the chat among the files of a zip.

    A byte that is not of the file's encoding becomes a lone surrogate, which refuses its message. Raises SourceError where
    the zip holds no such file.
    """
    name = _find_chat(source, choose)
    if name is None:
        return read_text(source, options, rows=True)
    return decode(read_zip_file(source, name), f"{source.name}/{name}", options, rows=True)


def open_chat(source: Source, options: ReadOptions, choose: Callable[[tuple[str, ...]], str | None]) -> Iterator[str]:
    """The text of a chat in pieces; raises SourceError as :func:`read_chat_text` does."""
    name = _find_chat(source, choose)
    return read_pieces(source, options, rows=True, opened=None if name is None else lambda: open_zip_file(source, name))


def _find_chat(source: Source, choose: Callable[[tuple[str, ...]], str | None]) -> str | None:
    """The chat among the files of a zip; None where the source is no zip of several files."""
    members = zip_names(source)
    if len(members) < 2:
        return None
    name = choose(members)
    if name is None:
        raise SourceError(
            f"{source.name}: none of the {len(members)} files in the zip is a chat; unpack it, add the chat"
        )
    return name


def base_name(member: str) -> str:
    """The name of a file in a zip without its folders."""
    return member.replace("\\", "/").rpartition("/")[2]
