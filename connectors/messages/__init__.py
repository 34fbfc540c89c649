"""What the connectors of chats share: what is drawn from a message, and how its written header is read.

:mod:`.content` finds the payment content of a text, :mod:`.events` gives it as events, :mod:`.media` says which files
may be proofs of delivery; :mod:`.transcript` reads the chats that apps write as plain text.
"""

from __future__ import annotations

from connectors.messages.content import Rules, find_content, find_damaged, make_rules
from connectors.messages.events import NO_CONTENT, give_events, zone_of
from connectors.messages.found import Found
from connectors.messages.media import media_kind, proof, unknown_media

__all__ = [
    "NO_CONTENT", "Found", "Rules", "find_content", "find_damaged", "give_events", "make_rules", "media_kind", "proof",
    "unknown_media", "zone_of",
]  # fmt: skip
