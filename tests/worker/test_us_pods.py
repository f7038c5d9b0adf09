"""The pods of US shares that agents are tried on with real prices."""

from payloads.files.pods import Opportunity, PodsFile
from payloads.files.universe import UniverseFile
from tests.support.servers import REPOSITORY
from worker.folder_catalogue import FolderCatalogue


def test_the_pods_of_us_shares_aim_for_what_the_projects_pods_aim_for() -> None:
    """Agent, objective and penalties by pod; only universe, limits and benchmark are others."""
    ours = FolderCatalogue(REPOSITORY / "definitions" / "catalogue").read("pods", PodsFile)
    theirs = FolderCatalogue(REPOSITORY / "benchmarks" / "us_pods").read("pods", PodsFile)
    assert (theirs.grid, theirs.horizon, theirs.risk_tolerance) == (
        ours.grid,
        ours.horizon,
        ours.risk_tolerance,
    )
    for name, pod in ours.pods.items():
        other = theirs.pods[name]
        apart = {"benchmark"}
        assert other.agent == pod.agent
        assert other.objective.model_dump(exclude=apart) == pod.objective.model_dump(exclude=apart)


def test_every_us_share_of_a_pod_is_in_their_universe() -> None:
    """And what the benchmark is made of."""
    folder = FolderCatalogue(REPOSITORY / "benchmarks" / "us_pods")
    known = folder.read("universe", UniverseFile).by_etf()
    for pod in folder.read("pods", PodsFile).pods.values():
        benchmark = pod.objective.benchmark if isinstance(pod.objective, Opportunity) else {}
        assert {*pod.universe, *benchmark} <= set(known)
