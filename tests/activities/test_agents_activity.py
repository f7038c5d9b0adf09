"""agents.train, agents.evaluate, and pods.optimize by a trained policy, on the project's own pods."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from activities.agents import CHECKPOINTS
from activities.context import CatalogueFiles, Context
from activities.pod_optimizer import share_of_optimum
from activities.runner import ActivityFault, run
from payloads.call import Call
from store import policies
from store.database import Database
from tests.support.contexts import catalogue_files
from tests.support.databases import MASTER_KEY, sqlite_url
from tests.support.killing import run_until_killed

FEW = {"Alpha": 2, "Beta": 20, "Gamma": 10, "Delta": 20}
PODS = ("POD1", "POD2", "POD3", "POD4")


def context_of(
    database: Database, tenant: str, told: list[Any] | None = None, **files: Mapping[str, Any]
) -> Context:
    """A context whose agents learn for a few rounds only; `told` gets the heartbeats."""
    agents = {**catalogue_files()["agents"], "rounds": FEW}
    beats = told if told is not None else []
    return Context(
        call=Call(tenant=tenant, effect_root="R" * 20, step="steps[0]", release="test"),
        catalogue=CatalogueFiles({**catalogue_files(), "agents": agents, **files}),
        services=SimpleNamespace(database=database),
        now=lambda: datetime(2026, 7, 1, tzinfo=UTC),
        heartbeat=lambda *details: beats.append(details),
    )


@pytest.fixture
def plain(tmp_path: Path) -> Database:
    """A database of SQLite for what has nothing to do with which database it is."""
    made = Database(sqlite_url(tmp_path), master_key=MASTER_KEY)
    made.upgrade()
    return made


@pytest.mark.parametrize("pod", PODS)
def test_pods_optimize_answers_from_the_policy(plain: Database, pod: str) -> None:
    """Who chose, how sure it is, the policy's digest, and its share of the exact optimum."""
    context = context_of(plain, "main")
    exact = run("pods.optimize", {"pod": pod, "capital": 1000}, context)
    trained = run("agents.train", {"pod": pod}, context)
    found = run("pods.optimize", {"pod": pod, "capital": 1000, "seed": 5}, context, strict=True)
    assert (exact["algorithm"], exact["policy_digest"]) == ("exact", None)
    assert (found["agent"], found["algorithm"]) == (trained["agent"], trained["algorithm"])
    assert found["policy_digest"] == trained["policy_digest"]
    assert found["agent_confidence"] == trained["agent_confidence"]
    assert found["seed"] == 5
    aim = found["objective"]
    assert aim["exact"] == exact["objective"]["value"]
    assert 0.5 < aim["ratio"] <= 1
    assert aim["ratio"] == pytest.approx(aim["value"] / aim["exact"])
    house = context.catalogue._files["pods"]["pods"][pod]
    narrow = run("pods.optimize", {"pod": pod, "capital": 1, "risk_score": 10}, context)
    assert narrow["expected_volatility"] <= float(house["max_volatility"]) * 0.73 + 1e-9


def test_training_reports_and_stores_once(database: Database, tenant: str) -> None:
    """Heartbeats on the way; the second time nothing is learned; another seed is another policy."""
    told: list[Any] = []
    context = context_of(database, tenant, told)
    first = run("agents.train", {"pod": "POD2"}, context)
    assert told == [("Beta", number, FEW["Beta"]) for number in range(1, FEW["Beta"] + 1)]
    assert run("agents.train", {"pod": "POD2"}, context) == first
    assert len(told) == FEW["Beta"]
    other = run("agents.train", {"pod": "POD2", "seed": 1}, context)
    assert other["policy_digest"] != first["policy_digest"]
    assert first["learned_to"] < first["tried_to"]
    assert set(first["out_of_sample"]) == {"agent", "equal_weights", "inverse_volatility", "minimum_variance"}
    asked = run("pods.optimize", {"pod": "POD2", "capital": 1, "seed": 1}, context)
    assert asked["policy_digest"] == other["policy_digest"]
    with database.reading() as tx:
        assert [row.seed for row in policies.every(tx, tenant)] == [0, 1]
        assert policies.load_checkpoint(tx, tenant, first["policy_digest"]) is None


def test_a_policy_answers_only_for_what_it_was_trained_on(plain: Database) -> None:
    """When the catalogue's pod changes, or its settings, the solver answers until there is a new policy."""
    run("agents.train", {"pod": "POD2"}, context_of(plain, "main"))
    pods = catalogue_files()["pods"]
    changed = {**pods, "pods": {**pods["pods"], "POD2": {**pods["pods"]["POD2"], "max_weight": 0.25}}}
    found = run("pods.optimize", {"pod": "POD2", "capital": 1}, context_of(plain, "main", pods=changed))
    assert (found["algorithm"], found["objective"]["ratio"]) == ("exact", 1.0)
    assert run("pods.optimize", {"pod": "POD2", "capital": 1}, context_of(plain, "other"))["agent"] is None


