"""The group chat of the case as Telegram Desktop exports it from Birch's phone (local time of Sarajevo)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from examples.river_case import story, usdt
from examples.river_case.addresses import bitcoin
from examples.river_case.story import at

if TYPE_CHECKING:
    from datetime import datetime

GROUP = "Rijeka (fictional)"
USERS = {"Birch": 7000000101, "Gagi": 7000000102, "Miki": 7000000103, "Dado": 7000000104}
#: Numbers nobody was shown: the messages with these ids were deleted before the export.
MISSING_IDS = (31, 32)

_ZONE = ZoneInfo("Europe/Sarajevo")
_CONTACTS = (
    ("Гаги", "", "+387 65 000 318", USERS["Gagi"]),
    ("Miki", "kombi", "+387 65 000 417", USERS["Miki"]),
    ("Dado", "", "+387 65 000 529", USERS["Dado"]),
    ("Pekara", "ugao", "+387 33 000 126", 7000000105),
)

Piece = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """Who wrote what when; ``text`` is one string or pieces, of which a pair is (entity type, text)."""

    time: datetime
    who: str
    text: str | list[Piece]
    media: str = ""
    action: str = ""
    pays: bool = False
    proof: int | None = None


def damaged_address() -> str:
    """Dado's wallet with one wrong letter, as he first mistyped it."""
    place = 20
    wrong = "x" if story.DADO[place] != "x" else "y"
    return story.DADO[:place] + wrong + story.DADO[place + 1 :]


def quoted_transaction() -> str:
    """Id of the first payment to Gagi, which Birch posts."""
    return next(row.tx for row in usdt.crew() if row.label == "Birch to Gagi 1")


def all_messages() -> list[Message]:
    """Whole chat in time order."""
    messages = [*_before(), *_proofs(), *_first_half(), *_second_half(), *_talk(), *_services()]
    return sorted(messages, key=lambda message: message.time)


def _before() -> list[Message]:
    return [
        Message(at(1, 18, 4, 2), "Birch", "dobro vece, ovdje samo kad se stigne. snimak pa onda pisite"),
        Message(at(1, 18, 5, 40), "Gagi", "moze"),
        Message(at(1, 18, 9, 11), "Birch", "saljite gdje da platim, 300 usdt po glavi, Dado 280", pays=True),
        Message(at(1, 18, 12, 33), "Gagi", ["moj je ", ("code", story.GAGI), " trc20"], pays=True),
        Message(at(1, 18, 15, 7), "Dado", f"meni na {damaged_address()}", pays=True),
        Message(at(1, 18, 17, 49), "Dado", ["greska gore, ovaj je dobar: ", ("code", story.DADO)], pays=True),
        Message(at(1, 18, 25, 20), "Miki", f"ja necu usdt. btc: {bitcoin(story.MIKI_BTC)}", pays=True),
        Message(at(1, 18, 26, 58), "Birch", "vazi, tebi salje A. sam"),
    ]


def _proofs() -> list[Message]:
    """Each proof is a video or photo with the word of arrival."""
    texts: tuple[str | list[Piece], ...] = (
        "OK rasid 4 gl", "OK rasid, 3 kom, svi dobro", ["OK ", ("bold", "rasid"), " 4 gl"], "OK rasid 4",
        "OK rasid 5 gl", "OK rasid 2 kom", "OK rasid 3 gl", ["OK rasid ", ("bold", "3 kom")],
    )
    return [
        Message(proof.time, proof.driver, text, media=proof.media, pays=True, proof=number)
        for number, (proof, text) in enumerate(zip(story.PROOFS, texts, strict=True))
    ]


