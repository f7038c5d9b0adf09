"""What travels between the client and the broker, version 1: JSON whose decimals are text.

Answers about orders have the fields of `Acknowledgement`, `BrokerOrderState` and `Execution`; here
stands what has no type of its own there.

    POST   /v1/orders                               OrderAsk   → Acknowledgement
    GET    /v1/orders?since=MOMENT                  → Orders, as received from then on
    GET    /v1/orders/{client_order_id}             → BrokerOrderState
    GET    /v1/orders/{client_order_id}/executions  → Executions
    PATCH  /v1/orders/{client_order_id}             AmendAsk   → BrokerOrderState
    DELETE /v1/orders/{client_order_id}             → BrokerOrderState
    GET    /v1/health                               → Health
    PUT    /v1/prices                               PricesAsk  → nothing; a sandbox alone has it

Whatever is refused is answered with a status of 400 or more and a Problem.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from adapters.broker import Amendment, BrokerOrder, BrokerOrderState, Execution, Side

VERSION = "v1"
ORDERS = f"/{VERSION}/orders"
HEALTH = f"/{VERSION}/health"
PRICES = f"/{VERSION}/prices"

# Codes of problems; a code's meaning never changes.
UNKNOWN_ORDER = "unknown_order"
REFUSED = "refused"
INVALID = "invalid"
UNAUTHORISED = "unauthorised"
BUSY = "busy"
FAILED = "failed"


def _as_text(given: object) -> object:
    """A number token would have gone through a float on many a broker's side."""
    if not isinstance(given, str | Decimal):
        raise ValueError('expected a decimal as text, such as "90.00"')
    return given


DecimalText = Annotated[
    Decimal, BeforeValidator(_as_text, json_schema_input_type=str), Field(max_digits=18, decimal_places=8)
]
OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Etf = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")]


class Ask(BaseModel):
    """What a client sends; a field that the broker does not know is refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What the broker answers; a field that the client does not know is from a newer version."""

    model_config = ConfigDict(frozen=True)


class OrderAsk(Ask):
    """An order to be taken once, however often it is sent under its client order id."""

    client_order_id: OrderId
    etf: Etf
    side: Side
    units: Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]
    limit: DecimalText | None = None

    @classmethod
    def of(cls, order: BrokerOrder) -> "OrderAsk":
        """The order as it is sent."""
        return cls(
            client_order_id=order.client_order_id,
            etf=order.etf,
            side=order.side,
            units=order.units,
            limit=order.limit,
        )

    @property
    def order(self) -> BrokerOrder:
        """The order as it arrived."""
        return BrokerOrder(self.client_order_id, self.etf, self.side, self.units, self.limit)


class AmendAsk(Ask):
    """What an order is to become, once for each amendment id; the order's own id stands in the address."""

    amendment_id: OrderId
    units: Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]
    limit: DecimalText | None = None

    @classmethod
    def of(cls, amendment: Amendment) -> "AmendAsk":
        """The amendment as it is sent."""
        return cls(amendment_id=amendment.amendment_id, units=amendment.units, limit=amendment.limit)

    def amendment(self, client_order_id: str) -> Amendment:
        """The amendment as it arrived."""
        return Amendment(self.amendment_id, client_order_id, self.units, self.limit)


class PricesAsk(Ask):
    """Prices that a sandbox trades at from now on; `as_of` is the day or moment they are of."""

    prices: dict[Etf, Annotated[DecimalText, Field(gt=0)]]
    as_of: Annotated[str, Field(max_length=40)]


class Orders(Answer):
    """Orders as they stand, oldest first."""

    orders: list[BrokerOrderState]


class Executions(Answer):
    """Every fill of an order; a fill may stand there twice, and in any order."""

    executions: list[Execution]


class Health(Answer):
    """Who answers, and whether no real money moves there."""

    name: str
    version: str
    simulated: StrictBool


class Problem(Answer):
    """Why the broker did not do what it was asked: a code for programs, a reason for people."""

    code: str
    reason: str
