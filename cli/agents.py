"""`kronos agents`: training the agents of the pods, trying them, looking at what they learned."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Definitions, Output
from cli.output import columns, fields, say, show

app = group("The agents that learn to run the pods.", example="kronos agents train --pod POD1")

Pods = Annotated[
    list[str] | None,
    typer.Option("--pod", help="The pod, such as POD1; several times for several; else all."),
]
Snapshot = Annotated[
    str | None,
    typer.Option(
        "--snapshot",
        help="The market snapshot: its digest, or its first characters; else the newest.",
        metavar="DIGEST",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same policy.")]
# The figures of a trial, under headings with which a table fits 80 columns.
FIGURES = {
    "score": "score",
    "return": "annual_return",
    "volatility": "volatility",
    "sharpe": "sharpe_ratio",
    "drawdown": "max_drawdown",
    "turnover": "turnover",
}


@app.command()
def train(
    pod: Pods = None,
    snapshot: Snapshot = None,
    seed: Seed = 0,
    curve: Annotated[
        Path | None, typer.Option("--curve", help="Write the learning curves here, as SVG.", metavar="FILE")
    ] = None,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Train the agents of pods on a snapshot and store their policies.

    A training that was interrupted goes on from its last checkpoint. What is stored already is not
    trained again. pods.optimize answers from these policies from then on.

    Example: kronos agents train --pod POD1 --curve alpha.svg
    """
    from cli.progress import progress_bar
    from worker import agents
    from worker.settings import load_settings

    settings = load_settings({"data": data, "definitions": definitions})
    pods = agents.pods_of(settings, pod)
    if curve is not None:
        agents.check_place(curve)
    reports = []
    with progress_bar() as tell:
        for name in pods:
            reports.append(agents.train(settings, name, snapshot=snapshot, seed=seed, tell=tell))
    if curve is not None:
        agents.write_curves(curve, reports)
        say(f"Learning curves: {curve}")
    show({"policies": reports}, output, _policies_table)


@app.command()
def evaluate(
    pod: Pods = None,
    snapshot: Snapshot = None,
    seed: Seed = 0,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="How many seeds, counted from --seed.")
    ] = 1,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Try the agents on days after those they learned from, beside simple baselines.

    A walk forward: before each period the agent learns anew from all days before it. The baselines are
    equal weights, inverse volatility and least variance, within the same limits. Nothing is stored.

    Example: kronos agents evaluate --pod POD3 --seeds 10
    """
    from cli.progress import progress_bar
    from worker import agents
    from worker.settings import load_settings

    settings = load_settings({"data": data, "definitions": definitions})
    found = []
    with progress_bar() as tell:
        for name in agents.pods_of(settings, pod):
            for number in range(seed, seed + seeds):
                found.append(agents.evaluate(settings, name, snapshot=snapshot, seed=number, tell=tell))
    show({"evaluations": found}, output, _evaluations_table)


@app.command("show")
def show_(
    digest: Annotated[
        str | None, typer.Argument(help="The policy's digest, or how it begins; else all.", metavar="DIGEST")
    ] = None,
    curve: Annotated[
        Path | None, typer.Option("--curve", help="Write the learning curve here, as SVG.", metavar="FILE")
    ] = None,
    data: Data = None,
    output: Output = None,
) -> None:
    """Show what is stored: every policy, or one with its figures.

    Example: kronos agents show 3f9a --curve alpha.svg
    """
    from worker import agents
    from worker.settings import load_settings

    settings = load_settings({"data": data})
    if digest is None:
        show({"policies": agents.list_policies(settings)}, output, _policies_table)
        return
    policy = agents.show_policy(settings, digest)
    if curve is not None:
        agents.check_place(curve)
        agents.write_curves(curve, [policy])
        say(f"Learning curve: {curve}")
    show(policy, output, _policy_table)


def _policies_table(data: Any) -> str:
    if not data["policies"]:
        return "No policies; `kronos agents train` makes them."
    rows = [
        [
            row["pod"],
            row["agent"],
            row["seed"],
            f"{float(row['agent_confidence']):.3f}",
            row["learned_to"],
            row["tried_to"],
            "simulated" if row["simulated"] else "real",
            row["policy_digest"][:12],
        ]
        for row in data["policies"]
    ]
    headers = ("pod", "agent", "seed", "confidence", "learned to", "tried to", "prices", "policy")
    return columns(headers, rows, right=("seed", "confidence"))


def _policy_table(policy: Any) -> str:
    parts = ("allocation", "out_of_sample", "curve")
    about = {key.removeprefix("agent_"): value for key, value in policy.items() if key not in parts}
    weights = [[etf, _number(weight)] for etf, weight in policy["allocation"].items()]
    return "\n\n".join(
        (
            fields(about),
            columns(("etf", "weight"), weights, right=("weight",)),
            f"OUT OF SAMPLE\n{_figures(policy['out_of_sample'])}",
        )
    )


def _evaluations_table(data: Any) -> str:
    parts = []
    for found in data["evaluations"]:
        simulated = ", simulated prices" if found["simulated"] else ""
        title = f"{found['pod']} {found['agent']}, seed {found['seed']}{simulated}"
        parts.append(f"{title}\n{_figures(found['mean'])}\n{found['verdict']}.")
    return "\n\n".join(parts)


def _figures(results: Any) -> str:
    rows = [[name, *(_number(of[figure]) for figure in FIGURES.values())] for name, of in results.items()]
    return columns(("held by", *FIGURES), rows, right=tuple(FIGURES))


def _number(value: Any) -> str | None:
    return None if value is None else f"{float(value):.4f}"
