"""The text of a chat: the file itself, or the one file in a zip that holds the chat beside its media."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.errors import SourceError
from trails.records import read_text, read_zip_file, zip_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from trails.connector import ReadOptions, Source


def read_chat_text(source: Source, options: ReadOptions, choose: Callable[[tuple[str, ...]], str | None]) -> str:
    """The text of a chat; ``choose`` names the chat among the files of a zip.

    Raises SourceError where the zip holds no such file, or a byte that is not of the file's encoding.
    """
    members = zip_names(source)
    if len(members) < 2:
        return read_text(source, options)
    name = choose(members)
    if name is None:
        raise SourceError(
            f"{source.name}: none of the {len(members)} files in the zip is a chat; unpack it, add the chat"
        )
    data = read_zip_file(source, name)
    encoding = options.encoding or ("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    try:
        return data.decode(encoding)
    except LookupError:
        raise SourceError(f"{source.name}: there is no encoding called {encoding!r}; try utf-8 or cp1256") from None
    except UnicodeDecodeError as problem:
        raise SourceError(
            f"{source.name}/{name}: byte {problem.start} is not {encoding}; say the encoding with --encoding"
        ) from None


def base_name(member: str) -> str:
    """The name of a file in a zip without its folders."""
    return member.replace("\\", "/").rpartition("/")[2]
