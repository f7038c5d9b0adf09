"""Goals simulated: how likely a plan of payments and withdrawals reaches what it is for."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from payloads.base import Amount, Flag, Fraction, Payload, Real, Whole
from payloads.bounds import AmountFromZero
from payloads.entry import DeclaredError, Entry, Role

MOST_MONTHS, MOST_PATHS = 1200, 100_000

PositiveAmount = Annotated[Amount, Field(gt=0)]
YearlyReturn = Annotated[Real, Field(gt=-1, le=10, description="a year's, before the fee")]
Volatility = Annotated[Real, Field(ge=0, le=5, description="a year's")]


def whole_months(years: float) -> float:
    """`years` as they are; refuses what is no number of whole months, and less than one."""
    if abs(years * 12 - round(years * 12)) > 1e-9 or round(years * 12) < 1:
        raise ValueError("must come to whole months")
    return years


class Guardrails(Payload):
    """When withdrawals change with how a path goes, looked at once a year.

    The share of the balance that is withdrawn in a year is held against that of the first year. The
    defaults are those of Guyton and Klinger (Journal of Financial Planning, March 2006).
    """

    cut_above: Annotated[Fraction, Field(gt=0)] = Field(0.2, description="by so much above it: cut")
    cut_by: Annotated[Fraction, Field(gt=0, lt=1)] = 0.1
    raise_below: Annotated[Fraction, Field(gt=0, lt=1)] = Field(
        0.2, description="by so much below it: raised"
    )
    raise_by: Annotated[Fraction, Field(gt=0)] = 0.1
    no_cuts_in_last_years: Annotated[Whole, Field(ge=0, le=100)] = 15


class GlideStep(Payload):
    """What is expected from so many years after the start on, until the next step."""

    from_year: Annotated[Real, Field(gt=0, le=MOST_MONTHS / 12), AfterValidator(whole_months)] = Field(
        description="whole months: 2.5 is 30"
    )
    expected_return: YearlyReturn
    volatility: Volatility


class Withdrawal(Payload):
    """What is taken out at the start of each period, the first at once."""

    amount: PositiveAmount | None = None
    rate: Annotated[Real, Field(gt=0, le=1, description="share of `initial` each period")] | None = None
    every: Literal["month", "year"]
    indexed: Flag = Field(False, description="grows with inflation, month by month")
    guardrails: Guardrails | None = None

    @model_validator(mode="after")
    def _amount_or_rate(self) -> "Withdrawal":
        if (self.amount is None) == (self.rate is None):
            raise ValueError("a withdrawal has either `amount` or `rate`")
        return self


class SimulateGoal(Payload):
    """A plan, what is expected of the markets, and what the plan is for.

    Amounts are in today's money: with `inflation` the target, contributions and indexed withdrawals
    grow monthly. `bootstrap` and `historical` take growth from `returns` (monthly) instead of
    `expected_return` and `volatility`.
    """

    initial: AmountFromZero
    monthly_contribution: AmountFromZero = Field(
        default=0, validate_default=True, description="at the end of each month"
    )
    years: Annotated[Real, Field(gt=0, le=MOST_MONTHS / 12)] = Field(description="whole months: 2.5 is 30")
    method: Literal["lognormal", "bootstrap", "historical"] = "lognormal"
    expected_return: YearlyReturn | None = Field(default=None, validate_default=True)
    volatility: Volatility | None = Field(default=None, validate_default=True)
    glide_path: Annotated[list[GlideStep], Field(max_length=MOST_MONTHS)] | None = Field(
        None, description="later steps, in order; `expected_return` and `volatility` hold before the first"
    )
    returns: list[Annotated[Real, Field(gt=-1, le=100)]] | None = Field(
        None, validate_default=True, max_length=100_000, description="monthly, oldest first"
    )
    target: AmountFromZero | None = None
    paths: Whole = Field(10_000, ge=1, le=MOST_PATHS, description="historical: as many as there are windows")
    seed: Whole = Field(0, ge=0, lt=2**63)
    inflation: Annotated[Real, Field(gt=-1, le=1)] = Field(0.0, description="a year's")
    annual_fee: Annotated[Fraction, Field(lt=1)] = 0.0
    withdrawal: Withdrawal | None = None
    success_target: Annotated[Fraction, Field(gt=0)] = Field(
        0.8, description="share of paths that required_contribution is to satisfy"
    )
    block: Whole = Field(12, ge=1, le=MOST_MONTHS, description="months drawn together by bootstrap")

    @field_validator("years")
    @classmethod
    def _of_whole_months(cls, years: float) -> float:
        return whole_months(years)

    @field_validator("glide_path")
    @classmethod
    def _steps_in_order(cls, steps: list[GlideStep] | None, info: ValidationInfo) -> list[GlideStep] | None:
        if steps is None:
            return None
        if info.data.get("method", "lognormal") != "lognormal":
            raise ValueError(f"is of no use to method {info.data['method']}, which draws from returns")
        if any(later.from_year <= earlier.from_year for earlier, later in pairwise(steps)):
            raise ValueError("steps must stand in the order of their years, one a moment")
        return steps

    @field_validator("withdrawal")
    @classmethod
    def _something_to_hold_against(cls, taken: Withdrawal | None, info: ValidationInfo) -> Withdrawal | None:
        if taken is not None and taken.guardrails is not None and info.data.get("initial") == 0:
            raise ValueError("guardrails need an initial amount that the first withdrawal is a share of")
        return taken

    @field_validator("expected_return", "volatility", "returns")
    @classmethod
    def _what_the_method_needs(cls, given: Any, info: ValidationInfo) -> Any:
        method = info.data.get("method")
        needed = method is not None and (method == "lognormal") == (info.field_name != "returns")
        if needed and given is None:
            raise ValueError(f"is needed by method {method}")
        return given


class Percentiles(Payload):
    """Amounts that 5, 25, 50, 75 and 95% of the paths do not exceed."""

    p5: Amount
    p25: Amount
    p50: Amount
    p75: Amount
    p95: Amount


class FanMonth(Percentiles):
    """Percentiles of the balance at the end of a month, counted from 1."""

    month: int


class GuardedWithdrawals(Payload):
    """What guardrails did: on which share of paths they ever cut and raised, and the last withdrawal."""

    cut_probability: Fraction
    raise_probability: Fraction
    last: Percentiles = Field(description="of a period, in money of that day, as the rules make it")


class SimulatedGoal(Payload):
    """Where the plan may end, in money of that day, and what would make it good enough.

    Success is paying every withdrawal in full, reaching the target, or both, whichever is asked;
    null when nothing is.
    """

    success_probability: Fraction | None
    standard_error: Real | None = Field(description="of success_probability: √(p(1-p)/paths)")
    percentiles: Percentiles
    mean: Amount
    required_return: Real | None = Field(
        description="constant yearly return before the fee that just reaches the target; null without a "
        "target, where nothing is put in, and where no return does"
    )
    required_contribution: Amount | None = Field(
        description="least monthly contribution with which success_target of the same paths succeed, "
        "rounded up to the cent; null when nothing is asked or contributions cannot help"
    )
    required_initial: Amount | None = Field(
        description="least amount at first with which success_target of the same paths succeed, the rest of "
        "the plan unchanged, rounded up to the cent; null when nothing is asked, for withdrawals that are a "
        "share of it, and with guardrails"
    )
    guarded: GuardedWithdrawals | None = Field(None, description="with guardrails only")
    fan: list[FanMonth]
    paths: int = Field(description="walked")


ENTRIES = (
    Entry(
        "goals.simulate",
        "Say how likely a plan reaches its goal, and what it would take",
        SimulateGoal,
        SimulatedGoal,
        role=Role.COMPUTE,
        errors=(DeclaredError("HistoryTooShort", "fewer monthly returns than the method needs"),),
    ),
)