def _first_half() -> list[Message]:
    """Messages with payment content up to 11 August."""
    return [
        Message(at(4, 6, 58, 50), "Birch", "kod 4 7 1 8 pusten, 3750 EUR", pays=True),
        Message(at(4, 7, 2, 4), "Birch", "kod 20-93 isto, 1300 EUR u kesu", pays=True),
        Message(at(4, 17, 33, 12), "Birch", ["Gagi 1200 USDT poslano ", ("code", quoted_transaction())], pays=True),
        Message(at(4, 17, 40, 55), "Gagi", "leglo, hvala"),
        Message(at(7, 7, 41, 9), "Birch", "kod \u06f8\u06f8\u06f1\u06f2 pusten 2800 EUR", pays=True),
        Message(at(7, 7, 43, 31), "Birch", "kod 5160 pusten, 1350 EUR kes", pays=True),
        Message(at(8, 6, 52, 14), "Birch", "Dado 840 USDT = 3 x 280, poslano", pays=True),
        Message(at(10, 6, 49, 36), "Birch", "kod 33-77 pusten 5200 EUR", pays=True),
        Message(at(10, 7, 58, 3), "Miki", "a ja?"),
        Message(at(10, 8, 6, 45), "Birch", "Miki 600 EUR ide btc, kod 77 41 u kancelariji Jade 400 EUR", pays=True),
        Message(at(10, 8, 9, 18), "Miki", ["recite im moj broj ", ("phone", "+387 65 000 417")], pays=True),
        Message(at(10, 22, 20, 40), "Miki", "btc vidim, ceka potvrdu"),
        Message(at(11, 8, 30, 27), "Miki", "uzeo kes"),
    ]


def _second_half() -> list[Message]:
    """Messages with payment content from 13 August on."""
    return [
        Message(at(13, 8, 31, 52), "Birch", "kod 6 0 2 5 pusten 2450 EUR", pays=True),
        Message(at(13, 9, 23, 15), "Birch", "kod 9134 dali samo 1600 EUR, fali 200", pays=True),
        Message(at(13, 16, 12, 30), "Birch", "Dado 1120 USDT poslano", pays=True),
        Message(at(16, 7, 22, 19), "Birch", "kod 14-02 pusten 6500 EUR", pays=True),
        Message(at(16, 7, 24, 47), "Birch", "kod \u06f5\u06f5\u06f8\u06f8 pusten 2600 EUR", pays=True),
        Message(at(16, 14, 1, 5), "Birch", ["kancelarija salje A. sa ", ("code", story.JADE)], pays=True),
        Message(at(16, 16, 22, 38), "Birch", "Gagi 1500 USDT, Dado 560 USDT, poslano", pays=True),
        Message(at(17, 9, 31, 14), "Birch", "kod 2651 otkazan, novac vracen", pays=True),
        Message(at(20, 7, 55, 56), "Birch", "kod 72 90 pusten 4250 EUR", pays=True),
        Message(at(20, 7, 58, 21), "Birch", "kod 38-46 pusten 3150 EUR", pays=True),
        Message(at(20, 8, 2, 43), "Birch", "kod \u06f4\u06f4\u06f0\u06f9 pusten 1400 EUR kes", pays=True),
        Message(at(20, 15, 14, 18), "Birch", "Gagi 900 USDT, Dado 840 USDT, poslano", pays=True),
    ]


def _talk() -> list[Message]:
    """Small talk: nothing in it is about a payment."""
    return [
        Message(at(2, 12, 40, 8), "Dado", "ima li guzve danas"),
        Message(at(2, 12, 44, 30), "Gagi", "nema, samo vruce"),
        Message(at(3, 15, 10, 26), "Birch", "veceras Gagi, 4 osobe"),
        Message(at(3, 15, 58, 2), "Gagi", "krecem"),
        Message(at(4, 10, 15, 33), "Gagi", "rucak uz rijeku", media="photo"),
        Message(at(6, 14, 20, 0), "Birch", "veceras Dado, 3 osobe"),
        Message(at(6, 14, 31, 12), "Dado", "gorivo opet poskupilo"),
        Message(at(9, 13, 5, 44), "Birch", "Miki danas, 4 osobe"),
        Message(at(12, 16, 25, 3), "Birch", "Dado opet, 4 osobe"),
        Message(at(12, 16, 40, 59), "Dado", "stizem do 18"),
        Message(at(15, 13, 12, 36), "Birch", "danas dva auta, Gagi i Dado"),
        Message(at(15, 13, 20, 21), "Gagi", "sretno nam"),
        Message(at(17, 10, 48, 7), "Dado", ["cuj ovu ", ("italic", "pjesmu"), " sto svira"]),
        Message(at(19, 14, 2, 19), "Birch", "zadnja ove sedmice, dva auta"),
        Message(at(21, 9, 30, 51), "Gagi", "neko mi salje lazne tokene, ne dirajte"),
        Message(at(22, 17, 55, 14), "Birch", "pauza do daljnjeg"),
        Message(at(22, 17, 58, 40), "Miki", "odmorite"),
    ]


