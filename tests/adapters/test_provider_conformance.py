"""What every provider of identity, payments and notifications must do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.identity import IdentityProvider, IdentityQuestion, IdentityStatus, IdentityUnavailable
from adapters.notifications import Notification, NotificationProvider
from adapters.payments import (
    DepositRequest,
    PaymentProvider,
    PaymentsUnavailable,
    PayoutRefused,
    PayoutRequest,
)
from adapters.simulated_providers import (
    ProviderRecords,
    SimulatedIdentity,
    SimulatedNotifications,
    SimulatedPayments,
)
from adapters.simulated_providers.records import DATABASE_FILE, KeyReused

IDENTITY: dict[str, Callable[[ProviderRecords], IdentityProvider]] = {"simulated": SimulatedIdentity}
PAYMENTS: dict[str, Callable[[ProviderRecords], PaymentProvider]] = {"simulated": SimulatedPayments}
NOTIFICATIONS: dict[str, Callable[[ProviderRecords], NotificationProvider]] = {
    "simulated": SimulatedNotifications
}
ALEX = IdentityQuestion("K1", "C-1", "Alex Example", "alex@mail.example", date(1980, 5, 17))
DEPOSIT = DepositRequest("K2", "A-1", Decimal("100000.00"), "AUD")
PAYOUT = PayoutRequest("K4", "A-1", Decimal("2500.00"), "AUD")
LETTER = Notification("K3", "C-1", "alex@mail.example", "welcome", {"amount": Decimal("1.50")})


@pytest.fixture(params=["file", "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> ProviderRecords:
    """Records in a file and in memory behave alike."""
    return ProviderRecords(tmp_path if request.param == "file" else None)


@pytest.mark.parametrize("provider", sorted(IDENTITY))
def test_the_same_identity_question_has_one_answer(provider: str, records: ProviderRecords) -> None:
    """Asked again under the same key, the recorded answer comes back."""
    identity = IDENTITY[provider](records)
    first = identity.verify(ALEX)
    assert identity.verify(ALEX) == first
    assert (first.status, first.reason) == (IdentityStatus.VERIFIED, "")
    assert records.count(identity.name) == 1


@pytest.mark.parametrize("provider", sorted(IDENTITY))
def test_another_question_under_the_same_key_is_refused(provider: str, records: ProviderRecords) -> None:
    """A key cannot come to mean another person."""
    identity = IDENTITY[provider](records)
    identity.verify(ALEX)
    with pytest.raises(KeyReused):
        identity.verify(replace(ALEX, customer_id="C-2"))


@pytest.mark.parametrize(
    ("email", "documents", "status"),
    [
        ("a@mail.example", (), IdentityStatus.VERIFIED),
        ("a@documents.example", (), IdentityStatus.DOCUMENTS_NEEDED),
        ("a@documents.example", ("passport-1",), IdentityStatus.VERIFIED),
        ("a@refused.example", ("passport-1",), IdentityStatus.REFUSED),
        ("a@REFUSED.example", (), IdentityStatus.REFUSED),
    ],
)
def test_the_domain_decides_what_the_simulated_provider_finds(
    email: str, documents: tuple[str, ...], status: IdentityStatus
) -> None:
    """Magic domains stand for what real providers find; whoever is not verified is told why."""
    answer = SimulatedIdentity(ProviderRecords()).verify(replace(ALEX, email=email, documents=documents))
    assert answer.status is status
    assert bool(answer.reason) == (status is not IdentityStatus.VERIFIED)


def test_a_provider_that_is_down_records_nothing() -> None:
    """Unavailable can be tried again, and leaves no trace."""
    records = ProviderRecords()
    identity = SimulatedIdentity(records)
    with pytest.raises(IdentityUnavailable):
        identity.verify(replace(ALEX, email="a@down.example"))
    assert IdentityUnavailable.retryable
    assert records.count(identity.name) == 0


def test_no_person_is_named_in_the_providers_file(tmp_path: Path) -> None:
    """Only digests of questions are kept."""
    records = ProviderRecords(tmp_path)
    SimulatedIdentity(records).verify(ALEX)
    SimulatedNotifications(records).send(LETTER)
    records.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob(f"{DATABASE_FILE}*"))
    assert b"Alex" not in kept
    assert b"mail.example" not in kept


@pytest.mark.parametrize("provider", sorted(PAYMENTS))
def test_one_deposit_request_has_one_reference(provider: str, records: ProviderRecords) -> None:
    """Asked again, the same reference; another request, another one."""
    payments = PAYMENTS[provider](records)
    first = payments.request_deposit(DEPOSIT)
    assert payments.request_deposit(DEPOSIT) == first
    assert (first.amount, first.currency) == (Decimal("100000.00"), "AUD")
    assert payments.request_deposit(replace(DEPOSIT, key="K9")).reference != first.reference


@pytest.mark.parametrize("provider", sorted(PAYMENTS))
def test_one_payout_is_sent_once(provider: str, records: ProviderRecords) -> None:
    """Asked again, the same receipt; another key, another payment; another amount is refused."""
    payments = PAYMENTS[provider](records)
    first = payments.pay_out(PAYOUT)
    assert payments.pay_out(PAYOUT) == first
    assert payments.pay_out(replace(PAYOUT, key="K9")).reference != first.reference
    with pytest.raises(KeyReused):
        payments.pay_out(replace(PAYOUT, amount=Decimal("2500.01")))


@pytest.mark.parametrize("provider", sorted(PAYMENTS))
def test_a_payout_is_either_sent_or_cancelled(provider: str, records: ProviderRecords) -> None:
    """Whichever comes first holds for ever: a request that arrives late sends nothing."""
    payments = PAYMENTS[provider](records)
    payments.pay_out(PAYOUT)
    assert not payments.cancel_payout(PAYOUT.key)
    late = replace(PAYOUT, key="K9")
    assert payments.cancel_payout(late.key)
    assert payments.cancel_payout(late.key)
    with pytest.raises(PayoutRefused, match="cancelled"):
        payments.pay_out(late)


@pytest.mark.parametrize(
    ("account", "error"), [("A-1.refused", PayoutRefused), ("A-1.down", PaymentsUnavailable)]
)
def test_a_payout_that_was_not_sent_can_be_asked_for_again(
    account: str, error: type[Exception], records: ProviderRecords
) -> None:
    """Neither a refusal nor an outage is remembered; the same key is sent once its cause is mended."""
    payments = SimulatedPayments(records)
    with pytest.raises(error):
        payments.pay_out(replace(PAYOUT, account_id=account))
    assert payments.pay_out(PAYOUT).reference


@pytest.mark.parametrize("provider", sorted(NOTIFICATIONS))
def test_a_message_is_sent_once(provider: str, records: ProviderRecords) -> None:
    """The same key again gets the same receipt."""
    notifications = NOTIFICATIONS[provider](records)
    assert notifications.send(LETTER) == notifications.send(LETTER)
    assert records.count(notifications.name) == 1


def test_records_outlive_the_process_that_made_them(tmp_path: Path) -> None:
    """A provider opened again on the same folder remembers."""
    first = SimulatedPayments(ProviderRecords(tmp_path)).request_deposit(DEPOSIT)
    assert SimulatedPayments(ProviderRecords(tmp_path)).request_deposit(DEPOSIT) == first
