"""Pictures and videos in a chat, as *possible* proofs of delivery: what they show is not looked at."""

from __future__ import annotations

from connectors.messages.found import Found

_PICTURES = ("jpg", "jpeg", "png", "heic", "heif", "webp", "bmp", "tif", "tiff")
_VIDEOS = ("mp4", "3gp", "mov", "mkv", "avi", "webm", "m4v", "mpg", "mpeg", "qt")
#: Words in a file's name, or of its kind, that make a picture or a film neither.
_NO_PROOF = ("sticker", "stk-", "gif", "animation", "voice", "audio")


def media_kind(name: str, stated: str = "") -> str | None:
    """``photo`` or ``video`` by a file's ending or its stated kind (``image/jpeg``); None for a sticker and the rest.

    >>> media_kind("00000031-VIDEO-2024-08-02-23-40-55.mp4"), media_kind("STK-20220323-WA0003.webp")
    ('video', None)
    """
    said = f"{name} {stated}".casefold()
    if any(word in said for word in _NO_PROOF):
        return None
    ending = name.casefold().rpartition(".")[2]
    if ending in _PICTURES or stated.casefold().startswith("image/"):
        return "photo"
    return "video" if ending in _VIDEOS or stated.casefold().startswith("video/") else None


def proof(name: str, kind: str, *, included: bool = True, start: int = 0, end: int = 0) -> Found:
    """A photo or video as a possible proof of delivery.

    >>> proof("IMG-1.jpg", "photo").text
    'IMG-1.jpg (photo; possible proof of delivery)'
    """
    left_out = "" if included else ", media not included"
    return Found("proof", f"{name} ({kind}{left_out}; possible proof of delivery)", start, end)


def unknown_media(words: str, *, start: int = 0, end: int = 0) -> Found:
    """Media that an export left out without saying what it was."""
    return Found("media_omitted", f"{words} (media not included, its kind not stated)", start, end)
