"""A simulated notification provider: takes messages and sends none."""

from adapters.notifications import Notification, NotificationReceipt
from adapters.simulated_providers.records import ProviderRecords


class SimulatedNotifications:
    """Gives each message a receipt made from its key."""

    name = "simulated-notifications"

    def __init__(self, records: ProviderRecords) -> None:
        self._records = records

    def send(self, notification: Notification) -> NotificationReceipt:
        """Take the message once; the same key again gets the same receipt."""
        content = {
            "customer_id": notification.customer_id,
            "email": notification.email,
            "template": notification.template,
            "values": dict(notification.values),
        }
        answer = self._records.once(
            self.name, notification.key, content, lambda: {"notification_id": f"N-{notification.key}"}
        )
        return NotificationReceipt(answer["notification_id"])
