"""What an agent learns from: a pod of the catalogue on the days of a snapshot."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from activities.context import Catalogue, Context
from activities.errors import ActivityError
from activities.pod_settings import cash_rate, company_rate, funds_of, income_of, limits_from
from activities.snapshots import estimates_for
from adapters.market.snapshot import Snapshot
from engines.agents.experience import Experience, experience
from engines.agents.roster import Agent, agent_named
from engines.agents.task import Aim, Dearness, PodTask, Situation
from engines.agents.trial import Market
from engines.estimates import Estimates, volatility
from engines.pod_limits import TOLERANCE, allocations_within
from engines.pod_objectives import franking_credits
from payloads import plain_json
from payloads.files.agents import AgentsFile
from payloads.files.market import MarketFile
from payloads.files.pods import Growth, Income, Opportunity, PodDefinition, PodsFile, Preservation
from payloads.files.universe import UniverseFile
from payloads.pod_optimizer import OptimizePod

Floats = NDArray[np.float64]

FORMAT = "kronos-policy-2"
"""Changes when the same settings teach something else."""


class UnknownPod(ActivityError):
    """The catalogue has no such pod."""


class NoRounds(ActivityError):
    """agents.yaml does not say how many rounds the agent learns."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A pod on a snapshot. `days` counts daily returns; the first of them are learned from."""

    pod: PodDefinition
    agent: type[Agent]
    rounds: int
    task: PodTask
    etfs: list[str]
    benchmark: Floats  # weights of `etfs`
    snapshot: Snapshot
    context: Context

    @property
    def days(self) -> int:
        """How many daily returns the snapshot has."""
        return len(self.snapshot.sessions) - 1

    def source(self, days: int) -> Experience:
        """What the first `days` returns teach; nothing later is looked at."""
        learned = self._estimates(days)
        size = self.task.size
        return experience(
            learned.returns[:, :size],
            (learned.returns * self.benchmark).sum(axis=1),
            learned.expected_return[:size],
            float(learned.expected_return @ self.benchmark),
            sessions=self.agent.sessions,
            sessions_a_year=self._sessions_a_year,
        )

    def market(self, learned: int, tried: int) -> Market:
        """The `tried` days after the first `learned` ones."""
        returns = self._estimates(learned + tried).returns
        size = self.task.size
        return Market(
            before=returns[:learned, :size],
            returns=returns[learned:, :size],
            benchmark=returns[learned:] @ self.benchmark,
            sessions_a_year=self._sessions_a_year,
        )

    def calm(self, covariance: Floats) -> PodTask:
        """The task with the allocations that this covariance says are under the ceiling; all if none is."""
        rows = self.task.allocations
        kept = rows[volatility(rows, covariance) <= self.task.ceiling + TOLERANCE]
        return replace(self.task, allocations=kept if len(kept) else rows)

    def usual_client(self, task: PodTask) -> Situation:
        """A client of usual tax and horizon and the highest risk score."""
        return Situation(task.allocations, task.lowest, task.highest, 1.0, task.usual_tax_rate, 1.0)

    @property
    def _sessions_a_year(self) -> int:
        return self.context.catalogue.read("market", MarketFile).estimates.sessions_per_year

    def _estimates(self, days: int) -> Estimates:
        return estimates_for(self.snapshot, self.context.catalogue, self.etfs, "pod", sessions=days + 1)


def lesson_of(name: str, snapshot: Snapshot, context: Context) -> Lesson:
    """The lesson of a pod; UnknownPod, UnknownAgent, NoRounds, UnknownEtf say what the catalogue lacks."""
    pod = pod_named(name, context.catalogue)
    agent = agent_named(pod.agent)
    objective = pod.objective
    benchmark = objective.benchmark if isinstance(objective, Opportunity) else {pod.universe[0]: 1.0}
    etfs = [*pod.universe, *(etf for etf in benchmark if etf not in pod.universe)]
    return Lesson(
        pod=pod,
        agent=agent,
        rounds=_rounds(pod.agent, context),
        task=_task(name, pod, snapshot, context),
        etfs=etfs,
        benchmark=np.array([benchmark.get(etf, 0.0) for etf in etfs]),
        snapshot=snapshot,
        context=context,
    )


