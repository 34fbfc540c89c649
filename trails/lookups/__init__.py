"""Live look-ups: the services that can be asked about addresses, each in a module of its own. Nothing here is used
unless a person says ``trails fetch``."""

from __future__ import annotations

from trails.errors import UsageError
from trails.lookups import bitcoin_rpc, esplora, etherscan, evm_rpc, trongrid
from trails.lookups.service import Service

SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        trongrid.SERVICE,
        etherscan.SERVICE,
        esplora.SERVICE,
        bitcoin_rpc.SERVICE,
        evm_rpc.ETHEREUM,
        evm_rpc.TRON,
    )
}


def find_service(name: str) -> Service:
    """The service of a name; raises UsageError naming the known ones."""
    if name not in SERVICES:
        raise UsageError(f"no service is called {name!r}; there are: {', '.join(SERVICES)}")
    return SERVICES[name]