def test_a_release_without_agents_is_answered_exactly(plain: Database) -> None:
    """A run that is pinned to a release from before there were agents goes on as it began."""
    context = context_of(plain, "main")
    del context.catalogue._files["agents"]
    assert run("pods.optimize", {"pod": "POD2", "capital": 1}, context)["algorithm"] == "exact"


def test_the_exact_optimum_stands_in_where_a_table_knows_nothing(plain: Database) -> None:
    """Without BILL, which the pod must hold, no row of Alpha's table is allowed."""
    context = context_of(plain, "main")
    run("agents.train", {"pod": "POD1"}, context)
    found = run("pods.optimize", {"pod": "POD1", "capital": 1, "limits": {"exclude": ["BILL"]}}, context)
    assert (found["agent"], found["algorithm"]) == (None, "exact")


def _train(url: str, pod: str) -> dict[str, Any]:
    database = Database(url, master_key=MASTER_KEY)
    try:
        return run("agents.train", {"pod": pod}, context_of(database, "main"))
    finally:
        database.close()


@pytest.mark.parametrize("pod", ["POD2", "POD4"])
def test_a_killed_training_goes_on_and_ends_with_the_same_policy(tmp_path: Path, pod: str) -> None:
    """Killed after its third checkpoint: the next attempt learns only what is left, and the same bytes."""
    urls = []
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
        urls.append(sqlite_url(tmp_path / name))
        made = Database(urls[-1], master_key=MASTER_KEY)
        made.upgrade()
        made.close()
    killed, whole = urls
    assert run_until_killed(partial(_train, killed, pod), "agents.after_checkpoint:kill@3")
    told: list[Any] = []
    database = Database(killed, master_key=MASTER_KEY)
    resumed = run("agents.train", {"pod": pod}, context_of(database, "main", told))
    database.close()
    rounds = FEW[resumed["agent"]]
    assert told[0][1] == 3 * (rounds // CHECKPOINTS) + 1
    assert resumed == _train(whole, pod)


def test_evaluation_learns_before_each_period_and_compares(plain: Database) -> None:
    """Three years one after the other at the end of the history; the verdict agrees with the figures."""
    found = run("agents.evaluate", {"pod": "POD2"}, context_of(plain, "main"))
    assert [len(period["results"]) for period in found["periods"]] == [4, 4, 4]
    days = [(period["first"], period["last"]) for period in found["periods"]]
    assert all(before[1] < after[0] for before, after in pairwise(days))
    score = {name: of["score"] for name, of in found["mean"].items()}
    best = max((name for name in score if name != "agent"), key=lambda name: score[name])
    assert found["best_baseline"] == best
    assert found["beats_best_baseline"] == (score["agent"] > score[best])
    assert ("does not beat" in found["verdict"]) != found["beats_best_baseline"]


@pytest.mark.parametrize(
    ("files", "kind", "told"),
    [
        ({"pods": "agent"}, "UnknownAgent", "Alpha, Beta, Gamma, Delta"),
        ({"agents": "rounds"}, "NoRounds", "agents.yaml"),
        ({"agents": "walk"}, "HistoryTooShort", "walk_forward"),
    ],
)
def test_what_cannot_be_learned_says_why(
    plain: Database, files: dict[str, str], kind: str, told: str
) -> None:
    """An agent that does not exist, one without rounds, a history without room for the walk."""
    pods, agents = catalogue_files()["pods"], catalogue_files()["agents"]
    changed = {
        "agent": {**pods, "pods": {**pods["pods"], "POD1": {**pods["pods"]["POD1"], "agent": "Omega"}}},
        "rounds": {**agents, "rounds": {"Beta": 1}},
        "walk": {**agents, "rounds": FEW, "walk_forward": {**agents["walk_forward"], "periods": 50}},
    }
    context = context_of(plain, "main", **{name: changed[what] for name, what in files.items()})
    with pytest.raises(ActivityFault, match=told) as refused:
        run("agents.evaluate", {"pod": "POD1"}, context)
    assert refused.value.type == kind


@pytest.mark.parametrize(
    ("value", "exact", "ratio"), [(0.9, 1.0, 0.9), (1.0, 1.0, 1.0), (-1.1, -1.0, 0.9), (-0.1, 0.0, 0.0)]
)
def test_the_share_of_the_optimum_never_rises_above_one(value: float, exact: float, ratio: float) -> None:
    """Also where the optimum itself is a loss."""
    assert share_of_optimum(value, exact) == pytest.approx(ratio)
