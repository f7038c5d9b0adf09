"""A simulated identity provider; the domain of the email address decides what it finds.

anything else          verified
@documents.example     documents needed, until the question names at least one
@refused.example       refused
@down.example          IdentityUnavailable, every time
"""

from adapters.identity import IdentityAnswer, IdentityQuestion, IdentityStatus, IdentityUnavailable
from adapters.simulated_providers.records import ProviderRecords

DOCUMENTS, REFUSED, DOWN = "documents.example", "refused.example", "down.example"


class SimulatedIdentity:
    """Checks nobody, and remembers each answer under its key."""

    name = "simulated-identity"

    def __init__(self, records: ProviderRecords) -> None:
        self._records = records

    def verify(self, question: IdentityQuestion) -> IdentityAnswer:
        """What the email's domain says; the same question again gets the recorded answer."""
        domain = question.email.rpartition("@")[2].lower()
        if domain == DOWN:
            raise IdentityUnavailable(f"{self.name} cannot be reached; nothing was checked")
        content = {
            "customer_id": question.customer_id,
            "name": question.name,
            "email": question.email,
            "date_of_birth": question.date_of_birth,
            "documents": list(question.documents),
        }
        answer = self._records.once(self.name, question.key, content, lambda: self._answer(question, domain))
        return IdentityAnswer(IdentityStatus(answer["status"]), answer["reference"], answer["reason"])

    def _answer(self, question: IdentityQuestion, domain: str) -> dict[str, str]:
        status, reason = _finding(domain, bool(question.documents))
        return {"status": status.value, "reference": f"ID-{question.key}", "reason": reason}


def _finding(domain: str, has_documents: bool) -> tuple[IdentityStatus, str]:
    if domain == REFUSED:
        return IdentityStatus.REFUSED, "the person could not be matched with any register"
    if domain == DOCUMENTS and not has_documents:
        return IdentityStatus.DOCUMENTS_NEEDED, "a passport or a driver licence is needed"
    return IdentityStatus.VERIFIED, ""
