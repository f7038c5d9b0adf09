"""What Kronos asks of a provider that writes to clients.

AdapterError
└── NotificationsUnavailable   not reached, try again
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from adapters.errors import AdapterError


class NotificationsUnavailable(AdapterError):
    """The notification provider cannot be reached; nothing was sent."""

    retryable = True


@dataclass(frozen=True, slots=True)
class Notification:
    """One message: a template's name and the values it shows. `key` is the effect's key."""

    key: str
    customer_id: str
    email: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotificationReceipt:
    """The provider has taken the message under this id."""

    notification_id: str


@runtime_checkable
class NotificationProvider(Protocol):
    """Writes to clients."""

    @property
    def name(self) -> str:
        """The provider's name in the log."""

    def send(self, notification: Notification) -> NotificationReceipt:
        """Send the message once; the same key again gets the same receipt and sends nothing."""
