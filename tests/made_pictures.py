"""Pictures for tests, made here: their sizes are all that is ever looked at in them."""

from __future__ import annotations

import io
import struct
import zlib


def png(width: int = 640, height: int = 420, mark: bytes = b"") -> bytes:
    """A PNG picture; ``mark`` makes another picture of the same size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    lines = zlib.compress((b"\x00" + b"\xff" * ((width + 7) // 8)) * height)
    text = chunk(b"tEXt", b"Comment\x00FICTIONAL" + mark)
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def jpeg(width: int = 300, height: int = 200, *, turned: bool = False) -> bytes:
    """The segments of a JPEG picture; ``turned`` says that the phone was held upright."""
    exif = b""
    if turned:
        tiff = b"MM\x00*\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
        exif = b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\x00\x00" + tiff
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + exif + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(20) + b"\xff\xd9"


def pdf(*pages: tuple[int, int]) -> bytes:
    """A PDF with a blank page of each size, in points."""
    import pypdfium2

    document = pypdfium2.PdfDocument.new()
    for width, height in pages:
        document.new_page(width, height).close()
    made = io.BytesIO()
    document.save(made)
    document.close()
    return made.getvalue()
