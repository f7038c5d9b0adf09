"""A client is taken on once, and goes on from what is recorded."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from activities.runner import ActivityFault, run
from payloads.catalogue import catalogue
from store import customers
from store.database import Database
from tests.support.databases import NOON
from tests.support.house import CUSTOMER, House
from tests.support.threads import at_once

GOAL = {
    "goal_id": "GOAL_002",
    "goal_name": "House for Zebedee",
    "target_amount": 150000,
    "target_date": "2029-11-15",
    "priority": "high",
    "flexibility": "flexible",
}
NOTHING_YET = {
    "identity": False,
    "goals": False,
    "allocation": False,
    "agreement": False,
    "funded": False,
    "invested": False,
    "cash": 0,
}


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    return House(database, tenant)


def fault(house: House, activity: str, **given: Any) -> ActivityFault:
    """The fault that an activity ends in; its type is declared in the catalogue, as is its retrying."""
    with pytest.raises(ActivityFault) as raised:
        house(activity, **given)
    declared = {error.name: error.retryable for error in catalogue()[activity].errors}
    if raised.value.type != "InvalidInput":
        assert declared[raised.value.type] == raised.value.retryable
    return raised.value


def test_a_new_client_has_ids_and_nothing_recorded(house: House) -> None:
    """The fact carries the ids; what is personal is in its encrypted part only."""
    answer = house.register()
    assert answer == {
        "customer_id": "C-1",
        "account_id": "A-C-1",
        "portfolio_id": "P-C-1",
        "recorded": NOTHING_YET,
    }
    event, registered = house.log()
    assert (registered.name, registered.kind) == ("user_registered", "business")
    assert (event.name, event.stream) == ("CustomerOnboarded", "client:C-1")
    assert "Alex" not in str(event.data)
    assert house.personal(event)["name"] == "Alex Example"


def test_without_an_id_one_is_made_from_the_step(house: House) -> None:
    """The same step makes the same one, another run another one."""
    given = {field: value for field, value in CUSTOMER.items() if field != "customer_id"}
    first = house("customers.register", customer=given)["customer_id"]
    assert house("customers.register", customer=given)["customer_id"] == first
    assert house("customers.register", run_id="run-2", customer=given)["customer_id"] != first


def test_registering_again_tells_what_is_recorded(house: House) -> None:
    """The fact is appended the first time only."""
    house.register()
    house("identity.verify", customer_id="C-1")
    house("goals.define", customer_id="C-1", goals=[GOAL])
    agreement = house("agreements.send", customer_id="C-1", portfolio_id="P-C-1")["agreement_id"]
    house("agreements.record_signature", customer_id="C-1", agreement_id=agreement, signed_by="Alex")
    house("payments.confirm_deposit", account_id="A-C-1", amount=100000)
    again = house.register("run-2")
    assert again["recorded"] == {
        **NOTHING_YET,
        "identity": True,
        "goals": True,
        "agreement": True,
        "funded": True,
        "cash": 100000,
    }
    assert house.facts() == [
        "CustomerOnboarded",
        "IdentityVerified",
        "GoalsDefined",
        "AgreementSent",
        "AgreementSigned",
        "DepositConfirmed",
    ]


def test_the_same_step_answers_what_it_answered(house: House) -> None:
    """Even when more is recorded by now: a run that is replayed sees what it saw."""
    first = house.register()
    house("identity.verify", customer_id="C-1")
    assert house.register() == first


def test_newer_details_are_kept_and_told(house: House) -> None:
    """As a business event that names the fields; the same numbers again are no change."""
    house.register(income=120000.50, marginal_rate=0.37)
    house.register("run-2", income=120000.50, marginal_rate=0.37)
    house.register("run-3", income=120000.50, email="new@mail.example")
    first, _, changed = house.log()
    assert (changed.name, changed.kind, changed.data["fields"]) == ("profile_updated", "business", ["email"])
    assert house.personal(changed) == {"email": "new@mail.example"}
    assert first.name == "CustomerOnboarded"


def test_another_person_under_the_same_id_is_refused(house: House) -> None:
    """Nothing is written, and the message shows nobody's name."""
    house.register()
    refused = fault(house, "customers.register", run_id="run-2", customer={**CUSTOMER, "name": "Robin Other"})
    assert (refused.type, refused.path) == ("CustomerConflict", "customer.name")
    assert "Robin" not in refused.message
    assert "Alex" not in refused.message
    assert house.facts() == ["CustomerOnboarded"]


def test_asking_for_something_else_under_the_same_step_is_refused(house: House) -> None:
    """The path says what differs."""
    house.register()
    refused = fault(house, "customers.register", customer={**CUSTOMER, "email": "new@mail.example"})
    assert (refused.type, refused.path) == ("IntentChanged", "customer.email")


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("alex@mail.example", "verified"),
        ("alex@documents.example", "documents_needed"),
        ("alex@refused.example", "refused"),
    ],
)
def test_what_the_identity_provider_says_is_recorded(house: House, email: str, status: str) -> None:
    """On the client, and as a fact; only `verified` counts as done."""
    house.register(email=email)
    answer = house("identity.verify", customer_id="C-1")
    assert answer["status"] == status
    assert bool(answer["reason"]) == (status != "verified")
    [told] = [event for event in house.log() if event.name == "IdentityVerified"]
    assert told.data["status"] == status
    again = house.register("run-2", email=email)
    assert again["recorded"]["identity"] == (status == "verified")


