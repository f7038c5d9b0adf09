"""Amending: changing an order that the broker works already, in one step."""

from pydantic import Field

from payloads.base import Identifier, Payload, Price, Units
from payloads.bounds import PositivePrice, PositiveUnits
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.orders import BROKER_ERRORS, SEND_ERRORS
from payloads.storage import EFFECT_ERRORS, UNKNOWN_PORTFOLIO


class AmendOrder(Payload):
    """What an order is to become; what is not given stays as it is."""

    portfolio_id: Identifier
    order: Identifier
    units: PositiveUnits | None = Field(None, description="in all, those that filled included")
    limit: PositivePrice | None = Field(None, description="worst price a unit; a market order has none")


class AmendedOrder(Payload):
    """The order as it stands: units in all, filled, and left to fill."""

    order: str
    units: Units
    limit: Price | None
    filled: Units
    leaves: Units
    state: str


ENTRIES = (
    Entry(
        "orders.amend",
        "Change units or limit of an open order at the broker, once; it keeps its id and its fills",
        AmendOrder,
        AmendedOrder,
        Effect.TRADES,
        Role.BROKER,
        errors=(
            UNKNOWN_PORTFOLIO,
            DeclaredError("UnknownOrder", "the portfolio has no order of that id"),
            DeclaredError("OrderNotOpen", "the order is over, or about to be cancelled"),
            DeclaredError("NothingToAmend", "neither units nor limit would change"),
            DeclaredError("PartOfBlock", "the order is a part of a block, which the broker does not see"),
            DeclaredError("AmendRejected", "the broker did not change the order; it stands as before"),
            DeclaredError("InsufficientCash", "the order would take more than the cash available"),
            DeclaredError("InsufficientUnits", "the order would sell more than is held and not on sale"),
            *SEND_ERRORS,
            DeclaredError("OtherBroker", "the order is at a broker that this worker does not speak to"),
            DeclaredError("FillMismatch", "the broker reported a fill that cannot be true of its order"),
            *BROKER_ERRORS,
            DeclaredError(
                "OutcomeUnknown", "the broker did not answer; asked again by amendment id", retryable=True
            ),
            *EFFECT_ERRORS,
        ),
        no_undo="orders.cancel_open, the undo of sending the order, cancels it as it then stands",
        files=("fees", "limits", "tax_au", "trading"),
    ),
)
