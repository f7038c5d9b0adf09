"""Agents that learn to run the pods: training one, and trying it on days it has not seen."""

from datetime import date
from typing import Annotated

from pydantic import Field

from payloads.base import Fraction, Identifier, Payload, Real, Whole
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.market import DAMAGED_SNAPSHOT, UNKNOWN_ETF, UNKNOWN_SNAPSHOT, SnapshotDigest

Seed = Annotated[Whole, Field(ge=0, lt=2**63)]


class TrainAgent(Payload):
    """The pod whose agent is to learn. Without `snapshot` the newest stored one is taken."""

    pod: Identifier
    snapshot: SnapshotDigest | None = None
    seed: Seed = Field(
        0, description="the same seed, snapshot and settings make the same policy, byte for byte"
    )


class EvaluateAgent(TrainAgent):
    """The pod whose agent is to be tried by a walk forward; nothing is stored."""


class TrialFigures(Payload):
    """What became of a way to hold the pod, costs paid: figures of a year; losses are positive.

    `score` is the pod's objective measured on what happened; `turnover` is half of what was traded.
    """

    annual_return: Real
    volatility: Real
    sharpe_ratio: Real | None
    max_drawdown: Fraction
    turnover: Real
    score: Real


Results = dict[str, TrialFigures]
"""By who held the pod: `agent`, `equal_weights`, `inverse_volatility`, `minimum_variance`."""


class TrainedAgent(Payload):
    """A stored policy: what it learned from, and how it did on days that it did not learn from.

    `agent_confidence` is the share of held-out episodes in which it beats the best baseline. `curve` is
    the mean reward of each round.
    """

    pod: str
    agent: str
    algorithm: str
    snapshot: SnapshotDigest
    simulated: bool
    seed: int
    policy_digest: str
    content_digest: str
    learned_from: date
    learned_to: date
    tried_to: date
    allocation: dict[str, Fraction] = Field(description="for a client of usual tax, horizon and risk score")
    agent_confidence: Fraction
    out_of_sample: Results
    curve: list[Real]


class Period(Payload):
    """One period of a walk forward: the days it was tried on, after learning from all before."""

    first: date
    last: date
    results: Results


class Evaluation(Payload):
    """A walk forward: `mean` is over its periods; `beaten` says in how many the agent scored higher."""

    pod: str
    agent: str
    algorithm: str
    snapshot: SnapshotDigest
    simulated: bool
    seed: int
    periods: list[Period]
    mean: Results
    beaten: dict[str, int]
    best_baseline: str
    beats_best_baseline: bool
    verdict: str


_ERRORS = (
    DeclaredError("UnknownPod", "the catalogue has no such pod"),
    DeclaredError("UnknownAgent", "the catalogue names an agent that does not exist"),
    DeclaredError("NoRounds", "agents.yaml does not say how many rounds the agent learns"),
    DeclaredError("HistoryTooShort", "the snapshot has too few sessions to learn from, or to be tried on"),
    DeclaredError("Infeasible", "no allocation keeps the pod's limits"),
    UNKNOWN_ETF,
    UNKNOWN_SNAPSHOT,
    DAMAGED_SNAPSHOT,
)
_FILES = ("agents", "market", "pods", "tax_au", "universe")

ENTRIES = (
    Entry(
        "agents.train",
        "Train the agent of a pod on a snapshot and store its policy, once for the same question",
        TrainAgent,
        TrainedAgent,
        Effect.EFFECT,
        Role.COMPUTE,
        errors=_ERRORS,
        no_undo="a policy answers a question and stays its answer",
        files=_FILES,
    ),
    Entry(
        "agents.evaluate",
        "Try the agent of a pod on days after those it learned from, beside simple baselines",
        EvaluateAgent,
        Evaluation,
        Effect.READS,
        Role.COMPUTE,
        errors=_ERRORS,
        files=_FILES,
    ),
)
