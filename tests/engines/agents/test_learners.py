"""The four learners: they find what is better, say the same for the same seed, and never ask the solver."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engines.agents.alpha import Alpha
from engines.agents.delta import DISCOUNT, n_step_returns
from engines.agents.errors import UnknownAgent
from engines.agents.experience import experience
from engines.agents.gamma import Gamma, value_gradient
from engines.agents.gaussian import policy_gradient
from engines.agents.grid import moves
from engines.agents.network import backward, climb, forward, new_moments, new_network
from engines.agents.roster import AGENTS, agent_named
from engines.agents.task import Aim, PodTask, Situation
from engines.agents.training import Progress, checkpoint, packed, train, unpacked
from tests.support.lessons import small_experience, small_task

PROJECT = Path(__file__).resolve().parents[3]
LEARNED = {
    "Alpha": (Aim.PRESERVED_RETURN, 8),
    "Beta": (Aim.AFTER_TAX_INCOME, 60),
    "Gamma": (Aim.SHARPE_RATIO, 120),
    "Delta": (Aim.EXCESS_RETURN, 60),
}
NAMES = list(LEARNED)


def taught(name: str, seed: int = 0, rounds: int | None = None, so_far: bytes | None = None) -> Progress:
    """The agent after its last round on the small pod it is made for."""
    aim, enough = LEARNED[name]
    agent = AGENTS[name]
    source = small_experience(agent.sessions)
    for progress in train(agent, small_task(aim), source, rounds=rounds or enough, seed=seed, so_far=so_far):
        if rounds is not None and progress.done == rounds:
            break
    return progress


def usual(task: PodTask) -> Situation:
    return Situation(task.allocations, task.lowest, task.highest, 1.0, 0.3, 1.0)


def static_values(task: PodTask) -> np.ndarray:
    """The static objective of every allocation of the task, by formulas of their own."""
    source = small_experience()
    rows, mean = task.allocations, np.linspace(0.04, 0.12, task.size)
    variance = np.einsum("ai,ij,aj->a", rows, source.covariance, rows)
    match task.aim:
        case Aim.PRESERVED_RETURN:
            return rows @ mean - 1.5 * variance
        case Aim.AFTER_TAX_INCOME:
            return rows @ task.income * 0.7 - 1.5 * variance
        case Aim.SHARPE_RATIO:
            return (rows @ mean - task.cash_rate) / np.sqrt(variance)
        case Aim.EXCESS_RETURN:
            return rows @ mean - 0.05


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_learns_to_come_near_the_best(name: str) -> None:
    """Three fifths at least of what the best of its small pod is above equal weights."""
    task = small_task(LEARNED[name][0])
    values = static_values(task)
    chosen = AGENTS[name].choose(AGENTS[name].policy(taught(name).state), usual(task))
    value, even = (
        values[int(np.argmin(np.abs(task.allocations - w).sum(axis=1)))] for w in (chosen, task.even())
    )
    assert value - even >= 0.6 * (values.max() - even) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_training_that_stopped_goes_on_as_if_it_had_not(name: str) -> None:
    """From a checkpoint, the same bytes at the end; another seed makes others."""
    whole = checkpoint(taught(name, rounds=6))
    aim, _ = LEARNED[name]
    agent = AGENTS[name]
    begun = train(agent, small_task(aim), small_experience(agent.sessions), rounds=6, seed=0)
    kept = [checkpoint(next(begun)) for _ in range(3)][-1]
    assert checkpoint(taught(name, rounds=6, so_far=kept)) == whole
    assert checkpoint(taught(name, seed=1, rounds=6)) != whole


def wide_policies() -> dict[str, str]:
    """What each agent learns in a few rounds on a pod of as many ETFs as the project's: digests of policies."""
    digests = {}
    for name, (aim, _) in LEARNED.items():
        agent = AGENTS[name]
        task, source = small_task(aim, assets=6), small_experience(agent.sessions, assets=6)
        *_, last = train(agent, task, source, rounds=3, seed=7)
        digests[name] = hashlib.sha256(packed(agent.policy(last.state))).hexdigest()
    return digests