def test_documents_change_the_answer(house: House) -> None:
    """Another step asks again; the first step's answer stays what it was."""
    house.register(email="alex@documents.example")
    first = house("identity.verify", customer_id="C-1")
    second = house("identity.verify", step="again", customer_id="C-1", documents=["DOC-1"])
    assert second["status"] == "verified"
    assert house("identity.verify", customer_id="C-1") == first


def test_a_provider_that_is_down_can_be_asked_again(house: House) -> None:
    """Nothing is recorded meanwhile."""
    house.register(email="alex@down.example")
    assert fault(house, "identity.verify", customer_id="C-1").type == "IdentityUnavailable"
    assert house.facts() == ["CustomerOnboarded"]


def test_goals_are_recorded_when_they_differ(house: House) -> None:
    """The same goals from another run are no new fact; names stay encrypted."""
    house.register()
    assert house("goals.define", customer_id="C-1", goals=[GOAL])["goal_ids"] == ["GOAL_002"]
    house("goals.define", run_id="run-2", customer_id="C-1", goals=[{**GOAL, "target_amount": "150000.00"}])
    house("goals.define", run_id="run-3", customer_id="C-1", goals=[{**GOAL, "target_amount": 160000}])
    _, _, first, second = house.log()
    assert (first.name, second.name) == ("GoalsDefined", "GoalsDefined")
    assert "Zebedee" not in str(first.data)
    assert house.personal(first) == {"goal_names": {"GOAL_002": "House for Zebedee"}}


def test_two_goals_of_one_id_are_refused(house: House) -> None:
    """The path names the second."""
    house.register()
    refused = fault(house, "goals.define", customer_id="C-1", goals=[GOAL, GOAL])
    assert (refused.type, refused.path) == ("DuplicateGoal", "goals[1].goal_id")


def test_the_first_signature_counts(house: House) -> None:
    """A second one of the same agreement changes neither time nor signer."""
    house.register()
    agreement = house("agreements.send", customer_id="C-1", portfolio_id="P-C-1")["agreement_id"]
    given = {"customer_id": "C-1", "agreement_id": agreement}
    first = house("agreements.record_signature", **given, signed_by="Alex Example")
    assert house("agreements.record_signature", run_id="run-2", **given, signed_by="Robin") == first
    signed = [event for event in house.log() if event.name == "AgreementSigned"]
    assert [house.personal(event) for event in signed] == [{"signed_by": "Alex Example"}]


def sent(house: House) -> list[str]:
    return [event.data["agreement_id"] for event in house.log() if event.name == "AgreementSent"]


def test_two_runs_of_one_client_send_one_agreement(house: House) -> None:
    """At the same time too: the second goes on with the agreement of the first, and so does a later one."""
    house.register()

    def send(run: str) -> Any:
        given = {"customer_id": "C-1", "portfolio_id": "P-C-1"}
        return house("agreements.send", run_id=run, **given)["agreement_id"]

    answers = at_once([lambda run=run: send(run) for run in ("run-1", "run-2", "run-3", "run-4")])
    assert len(set(answers)) == 1
    signed = {"customer_id": "C-1", "agreement_id": answers[0], "signed_by": "Alex Example"}
    house("agreements.record_signature", **signed)
    assert send("run-5") == answers[0]
    assert sent(house) == answers[:1]


def test_another_mandate_needs_another_agreement(house: House) -> None:
    """Also when the mandate is one that the client had before."""
    house.register()
    given = {"customer_id": "C-1", "portfolio_id": "P-C-1"}
    for day, mandate in enumerate(["advised", "discretionary", "discretionary", "advised"]):
        context = house.context("send", f"run-{day}", NOON + timedelta(days=day))
        run("agreements.send", {**given, "mandate": mandate}, context, strict=True)
    assert len(set(sent(house))) == 3


def test_a_mandate_holds_from_the_signature_on(house: House) -> None:
    """An agreement that nobody signed changes nothing: the client is asked for each proposal."""

    def mandate(run: str) -> str:
        return str(house("portfolio.read", run_id=run, portfolio_id="P-C-1")["mandate"])

    house.register()
    given = {"customer_id": "C-1", "portfolio_id": "P-C-1", "mandate": "discretionary"}
    agreement = house("agreements.send", **given)["agreement_id"]
    assert mandate("run-2") == "advised"
    signed = {"customer_id": "C-1", "agreement_id": agreement, "signed_by": "Alex Example"}
    house("agreements.record_signature", **signed)
    assert mandate("run-3") == "discretionary"
    assert house.log()[-1].data["mandate"] == "discretionary"


