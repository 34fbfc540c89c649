"""How WhatsApp says that a message was deleted, by its sender or by an admin of the group, in the languages of its exports.

The sentences about senders are those of real exports (starkdmi/whats_json: Czech, Dutch, English, French, German,
Indonesian, Italian, Japanese, Portuguese, Russian, Spanish, Ukrainian) and of WhatsApp's own translations for the Balkans,
Turkey, Iran and the Arab countries. Those about admins are known from reports in English, German and Portuguese; for the
other languages they are built as those are, with the words of the same language, and native speakers have not reviewed them.
"""

from __future__ import annotations

import re
import unicodedata

_DELETED = (
    "this message was deleted", "you deleted this message",
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
_NAME = r".{0,80}?"
#: Where a sentence names the admin, or says only that it was one.
_BY_ADMIN = (
    r"this message was deleted by (?:an |the |group )?admin{name}",
    r"diese nachricht wurde (?:von|durch) (?:einem |dem |einen )?(?:gruppen)?admin{name} gelöscht",
    r"ce message a été supprimé par (?:un |l['’]|le )?admin{name}",
    r"(?:un |l['’]|le )?admin{name} a supprimé ce message",
    r"questo messaggio è stato eliminato da(?:ll['’]|l| un|) ?a[dm]?min{name}",
    r"(?:este mensaje fue eliminado|se eliminó este mensaje|este mensaje se eliminó) por (?:un |una |el |la )?admin{name}",
    r"(?:un |una |el |la )?admin{name} eliminó este mensaje",
    r"(?:esta |essa )?mensagem (?:foi )?(?:apagada|eliminada) (?:por um|por uma|por|pelo|pela) admin{name}",
    r"(?:o |um )?admin{name} (?:apagou|eliminou) esta mensagem",
    r"dit bericht is verwijderd door (?:een |de )?(?:groeps)?(?:beheerder|admin){name}",
    r"dit bericht is door (?:een |de )?(?:groeps)?(?:beheerder|admin){name} verwijderd",
    r"(?:tato |tuto )?zpráv[au] (?:byla )?(?:smazána|odstraněna|smazal|odstranil)\S* (?:správce|admin){name}",
    r"(?:správce|admin){name} (?:smazal|odstranil)\S* tuto zprávu",
    r"pesan ini (?:telah )?dihapus oleh admin{name}",
    r"(?:このメッセージは)?(?:グループ)?管理者{name}(?:によって|により|が)(?:このメッセージを)?削除(?:されました|しました)",
    r"(?:данное|это) сообщение (?:было )?удалено админ{name}",
    r"админ{name} удалил\S* (?:данное|это) сообщение",
    r"це повідомлення (?:було )?видалено адмін{name}",
    r"адмін{name} видали\S* це повідомлення",
    r"(?:ov[au] )?poruk[au] (?:je )?(?:izbrisa|obrisa)\S*(?: od strane)? admin{name}",
    r"admin{name} je (?:izbrisa|obrisa)\S* ovu poruku",
    r"(?:ов[ау] )?порук[ау] (?:је )?(?:избриса|обриса)\S*(?: од стране)? админ{name}",
    r"админ{name} је (?:избриса|обриса)\S* ову поруку",
    r"оваа порака (?:е |ја |беше )?избриша\S*(?: од)? админ{name}",
    r"ky mesazh u fshi nga (?:një )?admin{name}",
    r"bu mesaj (?:bir )?(?:grup )?(?:yönetici|admin){name} tarafından silindi",
    r"bu mesajı (?:bir )?(?:grup )?(?:yönetici|admin){name} sildi",
    r"ezt az üzenetet (?:egy |az )?{name}(?:admin|rendszergazda){name} törölte",
    r"acest mesaj a fost șters de (?:către )?(?:un )?admin{name}",
    r"това съобщение (?:беше |бе |е )?изтрито от админ{name}",
    r"αυτό το μήνυμα διαγράφηκε από (?:τον |την |έναν )?διαχειριστή{name}",
    r"(?:تم حذف|حُذفت|حذفت) هذه الرسالة (?:من قبل|من قِبل|من طرف|بواسطة) (?:ال)?(?:مشرف|مسؤول|أدمن|مدير){name}",
    r"حذف (?:ال)?(?:مشرف|مسؤول|أدمن|مدير){name} هذه الرسالة",
    r"این پیام توسط (?:یک )?(?:مدیر|ادمین|سرپرست){name} حذف (?:شد|شده است)",
    r"you deleted this message as (?:an |the |group )?admin",
    r"du hast diese nachricht als (?:gruppen)?admin(?:istrator)? gelöscht",
    r"vous avez supprimé ce message en tant qu['’]admin(?:istrateur)?",
    r"eliminaste este mensaje como admin(?:istrador)?",
    r"(?:você )?apag(?:ou|aste) esta mensagem como admin(?:istrador)?",
    r"hai eliminato questo messaggio (?:come|in qualità di) a(?:d|m)min(?:istratore)?",
    r"(?:je hebt|u hebt) dit bericht (?:als beheerder|als admin) verwijderd",
    r"вы удалили (?:данное|это) сообщение как админ(?:истратор)?",
    r"ви видалили це повідомлення як адмін(?:істратор)?",
    r"anda (?:telah )?menghapus pesan ini sebagai admin",
    r"(?:izbrisali|obrisali) ste ovu poruku kao admin(?:istrator)?",
    r"bu mesajı yönetici olarak sildiniz",
    r"(?:یہ پیغام|اس پیغام کو) (?:ایڈمن|منتظم){name} (?:نے|کے ذریعے) حذف کر (?:دیا|دیا گیا)(?: تھا| ہے)?",
)
_ADMIN_DELETED = re.compile("|".join(sentence.replace("{name}", _NAME) for sentence in _BY_ADMIN))
MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))


