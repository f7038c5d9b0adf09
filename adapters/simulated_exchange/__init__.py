"""A venue to trade on where no real money moves: its own database, its own process if need be."""

from adapters.simulated_exchange.behaviour import Behaviour, Rule
from adapters.simulated_exchange.exchange import SimulatedExchange

__all__ = ["Behaviour", "Rule", "SimulatedExchange"]
