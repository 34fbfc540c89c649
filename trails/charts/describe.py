"""The words of a flow picture: subtitle, legends, what a shape or a ribbon says when pointed at. Neutral throughout."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from trails.charts.palette import ROLES, get_rail_style, rank_rail
from trails.charts.records import Hidden, LegendItem, Payment, Ribbon, Scene, Shape
from trails.charts.wording import clean_text, format_money, format_period, shorten_name
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trails.charts.fold import Folded

_MOST_CITATIONS = 3
_MOST_AMOUNTS = 3
_MOST_WHOLE = 6
_MOST_REFERENCES = 2
_HARD_SPACE = "\u00a0"


def compose_subtitle(
    drawn: Sequence[Payment], total: int, paid_in: Decimal, hidden: Hidden, currency: str, rails: Iterable[str] | None
) -> tuple[str, ...]:
    """Parts: payments, money paid in by payers (never summed over hops), period, what is not drawn and how much."""
    times = [p.time for p in drawn if p.time is not None]
    parts = [count_words(total, "payment") + ("" if len(drawn) == total else f", {len(drawn):,} drawn")]
    entered = f"payers paid in {currency}{_HARD_SPACE}{format_money(paid_in)}"
    parts.append(entered if paid_in else "no payment by payers with a rate")
    parts.append(format_period(min(times), max(times)) if times else "no times stated")
    if rails is not None:
        names = ", ".join(get_rail_style(rail).name for rail in sorted(rails, key=rank_rail))
        parts.append(f"only {names} shown" if names else "no rail shown")
    left_out = _list_hidden(hidden, currency)
    if left_out:
        parts.append("not drawn: " + "; ".join(left_out))
    unrated = sum(p.value is None for p in drawn)
    if unrated:
        parts.append(f"{count_words(unrated, 'payment')} without a rate drawn at the smallest width")
    undated = len(drawn) - len(times)
    if undated and times:
        parts.append(f"{count_words(undated, 'payment')} without a time")
    return tuple(parts)


def _list_hidden(hidden: Hidden, currency: str) -> list[str]:
    def tell(value: Decimal) -> str:
        return f"{currency}{_HARD_SPACE}{format_money(value)}"

    found = []
    if hidden.returns:
        found.append(f"{count_words(hidden.returns, 'refund or settlement', 'refunds and settlements')} "
                     f"({tell(hidden.returns_value)})")
    if hidden.thin_ribbons:
        found.append(f"{count_words(hidden.thin_ribbons, 'ribbon')} under {tell(hidden.thin_limit)} "
                     f"({count_words(hidden.thin, 'payment')}, {tell(hidden.thin_value)} together)")
    if hidden.filtered:
        found.append(f"{count_words(hidden.filtered, 'payment')} on other rails ({tell(hidden.filtered_value)})")
    if hidden.inside:
        found.append(f"{count_words(hidden.inside, 'payment')} inside one shape ({tell(hidden.inside_value)})")
    return found


def explain_empty(total: int, hidden: Hidden, rails: Iterable[str] | None) -> str:
    """One sentence saying why nothing is drawn."""
    if total == 0:
        return "Nothing is drawn: there is no payment."
    if hidden.filtered and rails is not None:
        names = ", ".join(get_rail_style(rail).name for rail in sorted(rails, key=rank_rail)) or "none"
        return f"Nothing is drawn: none of the {count_words(total, 'payment')} is on the rails shown ({names})."
    if hidden.returns == total:
        return f"Nothing is drawn: {count_words(total, 'payment')}, all refunds or settlements, which are left out."
    return f"Nothing is drawn: {count_words(total, 'payment')}, all inside one shape or left out as refunds."


def list_roles(folded: Folded, roles: Iterable[str]) -> tuple[LegendItem, ...]:
    """One legend line per role drawn, with how many actors have it."""
    present = set(roles)
    found = []
    for role, style in ROLES.items():
        if role in present:
            word = folded.words_per_role.get(role, style.singular)
            found.append(LegendItem(role, f"{word} ({folded.actors_per_role[role]:,})"))
    return tuple(found)


def list_rails(
    drawn: Sequence[Payment], paid_in: Mapping[str, Decimal], currency: str
) -> tuple[LegendItem, ...]:
    """One legend line per rail drawn: payments drawn, and the money payers paid in on it."""
    counts: dict[str, int] = {}
    for payment in drawn:
        counts[payment.rail] = counts.get(payment.rail, 0) + 1
    found = []
    for rail in sorted(counts, key=rank_rail):
        money = paid_in.get(rail, Decimal(0))
        entered = f", {currency} {format_money(money)} paid in" if money else ""
        name = shorten_name(get_rail_style(rail).name)
        found.append(LegendItem(rail, f"{name}: {counts[rail]:,}×{entered}"))
    return tuple(found)


def tell_amounts(shape: Shape) -> str:
    """The small line under a name: that nobody confirmed the role, then what came in and went out, from all payments."""
    return f"inferred · {_tell_sums(shape)}" if shape.inferred else _tell_sums(shape)


def _tell_sums(shape: Shape) -> str:
    received, paid = format_money(shape.money_in), format_money(shape.money_out)
    if not shape.money_in and not shape.money_out:
        return "no rate" if shape.unrated else "0"
    if shape.role == "payer" and not shape.count_in:
        return paid
    if not shape.count_in:
        return f"{paid} out"
    return f"{received} in" if not shape.count_out else f"{received} in · {paid} out"


def tell_shape(shape: Shape, currency: str) -> list[str]:
    """Lines shown when a shape is pointed at; the first is its name."""
    lines = [shape.name]
    if shape.count_in:
        lines.append(f"in {currency} {shape.money_in:,.0f} ({count_words(shape.count_in, 'payment')})")
    if shape.count_out:
        lines.append(f"out {currency} {shape.money_out:,.0f} ({count_words(shape.count_out, 'payment')})")
    if shape.role not in {"payer", "service"} and shape.count_in and shape.money_in > shape.money_out:
        lines.append(f"not seen leaving: {currency} {shape.money_in - shape.money_out:,.0f}")
    if shape.unrated:
        lines.append(f"{count_words(shape.unrated, 'payment')} without a rate")
    lines.append(f"role: {shape.role_text}")
    if shape.inferred:
        lines.append("nobody has confirmed this role: a pseudonym stands for whoever it is")
    lines += shape.whole[:_MOST_WHOLE]
    if len(shape.whole) > _MOST_WHOLE:
        lines.append(f"and {len(shape.whole) - _MOST_WHOLE:,} more addresses or names")
    if shape.shared:
        lines.append("paid by two or more organisers")
    return [*lines, shape.note] if shape.note else lines


def tell_ribbon(ribbon: Ribbon, shapes: Sequence[Shape], currency: str) -> list[str]:
    """Lines shown when a ribbon is pointed at: value, number, dates, rails, kinds, basis and the first citations."""
    lines = [f"{shapes[ribbon.src].name} → {shapes[ribbon.dst].name}", tell_value(ribbon, currency)]
    if ribbon.count == 1 or (ribbon.unrated and not ribbon.value):
        lines.append("as stated: " + "; ".join(ribbon.amounts[:_MOST_AMOUNTS]))
    lines.append(format_period(ribbon.first, ribbon.last) or "no times stated")
    lines.append("rails: " + ", ".join(
        f"{get_rail_style(s.rail).name} {count_words(s.count, 'payment')}" for s in ribbon.strands))
    lines.append("kinds: " + ", ".join(f"{clean_text(kind)} {count:,}" for kind, count in ribbon.kinds))
    lines.append("basis: " + tell_basis(ribbon))
    shown = ribbon.citations[:_MOST_CITATIONS]
    rest = len(ribbon.citations) - len(shown)
    lines += [f"reference {clean_text(text)}" for text in ribbon.references[:_MOST_REFERENCES]]
    return [*lines, *(clean_text(text) for text in shown), *([f"and {rest:,} more"] if rest else [])]


def tell_basis(ribbon: Ribbon) -> str:
    """How many payments of a ribbon are facts and how many inferences."""
    parts = [(ribbon.facts, "fact"), (ribbon.inferences, "inference")]
    return ", ".join(count_words(number, word) for number, word in parts if number)


def tell_value(ribbon: Ribbon, currency: str) -> str:
    """Value and number of a ribbon's payments, saying how many have no rate."""
    number = count_words(ribbon.count, "payment")
    if ribbon.unrated == ribbon.count:
        return f"{number} without a rate"
    rest = f", {ribbon.unrated:,} of them without a rate" if ribbon.unrated else ""
    return f"{currency} {ribbon.value:,.0f} · {number}{rest}"


