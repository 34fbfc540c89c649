"""One contact or message of a Telegram export as events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.messages import NO_CONTENT, Found, find_content, find_damaged, give_events, make_rules, proof, zone_of
from trails.columns import CellProblem, read_instant
from trails.errors import IdentifierError, TimeError
from trails.identifiers import normalise_handle, normalise_phone, written_name
from trails.model import Event, Issue, Node, Record, Skip
from trails.records import say_broken
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix
from trails.words import count_words, quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.telegram.export import Chat, Item
    from trails.connector import ReadOptions, Source

_OWN_NUMBERS = ("private_supergroup", "public_supergroup", "private_channel", "public_channel")
_PROOF_MEDIA = ("video_file", "video_message")
_NO_PROOF_MEDIA = ("sticker", "animation")
#: In exports of 2020 and before a sender's id is a bare number; below this it is a user's.
_FIRST_NON_USER = 1 << 32


class Reader:
    """Reads the rows of one export, and remembers each chat's message numbers to tell what is missing."""

    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.source = source
        self.zone_name = zone_of(options)
        self.rules = make_rules(options.mapping, source.name)
        self.numbers: dict[Chat, set[int]] = {}

    def read_item(self, item: Item) -> Iterator[Record]:
        """The records of one row."""
        row, value = item.record.row, item.record.value
        if not isinstance(value, dict):
            why = say_broken(value, "a row is a JSON object, and this is none")
            yield Issue(row, "error", "message_damaged", why)
        elif item.chat is None:
            yield from self._read_contact(row, value)
        else:
            yield from self._read_message(row, value, item.chat)

    def _read_contact(self, row: int, value: Mapping[str, Any]) -> Iterator[Record]:
        """A contact, or the owner's own record: the phone and handle of an account, at no stated time."""
        name = " ".join(part for key in ("first_name", "last_name") if (part := _text(value, key)))
        user = value.get("user_id")
        key = f"user{user}" if user else f"name:{self.source.sha256[:16]}:{written_name(name)}"
        node = Node("chat", f"telegram:{key}", label=name or None)
        stated = (("phone", _text(value, "phone_number")), ("handle", _text(value, "username")))
        found = [(what, raw) for what, raw in stated if raw]
        if not found:
            yield Skip(row, "contact without phone or handle")
            return
        good, bad = [], []
        for what, raw in found:
            try:
                other = (
                    Node("phone", normalise_phone(raw, self.rules.region)) if what == "phone"
                    else Node("chat", normalise_handle(raw, "telegram"))
                )  # fmt: skip
            except IdentifierError as problem:
                bad.append((f"{what}_damaged", f"a contact with {problem}"))
            else:
                identity = f"telegram:contact:{key}:{other.key}"
                good.append(Event(row, "identifier", UNKNOWN_TIME, node, other, raw, identity))
        yield from good
        for code, message in bad:
            yield Issue(row, "warning" if good else "error", code, message)

    def _read_message(self, row: int, value: Mapping[str, Any], chat: Chat) -> Iterator[Record]:
        number = value.get("id")
        if isinstance(number, int):
            self.numbers.setdefault(chat, set()).add(number)
        kind = _text(value, "type")
        if kind != "message":
            yield Skip(row, f"{kind if kind and kind.isalpha() else 'untyped'} message")
            return
        said = value.get("text")
        text = flatten_text(value.get("text_entities") if said is None else said)
        if text is None:
            yield Issue(row, "error", "message_damaged", "`text` is neither a text nor a list of texts and pieces")
            return
        if damaged := find_damaged(row, text):
            yield damaged
            return
        pieces = find_content(text, self.rules, tuple(_marked_phones(value, text, self.rules.region)))
        pieces += [*_find_proof(value), *_find_shared_phone(value, self.rules.region)]
        if not pieces:
            yield Skip(row, NO_CONTENT)
            return
        place = f"{chat.key}:{number}" if isinstance(number, int) else f"{self.source.sha256[:16]}:{row}"
        yield from give_events(row, pieces, f"telegram:{place}", _sender(value, chat), lambda: self._read_time(value))
        yield from _note_origin(row, value)

    def _read_time(self, value: Mapping[str, Any]) -> Instant:
        stamp, written = value.get("date_unixtime"), value.get("date")
        if stamp is None and isinstance(written, str):
            return read_instant(written, zone_name=self.zone_name)
        try:
            return from_unix(int(str(stamp)), basis="stated")
        except TimeError as problem:
            raise CellProblem("time_damaged", str(problem)) from None
        except ValueError:
            raise CellProblem("time_damaged", f"the message's time is {quote_id(str(stamp))}, no Unix time") from None

    def note_gaps(self) -> Iterator[Issue]:
        """One note for each chat in which message numbers are missing."""
        for chat, numbers in self.numbers.items():
            # a group that became a supergroup keeps its old messages under negative numbers
            missing = sum(map(_count_missing, ([n for n in numbers if n > 0], [n for n in numbers if n <= 0])))
            if missing:
                elsewhere = "" if chat.kind in _OWN_NUMBERS else ", or sent in another chat of the account"
                yield Issue(
                    None, "note", "missing_messages",
                    f"chat {chat.key}: {count_words(missing, 'message number')} between {min(numbers)} and {max(numbers)} "
                    f"missing: deleted, not exported{elsewhere}. What they held is unknown, so payments may lack here",
                )  # fmt: skip


