"""The limits that a first investment keeps, by the money there is."""

from pydantic import Field

from payloads.base import Fraction, Money, Payload, Units
from payloads.bounds import MoneyFromZero
from payloads.entry import DeclaredError, Entry
from payloads.group_limits import GroupLimit


class AskInvestmentLimits(Payload):
    """The cash to invest."""

    cash: MoneyFromZero


class InvestmentLimits(Payload):
    """How many ETFs that cash can buy, and how small and large each may be."""

    min_weight: Fraction = Field(description="smallest weight of an ETF that is held")
    max_weight: Fraction = Field(description="largest weight of one ETF")
    max_etfs: Units
    brokerage: Money = Field(description="cost of one order")
    min_first_holding: Money = Field(description="smallest first holding the exchange takes")
    tradeable_cash: Money = Field(description="the cash less what always stays in the account")
    groups: list[GroupLimit] = Field(
        description="what each sector may weigh: the limit of risk less the room left for prices to move",
    )


CAPITAL_TOO_SMALL = DeclaredError("CapitalTooSmall", "the money cannot buy the fewest holdings allowed")

ENTRIES = (
    Entry(
        name="portfolio.investment_limits",
        summary="Say how many ETFs an amount of cash can buy, and the weights each may have",
        input=AskInvestmentLimits,
        output=InvestmentLimits,
        errors=(CAPITAL_TOO_SMALL,),
        files=("fees", "limits", "risk", "universe"),
    ),
)
