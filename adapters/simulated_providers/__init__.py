"""Providers that stand in for real ones: nobody is checked, no money moves, nothing is sent."""

from adapters.simulated_providers.identity import SimulatedIdentity
from adapters.simulated_providers.notifications import SimulatedNotifications
from adapters.simulated_providers.payments import SimulatedPayments
from adapters.simulated_providers.records import ProviderRecords

__all__ = ["ProviderRecords", "SimulatedIdentity", "SimulatedNotifications", "SimulatedPayments"]
