"""Who sent a message, as forensic tools write it: a WhatsApp id, a phone, a Telegram number, a name, or the owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trails.errors import IdentifierError
from trails.identifiers import normalise_name, normalise_phone, written_name
from trails.model import Node

if TYPE_CHECKING:
    from trails.columns import DeclaredRow

_JID = re.compile(r"(\d{6,15})(?:[.:]\d+)*@(?:s\.whatsapp\.net|c\.us)\b\s*(.*)", re.DOTALL)
#: A group, or a list of receivers: many people, none of whom it names.
_GROUP_JID = re.compile(r"(?:[\d-]{6,40}@g\.us|[\w.-]{1,40}@broadcast)\b")
_LID = re.compile(r"\d{6,20}(?:[.:]\d+)*@lid\b")
_PHONE = re.compile(r"(\+[\d\s().-]{6,22}\d)\s*(.*)", re.DOTALL)
_LOCAL_PHONE = re.compile(r"0[\d\s()./-]{6,18}\Z")
_TELEGRAM = (re.compile(r"(?P<name>.*?)\s*\((?:@\S+ )?(?P<id>\d{4,15})\)\Z", re.DOTALL),
             re.compile(r"(?P<id>\d{5,15})(?:\s+(?P<name>.*))?\Z", re.DOTALL))  # fmt: skip
_PARTY = re.compile(r"(from|to|von|an|od|za)\s*:\s*", re.IGNORECASE)
_OUTGOING = ("outgoing", "sent", "sent messages", "outbox", "to", "an", "za")
_INCOMING = ("incoming", "received", "inbox", "from", "von", "od")
_OWNER = ("local user", "self", "me", "you", "owner", "(owner)")
_SERVICES = ("whatsapp", "telegram", "signal", "viber", "instagram", "messenger", "sms", "mms", "imessage")


def find_service(stated: str, default: str) -> str:
    """The app of a message by what a cell says, or else by the layout.

    >>> find_service("WhatsApp Business", "chat"), find_service("Native Messages", "sms")
    ('whatsapp', 'sms')
    """
    plain = stated.casefold()
    found = next((name for name in _SERVICES if name in plain), default)
    return "sms" if found in ("mms", "imessage") else found


def find_sender(row: DeclaredRow, service: str, scope: str, region: str | None) -> Node | None:
    """The sender of a row; None where nothing says who it was, or only in which group."""
    written, name = row.text("sender"), row.text("sender_name")
    direction = normalise_name(row.text("direction"))
    party = _PARTY.match(written)
    if party:
        direction = direction or party[1].casefold()
        written = written[party.end() :].strip()
    said = normalise_name(written or name)
    # who writes to the device is not its owner, however the phone book calls them
    if direction in _OUTGOING or (said in _OWNER and (direction not in _INCOMING or said == "local user")):
        return Node("chat", f"{service}:{scope}:owner", label="the device's owner")
    written = written.removesuffix("(owner)").strip()
    if _GROUP_JID.match(written) and not name:
        return None
    return _account(written, name, service, scope, region) if written or name else None


def _account(written: str, name: str, service: str, scope: str, region: str | None) -> Node:
    jid = _JID.match(written)
    if jid:
        return _phone(f"+{jid[1]}", jid[2].strip() or name, None) or _name(written, service, scope)
    phone = _PHONE.match(written)
    if phone and (node := _phone(phone[1], phone[2].strip() or name, None)):
        return node
    if region and _LOCAL_PHONE.match(written) and (node := _phone(written, name, region)):
        return node
    if service == "telegram":
        for shape in _TELEGRAM:
            if found := shape.match(written):
                return Node("chat", f"telegram:user{found['id']}", label=(found["name"] or name).strip() or None)
    if _LID.match(written):
        return Node("chat", f"{service}:{scope}:{written_name(written)}", label=name or written)
    is_group = bool(_GROUP_JID.match(written))
    return _name(name if name and (is_group or not written) else written, service, scope)


def _phone(written: str, label: str, region: str | None) -> Node | None:
    try:
        return Node("phone", normalise_phone(written, region), label=label or None)
    except IdentifierError:
        return None


def _name(name: str, service: str, scope: str) -> Node:
    return Node("chat", f"{service}:{scope}:{written_name(name)}", label=name)