def plain_text(text: str) -> str:
    """A text for comparing: one case, no marks of direction, no full stop at its end."""
    return unicodedata.normalize("NFC", text.translate(MARKS)).strip(" \u00a0\u202f.。").casefold()


_WORDS = frozenset(map(plain_text, _DELETED))
#: How the sentences about an admin begin: most messages are told apart by that alone.
_BEGINNINGS = (
    "this ", "diese ", "ce ", "un ", "l'", "l’", "le ", "admin", "questo ", "este ", "se ", "una ", "el ", "la ", "esta ", "essa ",
    "mensagem ", "o ", "um ", "dit ", "tato ", "tuto ", "zpráv", "správce", "pesan ", "この", "グループ", "管理者", "данное ",
    "это ", "админ", "це ", "адмін", "ova ", "ovu ", "poruk", "ова ", "ову ", "порук", "оваа ", "ky ", "bu ", "ezt ", "acest ",
    "you ", "du ", "vous ", "eliminaste ", "você ", "apag", "hai ", "je ", "u ", "вы ", "ви ", "anda ", "izbrisali ", "obrisali ",
    "mesajul ", "това ", "αυτό ", "تم ", "حذف", "حُذفت", "این ", "یہ ", "اس ",
)  # fmt: skip
_LONGEST_BY_ADMIN = 200
#: The first two letters of all sentences: what begins otherwise, as most messages do, needs no closer look.
_FIRST_TWO = frozenset(words[:2] for words in (*_WORDS, *_BEGINNINGS))
_BLANK = "".join(map(chr, MARKS)) + " \u00a0\u202f."


def find_deleted(text: str) -> str | None:
    """What WhatsApp's notice says of a deleted message, None where the text is no such notice.

    >>> find_deleted("\\u200eYou deleted this message."), find_deleted("he deleted it")
    ('a message was deleted', None)
    >>> find_deleted("Diese Nachricht wurde von Admin Kaka gelöscht.")
    'a message was deleted by an admin'
    """
    if len(text) > _LONGEST_BY_ADMIN or text.lstrip(_BLANK)[:2].casefold() not in _FIRST_TWO:
        return None
    plain = plain_text(text)
    if plain in _WORDS:
        return "a message was deleted"
    if not plain.startswith(_BEGINNINGS):
        return None
    return "a message was deleted by an admin" if _ADMIN_DELETED.fullmatch(plain) else None
