"""How long the agents train, how near the optimum they come, and how fast pods are answered from policies."""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from activities.context import Context
from activities.runner import run
from activities.snapshots import default_snapshot, keep
from payloads.call import Call
from store.database import Database
from worker.folder_catalogue import FolderCatalogue

PODS = ("POD1", "POD2", "POD3", "POD4")
REPEATS = 7
ALLOWED_TRAINING, ALLOWED_ANSWER = 60.0, 0.050  # seconds, for all four pods


def measure(seeds: int = 1) -> None:
    """Train all four pods for some seeds, answer from them, and print times and shares of the optimum."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'kronos.db'}")
        database.upgrade()
        context = _context(database)
        _keep_snapshot(database, context)
        trained = [_train_all(context, seed) for seed in range(seeds)]
        answering = median(_seconds_to_answer(context) for _ in range(REPEATS))
        ratios = [_answers(context, seed) for seed in range(seeds)]
        database.close()
    print("\nAgents: share of the exact optimum by seed, and seconds of training")
    for pod in PODS:
        shares = [answers[pod]["objective"]["ratio"] for answers in ratios]
        times = [seconds[pod] for seconds in trained]
        print(
            f"  {pod} {ratios[0][pod]['agent']:<6} least {min(shares):.4f}, median {median(shares):.4f}; "
            f"training {min(times):.1f} s at best"
        )
    whole = min(sum(seconds.values()) for seconds in trained)
    print(f"  training all four, one process: {whole:.1f} s at best (at most {ALLOWED_TRAINING:.0f})")
    print(
        f"  pods.optimize of all four from policies: {answering * 1e3:.0f} ms, median of {REPEATS} "
        f"(at most {ALLOWED_ANSWER * 1e3:.0f})"
    )


def _train_all(context: Context, seed: int) -> dict[str, float]:
    seconds = {}
    for pod in PODS:
        began = time.perf_counter()
        run("agents.train", {"pod": pod, "seed": seed}, context)
        seconds[pod] = time.perf_counter() - began
    return seconds


def _answers(context: Context, seed: int) -> dict[str, Any]:
    return {pod: run("pods.optimize", {"pod": pod, "capital": 10_000, "seed": seed}, context) for pod in PODS}


def _seconds_to_answer(context: Context) -> float:
    began = time.perf_counter()
    _answers(context, 0)
    return time.perf_counter() - began


def _keep_snapshot(database: Database, context: Context) -> None:
    """The default snapshot, stored as an installation's is."""
    snapshot = default_snapshot(context.catalogue)
    with database.transaction() as tx:
        keep(tx, context.call.tenant, snapshot, datetime.now(UTC))


def _context(database: Database) -> Context:
    return Context(
        call=Call(effect_root="bench", step="bench"),
        catalogue=FolderCatalogue(Path("definitions/catalogue")),
        services=SimpleNamespace(database=database),
        now=lambda: datetime.now(UTC),
    )


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
