"""FollowTheMoney entities as JSON holds them: every property is a list of texts, or of whole nested entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The properties of a wallet that name other entities by id. The second is how the schema spelled it before 4.0.
LINKS = ("holder", "managingExchange", "mangingExchange")


@dataclass(slots=True)
class Context:
    """What other entities of the file say of the wallets: names by id, and the end dates of sanctions by wallet."""

    wanted: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    sanctions: dict[str, list[str]] = field(default_factory=dict)

    def name_of(self, value: object) -> str | None:
        """The name of an entity given whole or by id; None for an id that no entity of the file has."""
        if isinstance(value, dict):
            return find_name(value)
        return self.names.get(value) if isinstance(value, str) else None

    def has_ended(self, wallet: str) -> str | None:
        """The last end date, where every sanction of a wallet that the file holds states one."""
        ends = self.sanctions.get(wallet, [])
        return max(ends) if ends and all(ends) else None


def is_entity(value: object) -> bool:
    """Whether a JSON value has the shape of an entity."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str)
        and isinstance(value.get("schema"), str)
        and isinstance(value.get("properties"), dict)
    )


def values(entity: dict[str, Any], name: str) -> list[Any]:
    """The values of a property: texts that say something, and nested entities."""
    found = entity["properties"].get(name)
    return (
        [each for each in found if is_entity(each) or (isinstance(each, str) and each.strip())]
        if (isinstance(found, list))
        else []
    )


def texts(entity: dict[str, Any], *names: str) -> list[str]:
    """The texts of properties, each once, in their order."""
    found = [each.strip() for name in names for each in values(entity, name) if isinstance(each, str)]
    return list(dict.fromkeys(found))


def find_name(entity: dict[str, Any]) -> str | None:
    """What an entity is called: its caption, else its first name."""
    caption = entity.get("caption")
    if isinstance(caption, str) and caption.strip():
        return caption.strip()
    names = texts(entity, "name")
    return names[0] if names else None


def find_wallets(entity: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """The wallets an entity is or holds (nested exports), each with its holder where the nesting says it."""
    if entity["schema"] == "CryptoWallet":
        yield entity, None
    for wallet in values(entity, "cryptoWallets"):
        if isinstance(wallet, dict) and wallet["schema"] == "CryptoWallet":
            yield wallet, entity


def find_links(entities: Iterable[dict[str, Any]]) -> set[str]:
    """The ids of all that wallets name as holder or exchange."""
    wallets = (wallet for entity in entities for wallet, _ in find_wallets(entity))
    return {each for wallet in wallets for name in LINKS for each in values(wallet, name) if isinstance(each, str)}


def note_entity(context: Context, entity: dict[str, Any]) -> None:
    """Keep of an entity what wallets need: the name of a holder, the end of a sanction."""
    if entity["id"] in context.wanted:
        name = find_name(entity)
        if name:
            context.names.setdefault(entity["id"], name)
    if entity["schema"] == "Sanction":
        for target in values(entity, "entity"):
            _note_end(context, target["id"] if isinstance(target, dict) else target, entity)
    for wallet, _ in find_wallets(entity):
        for sanction in values(wallet, "sanctions"):
            if isinstance(sanction, dict):
                _note_end(context, wallet["id"], sanction)


def _note_end(context: Context, wallet: str, sanction: dict[str, Any]) -> None:
    ends = texts(sanction, "endDate")
    context.sanctions.setdefault(wallet, []).append(max(ends) if ends else "")
