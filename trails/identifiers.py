"""Addresses, transaction ids, phones and codes: their one canonical form, and why a malformed one is refused.

Nothing here corrects anything. A damaged address is reported as damaged; it is never mended into another address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from base58_bech32 import base58, bech32
from base58_bech32.exceptions import Base58Bech32Exception

from trails.errors import IdentifierError
from trails.money import ascii_digits
from trails.words import quote_id

_EVM = re.compile(r"0x[0-9a-fA-F]{40}\Z", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_BASE58_VERSIONS = {0x00: "bitcoin", 0x05: "bitcoin", 0x6F: "bitcoin-test", 0xC4: "bitcoin-test", 0x41: "tron"}
_SEGWIT_PREFIXES = {"bc": "bitcoin", "tb": "bitcoin-test", "bcrt": "bitcoin-test"}

#: EVM rails share one address space: an address alone does not say which of them it is on.
EVM_RAILS = ("ethereum", "bsc", "polygon", "gnosis", "evm")

#: Addresses nobody owns: never an owner, never joined, never a trail's stop or start.
NULL_ADDRESSES = frozenset(
    {
        "0x0000000000000000000000000000000000000000",
        "0x0000000000000000000000000000000000000001",
        "0x000000000000000000000000000000000000dead",
        "0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddead",
        "0xdead000000000000000042069420694206942069",
        "0xffffffffffffffffffffffffffffffffffffffff",
        # TRON: twenty zero bytes, and the forms of the EVM addresses above
        "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
        "T9yD14Nj9j7xAB4dbGeiX9h8upfCg3PBbY",
        "T9yD14Nj9j7xAB4dbGeiX9h8unkKLxmGkn",
        "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy",
        # Bitcoin: hashes of nothing, all zeros, and words
        "1BitcoinEaterAddressDontSendf59kuE",
        "1CounterpartyXXXXXXXXXXXXXXXUWLpVr",
        "1111111111111111111114oLvT2",
        "11111111111111111111BZbvjr",
        "31h1vYVSYuKP6AhS86fbRdMw9XHieotbST",
        "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq9e75rs",
        "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqthqst8",
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address: its family (``bitcoin``, ``bitcoin-test``, ``tron``, ``evm``), canonical key, and whether
    its text carried a checksum (an all-lower-case EVM address does not)."""

    family: str
    key: str
    checksummed: bool


@lru_cache(maxsize=1 << 18)
def parse_address(text: str) -> Address:
    """The canonical form of an address, decided by its checksum and never by its prefix.

    EVM addresses become lower case; bech32 becomes lower case; base58 keeps its letters; TRON's hexadecimal form
    (``41`` + 40 digits) becomes base58. Raises IdentifierError naming what is wrong. Cost: one checksum per distinct
    text. Sources: BIP-173, BIP-350, EIP-55, TRON developer documentation.

    >>> parse_address("0xdAC17F958D2ee523a2206206994597C13D831ec7").key
    '0xdac17f958d2ee523a2206206994597c13d831ec7'
    """
    if text.startswith(("0x", "0X")):
        return _parse_evm(text)
    if re.fullmatch(r"41[0-9a-fA-F]{40}", text, re.ASCII):
        return Address("tron", base58.b58encode_check(bytes.fromhex(text)).decode(), False)
    if "1" in text and text.lower().rpartition("1")[0] in _SEGWIT_PREFIXES:
        found = _parse_segwit(text)
        if found:
            return found
    return _parse_base58(text)


def _parse_evm(text: str) -> Address:
    if not _EVM.match(text):
        raise IdentifierError(f"address {quote_id(text, 80)} is not 0x and 40 hexadecimal digits")
    body = text[2:]
    if body in (body.lower(), body.upper()):
        return Address("evm", text.lower(), False)
    if eip55(text.lower()) != text:
        raise IdentifierError(f"address {text!r} fails its EIP-55 checksum: damaged, or altered in case")
    return Address("evm", text.lower(), True)


def eip55(address: str) -> str:
    """An EVM address with the capitals of EIP-55."""
    from Crypto.Hash import keccak

    body = address[2:].lower()
    digest = keccak.new(digest_bits=256, data=body.encode()).hexdigest()
    return "0x" + "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(body, digest, strict=False))


def _parse_segwit(text: str) -> Address | None:
    try:
        prefix, data, constant = bech32.bech32_decode(text, limit=90)
        program = bytes(bech32.convertbits(data[1:], 5, 8, False))
    except (Base58Bech32Exception, ValueError, IndexError):
        return None
    version = data[0]
    wanted = bech32.BECH32_1_CONST if version == 0 else bech32.BECH32_M_CONST
    sizes = (20, 32) if version == 0 else range(2, 41)
    if version > 16 or constant != wanted or len(program) not in sizes:
        raise IdentifierError(f"address {text!r} breaks the witness rules of BIP-173 and BIP-350")
    return Address(_SEGWIT_PREFIXES[prefix], text.lower(), True)


