"""A simulated payment provider: hands out references and moves nothing."""

from adapters.payments import DepositInstruction, DepositRequest
from adapters.simulated_providers.records import ProviderRecords


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