@pytest.mark.parametrize(("hashes", "threads"), [("1", "1"), ("2", "2")])
def test_another_process_learns_the_same_bytes_without_the_solver(hashes: str, threads: str) -> None:
    """However it hashes, and however many threads multiply; all that finds exact optima is taken away."""
    code = (
        "import json, sys\n"
        "for gone in ('engines.pod_optimizer', 'engines.milp', 'highspy', 'scipy', 'gymnasium'):\n"
        "    sys.modules[gone] = None\n"
        "from tests.engines.agents.test_learners import wide_policies\n"
        "print(json.dumps(wide_policies()))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hashes, "OPENBLAS_NUM_THREADS": threads}
    there = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(there.stdout) == wide_policies()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_chosen_is_allowed_and_nothing_given_is_changed(name: str) -> None:
    """With fewer allocations allowed an agent chooses among those, however the market is."""
    task = small_task(LEARNED[name][0])
    policy = AGENTS[name].policy(taught(name, rounds=2).state)
    before = packed(policy)
    allowed = task.allocations[task.allocations[:, 2] <= 0.3]
    for unrest, held in ((None, None), (1.0, task.even())):
        narrow = Situation(
            allowed,
            task.lowest,
            np.array([0.6, 0.6, 0.3]),
            1.0,
            0.3,
            1.0,
            unrest=unrest,
            drawdown=0.02,
            held=held,
        )
        chosen = AGENTS[name].choose(policy, narrow)
        assert any(np.allclose(chosen, row) for row in allowed)
    assert packed(policy) == before


def test_alpha_does_not_answer_for_allocations_it_has_not_learned() -> None:
    """A table knows nothing beside its rows: None, and the caller takes something else."""
    task = small_task(Aim.PRESERVED_RETURN)
    policy = Alpha.policy(taught("Alpha", rounds=1).state)
    elsewhere = np.array([[0.9, 0.1, 0.0]])
    assert Alpha.choose(policy, Situation(elsewhere, task.lowest, task.highest, 1.0, 0.3, 1.0)) is None


def test_test_period_returns_teach_nothing() -> None:
    """Experience of the first days is the same whatever comes after them."""
    returns = np.random.default_rng(0).standard_normal((400, 3)) * 0.01
    other = returns.copy()
    other[300:] = 5.0
    given = {"sessions": 21, "sessions_a_year": 252}
    one, two = (experience(r[:300], r[:300, 0], np.full(3, 0.05), 0.05, **given) for r in (returns, other))
    assert (one.gain == two.gain).all()
    assert (one.unrest == two.unrest).all()


def slope(network: dict[str, np.ndarray], name: str, place: tuple[int, ...], loss: object) -> float:
    """A finite difference of `loss` in one parameter."""
    kept = network[name][place]
    answers = []
    for step in (1e-6, -1e-6):
        network[name][place] = kept + step
        answers.append(loss())  # type: ignore[operator]
    network[name][place] = kept
    return (answers[0] - answers[1]) / 2e-6


def some_network() -> tuple[dict[str, np.ndarray], np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(11)
    network = new_network(rng, 3, 5, 4)
    for array in network.values():
        array += 0.3 * rng.standard_normal(array.shape)
    return network, rng.standard_normal((7, 3)), rng


def checked(network: dict[str, np.ndarray], gradient: dict[str, np.ndarray], loss: object) -> None:
    for name, array in network.items():
        for place in np.ndindex(array.shape):
            assert gradient[name][place] == pytest.approx(
                slope(network, name, place, loss), rel=1e-5, abs=1e-8
            )


def test_the_networks_gradient_is_its_finite_difference() -> None:
    """Of a weighted sum of outputs, in every parameter."""
    network, inputs, rng = some_network()
    towards = rng.standard_normal((7, 4))
    gradient = backward(network, inputs, forward(network, inputs)[1], towards)
    checked(network, gradient, lambda: float((forward(network, inputs)[0] * towards).sum()))


def test_reinforces_gradient_is_that_of_the_likelihood() -> None:
    """Of the mean of advantage x ln N(z; mean, deviation), advantages of unit size; Beta's and Delta's."""
    network, inputs, rng = some_network()
    noise, advantage, deviation = rng.standard_normal((7, 4)), rng.standard_normal(7), 0.3
    outputs, hidden = forward(network, inputs)
    drawn = outputs + deviation * noise
    unit = advantage / np.sqrt(np.mean(advantage**2))

    def likelihood() -> float:
        mean = forward(network, inputs)[0]
        log = -(((drawn - mean) / deviation) ** 2).sum(axis=1) / 2
        return float((unit * log).mean())

    checked(network, policy_gradient(network, inputs, hidden, noise, deviation, advantage), likelihood)


def test_dqns_gradient_is_that_of_the_squared_error() -> None:
    """Of minus half the mean squared error, over the moves that were made."""
    network, inputs, rng = some_network()
    wanted, made = rng.standard_normal((7, 4)), rng.random((7, 4)) < 0.6

    def error() -> float:
        values = forward(network, inputs)[0]
        return -float((np.where(made, values - wanted, 0) ** 2).sum() / 2 / made.sum())

    checked(network, value_gradient(network, inputs, made, wanted), error)


def test_adam_climbs_a_hill() -> None:
    """Its first step is the rate in each direction, and it ends at the top."""
    place = {"x": np.array([3.0, -2.0])}
    moments = new_moments(place)
    climb(place, moments, {"x": -2 * place["x"]}, 0.1)
    assert place["x"] == pytest.approx([2.9, -1.9], abs=1e-6)
    for _ in range(400):
        climb(place, moments, {"x": -2 * place["x"]}, 0.05)
    assert place["x"] == pytest.approx([0, 0], abs=1e-2)


def test_n_step_returns_are_discounted_sums() -> None:
    """Two steps by hand."""
    returns = n_step_returns(np.array([[1.0], [2.0]]), np.array([4.0]))
    assert returns[1, 0] == pytest.approx(2 + DISCOUNT * 4)
    assert returns[0, 0] == pytest.approx(1 + DISCOUNT * (2 + DISCOUNT * 4))


def test_gammas_moves_stay_within_bounds() -> None:
    """A move is possible when its giver has something above its lowest and its taker room."""
    task = small_task(Aim.SHARPE_RATIO)
    learner = Gamma(task, small_experience(Gamma.sessions), rounds=1)
    for row in np.rint(task.allocations * task.steps).astype(int):
        possible = learner._possible(row[None, :])[0]
        after = row + moves(3)
        assert (possible == ((after >= 0) & (after <= 6)).all(axis=1)).all()


def test_packed_arrays_come_back_bit_by_bit() -> None:
    """Names, shapes, numbers; bytes that were added are noticed."""
    arrays = {"b": np.array([[0.1, -0.0], [np.pi, 1e-300]]), "a": np.zeros(0)}
    back = unpacked(packed(arrays))
    assert {name: (array.shape, array.tobytes()) for name, array in back.items()} == {
        name: (array.shape, array.tobytes()) for name, array in arrays.items()
    }
    with pytest.raises(ValueError, match="more numbers"):
        unpacked(packed(arrays) + b"12345678")


def test_an_unknown_agent_is_told_who_there_is() -> None:
    """The names of all four."""
    with pytest.raises(UnknownAgent, match="Alpha, Beta, Gamma, Delta"):
        agent_named("Epsilon")
