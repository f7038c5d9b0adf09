"""The file fees.yaml: what the house and its brokers charge."""

from payloads.files.written import Figure, Written


class FeesFile(Written):
    """Charges in force."""

    brokerage: Figure
