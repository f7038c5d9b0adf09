"""Training the agents of pods, and trying them on days that they have not learned from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.agent_lessons import Lesson, digest_of, lesson_of, question_of
from activities.context import Context
from activities.registry import implements
from activities.snapshots import chosen_snapshot
from adapters.failpoints import failpoint
from engines.agents import trial
from engines.agents.errors import HistoryTooShort
from engines.agents.task import PodTask, Situation
from engines.agents.training import Progress, checkpoint, packed, train
from engines.weights import stored_weights
from payloads.agents import EvaluateAgent, Evaluation, Period, TrainAgent, TrainedAgent, TrialFigures
from payloads.files.agents import AgentsFile
from store import policies

Floats = NDArray[np.float64]
Policy = Mapping[str, Floats]

CHECKPOINTS = 10
"""A training is kept so often, for whoever has to go on with it."""
TRIAL_STREAM = 2**32
"""What the draws of a trial are seeded with beside the seed, so that they are none of the training's."""
AGENT = "agent"
PLACES = 8


@implements("agents.train")
def train_agent(ask: TrainAgent, context: Context) -> TrainedAgent:
    """Train from the beginning or from the last checkpoint; a policy that is stored is answered as it is."""
    snapshot = chosen_snapshot(context, ask.snapshot)
    lesson = lesson_of(ask.pod, snapshot, context)
    question = question_of(ask.pod, snapshot, context)
    digest = digest_of(question, ask.seed)
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        kept = policies.load(tx, tenant, digest)
        if kept is not None:
            return TrainedAgent.model_validate(kept.report)
        so_far = policies.load_checkpoint(tx, tenant, digest)
    learned = _learned_days(lesson, context)
    policy, curve = _taught(lesson, learned, ask.seed, digest, so_far, context)
    content = packed(policy)
    report = _report(ask, lesson, learned, policy, curve, digest, content)
    with context.services.database.transaction() as tx:
        policies.save(
            tx,
            tenant,
            digest,
            question=question,
            pod=ask.pod,
            agent=report.agent,
            algorithm=report.algorithm,
            snapshot=snapshot.digest,
            seed=ask.seed,
            content=content,
            report=report.model_dump(mode="json"),
            created_at=context.now(),
            actor=context.call.actor,
        )
    return report


@implements("agents.evaluate")
def evaluate_agent(ask: EvaluateAgent, context: Context) -> Evaluation:
    """Learn anew before each period of the walk forward, and live through it."""
    snapshot = chosen_snapshot(context, ask.snapshot)
    lesson = lesson_of(ask.pod, snapshot, context)
    settings = context.catalogue.read("agents", AgentsFile).walk_forward
    periods = []
    for number in range(settings.periods, 0, -1):
        learned = lesson.days - number * settings.sessions
        if learned < 1:
            raise HistoryTooShort(
                f"the snapshot has {lesson.days} daily returns, a walk forward of {settings.periods} periods "
                f"of {settings.sessions} sessions needs more; lower walk_forward in agents.yaml",
                "snapshot",
            )
        policy = _policy_of(lesson, learned, ask.seed, context)
        results = _lived(lesson, learned, settings.sessions, policy, context)
        sessions = snapshot.sessions[learned + 1 : learned + 1 + settings.sessions]
        periods.append(Period(first=sessions[0], last=sessions[-1], results=results))
    return _evaluation(ask, lesson, periods)


def _learned_days(lesson: Lesson, context: Context) -> int:
    return int(lesson.days * context.catalogue.read("agents", AgentsFile).training_share)


