"""What three clients, their funds and the people of the house do in twelve weeks over the end of a tax year."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from sqlmodel import select

from store import portfolios
from store.tables import Order
from tests.support.answering import Answering
from tests.support.contexts import catalogue_files
from tests.support.shaken import ShakenMarket
from tests.support.town import application
from tests.support.world import World

CAPITAL = {"ANN": 100_000, "BEN": 250_000, "CAT": 60_000}
MANDATES = {"ANN": "advised", "BEN": "discretionary", "CAT": "discretionary"}
PAID_IN = 1000
STAYING = ("ANN", "BEN")
ENOUGH = 100  # units of a fund, for all that is done with it
RIGHT = {
    each["id"]: each["answer"]
    for module in catalogue_files()["education"]["modules"]
    for each in module["exercises"]
}


def first_day(today: date) -> datetime:
    """Six in the evening in Sydney, on the next Monday in late May."""
    year = today.year + (today >= date(today.year, 5, 20))
    day = date(year, 5, 22)
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(days=-day.weekday() % 7)


START = first_day(datetime.now(UTC).date())


def day(week: int) -> date:
    return (START + timedelta(weeks=week)).date()


def fund_classes() -> dict[str, str]:
    return {fund["etf"]: fund["asset_class"] for fund in catalogue_files()["universe"]["etfs"]}


ANSWERS = {
    ("onboarding", "documents_received"): lambda run: {"document_ids": ["PASSPORT-1"]},
    ("onboarding", "agreement_signed"): lambda run: {"signed_by": "Sarah Johnson"},
    ("onboarding", "deposit_received"): lambda run: {
        "amount": CAPITAL[run.removeprefix("onboarding-")],
        "currency": "AUD",
        "reference": f"D-{run}",
    },
    ("deposit", "money_arrived"): lambda run: {"amount": PAID_IN, "reference": f"PAID-{run}"},
    ("annual_review", "review_answered"): lambda run: {"answers": application("ANN")["answers"]},
    ("annual_review", "fee_consent"): lambda run: {"consented": True},
    ("tax_year_end", "statements_complete"): lambda run: {"reason": "every fund has sent its statement"},
    ("education", "style_chosen"): lambda run: {"style": "practice"},
    ("education", "knowledge_assessed"): lambda run: {
        "answers": [{"exercise": exercise, "option": option} for exercise, option in RIGHT.items()]
    },
}


class Story:
    """What people and funds do, week by week."""

    def __init__(self, place: World, market: ShakenMarket) -> None:
        self.place = place
        self.market = market
        self.answers = Answering(place.client, ANSWERS, now=lambda: place.moment.timestamp())
        self.scheduled_until = START
        self.fund = ""  # that everybody holds
        self.merged = ""  # that goes into another

    async def of_week(self, week: int) -> None:
        """The first weeks have a part each; then the house's usual life goes on."""
        part = PARTS.get(week)
        if part is not None:
            await part(self)
        elif week % 8 == 0:
            self.place.tell("deposit_initiated", portfolio_id="P-BEN", amount=PAID_IN)
        elif week % 13 == 0:
            self._distribution(week)

    async def take_on(self) -> None:
        for client, capital in CAPITAL.items():
            goals = [
                {
                    "goal_id": f"GOAL-{client}",
                    "goal_name": "House",
                    "target_amount": capital * 4,
                    "target_date": day(52 * 12).isoformat(),
                    "priority": "high",
                    "flexibility": "flexible",
                }
            ]
            given = application(client, capital=capital, mandate=MANDATES[client], goals=goals)
            await self.place.start("onboarding", given, f"onboarding-{client}")

    async def first_steps(self) -> None:
        self.place.tell("deposit_initiated", portfolio_id="P-ANN", amount=PAID_IN)
        await self.place.start("education", {"customer_id": "ANN"}, "education-ANN")
        monthly = {"portfolio_id": "P-BEN", "amount": PAID_IN, "months": 6}
        await self.place.start("savings_plan", monthly, "savings-BEN")

    async def plans_change(self) -> None:
        self.place.tell("life_event_reported", customer_id="ANN", kind="new_job")
        goal = {
            "goal_id": "BOAT",
            "goal_type": "purchase",
            "target_amount": 20_000,
            "target_date": day(52 * 5).isoformat(),
        }
        self.place.tell(
            "goal_created", customer_id="BEN", portfolio_id="P-BEN", goal=goal, monthly_contribution=100
        )

    async def take_out(self) -> None:
        self.place.tell("withdrawal_requested", portfolio_id="P-CAT", amount=5000)

    async def distribute(self) -> None:
        with self.place.services.database.reading() as tx:
            held = [portfolios.positions(tx, self.place.settings.tenant, f"P-{client}") for client in CAPITAL]
        funds = [etf for etf in held[0] if all(units.get(etf, 0) > ENOUGH for units in held)]
        assert funds, f"the story needs a fund of which all clients hold more than {ENOUGH} units: {held}"
        self.fund = min(funds)
        self._distribution(4)
        self.place.tell("compliance_check_required", portfolio_id="P-ANN", reason="a word with the adviser")

    async def sell_together(self) -> None:
        block = {
            "block_id": "BLOCK-1",
            "etf": self.fund,
            "side": "sell",
            "parts": [{"portfolio_id": "P-BEN", "units": 3}, {"portfolio_id": "P-CAT", "units": 2}],
        }
        await self.place.start("block_order", block, "block-1")
        self._merger(5)

    async def mistake(self) -> None:
        """Noticed in what is held most of: units that are sold in the meantime cannot be taken back."""
        worth = self.place.prices
        with self.place.services.database.reading() as tx:
            held = portfolios.positions(tx, self.place.settings.tenant, "P-BEN")
            bought = tx.scalars(select(Order).where(Order.portfolio_id == "P-BEN", Order.side == "buy"))
            kept = [order for order in bought if 1 < order.cum_units <= held.get(order.etf, 0)]
            wrong = max(kept, key=lambda order: (held[order.etf] * worth[order.etf], order.created_at))
        reported = {"reported_by": "sam", "reason": "a unit too many", "intended_units": wrong.cum_units - 1}
        given = {"portfolio_id": "P-BEN", "order": wrong.client_order_id, **reported}
        await self.place.start("trade_error", given, "error-1")

    async def split(self) -> None:
        self.market.splits[self.fund] = (day(9), 3)
        self.place.tell(
            "corporate_action_announced",
            reference="SPLIT-1",
            action="split",
            etf=self.fund,
            effective_date=day(9).isoformat(),
            ratio={"new_units": 3, "old_units": 1},
        )

    async def statement_and_farewell(self) -> None:
        statement = {"reference": "AMIT-1", "etf": self.fund, "as_of": day(4).isoformat(), "per_unit": -0.05}
        await self.place.start("fund_statement", statement, "statement-1")
        self.place.tell("account_closure_requested", portfolio_id="P-CAT")

    async def bill_hours(self) -> None:
        """An hour and a half of the adviser's."""
        work = {"reference": "WORK-1", "role": "adviser", "minutes": 90, "recorded_by": "alex"}
        done = {"portfolio_id": "P-ANN", "day": day(9).isoformat(), **work}
        await self.place.start("hourly_work", done, "work-1")

    def _merger(self, week: int) -> None:
        """A fund that both clients hold goes into a cheaper one of its class, worth for worth."""
        tenant, classes, worth = self.place.settings.tenant, fund_classes(), self.place.prices
        with self.place.services.database.reading() as tx:
            held = [set(portfolios.positions(tx, tenant, f"P-{client}")) for client in STAYING]
        self.merged, into = min(
            (old, new)
            for old in set.intersection(*held) - {self.fund}
            for new in classes
            if new not in (old, self.fund) and classes[new] == classes[old] and worth[new] <= worth[old]
        )
        self.place.tell(
            "corporate_action_announced",
            reference="MERGER-1",
            action="merger",
            etf=self.merged,
            new_etf=into,
            # In the middle of the week, when nothing is about to trade it.
            effective_date=(day(week) + timedelta(days=3)).isoformat(),
            ratio={"new_units": round(100 * worth[self.merged] / worth[into]), "old_units": 100},
            price=worth[into],
        )

    def _distribution(self, week: int) -> None:
        self.place.tell(
            "distribution_announced",
            reference=f"{self.fund}-{week}",
            etf=self.fund,
            ex_date=day(week).isoformat(),
            payment_date=day(week + 2).isoformat(),
            amount=0.5,
            franking=0.7,
        )


PARTS: dict[int, Callable[[Story], Awaitable[None]]] = {
    0: Story.take_on,
    1: Story.first_steps,
    2: Story.plans_change,
    3: Story.take_out,
    4: Story.distribute,
    5: Story.sell_together,
    6: Story.mistake,
    8: Story.split,
    9: Story.statement_and_farewell,
    10: Story.bill_hours,
}


async def lived(story: Story, weeks: Iterable[int]) -> None:
    """Let the weeks pass."""
    place = story.place
    for week in weeks:
        await place.go_to(START + timedelta(weeks=week))
        await story.of_week(week)
        await place.run_schedules(story.scheduled_until)
        story.scheduled_until = place.now
        await place.settle(story.answers)
        # People who are asked something look at it in time.
        await place.go_to(START + timedelta(weeks=week, days=3))
        await place.settle(story.answers)
