"""One contact or message of a Telegram export as events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.messages import NO_CONTENT, Found, find_content, find_damaged, give_events, make_rules, proof, zone_of
from connectors.telegram.payments import find_payment, invoice_sum
from connectors.telegram.wording import message_text, service_text
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
        self.chat: Chat | None = None
        self.seen: set[int] = set()
        self.invoices: dict[tuple[Chat, str], Node | None] = {}

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
        number, again = value.get("id"), False
        if isinstance(number, int):
            if chat is not self.chat:
                self.chat, self.seen = chat, self.numbers.setdefault(chat, set())
            again = number in self.seen
            self.seen.add(number)
        kind = _text(value, "type")
        if kind != "message":
            yield from self._read_service(row, value, chat, kind)
            return
        text = message_text(value)
        if text is None:
            yield Issue(row, "error", "message_damaged", "`text` is neither a text nor a list of texts and pieces")
            return
        if damaged := find_damaged(row, text):
            yield damaged
            return
        pieces = find_content(text, self.rules, tuple(_marked_phones(value, text, self.rules.region)))
        pieces += [*_find_proof(value), *_find_shared_phone(value, self.rules.region)]
        if "invoice_information" in value:
            pieces += invoice_sum(value)
            self.invoices[chat, str(number)] = _sender(value, chat)
        if not pieces:
            yield Skip(row, NO_CONTENT)
            return
        sender = _sender(value, chat)
        stamp = _edit_time(value)
        place = self._place(row, value, chat) + ("" if stamp is None else f"@{stamp}")
        yield from give_events(row, pieces, place, sender, lambda: self._read_time(value, stamp), numbered=True)
        yield from _note_origin(row, value, stamp)
        if again:
            said = (
                f"an earlier row of this chat has the number {number} too: exports were put together, or a row was changed; "
                "compare both"
            )
            yield Issue(row, "warning", "doubled_number", said)

    def _read_service(self, row: int, value: Mapping[str, Any], chat: Chat, kind: str | None) -> Iterator[Record]:
        """What Telegram tells of a chat: what it records of money, and what somebody wrote for it; no other notice."""
        payment = find_payment(value) if kind == "service" else None
        text = service_text(value) if kind == "service" else ""
        if damaged := find_damaged(row, text):
            yield damaged
            return
        pieces = find_content(text, self.rules)
        if not payment and not pieces:
            yield Skip(row, f"{kind if kind and kind.isalpha() else 'untyped'} message")
            return
        actor, place = _sender(value, chat, "actor"), self._place(row, value, chat)
        if pieces:
            yield from give_events(row, pieces, place, actor, lambda: self._read_time(value), numbered=True)
        if payment:
            payer = Node("chat", f"telegram:{payment.payer[0]}", label=payment.payer[1]) if payment.payer else actor
            asked = self.invoices.get((chat, str(value.get("invoice_message_id"))))
            payee = asked if asked != payer else None
            found = Found("payment_stated", payment.text, 0, 0, payee.rail if payee else None, payee.key if payee else None)
            yield from give_events(row, [found], place, payer, lambda: self._read_time(value), numbered=True)

    def _place(self, row: int, value: Mapping[str, Any], chat: Chat) -> str:
        """A message's name: its number in its chat, or its row where it has none."""
        number = value.get("id")
        return f"telegram:{chat.key}:{number}" if isinstance(number, int) else f"telegram:{self.source.sha256[:16]}:{row}"

    def _read_time(self, value: Mapping[str, Any], edited: int | None = None) -> Instant:
        """When the words of a message stood there for certain: when it was sent, or changed for the last time."""
        stamp, written = value.get("date_unixtime") if edited is None else edited, value.get("date")
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


def _edit_time(value: Mapping[str, Any]) -> int | None:
    """The Unix time of the last edit; None where none is stated, or one not behind the sending, which is no edit."""
    edited, sent = _whole(value.get("edited_unixtime")), _whole(value.get("date_unixtime"))
    return edited if edited is not None and sent is not None and edited > sent else None


def _whole(stamp: object) -> int | None:
    try:
        from_unix(number := int(str(stamp)))
    except (TimeError, ValueError):
        return None
    return number


def _is_edited(value: Mapping[str, Any]) -> bool:
    """Whether a message says that it was edited, at no clear time; old exports say 1970 of each that was not."""
    stamp, written, sent = value.get("edited_unixtime"), value.get("edited"), value.get("date")
    if stamp is not None:
        return str(stamp) != "0" and (_whole(stamp) is None or _whole(value.get("date_unixtime")) is None)
    if not isinstance(written, str):
        return bool(written)
    return written > (sent if isinstance(sent, str) else "1971")


def _note_origin(row: int, value: Mapping[str, Any], stamp: int | None) -> Iterator[Issue]:
    """What a message with payment content does not show: words before an edit, and that they were another's."""
    if stamp is not None:
        said = "edited: its words are dated to the edit, as what stood here when it was sent is not in the export"
        yield Issue(row, "note", "message_edited", said)
    elif _is_edited(value):
        said = "edited, but when is not stated in Unix time: its words are dated to the sending, and may be younger"
        yield Issue(row, "warning", "message_edited", said)
    if value.get("forwarded_from") or value.get("saved_from"):
        message = "a forwarded message: the words are another's, and are given as said by who forwards them"
        yield Issue(row, "note", "message_forwarded", message)


def _sender(value: Mapping[str, Any], chat: Chat, field: str = "from") -> Node | None:
    """The account that sent a message; without an id, a name that counts inside this chat alone."""
    name, number = _text(value, field), value.get(f"{field}_id")
    account = _text(value, f"{field}_id")
    if isinstance(number, int):
        account = f"user{number}" if 0 < number < _FIRST_NON_USER else str(number)
    if account:
        return Node("chat", f"telegram:{account}", label=name)
    return Node("chat", f"telegram:name:{chat.key}:{written_name(name)}", label=name) if name else None


def _text(value: Mapping[str, Any], name: str) -> str | None:
    """A field as text, None where it is absent or blank; half of a broken character becomes a mark."""
    found = value.get(name)
    if not isinstance(found, str):
        return None
    return (found if found.isascii() else found.encode("utf-8", "replace").decode()).strip() or None
