"""Plays a whole case: the network, then everybody else, then the means they all needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.simulate.background import Background
from trails.simulate.balance import fuel_accounts, fund_accounts
from trails.simulate.chain_pay import Services, make_services
from trails.simulate.chat import chatter, introduce
from trails.simulate.coins import Chain, Transaction
from trails.simulate.crew import Network, Pair, make_networks, make_pairs, make_trips
from trails.simulate.keys import transaction_id
from trails.simulate.story import Story
from trails.simulate.world import World

if TYPE_CHECKING:
    from trails.simulate.parameters import Parameters
    from trails.simulate.scenarios import Scenario


@dataclass(slots=True)
class Played:
    """A world after everything has happened in it, with its groups, offices, services and Bitcoin transactions."""

    world: World
    networks: list[Network]
    pairs: list[Pair]
    services: Services
    transactions: list[Transaction]


def play_case(seed: int, size: str, scenario: Scenario, parameters: Parameters) -> Played:
    """Everything that happens in one case. The same arguments give the same case.

    ``parameters`` are those of the scenario already. Cost: about 60,000 movements a second.
    """
    world = World(seed, size, scenario, parameters)
    services = make_services(world)
    pairs = make_pairs(world)
    networks = make_networks(world)
    make_trips(world, networks, pairs)
    Story(world, networks, pairs, services).play()
    dice = world.dice("chat")
    for network in networks:
        introduce(world, dice, network)
        chatter(world, dice, network)
    Background(world, networks, pairs, services).make()
    fund_accounts(world, services)
    fuel_accounts(world, services)
    for each in world.movements:
        if each.rail in ("tron", "ethereum", "bsc"):
            each.txid = transaction_id(each.rail, seed, each.number)
    transactions = Chain(world, services.exchange.person_id).run()
    world.messages.sort(key=lambda message: (message.time, message.chat, message.who, message.text))
    return Played(world, networks, pairs, services, transactions)
