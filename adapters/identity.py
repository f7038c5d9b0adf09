"""What Kronos asks of a provider that checks who a customer is.

AdapterError
└── IdentityUnavailable   not reached, try again
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, runtime_checkable

from adapters.errors import AdapterError


class IdentityUnavailable(AdapterError):
    """The identity provider cannot be reached; nothing was recorded there."""

    retryable = True


class IdentityStatus(StrEnum):
    """What the provider found."""

    VERIFIED = "verified"
    DOCUMENTS_NEEDED = "documents_needed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class IdentityQuestion:
    """Who is to be checked. `key` is the effect's key: one key is one check, however often it is sent."""

    key: str
    customer_id: str
    name: str
    email: str
    date_of_birth: date
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityAnswer:
    """What the provider found, its own reference, and why it is not verified (empty when it is)."""

    status: IdentityStatus
    reference: str
    reason: str = ""


@runtime_checkable
class IdentityProvider(Protocol):
    """Checks identities."""

    @property
    def name(self) -> str:
        """The provider's name in the log."""

    def verify(self, question: IdentityQuestion) -> IdentityAnswer:
        """Whether the person is who they say; the same question again gets the recorded answer."""
