"""A house on virtual time: all definitions at work on a real server, a crash on the way, and books that balance.

Twelve weeks over the end of a tax year; `make years` lets it go on for two years.
"""

import asyncio
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from store import cash, event_proof, ledger, ledger_proof, portfolios
from store.tables import Book, Customer, Fill, Order
from tests.support.answering import Answering
from tests.support.contexts import catalogue_files
from tests.support.shaken import ShakenMarket
from tests.support.town import PROJECT, application
from tests.support.world import World, world

WEEKS = int(os.environ.get("KRONOS_WEEKS", "12"))
DEFINITIONS = {path.stem for path in (PROJECT / "definitions/workflows").glob("*.yaml")}
CAPITAL = {"ANN": 100_000, "BEN": 250_000, "CAT": 60_000}
STAYING = ("ANN", "BEN")
MANDATES = {"ANN": "advised", "BEN": "discretionary", "CAT": "discretionary"}
PAID_IN = 1000
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
        self.fund = ""  # that everybody holds
        self.merged = ""  # that goes into another

    async def of_week(self, week: int) -> None:
        """The first weeks have a part each; then the house's usual life goes on."""
        part = getattr(self, f"week_{week}", None)
        if part is not None:
            await part()
        elif week % 8 == 0:
            self.place.tell("deposit_initiated", portfolio_id="P-BEN", amount=PAID_IN)
        elif week % 13 == 0:
            self._distribution(week)

    async def week_0(self) -> None:
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

    async def week_1(self) -> None:
        self.place.tell("deposit_initiated", portfolio_id="P-ANN", amount=PAID_IN)
        await self.place.start("education", {"customer_id": "ANN"}, "education-ANN")
        monthly = {"portfolio_id": "P-BEN", "amount": PAID_IN, "months": 6}
        await self.place.start("savings_plan", monthly, "savings-BEN")

    async def week_2(self) -> None:
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

    async def week_3(self) -> None:
        self.place.tell("withdrawal_requested", portfolio_id="P-CAT", amount=5000)

    async def week_4(self) -> None:
        with self.place.services.database.reading() as tx:
            held = [portfolios.positions(tx, self.place.settings.tenant, f"P-{client}") for client in CAPITAL]
        self.fund = min(etf for etf in held[0] if all(units.get(etf, 0) > 100 for units in held))
        self._distribution(4)
        self.place.tell("compliance_check_required", portfolio_id="P-ANN", reason="a word with the adviser")

    async def week_5(self) -> None:
        block = {
            "block_id": "BLOCK-1",
            "etf": self.fund,
            "side": "sell",
            "parts": [{"portfolio_id": "P-BEN", "units": 3}, {"portfolio_id": "P-CAT", "units": 2}],
        }
        await self.place.start("block_order", block, "block-1")

    async def week_6(self) -> None:
        with self.place.services.database.reading() as tx:
            held = portfolios.positions(tx, self.place.settings.tenant, "P-BEN")
            bought = tx.scalars(select(Order).where(Order.portfolio_id == "P-BEN", Order.side == "buy"))
            kept = [order for order in bought if 1 < order.cum_units <= held.get(order.etf, 0)]
            wrong = max(kept, key=lambda order: order.created_at)
        reported = {"reported_by": "sam", "reason": "a unit too many", "intended_units": wrong.cum_units - 1}
        given = {"portfolio_id": "P-BEN", "order": wrong.client_order_id, **reported}
        await self.place.start("trade_error", given, "error-1")

    async def week_8(self) -> None:
        self.market.splits[self.fund] = (day(9), 3)
        self.place.tell(
            "corporate_action_announced",
            reference="SPLIT-1",
            action="split",
            etf=self.fund,
            effective_date=day(9).isoformat(),
            ratio={"new_units": 3, "old_units": 1},
        )

    async def week_9(self) -> None:
        statement = {"reference": "AMIT-1", "etf": self.fund, "as_of": day(4).isoformat(), "per_unit": -0.05}
        await self.place.start("fund_statement", statement, "statement-1")
        self.place.tell("account_closure_requested", portfolio_id="P-CAT")

    async def week_10(self) -> None:
        """An hour and a half of the adviser's."""
        work = {"reference": "WORK-1", "role": "adviser", "minutes": 90, "recorded_by": "alex"}
        done = {"portfolio_id": "P-ANN", "day": day(9).isoformat(), **work}
        await self.place.start("hourly_work", done, "work-1")
        self._merger(10)

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


