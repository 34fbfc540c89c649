"""Bytes in any encoding as a stream of checked UTF-8, for readers in other languages: they know no other, and check nothing."""

from __future__ import annotations

import codecs
import io
from typing import Any


class DamagedText(Exception):
    """Bytes that are not of the encoding, or a NUL: the rows from here on are read one by one, so that one row is refused."""


class Utf8Stream(io.RawIOBase):
    """A stream of bytes in any encoding as checked UTF-8.

    Raises DamagedText while it is read, for bytes that are not of the encoding, and for NUL characters.
    """

    def __init__(self, inner: io.BufferedReader, encoding: str) -> None:
        self.inner = inner
        self.plain = encoding in ("utf-8", "utf-8-sig")
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.waiting = b""

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with whole, checked text."""
        size = len(buffer)
        while not self.waiting:
            chunk = self.inner.read(size)
            untouched = self.plain and chunk.isascii() and b"\x00" not in chunk and not self.decoder.getstate()[0]
            if untouched:
                self.waiting = chunk
            else:
                try:
                    text = self.decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError:
                    raise DamagedText from None
                if "\x00" in text:
                    raise DamagedText
                self.waiting = text.encode("utf-8")
            if not chunk:
                break
        count = min(size, len(self.waiting))
        buffer[:count] = self.waiting[:count]
        self.waiting = self.waiting[count:]
        return count
