"""What WhatsApp itself writes in place of words: media, deleted messages, calls; in the languages of its exports.

The words for media left out and for deleted messages are those of real exports (starkdmi/whats_json: Czech, Dutch,
English, French, German, Indonesian, Italian, Japanese, Portuguese, Russian, Spanish, Ukrainian) and of WhatsApp's own
translations for the Balkans, Turkey, Iran and the Arab countries.
"""

from __future__ import annotations

import re
import unicodedata

from connectors.messages import Found, media_kind, proof, unknown_media

_DELETED = (
    "this message was deleted", "you deleted this message", "this message was deleted by admin",
    "tato zpráva byla smazána", "tuto zprávu jste smazal/a", "tuto zprávu jste smazal(a)", "tuto zprávu jste odstranil(a)",
    "tuto zprávu jste odstranil/a", "tato zpráva byla odstraněna", "zpráva byla odstraněna", "odstranili jste tuto zprávu",
    "dit bericht is verwijderd", "u hebt dit bericht verwijderd", "je hebt dit bericht verwijderd",
    "diese nachricht wurde gelöscht", "du hast diese nachricht gelöscht", "ce message a été supprimé",
    "vous avez supprimé ce message", "pesan ini dihapus", "pesan ini telah dihapus", "anda menghapus pesan ini",
    "anda telah menghapus pesan ini", "questo messaggio è stato eliminato", "hai eliminato questo messaggio",
    "このメッセージは削除されました", "このメッセージを削除しました", "esta mensagem foi apagada", "apagou esta mensagem",
    "mensagem apagada", "você apagou esta mensagem", "данное сообщение удалено", "вы удалили данное сообщение",
    "это сообщение удалено", "вы удалили это сообщение", "se eliminó este mensaje", "eliminaste este mensaje",
    "este mensaje fue eliminado", "це повідомлення було видалено", "ви видалили це повідомлення",
    "ova poruka je izbrisana", "izbrisali ste ovu poruku", "ova poruka je obrisana", "obrisali ste ovu poruku",
    "ова порука је избрисана", "избрисали сте ову поруку", "оваа порака е избришана", "ky mesazh u fshi",
    "fshive këtë mesazh", "bu mesaj silindi", "bu mesajı sildiniz", "ez az üzenet törölve lett", "acest mesaj a fost șters",
    "това съобщение беше изтрито", "αυτό το μήνυμα διαγράφηκε", "تم حذف هذه الرسالة", "لقد حذفت هذه الرسالة",
    "حذفت هذه الرسالة", "این پیام حذف شد", "این پیام حذف شده است", "شما این پیام را حذف کردید", "یہ پیغام حذف کر دیا گیا تھا",
)  # fmt: skip
#: iOS: what was left out, by its first word. Everything else that is left out (voice, sticker, card) proves nothing.
_LEFT_OUT_PHOTO = (
    "image", "obrázek", "bild", "afbeelding", "immagine", "imagem", "imagen", "gambar", "画像", "изображение", "зображення",
    "slika", "слика", "foto", "görüntü", "resim", "kép", "imagine", "εικόνα", "صورة", "تصویر", "imazh",
)  # fmt: skip
_LEFT_OUT_VIDEO = (
    "video",
    "vidéo",
    "vídeo",
    "ビデオ",
    "видео",
    "відео",
    "видеозапис",
    "videó",
    "βίντεο",
    "فيديو",
    "ویدئو",
    "ویدیو",
)
#: iOS: how a line ends that says something was left out.
_LEFT_OUT = (
    "omitted", "vynechán", "vynecháno", "vynechána", "weggelassen", "ausgelassen", "weggelaten", "absente", "absent", "omis",
    "omise", "manquant", "manquante", "retiré", "omesso", "omessa", "esclusa", "non incluso", "não revelado", "não revelada",
    "ocultado", "oculto", "oculta", "tidak disertakan", "含まれていません", "を省略", "отсутствует", "не добавлен", "пропущено",
    "пропущена", "відсутнє", "відсутня", "не додано", "omitido", "omitida", "izostavljena", "izostavljen", "изостављена",
    "изостављен", "dahil edilmedi", "kihagyva", "omisă", "omis", "تم استبعادها", "محذوف", "حذف شد", "حذف شده",
)  # fmt: skip
#: Android: the whole line between angle brackets, whatever was left out.
_ANDROID_LEFT_OUT = re.compile(r"<[^<>\n]{4,40}>\Z")
_ANDROID_WORDS = (
    "media", "média", "медиа", "multimedia", "médias", "medya", "medien", "médio", "mídia", "mediju", "medij", "медија",
    "وسائط", "الوسائط", "رسانه", "メディア", "میڈیا", "файлов", "медіа", "archivo", "médiafájl",
)  # fmt: skip
_ATTACHED = re.compile(r"<[^<>:\n]{2,40}:[ \u00a0\u202f]?([^<>\n]{1,200}\.[A-Za-z0-9]{2,5})>")
_FILE = re.compile(r"([^\n/\\<>:|]{1,200}\.([A-Za-z0-9]{2,5})) \([^()\n]{3,60}\)(?=\n|\r|\Z)")
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_MARKS)).strip(" \u00a0\u202f.。").casefold()


_DELETED_WORDS = frozenset(map(_plain, _DELETED))
_LONGEST_DELETED = max(map(len, _DELETED)) + 8


def is_deleted(text: str) -> bool:
    """Whether a message is WhatsApp's notice that it was deleted.

    >>> is_deleted("\\u200eYou deleted this message."), is_deleted("he deleted it")
    (True, False)
    """
    return len(text) <= _LONGEST_DELETED and _plain(text) in _DELETED_WORDS


def find_media(text: str, members: frozenset[str] | None) -> tuple[list[Found], list[str]]:
    """The media a message brings, as possible proofs, and the names of the files it speaks of.

    ``members`` are the files of the zip, None for a text alone: then whether a file came along is not known.
    """
    if "<" not in text and "(" not in text and "\u200e" not in text and "\u200f" not in text:
        return [], []
    pieces, names = [], []
    for match in (*_ATTACHED.finditer(text), *_android_file(text)):
        name = match[1].translate(_MARKS).strip()
        names.append(name)
        kind = media_kind(name)
        if kind:
            there = members is None or name in members
            pieces.append(proof(name, kind, included=there, start=match.start(), end=match.end()))
    if not names:
        pieces = _left_out(text)
    return pieces, names


def _android_file(text: str) -> list[re.Match[str]]:
    match = _FILE.match(text.lstrip("\u200e\u200f"))
    shift = len(text) - len(text.lstrip("\u200e\u200f"))
    again = _FILE.match(text, shift) if match else None
    return [again] if again else []


def _left_out(text: str) -> list[Found]:
    """Media that was not exported: of a stated kind on an iPhone, of none on Android."""
    line = text.split("\n", 1)[0].rstrip("\r")
    shown = line.translate(_MARKS).strip()
    android = _ANDROID_LEFT_OUT.match(shown)
    if android and any(word in shown.casefold() for word in _ANDROID_WORDS):
        return [unknown_media(shown, start=0, end=len(line))]
    marked = line.startswith(("\u200e", "\u200f"))
    plain = _plain(line)
    if not marked or not plain.endswith(_LEFT_OUT):
        return []
    first = next(
        (kind for words, kind in ((_LEFT_OUT_PHOTO, "photo"), (_LEFT_OUT_VIDEO, "video")) if plain.startswith(words)),
        None,
    )
    return [proof(shown, first, included=False, start=0, end=len(line))] if first else []