async def lived(place: World, story: Story, weeks: int) -> None:
    """Let the weeks pass."""
    answers, before = Answering(place.client, ANSWERS), START
    for week in range(weeks):
        await place.go_to(START + timedelta(weeks=week))
        await story.of_week(week)
        await place.run_schedules(before)
        before = place.now
        await place.settle(answers)
        # People who are asked something look at it in time.
        await place.go_to(START + timedelta(weeks=week, days=3))
        await place.settle(answers)


def books_balance(place: World) -> None:
    """Ledger and log prove whole; what the exchange executed is what is booked, each once."""
    tenant = place.settings.tenant
    with place.services.database.transaction() as tx:
        assert ledger_proof.verify(tx, tenant) == []
        assert event_proof.verify(tx, tenant) == []
        booked = Counter(fill.client_order_id for fill in tx.scalars(select(Fill)))
        for order in tx.scalars(select(Order).where(Order.block_id.is_(None))):
            assert booked[order.client_order_id] == len(
                place.services.broker.executions(order.client_order_id)
            )
        for client in tx.scalars(select(Customer)):
            assert cash.balance(tx, tenant, f"A-{client.customer_id}") >= 0
        assert portfolios.positions(tx, tenant, "P-CAT") == {}


def merged_parcels_keep_cost_and_date(place: World, merged: str) -> None:
    """Every old parcel has a successor that cost as much and was bought when it was; no gain but of a fraction."""
    tenant = place.settings.tenant
    with place.services.database.reading() as tx:
        for client in STAYING:
            entry = ledger.find(tx, tenant, f"A-{client}", "merger:MERGER-1")
            lines = [] if entry is None else ledger.postings_of(tx, entry)
            moved = [line for line in lines if line.book == Book.SECURITIES]
            old = {line.parcel_id: line for line in moved if line.etf == merged}
            new = {line.parcel_id: line for line in moved if line.etf != merged}
            assert old
            assert len(new) == len(old)
            for name, line in new.items():
                before = old[str(name).rpartition(".")[0]]
                assert (line.amount_cents, line.acquired) == (-before.amount_cents, before.acquired)
            assert {line.book for line in lines} <= {Book.SECURITIES, Book.CASH, Book.GAINS}
            assert sum(line.amount_cents for line in moved) == 0
            assert merged not in portfolios.positions(tx, tenant, f"P-{client}")


async def outcomes(place: World) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How many runs of each definition came to which end, and the errors of those that failed or are held."""
    ended: Counter[tuple[str, str]] = Counter()
    errors = []
    async for run in place.client.list_workflows():
        ended[run.workflow_type, str(run.status and run.status.name)] += 1
        if run.workflow_type in DEFINITIONS and run.status and run.status.name in ("FAILED", "RUNNING"):
            status = await place.client.get_workflow_handle(run.id).query("status")
            if status["state"] in ("failed", "held"):
                errors.append(f"{run.id} is {status['state']}: {status['error']}")
    return ended, errors


async def changes_followed(place: World, portfolio: str) -> int:
    """For how many changes of the market's regime what the portfolio should hold was found anew."""
    query = f"WorkflowType = 'rebalancing' and KronosPortfolio = '{portfolio}'"
    runs = [run.id async for run in place.client.list_workflows(query)]
    ends = [await place.client.get_workflow_handle(run).result() for run in runs]
    return sum(end["reason"] == "regime_change" for end in ends)


async def test_a_house_runs_for_years_and_its_books_balance(tmp_path: Path) -> None:
    """Every definition runs; nothing fails, nothing is stuck, and nothing is lost or made up."""
    market = ShakenMarket(crash=day(7), swings=17)
    async with world(tmp_path / "data", START, market) as place:
        story = Story(place, market)
        await lived(place, story, WEEKS)
        ended, errors = await outcomes(place)
        assert errors == []
        assert await changes_followed(place, "P-BEN") >= 2, "the crash, and the calm after it"
        await asyncio.to_thread(books_balance, place)
        await asyncio.to_thread(merged_parcels_keep_cost_and_date, place, story.merged)
    assert {name for name, _ in ended} >= DEFINITIONS