def _taught(
    lesson: Lesson, learned: int, seed: int, digest: str, so_far: bytes | None, context: Context
) -> tuple[Policy, Floats]:
    """The policy after the last round, and the mean reward of each; kept on the way, so that it can go on."""
    progress: Progress | None = None
    every = max(1, lesson.rounds // CHECKPOINTS)
    for progress in _rounds(lesson, learned, seed, so_far):
        context.heartbeat(lesson.pod.agent, progress.done, progress.rounds)
        if progress.done % every == 0 and progress.done < progress.rounds:
            with context.services.database.transaction() as tx:
                policies.save_checkpoint(
                    tx,
                    context.call.tenant,
                    digest,
                    done=progress.done,
                    content=checkpoint(progress),
                    updated_at=context.now(),
                )
            failpoint("agents.after_checkpoint")
    assert progress is not None  # there is a round at least, and the last one is never a checkpoint
    return lesson.agent.policy(progress.state), progress.curve


def _policy_of(lesson: Lesson, learned: int, seed: int, context: Context) -> Policy:
    policy: Policy = {}
    for progress in _rounds(lesson, learned, seed, None):
        context.heartbeat(lesson.pod.agent, progress.done, progress.rounds)
        policy = progress.state
    return lesson.agent.policy(policy)


def _rounds(lesson: Lesson, learned: int, seed: int, so_far: bytes | None) -> Iterator[Progress]:
    source = lesson.source(learned)
    return train(lesson.agent, lesson.task, source, rounds=lesson.rounds, seed=seed, so_far=so_far)


def _report(
    ask: TrainAgent,
    lesson: Lesson,
    learned: int,
    policy: Policy,
    curve: Floats,
    digest: str,
    content: bytes,
) -> TrainedAgent:
    context, snapshot = lesson.context, lesson.snapshot
    settings = context.catalogue.read("agents", AgentsFile).held_out
    task = lesson.calm(lesson.source(learned).covariance)
    weights = _chosen(lesson, policy, lesson.usual_client(task))
    market = lesson.market(learned, lesson.days - learned)
    return TrainedAgent(
        pod=ask.pod,
        agent=lesson.pod.agent,
        algorithm=lesson.agent.algorithm,
        snapshot=snapshot.digest,
        simulated=snapshot.simulated,
        seed=ask.seed,
        policy_digest=digest,
        content_digest=hashlib.sha256(content).hexdigest(),
        learned_from=snapshot.sessions[0],
        learned_to=snapshot.sessions[learned],
        tried_to=snapshot.as_of,
        allocation=stored_weights(
            {etf: float(w) for etf, w in zip(lesson.pod.universe, weights, strict=True) if w > 0}
        ),
        agent_confidence=trial.confidence(
            task,
            market,
            weights,
            trial.baselines(task, lesson.source(learned).covariance),
            episodes=settings.episodes,
            sessions=settings.sessions,
            block=settings.block,
            rng=np.random.Generator(np.random.PCG64(np.random.SeedSequence([ask.seed, TRIAL_STREAM]))),
        ),
        out_of_sample=_lived(lesson, learned, lesson.days - learned, policy, context),
        curve=[round(float(reward), PLACES) for reward in curve],
    )


def _lived(
    lesson: Lesson, learned: int, tried: int, policy: Policy, context: Context
) -> dict[str, TrialFigures]:
    """What became of the agent and of each baseline in the days after those learned from."""
    covariance = lesson.source(learned).covariance
    task, market = lesson.calm(covariance), lesson.market(learned, tried)
    every = context.catalogue.read("agents", AgentsFile).walk_forward.decide_every
    ways: dict[str, trial.Decide] = {AGENT: _decisions(lesson, task, policy)}
    for name, weights in trial.baselines(task, covariance).items():
        ways[name] = _always(weights)
    return {
        name: TrialFigures(**_rounded(asdict(trial.live(task, market, decide, sessions=every))))
        for name, decide in ways.items()
    }


def _decisions(lesson: Lesson, task: PodTask, policy: Policy) -> trial.Decide:
    def decide(unrest: float, fall: float, held: Floats | None) -> Floats:
        client = lesson.usual_client(task)
        now = Situation(
            client.allowed,
            client.lowest,
            client.highest,
            client.dearness,
            client.tax_rate,
            client.share_of_ceiling,
            unrest=unrest,
            drawdown=fall,
            held=held,
        )
        return _chosen(lesson, policy, now)

    return decide


def _chosen(lesson: Lesson, policy: Policy, situation: Situation) -> Floats:
    weights = lesson.agent.choose(policy, situation)
    assert weights is not None  # every allocation of its own task is known to an agent
    return weights


def _always(weights: Floats) -> trial.Decide:
    return lambda unrest, fall, held: weights


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else round(value, PLACES) for name, value in figures.items()}


def _evaluation(ask: EvaluateAgent, lesson: Lesson, periods: list[Period]) -> Evaluation:
    names = list(periods[0].results)
    mean = {name: _mean([period.results[name] for period in periods]) for name in names}
    rivals = [name for name in names if name != AGENT]
    best = max(rivals, key=lambda name: mean[name].score)
    beaten = {
        name: sum(period.results[AGENT].score > period.results[name].score for period in periods)
        for name in rivals
    }
    better = mean[AGENT].score > mean[best].score
    return Evaluation(
        pod=ask.pod,
        agent=lesson.pod.agent,
        algorithm=lesson.agent.algorithm,
        snapshot=lesson.snapshot.digest,
        simulated=lesson.snapshot.simulated,
        seed=ask.seed,
        periods=periods,
        mean=mean,
        beaten=beaten,
        best_baseline=best,
        beats_best_baseline=better,
        verdict=(
            f"{lesson.pod.agent} {'beats' if better else 'does not beat'} the best baseline, {best}: "
            f"score {mean[AGENT].score:.4f} against {mean[best].score:.4f}, "
            f"higher in {beaten[best]} of {len(periods)} periods"
        ),
    )


def _mean(figures: list[TrialFigures]) -> TrialFigures:
    columns: dict[str, list[Any]] = {
        name: [getattr(f, name) for f in figures] for name in TrialFigures.model_fields
    }
    return TrialFigures(
        **{
            name: None if None in values else round(float(np.mean(values)), PLACES)
            for name, values in columns.items()
        }
    )