def test_an_agreement_is_about_a_portfolio_of_the_client(house: House) -> None:
    """Another client's is unknown to them, and so is an agreement nobody sent."""
    house.register()
    house.register("run-2", customer_id="C-2")
    refused = fault(house, "agreements.send", customer_id="C-1", portfolio_id="P-C-2")
    assert (refused.type, refused.path) == ("UnknownPortfolio", "portfolio_id")
    unsent = {"customer_id": "C-1", "agreement_id": "AG-9", "signed_by": "Alex"}
    assert fault(house, "agreements.record_signature", **unsent).type == "UnknownAgreement"


def test_a_message_is_sent_once(house: House) -> None:
    """The same step again is not even asked of the provider."""
    house.register()
    given = {"customer_id": "C-1", "template": "welcome", "values": {"amount": 1.5}}
    first = house("notifications.send", **given)
    house.services.notifications = None
    assert house("notifications.send", **given) == first
    assert house.facts().count("ClientNotified") == 1


def notices(house: House) -> list[str]:
    return [event.data["notification_id"] for event in house.log() if event.name == "ClientNotified"]


def test_two_runs_tell_a_client_once_about_one_thing(house: House) -> None:
    """At the same time too, and a later run as well; each is answered with the one message."""
    house.register()

    def remind(run: str, **changed: Any) -> Any:
        given = {"customer_id": "C-1", "template": "deposit_reminder", "about": "D-1", **changed}
        return house("notifications.send", run_id=run, **given)["notification_id"]

    answers = at_once([lambda run=run: remind(run) for run in ("run-1", "run-2", "run-3", "run-4")])
    assert set(answers) == {answers[0]} == set(notices(house))
    house.services.notifications = None
    assert remind("run-5") == answers[0]
    assert len(notices(house)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"about": "D-2"},
        {"about": None},
        {"template": "onboarding_lapsed"},
        {"values": {"reference": "D-1"}},
        {"customer_id": "C-2"},
    ],
)
def test_another_thing_is_told_too(house: House, changed: dict[str, Any]) -> None:
    """Another occasion, template, value or client; and a run of its own where nothing says what it is about."""
    house.register()
    house.register(run_id="other", customer_id="C-2")
    given = {"customer_id": "C-1", "template": "deposit_reminder", "about": "D-1"}
    house("notifications.send", run_id="run-1", **given)
    house("notifications.send", run_id="run-2", **{**given, **changed})
    assert len(set(notices(house))) == 2


def test_two_workers_with_the_same_step_are_one_client(house: House) -> None:
    """A worker that was thought dead and its successor leave one fact."""
    answers = at_once([house.register] * 4)
    assert answers == [answers[0]] * 4
    assert house.facts() == ["CustomerOnboarded"]


UNKNOWN = {
    "identity.verify": {"customer_id": "C-9"},
    "goals.define": {"customer_id": "C-9", "goals": []},
    "agreements.send": {"customer_id": "C-9", "portfolio_id": "P-9"},
    "agreements.record_signature": {"customer_id": "C-9", "agreement_id": "AG", "signed_by": "x"},
    "notifications.send": {"customer_id": "C-9", "template": "welcome"},
}


@pytest.mark.parametrize("activity", UNKNOWN)
def test_an_unknown_customer_is_named(house: House, activity: str) -> None:
    """With the field it was given in."""
    refused = fault(house, activity, **UNKNOWN[activity])
    assert (refused.type, refused.path) == ("UnknownCustomer", "customer_id")


@pytest.mark.parametrize("activity", ["identity.verify", "notifications.send"])
def test_an_erased_client_cannot_be_written_to(house: House, activity: str) -> None:
    """Their key is gone, and the error says so."""
    house.register()
    with house.database.transaction() as tx:
        customers.erase(tx, house.tenant, "C-1", at=NOON, actor="kim")
    given = {**UNKNOWN[activity], "customer_id": "C-1"}
    assert fault(house, activity, **given).type == "CustomerErased"


def test_nothing_personal_stands_in_the_database(house: House) -> None:
    """Every table is searched for what was planted."""
    house.register(name="Zebedee Quillfeather", email="zeb@quill.example", income=123456.78)
    house("goals.define", customer_id="C-1", goals=[GOAL])
    house("identity.verify", customer_id="C-1")
    agreement = house("agreements.send", customer_id="C-1", portfolio_id="P-C-1")["agreement_id"]
    house("agreements.record_signature", customer_id="C-1", agreement_id=agreement, signed_by="Zebedee Q")
    house("notifications.send", customer_id="C-1", template="welcome", values={"name": "Zebedee"})
    with house.database.reading() as tx:
        rows = [
            str(tx.execute(text(f"SELECT * FROM {table} WHERE tenant = :t"), {"t": house.tenant}).all())
            for table in SQLModel.metadata.tables
        ]
    everything = "".join(rows)
    assert "GOAL_002" in everything
    for canary in ("Zebedee", "Quill", "quill", "1980-05-17", "123456", "12345678"):
        assert canary not in everything
