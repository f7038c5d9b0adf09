"""Onboarding, investment and light steps written by hand on temporalio, to hold the interpreter against.

The same activities in the same order, the same facts appended, the same lease; no plan, no
expressions, no status, no search attributes.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

from payloads.call import Call

QUEUES = {"pods.optimize": "kronos-compute", "portfolio.optimize": "kronos-compute"}
BROKER = {"orders.submit", "orders.await_fills"}
RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5)
PODS = ("POD1", "POD2", "POD3", "POD4")


class Steps:
    """Calls activities in the name of this run, each step an effect of its own."""

    def __init__(self, release: str, root: str) -> None:
        self.release = release
        self.root = root
        self.stream = f"run:{workflow.info().workflow_id}"

    def who(self, step: str) -> dict[str, Any]:
        return Call(
            tenant="main",
            effect_root=self.root,
            step=step,
            release=self.release,
            workflow=workflow.info().workflow_type,
            workflow_id=workflow.info().workflow_id,
            stream=self.stream,
        ).model_dump(mode="python")

    async def pure(self, name: str, given: dict[str, Any], step: str = "") -> Any:
        return await workflow.execute_local_activity(
            name,
            args=[given, self.who(step or name)],
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RETRY,
        )

    async def do(self, name: str, given: dict[str, Any], step: str = "", minutes: float = 0.5) -> Any:
        return await workflow.execute_activity(
            name,
            args=[given, self.who(step or name)],
            task_queue="kronos-broker" if name in BROKER else QUEUES.get(name, "kronos"),
            start_to_close_timeout=timedelta(minutes=minutes),
            heartbeat_timeout=timedelta(seconds=5),
            retry_policy=RETRY,
        )

    async def record(self, fact: str, data: dict[str, Any]) -> None:
        await self.do("events.record", {"fact": fact, "data": data}, f"{fact} {data.get('pod_id', '')}")


@workflow.defn
class OnboardingByHand:
    """The path of a client who is verified at once, signs and pays."""

    def __init__(self) -> None:
        self.signed: dict[str, Any] | None = None
        self.deposit: dict[str, Any] | None = None

    @workflow.signal
    def agreement_signed(self, payload: dict[str, Any]) -> None:
        self.signed = payload

    @workflow.signal
    def deposit_received(self, payload: dict[str, Any]) -> None:
        self.deposit = payload

    @workflow.run
    async def run(self, given: dict[str, Any], release: str) -> Any:
        info = workflow.info()
        steps = Steps(release, info.first_execution_run_id)
        today = info.start_time.date().isoformat()
        customer, goals = given["customer"], given["goals"]
        application = await steps.pure(
            "customers.check_application",
            {
                "customer": customer,
                "capital": given["capital"],
                "currency": "AUD",
                "goals": goals,
                "as_of": today,
            },
        )
        score = await steps.pure(
            "risk.score_questionnaire",
            {
                "answers": given["answers"],
                "age": application["age"],
                "experience": customer.get("experience"),
            },
        )
        await steps.pure("goals.map_to_pods", {"goals": goals, "as_of": today})
        allocation = await steps.pure(
            "pods.allocate",
            {
                "risk_score": score["risk_score"],
                "age": application["age"],
                "goals": goals,
                "total_capital": given["capital"],
                "as_of": today,
            },
        )
        client = await steps.do("customers.register", {"customer": customer})
        client_id, portfolio_id = client["customer_id"], client["portfolio_id"]
        steps.stream = f"client:{client_id}"
        await steps.do("identity.verify", {"customer_id": client_id})
        await steps.record(
            "RiskQuestionnaireCompleted",
            {"customer_id": client_id, "answers": given["answers"], **{k: score[k] for k in SCORE}},
        )
        await steps.do("goals.define", {"customer_id": client_id, "goals": goals})
        await steps.do(
            "portfolio.save_allocation",
            {
                "portfolio_id": portfolio_id,
                "risk_score": score["risk_score"],
                "risk_category": score["risk_category"],
                "marginal_rate": application["marginal_rate"],
                "pods": {pod: allocation["pods"][pod]["weight"] for pod in PODS},
            },
        )
        await steps.record(
            "PodAllocationCalculated",
            {"customer_id": client_id, "portfolio_id": portfolio_id, **allocation},
        )
        agreement = await steps.do(
            "agreements.send", {"customer_id": client_id, "portfolio_id": portfolio_id}
        )
        await workflow.wait_condition(lambda: self.signed is not None)
        assert self.signed is not None
        await steps.do(
            "agreements.record_signature",
            {
                "customer_id": client_id,
                "agreement_id": agreement["agreement_id"],
                "signed_by": self.signed["signed_by"],
            },
        )
        await steps.do(
            "payments.request_deposit",
            {"account_id": client["account_id"], "amount": given["capital"], "currency": "AUD"},
        )
        await workflow.wait_condition(lambda: self.deposit is not None)
        assert self.deposit is not None
        await steps.do("payments.confirm_deposit", {"account_id": client["account_id"], **self.deposit})
        return await workflow.execute_child_workflow(
            InvestmentByHand.run, args=[portfolio_id, release], id=f"{info.workflow_id}.invested"
        )


SCORE = ("points", "risk_score", "risk_category", "method", "findings")


@workflow.defn
class InvestmentByHand:
    """The path on which everybody approves and everything fills."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] | None = None
        self.decided: dict[str, Any] | None = None

    @workflow.query
    def status(self) -> dict[str, Any]:
        """What is asked, where the interpreter's status has it."""
        return {"approvals": [self.asked] if self.asked else []}

    @workflow.update
    def approve(self, decision: dict[str, Any]) -> dict[str, Any]:
        """A person's word."""
        assert self.asked is not None
        assert decision["by"] in self.asked["eligible"]
        assert decision["digest"] == self.asked["digest"]
        self.asked, self.decided = None, decision
        return {"decision": decision["decision"]}

    @workflow.run
    async def run(self, portfolio_id: str, release: str) -> Any:
        steps = Steps(release, workflow.info().first_execution_run_id)
        here = {"portfolio_id": portfolio_id}
        portfolio = await steps.do("portfolio.read", here, "first")
        steps.stream = f"client:{portfolio['customer_id']}"
        await steps.do("leases.acquire", {"resource": portfolio_id})
        holdings = await steps.do("portfolio.read", here)
        limits = await steps.pure("portfolio.investment_limits", {"cash": holdings["available_cash"]})
        market = await steps.do("market.latest_snapshot", {})
        halted = await steps.do("trading.halted", {})
        capital = await steps.pure(
            "pods.split", {"weights": holdings["pods"], "total_capital": limits["tradeable_cash"]}
        )
        best = await self.pods(steps, capital, holdings, market, halted)
        pods = {
            pod: {"capital": capital["pods"][pod]["capital"], "allocation": found["allocation"]}
            for pod, found in best.items()
        }
        consolidated = await steps.pure("portfolio.consolidate", {"pods": pods})
        assert consolidated["total_unique_etfs"]
        master = await steps.do(
            "portfolio.optimize",
            {
                "pods": pods,
                "limits": {name: limits[name] for name in ("max_etfs", "min_weight", "max_weight")},
                "groups": limits["groups"],
                "substitutes": {pod: found["universe"] for pod, found in best.items()},
                "costs": {"brokerage": limits["brokerage"]},
                "snapshot": market["snapshot"],
            },
        )
        metrics = {k: v for k, v in master["optimization_metrics"].items() if k != "seconds"}
        await steps.record("MasterPortfolioOptimized", {**master, "optimization_metrics": metrics})
        quote = await steps.do(
            "market.quote", {"snapshot": market["snapshot"], "etfs": sorted(master["weights"])}
        )
        tax = await steps.pure(
            "tax.analyze_portfolio",
            {
                "holdings": master["values"],
                "assets": quote["assets"],
                "marginal_rate": holdings["marginal_rate"],
                "as_of": market["as_of"],
            },
        )
        await steps.record("TaxOptimizationCompleted", tax)
        plan = await steps.pure(
            "rebalancing.plan_trades",
            {
                "positions": holdings["positions"],
                "prices": quote["prices"],
                "cash": limits["tradeable_cash"],
                "target": master["weights"],
                "costs": {"brokerage": limits["brokerage"]},
                "max_weight": limits["max_weight"],
                "groups": limits["groups"],
                "min_first_holding": limits["min_first_holding"],
            },
        )
        await self.check(steps, here, portfolio, market, plan)
        await self.review(steps, holdings, plan)
        await steps.do(
            "portfolio.set_target",
            {**here, "weights": master["weights"], "snapshot": market["snapshot"]},
        )
        return await self.trade(steps, here, portfolio, plan)

    async def pods(
        self, steps: Steps, capital: Any, holdings: Any, market: Any, halted: Any
    ) -> dict[str, Any]:
        """All four at once, each recorded."""

        async def one(pod: str) -> tuple[str, Any]:
            given = {
                "pod": pod,
                "capital": capital["pods"][pod]["capital"],
                "risk_score": holdings["risk_score"],
                "snapshot": market["snapshot"],
                "limits": {"exclude": halted["etfs"]},
            }
            if pod == "POD2":
                given["marginal_rate"] = holdings["marginal_rate"]
            best = await steps.do("pods.optimize", given, pod)
            await steps.record("PodOptimized", best)
            return pod, best

        return dict(await asyncio.gather(*(one(pod) for pod in PODS)))

    async def check(self, steps: Steps, here: Any, portfolio: Any, market: Any, plan: Any) -> None:
        """The automatic compliance check."""
        checked = await steps.do(
            "compliance.check",
            {
                **here,
                "customer_id": portfolio["customer_id"],
                "proposal": {
                    "orders": plan["orders"],
                    "weights": plan["weights_after"],
                    "snapshot": market["snapshot"],
                },
            },
        )
        assert checked["passed"]

    async def review(self, steps: Steps, holdings: Any, plan: Any) -> None:
        """The people whom the table names for a small portfolio of an advised client."""
        show = {
            "portfolio_id": holdings["portfolio_id"],
            "amount": sum(order["value"] for order in plan["orders"]),
            "orders": plan["orders"],
        }
        for role in ("adviser", "compliance", "client"):
            if role == "client":
                values = {"portfolio_id": holdings["portfolio_id"], "amount": show["amount"]}
                told = {"customer_id": holdings["customer_id"], "template": "proposal_ready"}
                await steps.do("notifications.send", {**told, "values": values}, "ready")
            opened = await steps.pure(
                "approvals.open", {"role": role, "show": show, "stream": steps.stream}, role
            )
            digest = f"{workflow.info().run_id} {role}"
            self.asked = {"step": role, "role": role, "digest": digest, **opened}
            await workflow.wait_condition(lambda: self.decided is not None)
            decided, self.decided = self.decided, None
            assert decided is not None
            data = {"step": role, "role": role, "digest": digest, "decisions": [decided]}
            await steps.do("events.record", {"fact": "ApprovalDecided", "data": data}, f"decided {role}")

    async def trade(self, steps: Steps, here: Any, portfolio: Any, plan: Any) -> Any:
        """Orders, fills, and what follows."""
        orders = await steps.do("orders.submit", {**here, "trades": plan["orders"]}, minutes=2)
        fills = await steps.do(
            "orders.await_fills", {**here, "orders": orders["orders"], "within": "1d"}, minutes=2880
        )
        assert fills["execution_summary"]["successful"]
        planned = {"planned": plan["orders"], "executed": fills["execution_results"]}
        assert (await steps.pure("orders.verify_fills", planned))["verified"]
        await steps.do("portfolio.create", here)
        await steps.do("leases.release", {"resource": here["portfolio_id"]})
        await steps.do("monitoring.start", here)
        return await steps.do(
            "notifications.send",
            {
                "customer_id": portfolio["customer_id"],
                "template": "portfolio_created",
                "values": here,
            },
        )


@workflow.defn
class LightByHand:
    """The turns of light steps that `step_overhead` has the interpreter take."""

    @workflow.run
    async def run(self, cash: Any, turns: int, release: str) -> Any:
        steps = Steps(release, workflow.info().first_execution_run_id)
        orders, weight = 0, None
        for _ in range(turns):
            limits = await steps.pure("portfolio.investment_limits", {"cash": cash})
            orders, left = orders + 1, limits["tradeable_cash"]
            weight = limits["min_weight"] if limits["max_etfs"] > 5 and left > 100 else 0.5
        return {"orders": orders, "weight": weight}
