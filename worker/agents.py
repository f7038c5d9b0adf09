"""Agents from the command line: trained and tried in this process, looked up in the store."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activities.agent_lessons import pod_named
from activities.context import Context
from activities.runner import run
from payloads.call import Call
from payloads.files.pods import PodsFile
from store import policies
from worker.data import whole_digest
from worker.errors import BadInput, UnknownId
from worker.folder_catalogue import FolderCatalogue
from worker.learning_curve import as_svg
from worker.services import opened
from worker.settings import Settings
from worker.storage import existing_database, open_database

Tell = Callable[[str, int, int], None]
"""Who is learning, rounds done, rounds in all."""


def pods_of(settings: Settings, asked: Sequence[str] | None) -> list[str]:
    """The pods asked for, else those of the catalogue, in its order; UnknownId before any is begun."""
    catalogue = FolderCatalogue(settings.definitions / "catalogue")
    if not asked:
        return list(catalogue.read("pods", PodsFile).pods)
    for name in asked:
        pod_named(name, catalogue)
    return list(dict.fromkeys(asked))


def train(settings: Settings, pod: str, *, snapshot: str | None, seed: int, tell: Tell) -> dict[str, Any]:
    """What agents.train answers; it goes on from the last checkpoint of a training that was stopped."""
    open_database(settings).close()
    return _run("agents.train", settings, pod, snapshot, seed, tell)


def evaluate(settings: Settings, pod: str, *, snapshot: str | None, seed: int, tell: Tell) -> dict[str, Any]:
    """What agents.evaluate answers."""
    open_database(settings).close()
    return _run("agents.evaluate", settings, pod, snapshot, seed, tell)


def list_policies(settings: Settings) -> list[dict[str, Any]]:
    """Every stored policy as training reported it, the newest first."""
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            return [
                {**row.report, "created_at": row.created_at} for row in policies.every(tx, settings.tenant)
            ]
    finally:
        database.close()


def show_policy(settings: Settings, digest: str) -> dict[str, Any]:
    """The stored policy whose digest begins so; UnknownId when none or several do."""
    found = [row for row in list_policies(settings) if row["policy_digest"].startswith(digest)]
    if len(found) != 1:
        told = "no policy has" if not found else f"{len(found)} policies have"
        raise UnknownId(
            f"{told} a digest that begins with {digest}; `kronos agents show` lists them",
            name="UnknownPolicy",
        )
    return found[0]


def check_place(path: Path) -> None:
    """Refuse a file that cannot be written, before hours of work would be for it."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        told = "is a folder" if path.is_dir() else f"cannot be written: there is no folder {path.parent}"
        raise BadInput(f"{path} {told}", "curve")


def write_curves(path: Path, reports: Sequence[dict[str, Any]]) -> None:
    """The learning curves as one picture."""
    path.write_text(
        as_svg({f"{row['pod']} {row['agent']}": row["curve"] for row in reports}), encoding="utf-8"
    )


def _run(
    name: str, settings: Settings, pod: str, snapshot: str | None, seed: int, tell: Tell
) -> dict[str, Any]:
    chosen = {"snapshot": whole_digest(settings, snapshot)} if snapshot else {}
    given = {"pod": pod, "seed": seed, **chosen}
    with opened(settings) as services:
        context = Context(
            call=Call(tenant=settings.tenant, effect_root="cli", step=name),
            catalogue=FolderCatalogue(settings.definitions / "catalogue"),
            services=services,
            now=lambda: datetime.now(UTC),
            heartbeat=tell,
        )
        return run(name, given, context, strict=True)