def pod_named(name: str, catalogue: Catalogue) -> PodDefinition:
    """The catalogue's pod; UnknownPod with near names."""
    pods = catalogue.read("pods", PodsFile).pods
    if name not in pods:
        near = get_close_matches(name, pods, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(pods)}"
        raise UnknownPod(f"there is no pod {name}; {hint}", "pod")
    return pods[name]


def question_of(name: str, snapshot: Snapshot, context: Context) -> str:
    """The digest of all that a policy depends on but its seed: universe, snapshot, settings."""
    catalogue = context.catalogue
    pods, market = catalogue.read("pods", PodsFile), catalogue.read("market", MarketFile)
    agents, funds = catalogue.read("agents", AgentsFile), catalogue.read("universe", UniverseFile).by_etf()
    pod = pod_named(name, context.catalogue)
    benchmark = pod.objective.benchmark if isinstance(pod.objective, Opportunity) else {}
    etfs = [etf for etf in (*pod.universe, *benchmark) if etf in funds]
    question = {
        "format": FORMAT,
        "snapshot": snapshot.digest,
        "pod": [name, pod.model_dump(mode="json")],
        "settings": agents.model_dump(mode="json"),
        "grid": [
            pods.grid,
            pods.risk_tolerance.model_dump(mode="json"),
            pods.horizon.model_dump(mode="json"),
        ],
        "universe": [funds[etf].model_dump(mode="json") for etf in etfs],
        "classes": [market.classes[funds[etf].asset_class].expected_return for etf in etfs],
        "estimates": market.estimates.model_dump(mode="json"),
        "rates": [cash_rate(context), company_rate(snapshot, context)],
    }
    return plain_json.digest(question)


def digest_of(question: str, seed: int) -> str:
    """What a policy is called: the digest of its question and its seed."""
    return plain_json.digest({"question": question, "seed": seed})


def _rounds(agent: str, context: Context) -> int:
    rounds = context.catalogue.read("agents", AgentsFile).rounds
    if agent not in rounds:
        raise NoRounds(f"agents.yaml has no rounds for {agent}; add `{agent}: 200` to `rounds`", "pod")
    return rounds[agent]


def _task(name: str, pod: PodDefinition, snapshot: Snapshot, context: Context) -> PodTask:
    file = context.catalogue.read("pods", PodsFile)
    funds, steps = funds_of(pod, context), round(1 / file.grid)
    limits = limits_from(pod, OptimizePod(pod=name, capital=0), context)
    rows = allocations_within(limits, steps)
    liquid = rows @ np.array([fund.liquidity for fund in funds]) >= limits.min_liquidity - TOLERANCE
    yields, franking = income_of(funds)
    task = PodTask(
        aim=Aim(pod.objective.kind),
        allocations=rows[liquid],
        lowest=limits.lowest,
        highest=limits.highest,
        steps=steps,
        ceiling=pod.max_volatility,
        least_share=file.risk_tolerance.ceiling_at_zero,
        dearness=Dearness(file.horizon.reference_years, file.horizon.least, file.horizon.most),
        trade_cost=context.catalogue.read("agents", AgentsFile).trade_cost,
        cash_rate=cash_rate(context),
        income=yields + franking_credits(yields, franking, company_rate(snapshot, context)),
    )
    match pod.objective:
        case Preservation(variance_penalty=variance, drawdown_penalty=drawdown):
            return replace(task, variance_penalty=variance, drawdown_penalty=drawdown)
        case Income(variance_penalty=variance, marginal_rate=rate):
            return replace(task, variance_penalty=variance, usual_tax_rate=rate)
        case Growth() | Opportunity():
            return task
