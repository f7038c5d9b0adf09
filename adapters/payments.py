"""What Kronos asks of a provider that collects deposits.

AdapterError
└── PaymentsUnavailable   not reached, try again
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from adapters.errors import AdapterError


class PaymentsUnavailable(AdapterError):
    """The payment provider cannot be reached; nothing was recorded there."""

    retryable = True


@dataclass(frozen=True, slots=True)
class DepositRequest:
    """A deposit asked for: money in whole cents. `key` is the effect's key."""

    key: str
    account_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class DepositInstruction:
    """What the client is told: pay this amount and quote `reference`."""

    reference: str
    amount: Decimal
    currency: str


@runtime_checkable
class PaymentProvider(Protocol):
    """Collects deposits."""

    @property
    def name(self) -> str:
        """The provider's name in the log."""

    def request_deposit(self, request: DepositRequest) -> DepositInstruction:
        """How to pay the deposit; the same request again gets the same reference."""