def _services() -> list[Message]:
    return [
        Message(at(1, 18, 0, 0), "Birch", "", action="create_group"),
        Message(at(1, 18, 10, 5), "Birch", "", action="pin_message"),
        Message(at(22, 18, 1, 9), "Birch", "", action="edit_group_title"),
    ]


def numbered() -> list[tuple[int, Message]]:
    """Every message with its id; the missing ids stay missing."""
    numbers = (number for number in range(1, 1000) if number not in MISSING_IDS)
    return list(zip(numbers, all_messages(), strict=False))


def telegram_json() -> bytes:
    """Export: contacts and one group chat, without personal information."""
    messages = [_exported(number, message) for number, message in numbered()]
    chat = {"name": GROUP, "type": "private_group", "id": 4700000100, "messages": messages}
    export = {
        "about": story.FICTIONAL,
        "contacts": {
            "about": "Contacts of the exporting phone (fictional).",
            "list": [_contact(*contact) for contact in _CONTACTS],
        },
        "chats": {"about": "Chats of the exporting phone (fictional).", "list": [chat]},
    }
    return (json.dumps(export, ensure_ascii=False, indent=1) + "\n").encode()


def _contact(first: str, last: str, phone: str, user: int) -> dict[str, object]:
    return {"user_id": user, "first_name": first, "last_name": last, "phone_number": phone, **_dates(at(1, 17, 30))}


def _dates(when: datetime) -> dict[str, str]:
    local = when.astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%S")
    return {"date": local, "date_unixtime": str(int(when.timestamp()))}


def _exported(number: int, message: Message) -> dict[str, object]:
    who, kind = message.who, "service" if message.action else "message"
    names = ("actor", "actor_id") if message.action else ("from", "from_id")
    record: dict[str, object] = {"id": number, "type": kind, **_dates(message.time)}
    record |= {names[0]: who, names[1]: f"user{USERS[who]}"}
    if message.action:
        record |= _service_fields(message.action)
    if message.media:
        record |= _media_fields(number, message)
    return record | {"text": _text(message.text), "text_entities": _entities(message.text)}


def _service_fields(action: str) -> dict[str, object]:
    if action == "create_group":
        return {"action": action, "title": "Rijeka", "members": list(USERS)}
    if action == "pin_message":
        return {"action": action, "message_id": 4}
    return {"action": action, "title": GROUP}


def _media_fields(number: int, message: Message) -> dict[str, object]:
    stamp = message.time.astimezone(_ZONE).strftime("%d-%m-%Y_%H-%M-%S")
    if message.media == "photo":
        return {"photo": f"photos/photo_{number}@{stamp}.jpg", "width": 1280, "height": 960}
    return {
        "file": f"video_files/video_{number}@{stamp}.mp4",
        "media_type": "video_file",
        "mime_type": "video/mp4",
        "duration_seconds": 14,
        "width": 848,
        "height": 480,
    }


def _text(text: str | list[Piece]) -> object:
    if isinstance(text, str):
        return text
    return [piece if isinstance(piece, str) else {"type": piece[0], "text": piece[1]} for piece in text]


def _entities(text: str | list[Piece]) -> list[dict[str, str]]:
    pieces: list[Piece] = [text] if isinstance(text, str) else text
    pairs = [("plain", piece) if isinstance(piece, str) else piece for piece in pieces]
    return [{"type": kind, "text": words} for kind, words in pairs if words]
