"""The small files of the case: published tags, daily rates, and what the analyst of the demo declares."""

from __future__ import annotations

from examples.river_case import story
from examples.river_case.addresses import bitcoin

#: (address, rail, label) of the fictional exchange, as the tag file lists them.
TAGS = (
    (story.EXCHANGE_HOT, "TRX", "Exchange Pebble hot wallet"),
    (story.EXCHANGE_GAGI, "TRX", "Exchange Pebble deposit"),
    (story.EXCHANGE_ALDER, "TRX", "Exchange Pebble deposit"),
    (bitcoin(story.EXCHANGE_BTC_HOT), "BTC", "Exchange Pebble hot wallet"),
    (bitcoin(story.EXCHANGE_BTC_DEPOSIT), "BTC", "Exchange Pebble deposit"),
)

#: (node, role, why) in the order the demo declares them. Dado is left out: his role is to be inferred.
DECLARATIONS = (
    (f"tron:{story.ALDER}", "organiser", "payee of twelve codes at Office Jade; wallet stated in ledger_jade.xlsx"),
    (f"tron:{story.BIRCH}", "dispatcher", "pays the drivers minutes before saying so in the group chat"),
    (f"tron:{story.GAGI}", "driver", "told this wallet in the group chat and sent proofs of delivery"),
    (f"hawala:party:{story.SCOPE}:miki", "driver", "payee at Office Jade; his phone is in the chat's contacts"),
    (f"bitcoin:{bitcoin(story.MIKI_BTC)}", "driver", "Miki told this address in the group chat"),
    (f"hawala:party:{story.SCOPE}:office amber", "office", "keeps the ledger ledger_amber.csv"),
    (f"hawala:party:{story.SCOPE}:office jade", "office", "keeps the ledger ledger_jade.xlsx"),
    (f"tron:{story.AMBER}", "office", "pays Office Jade minutes after each settlement in ledger_amber.csv"),
    (f"tron:{story.JADE}", "office", "stated as Office Jade's wallet in ledger_amber.csv"),
)


def tags_yaml() -> bytes:
    """TagPack in GraphSense's form."""
    lines = [
        f"# {story.FICTIONAL}",
        "title: Exchange Pebble (fictional)",
        "creator: trails demo",
        "source: fictional, made for the trails demo",
        "lastmod: 2024-08-25",
        "category: exchange",
        "actor: exchange_pebble",
        "confidence: service_data",
        "is_cluster_definer: false",
        "tags:",
    ]
    for address, network, label in TAGS:
        asset = "USDT" if network == "TRX" else "BTC"
        lines += [f"- address: {address}", f"  currency: {asset}", f"  network: {network}", f"  label: {label}"]
    return ("\n".join(lines) + "\n").encode()


def rates_csv() -> bytes:
    """Fictional daily rates of EUR and BTC in USD."""
    lines = ["date,base,quote,rate,source"]
    for day in story.all_days():
        lines.append(f"{day},EUR,USD,{story.eur_usd(day)},fictional")
        lines.append(f"{day},BTC,USD,{story.btc_usd(day)},fictional")
    return ("\n".join(lines) + "\n").encode()


def declarations_toml() -> bytes:
    """Analyst's declarations, in the order they are made."""
    blocks = [f'# {story.FICTIONAL}\nwho = "demo analyst"\n']
    blocks += [f'[[declare]]\nnode = "{node}"\nrole = "{role}"\nwhy = "{why}"\n' for node, role, why in DECLARATIONS]
    return "\n".join(blocks).encode()