def tabulate_scene(scene: Scene) -> list[dict[str, str]]:
    """The rows behind the picture, one per ribbon: what a screen reader or a check needs."""
    rows = []
    for ribbon in scene.ribbons:
        rails = dict.fromkeys(get_rail_style(strand.rail).name for strand in ribbon.strands)
        rows.append({
            "from": scene.shapes[ribbon.src].name,
            "from_role": scene.shapes[ribbon.src].role_text,
            "from_nodes": "; ".join(map(str, scene.shapes[ribbon.src].nodes)),
            "from_in_full": "; ".join(scene.shapes[ribbon.src].whole),
            "to": scene.shapes[ribbon.dst].name,
            "to_role": scene.shapes[ribbon.dst].role_text,
            "to_nodes": "; ".join(map(str, scene.shapes[ribbon.dst].nodes)),
            "to_in_full": "; ".join(scene.shapes[ribbon.dst].whole),
            "value": "" if ribbon.unrated == ribbon.count else str(ribbon.value),
            "currency": scene.reference_currency,
            "payments": str(ribbon.count),
            "without_rate": str(ribbon.unrated),
            "first": ribbon.first.isoformat() if ribbon.first else "",
            "last": ribbon.last.isoformat() if ribbon.last else "",
            "rails": "; ".join(rails),
            "kinds": "; ".join(f"{clean_text(kind)} {count}" for kind, count in ribbon.kinds),
            "facts": str(ribbon.facts),
            "inferences": str(ribbon.inferences),
            "transfers": "; ".join(map(str, ribbon.transfers)),
            "references": "; ".join(clean_text(text) for text in ribbon.references),
            "citations": "; ".join(clean_text(text) for text in ribbon.citations),
        })
    return rows
