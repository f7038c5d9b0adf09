"""Getting one order to the broker, once, whatever becomes of the answer."""

from dataclasses import dataclass

from adapters.broker import Broker, BrokerOrder, OrderRefused, OrderState, OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Answer:
    """What the broker said of an order that was sent."""

    broker_order_id: str
    state: OrderState
    reason: str = ""


def found(broker: Broker, client_order_id: str) -> Answer | None:
    """What the broker has under that id; None if it never arrived."""
    there = broker.find(client_order_id)
    return None if there is None else Answer(there.broker_order_id, there.state, there.reason)


def deliver(broker: Broker, wanted: BrokerOrder) -> Answer:
    """Send the order and answer what the broker says; a refusal is an answer, too."""
    try:
        return _submit(broker, wanted)
    except OutcomeUnknown:
        # Ask before anything else. Nothing there means it was lost: the same id may go again,
        # and if it was only slow the broker answers it with the order it has.
        return found(broker, wanted.client_order_id) or _submit(broker, wanted)


def _submit(broker: Broker, wanted: BrokerOrder) -> Answer:
    try:
        taken = broker.submit(wanted)
    except OrderRefused as refusal:
        return Answer("", OrderState.REJECTED, refusal.message)
    return Answer(taken.broker_order_id, taken.state)
