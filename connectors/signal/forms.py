"""The JSON forms in which tools give Signal's messages, each brought to one: who, when, what, and which files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.columns import CellProblem, read_instant
from trails.errors import TimeError
from trails.records import say_broken
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix
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
class Version:
    """The words of a message at one time; an edited message has several. ``mark`` tells it from the others."""

    text: str
    time: Callable[[], Instant]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One message, whatever tool gave it. ``key`` names it among its sender's messages.

    ``versions`` are its words as they were sent first and after each edit; ``quote`` are words of another message that
    stand above them. ``edited`` says what the form states of an edit.
    """

    key: str
    sender: str | None
    account: str | None
    phone: str | None
    versions: tuple[Version, ...]
    files: tuple[tuple[str, str], ...] = ()
    deleted: bool = False
    quote: str = ""
    edited: str | None = None


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
        if isinstance(sent.get("editMessage"), dict):
            edit = sent["editMessage"]
            data = edit.get("dataMessage")
    if not isinstance(data, dict):
        return "a receipt, call or typing notice"
    stamp = data.get("timestamp") or envelope.get("timestamp")
    deleted = isinstance(data.get("remoteDelete"), dict)
    files = _files(data.get("attachments"), "filename")
    name = _text(envelope.get("sourceName"))
    version = Version(_body(data.get("message")), lambda: _from_millis(stamp))
    edited = None
    if isinstance(edit, dict):
        edited = "an edit of an earlier message, with the time of the edit: the earlier one is a message of its own"
    return Said(f"{stamp}", name, account, phone, (version,), files, deleted, _quoted(data.get("quote")), edited)


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
    now = Version(_body(value.get("body")), lambda: _from_millis(stamp))
    versions = _read_history(value, now)
    return Said(
        f"{value.get('id') or stamp}", sender, account, phone, versions, files, deleted, _quoted(value.get("quote")),
        _say_edited(versions),
    )  # fmt: skip


def _read_history(value: Mapping[str, Any], now: Version) -> tuple[Version, ...]:
    """Every version of a message of Signal Desktop, the oldest first: its ``editHistory``, which has the newest first.

    The time of words that stand in none of them is not stated; a history of one entry is that of a message never edited.
    """
    history = value.get("editHistory")
    if not isinstance(history, list) or not history:
        return (now,)
    versions = []
    for each in reversed(history):
        if not isinstance(each, dict):
            raise CellProblem("message_damaged", "an entry of a message's editHistory is no JSON object")
        versions.append(_read_old(_body(each.get("body")), each.get("timestamp")))
    if history[-1].get("timestamp") == (value.get("sent_at") or value.get("timestamp")):
        # named as in an export from before the edit
        versions[0] = Version(versions[0].text, versions[0].time)
    if now.text not in [version.text for version in versions]:
        stamp = value.get("editMessageTimestamp")
        versions.append(Version(now.text, lambda: UNKNOWN_TIME, "now") if stamp is None else _read_old(now.text, stamp))
    return tuple(versions) if len(versions) > 1 else (now,)


def _read_old(text: str, stamp: object) -> Version:
    return Version(text, lambda: _from_millis(stamp), f"@{stamp}")


def _say_edited(versions: tuple[Version, ...]) -> str | None:
    if len(versions) == 1:
        return None
    unsure = "; when the last was written is not stated" if versions[-1].mark == "now" else ""
    return f"edited: each of its {len(versions)} versions is read with its own time{unsure}"


def _quoted(value: object) -> str:
    """The words of a quoted message, as any of the forms gives them."""
    text = value.get("text") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _read_export(value: Mapping[str, Any], zone_name: str | None) -> Said | str:
    written = value.get("date")
    if not isinstance(written, str):
        raise CellProblem("time_damaged", f"`date` is {quote_cell(str(written))}, no written time")
    if value.get("call"):
        return "a call"
    files = _files(value.get("attachments"), "name")
    versions = _read_edits(value, written, zone_name)
    return Said(
        written, _text(value.get("sender")), None, None, versions, files, bool(value.get("deleted")),
        _quoted(value.get("quote")), _say_edited(versions),
    )  # fmt: skip


def _read_edits(value: Mapping[str, Any], written: str, zone_name: str | None) -> tuple[Version, ...]:
    """Every version of a message of signal-export, the oldest first: its ``edits``, then the last, whose time is not stated."""
    text, edits = _body(value.get("body")), value.get("edits")
    if not isinstance(edits, list) or not edits:
        return (Version(text, lambda: read_instant(written, zone_name=zone_name)),)
    versions = []
    for each in edits:
        if not isinstance(each, dict) or not isinstance(each.get("date"), str):
            raise CellProblem("message_damaged", "an entry of a message's `edits` has no written date")
        versions.append(_read_earlier(_body(each.get("body")), each["date"], zone_name))
    if edits[0]["date"] == written:
        # named as in an export from before the edit
        versions[0] = Version(versions[0].text, versions[0].time)
    return (*versions, Version(text, lambda: UNKNOWN_TIME, "now"))


def _read_earlier(text: str, date: str, zone_name: str | None) -> Version:
    return Version(text, lambda: read_instant(date, zone_name=zone_name), f"@{date}")


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
