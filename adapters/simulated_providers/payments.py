"""A simulated payment provider: hands out references and moves nothing.

How an account's id ends decides what becomes of payouts from it.

anything else    sent
.refused         PayoutRefused, every time
.down            PaymentsUnavailable, every time
"""

from collections.abc import Callable

from adapters.payments import (
    DepositInstruction,
    DepositRequest,
    PaymentsUnavailable,
    PayoutReceipt,
    PayoutRefused,
    PayoutRequest,
)
from adapters.simulated_providers.records import KeyReused, ProviderRecords
from payloads import plain_json

REFUSED, DOWN = ".refused", ".down"
CANCELLED = "cancelled"


class SimulatedPayments:
    """Answers each request with a reference made from its key."""

    name = "simulated-payments"

    def __init__(self, records: ProviderRecords) -> None:
        self._records = records

    def request_deposit(self, request: DepositRequest) -> DepositInstruction:
        """How to pay the deposit; the same request again gets the same reference."""
        content = {"account_id": request.account_id, "amount": request.amount, "currency": request.currency}
        answer = self._records.once(
            self.name, request.key, content, lambda: {"reference": f"D-{request.key}"}
        )
        return DepositInstruction(answer["reference"], request.amount, request.currency)

    def pay_out(self, request: PayoutRequest) -> PayoutReceipt:
        """What the account's id says; a payout that was sent or cancelled stays so."""
        content = {"account_id": request.account_id, "amount": request.amount, "currency": request.currency}
        asked = plain_json.digest(content)
        became = self._settled(request.key, lambda: _sent(request, asked))
        if became["content"] == CANCELLED:
            raise PayoutRefused(f"the payout {request.key} was cancelled; withdraw anew to pay it")
        if became["content"] != asked:
            raise KeyReused(f"{self.name} was asked something else under key {request.key} before")
        return PayoutReceipt(became["reference"])

    def cancel_payout(self, key: str) -> bool:
        """Whether no money leaves under that key, now or later; False if it has left already."""
        became = self._settled(key, lambda: {"content": CANCELLED, "reference": ""})
        return bool(became["content"] == CANCELLED)

    def _settled(self, key: str, become: Callable[[], dict[str, str]]) -> dict[str, str]:
        """What became of the payout: whichever of sending and cancelling came first."""
        return self._records.once(f"{self.name}/payouts", key, {}, become)


def _sent(request: PayoutRequest, asked: str) -> dict[str, str]:
    if request.account_id.endswith(DOWN):
        raise PaymentsUnavailable("the payment provider cannot be reached; nothing was sent")
    if request.account_id.endswith(REFUSED):
        raise PayoutRefused(f"the bank of {request.account_id} refuses the payment; nothing was sent")
    return {"content": asked, "reference": f"O-{request.key}"}
