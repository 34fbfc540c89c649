"""All words of a message: its text, and what people read on its buttons, in its invoice, poll, list or game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.telegram.payments import read_invoice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Buttons whose data people see or go to; that of any other is for the bot's program.
_OPEN_BUTTONS = ("url", "auth", "web_view", "simple_web_view", "switch_inline", "switch_inline_same", "copy_text")
_SERVICE_TEXTS = ("text", "gift_text", "comment", "information_text")
_BESIDE = frozenset(("inline_bot_buttons", "invoice_information", "poll", "todo_list", "game_title"))
_GAME = ("game_title", "game_description", "game_link")


def message_text(value: Mapping[str, Any]) -> str | None:
    """The words of a message, those beside its text on lines of their own below it; None where its text is damaged."""
    said = value.get("text")
    text = flatten_text(value.get("text_entities") if said is None else said)
    if text is None:
        return None
    return text if _BESIDE.isdisjoint(value) else "\n".join([text, *_words_beside(value)])


def service_text(value: Mapping[str, Any]) -> str:
    """What somebody wrote for a gift, a comment or a bot; the title of a group is nobody's message."""
    texts = [flatten_text(value.get(name)) for name in _SERVICE_TEXTS]
    return "\n".join(text for text in texts if text)


def flatten_text(text: object) -> str | None:
    """A message's text as one string; targets of links follow, each on a line of its own. None where it is damaged.

    >>> flatten_text(["isplata ", {"type": "code", "text": "625"}, " eur"])
    'isplata 625 eur'
    """
    if isinstance(text, str) or text is None:
        return text or ""
    if not isinstance(text, list):
        return None
    words, links = [], []
    for piece in text:
        if isinstance(piece, dict) and isinstance(piece.get("text"), str):
            words.append(piece["text"])
            links += [piece["href"]] if isinstance(piece.get("href"), str) else []
        elif isinstance(piece, str):
            words.append(piece)
        else:
            return None
    return "\n".join(["".join(words), *links])


def _words_beside(value: Mapping[str, Any]) -> Iterator[str]:
    if "inline_bot_buttons" in value:
        yield from _button_words(value["inline_bot_buttons"])
    if "invoice_information" in value:
        invoice = read_invoice(value) or {}
        yield from (text for name in ("title", "description") if (text := _plain(invoice.get(name))))
    for name, inside in (("poll", "answers"), ("todo_list", "items")):
        if isinstance(part := value.get(name), dict):
            yield from _list_words(part, inside)
    if "game_title" in value:
        yield from (text for name in _GAME if (text := _plain(value.get(name))))


def _button_words(rows: object) -> Iterator[str]:
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else [row]:
            if not isinstance(button, dict):
                continue
            yield from (text for text in (_plain(button.get("text")), _plain(button.get("forward_text"))) if text)
            target = _plain(button.get("data"))
            if target and button.get("type", "url") in _OPEN_BUTTONS:
                yield target


def _list_words(part: Mapping[str, Any], inside: str) -> Iterator[str]:
    """The question or title of a poll or list, and its lines."""
    yield from (text for name in ("question", "title") if (text := _plain(part.get(name))))
    listed = part.get(inside)
    for each in listed if isinstance(listed, list) else []:
        text = _plain(each.get("text")) if isinstance(each, dict) else None
        if text:
            yield text


def _plain(value: object) -> str | None:
    return (flatten_text(value) or "").strip() or None if isinstance(value, str | list) else None
