"""What WhatsApp itself writes in place of words: media, notices of a group, calls; in the languages of its exports.

The words for media left out are those of real exports (starkdmi/whats_json: Czech, Dutch, English, French, German,
Indonesian, Italian, Japanese, Portuguese, Russian, Spanish, Ukrainian) and of WhatsApp's own translations for the Balkans,
Turkey, Iran and the Arab countries. Deleted messages: :mod:`.deleted`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from connectors.messages import Found, media_kind, proof, unknown_media
from connectors.whatsapp.deleted import MARKS, find_deleted, plain_text

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
_LINE_END = re.compile("[\r\n]")
_ATTACHED = re.compile(r"<[^<>:\n]{2,40}:[ \u00a0\u202f]?([^<>\n]{1,200}\.[A-Za-z0-9]{2,5})>")
_FILE = re.compile(r"([^\n/\\<>:|]{1,200}\.([A-Za-z0-9]{2,5})) \([^()\n]{3,60}\)(?=\n|\r|\Z)")
#: Words with which WhatsApp tells of a group or a call, in the languages of its exports. In a group, an iPhone writes the
#: group's name where a sender stands, and an invisible mark before what the app itself says.
_NOTICES = (
    "end-to-end encrypted", "created this group", "created group", "added you", "you added",
    "joined using this group", "you joined", "joined from the community", "changed this group", "changed the group",
    "changed the subject", "changed the description", "security code", "changed their phone number",
    "changed to a new number", "now an admin", "no longer an admin", "disappearing messages", "pinned a message",
    "missed voice call", "missed video call", "is a contact", "blocked this contact", "business account",
    "ende-zu-ende-verschlüsselt", "gruppe erstellt", "hinzugefügt", "den betreff", "die gruppenbeschreibung",
    "das gruppenbild", "sicherheitsnummer", "hat die gruppe verlassen", "jetzt ein admin",
    "telefonnummer gewechselt", "verpasster sprachanruf", "chiffrés de bout en bout", "a créé le groupe",
    "avez créé le groupe", "vous a ajouté", "a rejoint", "a changé le sujet", "a quitté le groupe",
    "code de sécurité", "cifrados de extremo a extremo", "creó el grupo", "creaste el grupo", "te añadió",
    "añadió a", "cambió el asunto", "cambió la descripción", "salió del grupo", "código de seguridad",
    "criptografia de ponta a ponta", "criou o grupo", "criou este grupo", "adicionou você", "adicionou",
    "mudou o assunto", "alterou o assunto", "código de segurança", "crittografia end-to-end",
    "crittografati end-to-end", "ha creato il gruppo", "ti ha aggiunto", "ha aggiunto", "ha cambiato l'oggetto",
    "codice di sicurezza", "end-to-end versleuteld", "heeft de groep", "heeft je toegevoegd", "heeft het onderwerp",
    "beveiligingscode", "koncové šifrování", "vytvořil(a) skupinu", "bezpečnostní kód",
    "terenkripsi secara end-to-end", "membuat grup", "menambahkan anda", "kode keamanan", "エンドツーエンド", "グループを作成",
    "追加しました", "сквозным шифрованием", "создал(а) группу", "создали группу", "добавил(а)", "изменил(а) тему",
    "код безопасности", "наскрізним шифруванням", "створив групу", "створила групу", "код безпеки",
    "s kraja na kraj", "s kraja do kraja", "kreirao je grupu", "kreirala je grupu", "kreirali ste grupu",
    "dodao vas je", "promijenio je naziv", "sigurnosni kod", "с краја на крај", "uçtan uca", "grubu oluşturdu",
    "sizi ekledi", "konuyu değiştirdi", "güvenlik kodu", "التشفير التام", "أنشأ المجموعة", "أنشأ هذه المجموعة",
    "غيّر موضوع", "رمز الأمان", "رمزگذاری سرتاسر", "گروه را ایجاد", "این گروه را ساخت", "کد امنیتی",
    "végpontok közötti", "criptate integral", "fund më fund", "шифрирани от край до край",
)  # fmt: skip
_NOTICE = re.compile("|".join(map(re.escape, sorted(_NOTICES, key=len, reverse=True))))
_LONGEST_NOTICE = 400


_EDITED = re.compile(
    r"<\u200e?(?:this message was edited|diese nachricht wurde bearbeitet|ce message a été modifié|se editó este mensaje|"
    r"este mensaje fue editado|mensagem editada|esta mensagem foi editada|questo messaggio è stato modificato|"
    r"dit bericht is bewerkt|"
    r"данное сообщение изменено|сообщение изменено|повідомлення змінено|ova poruka je uređena|poruka je izmijenjena|"
    r"порука је измењена|bu mesaj düzenlendi|تم تعديل هذه الرسالة|این پیام ویرایش شد|pesan ini diedit|tato zpráva byla upravena|"
    r"このメッセージは編集されました)\.?>\s*\Z",
    re.IGNORECASE,
)


#: What an iPhone itself writes behind a person's words; of a file there stand a colon and its name.
_MARKED_LAST = re.compile(r"\S[ \u00a0\u202f]\u200e<[^<>:\n.]{4,60}\.?>\Z")


def is_edited(text: str) -> bool:
    """Whether WhatsApp says behind a message that it was edited; which words were there before is not in an export.

    In other languages the app's mark of direction before the words tells them from a person's.

    >>> is_edited("kod 4718 \\u200e<This message was edited>"), is_edited("<b>"), is_edited("kod 4718 \\u200e<Wiadomość edytowana>")
    (True, False, True)
    """
    return text.endswith(">") and (_EDITED.search(text) or _MARKED_LAST.search(text)) is not None


def is_deleted(text: str) -> bool:
    """Whether a message is WhatsApp's notice that it was deleted.

    >>> is_deleted("\\u200eYou deleted this message."), is_deleted("he deleted it")
    (True, False)
    """
    return find_deleted(text) is not None


def is_notice(sender: str, text: str) -> bool:
    """Whether a line is WhatsApp's own, though a name and a colon stand in it: the group's name, or words of the notice.

    >>> is_notice("Family", "\\u200eKaka N. created this group"), is_notice("Kaka N.", "he created this group")
    (True, False)
    >>> is_notice("Kaka N. changed the group description to", "x"), is_notice("Kaka N.", "x")
    (True, False)
    """
    if text.startswith("\u200e") and len(text) <= _LONGEST_NOTICE and _NOTICE.search(plain_text(text)):
        return True
    return " " in sender and _is_notice_name(sender)


def _is_firm(plain: str) -> bool:
    """Whether a name ends in what a notice has in its middle: ``Kaka Business Account`` writes messages as people do."""
    return plain.endswith("business account") and not plain.startswith(("this ", "you "))


@lru_cache(maxsize=1 << 12)
def _is_notice_name(name: str) -> bool:
    plain = plain_text(name)
    return not _is_firm(plain) and _NOTICE.search(plain) is not None


def find_media(text: str, members: frozenset[str] | None) -> tuple[list[Found], list[str]]:
    """The media a message brings, as possible proofs, and the names of the files it speaks of.

    ``members`` are the files of the zip, None for a text alone: then whether a file came along is not known.
    """
    if "<" not in text and "(" not in text and "\u200e" not in text and "\u200f" not in text:
        return [], []
    pieces, names = [], []
    for match in (*_ATTACHED.finditer(text), *_android_file(text)):
        name = match[1].translate(MARKS).strip()
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
    line = _LINE_END.split(text, maxsplit=1)[0]
    shown = line.translate(MARKS).strip()
    android = _ANDROID_LEFT_OUT.match(shown)
    if android and any(word in shown.casefold() for word in _ANDROID_WORDS):
        return [unknown_media(shown, start=0, end=len(line))]
    marked = line.startswith(("\u200e", "\u200f"))
    plain = plain_text(line)
    if not marked or not plain.endswith(_LEFT_OUT):
        return []
    first = next(
        (kind for words, kind in ((_LEFT_OUT_PHOTO, "photo"), (_LEFT_OUT_VIDEO, "video")) if plain.startswith(words)),
        None,
    )
    return [proof(shown, first, included=False, start=0, end=len(line))] if first else []