def _parse_base58(text: str) -> Address:
    try:
        payload = base58.b58decode_check(text) if text.isascii() and text == text.strip() else b""
    except (Base58Bech32Exception, ValueError):
        payload = b""
    if len(payload) != 21:
        raise IdentifierError(f"address {quote_id(text)} fails its checksum or is no known kind: damaged, cut or mistyped")
    family = _BASE58_VERSIONS.get(payload[0])
    if family is None:
        raise IdentifierError(f"address {text!r} has version byte {payload[0]}, which is none of Bitcoin's or TRON's")
    return Address(family, text, True)


def canonical_address(text: str, rail: str) -> str:
    """The canonical key of an address that is stated to be on one rail; raises IdentifierError when it cannot be."""
    found = parse_address(text)
    family = "evm" if rail in EVM_RAILS else rail
    if found.family != family:
        raise IdentifierError(f"address {text!r} is a {found.family} address, not one of {rail}")
    return found.key


def parse_txid(text: str) -> str:
    """A transaction id as 64 lower-case hexadecimal digits, without ``0x``; raises IdentifierError.

    >>> parse_txid("0x" + "AB" * 32)[:6]
    'ababab'
    """
    plain = text.strip().lower().removeprefix("0x")
    if not _HASH.match(plain):
        raise IdentifierError(f"transaction id {quote_id(text, 80)} is not 64 hexadecimal digits")
    return plain


#: What has the form of a chain's address, whether its checksum holds or not.
ADDRESS_SHAPE = re.compile(
    r"(?<![0-9A-Za-z])(0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|(?:bc1|BC1)[0-9A-Za-z]{11,87}"
    r"|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![0-9A-Za-z])"
)
_TXID = re.compile(r"(?<![0-9A-Za-z])((?:0x)?[0-9a-fA-F]{64})(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Mention:
    """An identifier found in free text, with its character span; ``problem`` is set where it is damaged."""

    kind: str
    key: str
    start: int
    end: int
    problem: str | None = None


def find_mentions(text: str) -> Iterator[Mention]:
    """Addresses (kind = their family, or ``damaged``) and transaction ids (``txid``) in free text.

    >>> [m.kind for m in find_mentions("pay TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t now")]
    ['tron']
    """
    for found in ADDRESS_SHAPE.finditer(text):
        try:
            address = parse_address(found[1])
        except IdentifierError as problem:
            yield Mention("damaged", found[1], found.start(1), found.end(1), str(problem))
        else:
            yield Mention(address.family, address.key, found.start(1), found.end(1))
    for found in _TXID.finditer(text):
        yield Mention("txid", parse_txid(found[1]), found.start(1), found.end(1))


def normalise_code(text: str) -> str:
    """A hawala code in one form: digits as 0-9, no spaces, dashes, dots or invisible marks, letters in one case.

    Letters are kept: whether ``N-4718`` and ``4718`` are one code is an inference, not a spelling.

    >>> normalise_code("4 7-1 8"), normalise_code("\u06f4\u06f7\u06f1\u06f8")
    ('4718', '4718')
    """
    if text.isascii() and text.isalnum():
        return text.casefold()
    plain = ascii_digits(unicodedata.normalize("NFKC", text)).casefold()
    return "".join(ch for ch in plain if unicodedata.category(ch)[0] in "LN")


def normalise_name(text: str) -> str:
    """A party's name as one key: case folded, one space between words, invisible marks dropped. Never a merge across
    spellings: that is a judgement."""
    if text.isascii() and text.isprintable():  # the same, without looking at each letter
        return " ".join(text.casefold().split())
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(ch for ch in plain if unicodedata.category(ch) not in ("Cf", "Cc")).split())


#: Marks of writing direction and width, which apps put around a name here and there; joiners are letters' own.
_NAME_MARKS = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u061c"))


def written_name(text: str) -> str:
    """A name inside one chat as its key: as the app writes it, but for spaces and marks of direction.

    Two people may have names that differ in the case of a letter alone, and in one chat the app writes each in one way.

    >>> written_name(" Kaka  N."), written_name("\u202akaka n.\u202c")
    ('Kaka N.', 'kaka n.')
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", text.translate(_NAME_MARKS)).split())


_LOOKALIKES = str.maketrans({"\u20ae": "T", "\u0422": "T", "\u03a4": "T", "\u0405": "S", "\u054d": "U"})


def plain_symbol(text: str) -> str:
    """A token's symbol or name in capitals, letters and digits only, with the look-alikes of other scripts as Latin.

    >>> plain_symbol("usd\u20ae."), plain_symbol("U\u0405D\u0422")
    ('USDT', 'USDT')
    """
    letters = unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES)
    return "".join(letter for letter in letters if letter.isalnum())


def normalise_phone(text: str, region: str | None = None) -> str:
    """A phone number in E.164 (``+38765123456``); raises IdentifierError, also when its country is not known."""
    import phonenumbers

    try:
        number = phonenumbers.parse(ascii_digits(text), region)
    except phonenumbers.NumberParseException as problem:
        raise IdentifierError(f"a phone that cannot be read: {problem}; write it with + and country code") from None
    if not phonenumbers.is_possible_number(number):
        raise IdentifierError("no possible number of a phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def normalise_handle(text: str, service: str) -> str:
    """A chat handle as ``service:@name``; raises IdentifierError when there is no name."""
    name = text.strip().removeprefix("@").casefold()
    if not name or any(ch.isspace() for ch in name):
        raise IdentifierError("a handle that is not one word")
    return f"{service}:@{name}"
