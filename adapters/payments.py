"""What Kronos asks of a provider that collects deposits and pays out.

AdapterError
├── PaymentsUnavailable   not reached, try again
└── PayoutRefused         the money will not be sent as things are
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from adapters.errors import AdapterError


class PaymentsUnavailable(AdapterError):
    """The payment provider cannot be reached; nothing was recorded there."""

    retryable = True


class PayoutRefused(AdapterError):
    """The money will not be sent as things are; none has left."""


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


@dataclass(frozen=True, slots=True)
class PayoutRequest:
    """Money to send to the account's owner, in whole cents. `key` makes it one payment."""

    key: str
    account_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PayoutReceipt:
    """The provider has sent the money under this reference."""

    reference: str


@runtime_checkable
class PaymentProvider(Protocol):
    """Collects deposits and pays out."""

    @property
    def name(self) -> str:
        """The provider's name in the log."""

    def request_deposit(self, request: DepositRequest) -> DepositInstruction:
        """How to pay the deposit; the same request again gets the same reference."""

    def pay_out(self, request: PayoutRequest) -> PayoutReceipt:
        """Send the money, once for each key; the same request again gets the same receipt.

        PayoutRefused where the bank will not. A refusal is not remembered: asked again once its cause
        is mended, the same request is sent. A cancelled one stays refused.
        """

    def cancel_payout(self, key: str) -> bool:
        """Whether no money leaves under that key, now or later; False if it has left already."""
