"""Chats as phones export them: Telegram groups and a bot as JSON, ride firms' and one group's as WhatsApp text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from trails.identifiers import written_name
from trails.simulate.files import FICTIONAL, WRONG_ZONE, Made, Origin

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Message, World

_ZONE = "Europe/Sarajevo"
_RANGE = 40
_EXTENSION = {"video": "mp4", "photo": "jpg"}


def delete_ranges(world: World, dice: Dice, messages: list[Message]) -> set[int]:
    """Positions of messages that were deleted, in ranges, until the parameter's share is reached."""
    gone: set[int] = set()
    wanted = int(len(messages) * world.parameters["fault_deleted"].number("value"))
    while len(gone) < wanted:
        first = dice.between(0, len(messages) - 1)
        gone |= set(range(first, min(len(messages), first + dice.between(1, min(_RANGE, max(1, wanted))))))
    return gone


def write_telegram(world: World, dice: Dice, name: str, chats: dict[str, list[Message]]) -> Made:
    """Several chats of one phone as Telegram Desktop exports them, with the phone's contacts."""
    made = Made(name, b"", [])
    people = sorted({message.who for messages in chats.values() for message in messages})
    contacts = [_contact(world, dice, made, person) for person in people]
    row, listed = len(contacts), []
    for number, (chat, messages) in enumerate(sorted(chats.items())):
        gone = delete_ranges(world, dice, messages)
        items: list[dict[str, Any]] = []
        for place, message in enumerate(messages):
            if place in gone:
                made.origins.append(Origin(None, _what(message), message.time, "deleted"))
                continue
            row += 1
            items.append(_message(world, message, place + 1))
            made.origins.append(Origin(row, _what(message), message.time))
        listed.append({"name": chat, "type": "private_group", "id": 4_700_000_000 + number, "messages": items})
    export = {
        "about": FICTIONAL, "contacts": {"about": "Fictional contacts.", "list": contacts},
        "chats": {"about": "Fictional chats.", "list": listed},
    }  # fmt: skip
    made.data = (json.dumps(export, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
    return made


def _what(message: Message) -> str:
    """What a message is, and the trip and the agreement it is about."""
    about = [f"trip {message.trip}"] if message.trip else []
    return "|".join([message.kind, *about, *([message.obligation] if message.obligation else [])])


def _contact(world: World, dice: Dice, made: Made, person: str) -> dict[str, Any]:
    who = world.persons[person]
    user = who.user_id or 7_200_000_000 + int(person[1:])
    made.own("chat", f"telegram:user{user}", person)
    made.own("phone", who.phone, person)
    first = who.name.native if dice.below(0.3) else who.name.latin
    return {"user_id": user, "first_name": first, "last_name": "", "phone_number": who.phone, "date": "2024-08-01T10:00:00",
            "date_unixtime": "1722499200"}  # fmt: skip


def _message(world: World, message: Message, number: int) -> dict[str, Any]:
    who = world.persons[message.who]
    local = datetime.fromtimestamp(message.time, ZoneInfo(_ZONE))
    item: dict[str, Any] = {
        "id": number, "type": "message", "date": f"{local:%Y-%m-%dT%H:%M:%S}", "date_unixtime": str(message.time),
        "from": who.name.latin, "from_id": f"user{who.user_id or 7_200_000_000 + int(message.who[1:])}",
    }  # fmt: skip
    if message.media:
        stamp = f"{local:%d-%m-%Y_%H-%M-%S}.{_EXTENSION[message.media]}"
        if message.media == "photo":
            item |= {"photo": f"photos/photo_{number}@{stamp}", "width": 1280, "height": 960}
        else:
            item |= {"file": f"video_files/video_{number}@{stamp}", "media_type": "video_file", "mime_type": "video/mp4"}
    item["text"] = message.text
    item["text_entities"] = [{"type": "plain", "text": message.text}]
    return item


def write_whatsapp(world: World, dice: Dice, name: str, chat: str, messages: list[Message]) -> Made:
    """One chat as WhatsApp on Android exports it. The file says no zone: what is said of it is wrong now and then."""
    made = Made(name, b"", [])
    shifted = dice.happens("fault_zone")
    made.known = {"timezone": WRONG_ZONE if shifted else _ZONE, "date_order": "dmy"}
    made.faults += ["zone"] if shifted else []
    scope = f"wa-{name.removesuffix('.txt')}"
    made.mapping = f'# {FICTIONAL}\nscope = "{scope}"\n'
    gone = delete_ranges(world, dice, messages)
    first = datetime.fromtimestamp(messages[0].time - 60, ZoneInfo(_ZONE))
    row = 1
    lines = [f"{first:%d/%m/%Y, %H:%M} - Messages and calls are end-to-end encrypted. ({chat})"]
    for place, message in enumerate(messages):
        if place in gone:
            made.origins.append(Origin(None, _what(message), message.time, "deleted"))
            continue
        local = datetime.fromtimestamp(message.time, ZoneInfo(_ZONE))
        who = world.persons[message.who]
        made.own("chat", f"whatsapp:{scope}:{written_name(who.name.latin)}", message.who)
        text = message.text
        if message.media:
            kind = "VID" if message.media == "video" else "IMG"
            text = f"{kind}-{local:%Y%m%d}-WA{place:04}.{_EXTENSION[message.media]} (file attached)\n{text}"
        lines.append(f"{local:%d/%m/%Y, %H:%M} - {who.name.latin}: {text}")
        row += 1
        made.origins.append(Origin(row, _what(message), message.time, "zone" if shifted else ""))
    made.data = ("\n".join(lines) + "\n").encode("utf-8")
    return made
