"""Which file each movement and message ends up in, and the files of a whole case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.simulate.chat import BOT
from trails.simulate.files.answers import write_bank, write_mto, write_rates, write_tags, write_vasp
from trails.simulate.files.books import BookMaker
from trails.simulate.files.chats import write_telegram, write_whatsapp
from trails.simulate.files.explorers import write_esplora, write_etherscan, write_trongrid, write_tronscan
from trails.simulate.files.lists import write_list
from trails.simulate.keys import digest
from trails.simulate.world import Book

if TYPE_CHECKING:
    from trails.simulate.files import Made
    from trails.simulate.play import Played
    from trails.simulate.world import Message, Movement, World

#: Of 256 TRON transfers so many are in the API's answer, and so many more in both exports.
_BY_API, _IN_BOTH = 77, 10
_CUSTOMERS = 4


def make_files(played: Played, *, tron: bool = True) -> list[Made]:
    """Every file of the case, in the order in which they would be added: tables first, chats last.

    ``tron`` off leaves TRON out: a stream writes it.
    """
    world = played.world
    made = [write_rates(world), write_tags(played.services)]
    made += _write_books(played)
    if tron:
        made += _write_tron(world)
    for rail in ("ethereum", "bsc"):
        rows = _on(world, rail)
        if rows:
            made.append(write_etherscan(world, world.dice(f"file {rail}"), rail, rows))
    if played.transactions:
        made.append(write_esplora(played.transactions))
    for number, customer in enumerate(_choose_customers(played), start=1):
        made += write_vasp(world, played.services, customer, number)
    operator = _on(world, "mto")
    if operator:
        made.append(write_mto(world, world.dice("file mto"), operator))
    bank = _on(world, "bank")
    if bank:
        made.append(write_bank(world, bank))
    return made + _write_chats(played)


def _on(world: World, rail: str) -> list[Movement]:
    return sorted((m for m in world.movements if m.rail == rail), key=lambda m: (m.time, m.number))


def split_tron(world: World) -> tuple[list[Movement], list[Movement]]:
    """TRON transfers by where they are handed over: the API's answer, the explorer's export; a few stand in both.

    The answer is about tokens, so the coin itself (TRX) stands in the export alone.
    """
    rows = _on(world, "tron")
    lot = {m.number: digest("file", world.seed, m.number)[0] for m in rows}
    by_api = [m for m in rows if lot[m.number] < _BY_API and m.asset != "TRX"]
    return by_api, [m for m in rows if lot[m.number] >= _BY_API - _IN_BOTH or m.asset == "TRX"]


def _write_tron(world: World) -> list[Made]:
    by_api, by_explorer = split_tron(world)
    found = [write_trongrid(world, world.dice("file api"), by_api)] if by_api else []
    return [*found, write_tronscan(world, world.dice("file explorer"), by_explorer)] if by_explorer else found


def _write_books(played: Played) -> list[Made]:
    """Ledgers and lists; a list's book exists where somebody paid by it."""
    world = played.world
    payees = {o.code: o.organiser for o in world.obligations if o.code}
    for each in world.movements:
        if each.kind == "payout":
            payees.setdefault(each.code, each.dst)
    made = []
    for name, entries in sorted(_sort_entries(played).items()):
        book = _find_book(world, name)
        dice = world.dice(f"file {book.name}")
        if book.layout == "dispatcher-list":
            made.append(write_list(world, dice, book, entries))
        else:
            made.append(BookMaker(world, dice, book, entries, payees).make())
    return made


def _sort_entries(played: Played) -> dict[str, list[Movement]]:
    """Movements by the books they stand in; a raided office's book ends with the raid."""
    world, keepers = played.world, _keepers(played)
    raided = {f"office_{pair.number}": pair.raided for pair in played.pairs if pair.raided}
    entries: dict[str, list[Movement]] = {}
    for each in world.movements:
        names = [each.book] if each.book else []
        if each.kind == "settlement" and each.book:
            names.append(f"office_{each.book.split('_')[1]}")
        if each.kind == "driver_pay" and each.rail == "tron" and world.owner(each, "src") in keepers:
            names.append(f"lista_{world.owner(each, 'src')}")
        for name in names:
            if each.time < raided.get(name, world.end):
                entries.setdefault(name, []).append(each)
    return entries


def _find_book(world: World, name: str) -> Book:
    """The book of a name; a dispatcher's list is opened with its first entry."""
    if not name.startswith("lista_"):
        return next(book for file, book in world.books.items() if file.rsplit(".", 1)[0] == name)
    file = f"{name}.txt"
    if file not in world.books:
        world.books[file] = Book(file, "dispatcher-list", name, name.removeprefix("lista_"), "Europe/Sarajevo")
    return world.books[file]


def _keepers(played: Played) -> set[str]:
    return {dispatcher.person_id for network in played.networks for dispatcher in network.dispatchers}


def _choose_customers(played: Played) -> list[str]:
    """Whose histories the exchange is asked for: the busiest of the network, and as many innocents."""
    world = played.world
    counted: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for each in world.movements:
        if each.kind in ("top_up", "withdrawal", "cash_out"):
            end = "src" if each.kind == "cash_out" else "dst"
            who = world.owner(each, end)
            side = counted[world.persons[who].side == "crew"]
            side[who] = side.get(who, 0) + 1
    chosen = []
    for side in counted.values():
        chosen += sorted(side, key=lambda who: (-side[who], who))[: _CUSTOMERS // 2]
    return sorted(chosen)


def _write_chats(played: Played) -> list[Made]:
    """Each dispatcher's phone is exported by Telegram for the first group, by WhatsApp for the others; firms' by WhatsApp."""
    world = played.world
    chats: dict[str, list[Message]] = {}
    for message in world.messages:
        chats.setdefault(message.chat, []).append(message)
    first = played.networks[0].chat
    phone = {name: chats[name] for name in (first, BOT) if name in chats}
    made = [write_telegram(world, world.dice("file telegram"), "telegram.json", phone)] if phone else []
    others = [name for name in sorted(chats) if name not in phone]
    for number, name in enumerate(others, start=1):
        file = f"whatsapp_{number}.txt"
        made.append(write_whatsapp(world, world.dice(f"file {file}"), file, name, chats[name]))
    return made