def _count_missing(numbers: list[int]) -> int:
    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0


def flatten_text(text: object) -> str | None:
    """A message's text as one string; targets of links follow, each on a line of its own. None where it is damaged.

    >>> flatten_text(["isplata ", {"type": "code", "text": "625"}, " eur"])
    'isplata 625 eur'
    """
    pieces = [text] if isinstance(text, str) else text
    if pieces is None:
        return ""
    if not isinstance(pieces, list):
        return None
    words, links = [], []
    for piece in pieces:
        if isinstance(piece, dict) and isinstance(piece.get("text"), str):
            words.append(piece["text"])
            links += [piece["href"]] if isinstance(piece.get("href"), str) else []
        elif isinstance(piece, str):
            words.append(piece)
        else:
            return None
    return "\n".join(["".join(words), *links])


def _marked_phones(value: Mapping[str, Any], text: str, region: str | None) -> Iterator[Found]:
    """Phones where Telegram itself marks one; its mark alone does not make a number of it."""
    pieces = value.get("text")
    if not isinstance(pieces, list):
        return
    end = 0
    for piece in pieces:
        if not isinstance(piece, dict) or piece.get("type") != "phone":
            continue
        try:
            key = normalise_phone(piece["text"], region)
        except IdentifierError:
            continue
        start = text.index(piece["text"], end)
        end = start + len(piece["text"])
        yield Found("mention", piece["text"], start, end, rail="phone", key=key)


def _find_proof(value: Mapping[str, Any]) -> list[Found]:
    """A photo or video, also one sent as a file or left out of the export: possible proof of delivery, unseen."""
    name = _text(value, "photo") or _text(value, "file")
    if not name:
        return []
    media, mime = _text(value, "media_type") or "", _text(value, "mime_type") or ""
    is_file = mime.startswith(("image/", "video/")) and media not in _NO_PROOF_MEDIA
    if "photo" in value or media in _PROOF_MEDIA or is_file:
        what = "photo" if "photo" in value else media or mime
        return [proof(name, what, included=not name.startswith("("))]
    return []


def _find_shared_phone(value: Mapping[str, Any], region: str | None) -> Iterator[Found]:
    """The phone of a contact that was sent as a message."""
    shared = value.get("contact_information")
    written = _text(shared, "phone_number") if isinstance(shared, dict) else None
    if written:
        try:
            yield Found("mention", written, 0, 0, rail="phone", key=normalise_phone(written, region))
        except IdentifierError:
            return


def _note_origin(row: int, value: Mapping[str, Any]) -> Iterator[Issue]:
    """What a message with payment content does not show: words before an edit, and that they were another's."""
    if value.get("edited") or value.get("edited_unixtime"):
        when = str(value.get("edited") or value.get("edited_unixtime"))[:40]
        yield Issue(row, "note", "message_edited", f"edited at {when}: what stood here before is not in the export")
    if value.get("forwarded_from"):
        message = "a forwarded message: the words are another's, and are given as said by who forwards them"
        yield Issue(row, "note", "message_forwarded", message)


def _sender(value: Mapping[str, Any], chat: Chat) -> Node | None:
    """The account that sent a message; without an id, a name that counts inside this chat alone."""
    name, number = _text(value, "from"), value.get("from_id")
    account = _text(value, "from_id")
    if isinstance(number, int):
        account = f"user{number}" if 0 < number < _FIRST_NON_USER else str(number)
    if account:
        return Node("chat", f"telegram:{account}", label=name)
    return Node("chat", f"telegram:name:{chat.key}:{written_name(name)}", label=name) if name else None


def _text(value: Mapping[str, Any], name: str) -> str | None:
    """A field as text, None where it is absent or blank; half of a broken character becomes a mark."""
    found = value.get(name)
    return found.encode("utf-8", "replace").decode().strip() or None if isinstance(found, str) else None
