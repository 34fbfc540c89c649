"""The JSON forms in which tools give Signal's messages, each brought to one: who, when, what, and which files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.columns import CellProblem, read_instant
from trails.errors import TimeError
from trails.records import say_broken
from trails.timestamps import Instant, from_unix
from trails.words import quote_cell, quote_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The keys that show each form; a file's first object must have them all.
_FORMS = (
    ("signal-cli", frozenset({"envelope", "envelope.timestamp"})),
    ("signal-cli", frozenset({"params.envelope", "params.envelope.timestamp"})),
    ("Signal Desktop", frozenset({"conversationId", "sent_at", "type"})),
    ("signal-export", frozenset({"date", "sender", "body", "reactions"})),
)


@dataclass(frozen=True, slots=True)
class Said:
    """One message, whatever tool gave it. ``key`` names it among its sender's messages."""

    key: str
    sender: str | None
    account: str | None
    phone: str | None
    text: str
    time: Callable[[], Instant]
    files: tuple[tuple[str, str], ...] = ()
    deleted: bool = False


def find_form(paths: set[str]) -> str | None:
    """The tool whose form the keys of a file's first object have."""
    return next((name for name, wanted in _FORMS if wanted <= paths), None)


def has_form(value: object) -> bool:
    """Whether an item is a message of one of the forms, be it a damaged one."""
    if not isinstance(value, dict):
        return False
    params = value.get("params")
    keys = value.keys() | (params.keys() if isinstance(params, dict) else set())
    return "envelope" in keys or "conversationId" in keys or {"sender", "date"} <= keys


def read_form(value: object, zone_name: str | None) -> Said | str:
    """A message out of its JSON; a text says why an item is none (a receipt, a call, a change of the group)."""
    if not isinstance(value, dict):
        raise CellProblem("message_damaged", say_broken(value, "an item is a JSON object"))
    params = value.get("params")
    envelope = value.get("envelope") or (params.get("envelope") if isinstance(params, dict) else None)
    if isinstance(envelope, dict):
        return _read_cli(envelope, value)
    if "conversationId" in value:
        return _read_desktop(value)
    if "sender" in value and "date" in value:
        return _read_export(value, zone_name)
    raise CellProblem(
        "message_damaged", "an item has neither envelope, conversationId nor sender: no message of Signal"
    )


def _read_cli(envelope: Mapping[str, Any], outer: Mapping[str, Any]) -> Said | str:
    data = envelope.get("dataMessage")
    edit = envelope.get("editMessage")
    if isinstance(edit, dict):
        data = edit.get("dataMessage")
    phone = _text(envelope.get("sourceNumber")) or _phone(envelope.get("source"))
    account = _text(envelope.get("sourceUuid"))
    sync = envelope.get("syncMessage")
    sent = sync.get("sentMessage") if isinstance(sync, dict) else None
    if isinstance(sent, dict):
        data, phone = sent, phone or _phone(outer.get("account"))
    if not isinstance(data, dict):
        return "a receipt, call or typing notice"
    stamp = data.get("timestamp") or envelope.get("timestamp")
    deleted = isinstance(data.get("remoteDelete"), dict)
    files = _files(data.get("attachments"), "filename")
    name = _text(envelope.get("sourceName"))
    text = _body(data.get("message"))
    return Said(f"{stamp}", name, account, phone, text, lambda: _from_millis(stamp), files, deleted)


def _read_desktop(value: Mapping[str, Any]) -> Said | str:
    kind = value.get("type")
    if kind not in ("incoming", "outgoing", "story"):
        return f"{str(kind or 'untyped')[:40]} record"
    stamp = value.get("sent_at") or value.get("timestamp")
    phone = _phone(value.get("source"))
    account = _text(value.get("sourceServiceId")) or _text(value.get("sourceUuid"))
    named = "me" if kind == "outgoing" else f"conversation {str(value.get('conversationId'))[:60]}"
    sender = None if phone or account else named
    deleted = bool(value.get("deletedForEveryone") or value.get("isErased"))
    files = _files(value.get("attachments"), "fileName")
    return Said(
        f"{value.get('id') or stamp}", sender, account, phone, _body(value.get("body")), lambda: _from_millis(stamp),
        files, deleted,
    )  # fmt: skip


def _read_export(value: Mapping[str, Any], zone_name: str | None) -> Said | str:
    written = value.get("date")
    if not isinstance(written, str):
        raise CellProblem("time_damaged", f"`date` is {quote_cell(str(written))}, no written time")
    if value.get("call"):
        return "a call"
    files = _files(value.get("attachments"), "name")
    return Said(
        written, _text(value.get("sender")), None, None, _body(value.get("body")),
        lambda: read_instant(written, zone_name=zone_name), files, bool(value.get("deleted")),
    )  # fmt: skip


def _from_millis(stamp: object) -> Instant:
    if not isinstance(stamp, int) or isinstance(stamp, bool):
        raise CellProblem("time_damaged", f"the message's time is {quote_id(str(stamp))}, no whole number of milliseconds")
    try:
        return from_unix(stamp // 1_000, basis="stated")
    except TimeError as problem:
        raise CellProblem("time_damaged", str(problem)) from None


def _files(value: object, key: str) -> tuple[tuple[str, str], ...]:
    """The attached files, each by name and stated kind."""
    if not isinstance(value, list):
        return ()
    found = []
    for item in value:
        if isinstance(item, dict):
            stated = _text(item.get("contentType")) or ""
            found.append((_text(item.get(key)) or _text(item.get("id")) or stated, stated))
    return tuple((name, stated) for name, stated in found if name)


def _body(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CellProblem("message_damaged", "the text of a message is no text")
    return value


def _text(value: object) -> str | None:
    """A field as text; half of a broken character becomes a mark."""
    return value.encode("utf-8", "replace").decode().strip() or None if isinstance(value, str) else None


def _phone(value: object) -> str | None:
    found = _text(value)
    return found if found and found.startswith("+") else None
