"""`kronos agents`: training, the stored policies, the picture, without any server."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

from tests.support.servers import REPOSITORY, Kronos


def test_train_then_show(kronos: Kronos, tmp_path: Path) -> None:
    """A policy is stored, listed, shown by the beginning of its digest, and its curve is a picture."""
    shutil.copytree(REPOSITORY / "definitions", tmp_path / "definitions")
    settings = tmp_path / "definitions" / "catalogue" / "agents.yaml"
    settings.write_text(settings.read_text().replace("Beta: 250", "Beta: 5"))
    given = ("--definitions", str(tmp_path / "definitions"))
    done = kronos("agents", "train", "--pod", "POD2", "--curve", str(tmp_path / "curve.svg"), *given)
    assert done.code == 0, done.err
    assert done.err.strip() == done.err.removesuffix("\n"), "no bar where nobody watches"
    [trained] = json.loads(done.out)["policies"]
    assert len(trained["curve"]) == 5
    assert ElementTree.parse(tmp_path / "curve.svg").getroot().tag.endswith("svg")
    [listed] = json.loads(kronos("agents", "show").out)["policies"]
    assert listed["policy_digest"] == trained["policy_digest"]
    shown = kronos("agents", "show", trained["policy_digest"][:8], "-o", "table")
    assert "OUT OF SAMPLE" in shown.out
    tables = shown.out + kronos("agents", "show", "-o", "table").out
    assert max(len(line) for line in tables.splitlines()) <= 80
    assert "minimum_variance" in shown.out
    unknown = kronos("agents", "show", "zzz")
    assert (unknown.code, unknown.out) == (1, "")
    assert "UnknownPolicy" in unknown.err


def test_mistakes_are_one_line_before_anything_is_trained(kronos: Kronos, tmp_path: Path) -> None:
    """Every pod and the place of the picture are looked at first: no policy, no database, no long wait."""
    mistakes = {
        ("--pod", "POD2", "--pod", "POD9"): (1, "UnknownPod at pod: there is no pod POD9; did you mean"),
        ("--pod", "POD2", "--curve", "nowhere/c.svg"): (
            2,
            "BadInput at curve: nowhere/c.svg cannot be written",
        ),
        ("--pod", "POD2", "--curve", str(tmp_path)): (2, f"BadInput at curve: {tmp_path} is a folder"),
    }
    for arguments, (code, words) in mistakes.items():
        done = kronos("agents", "train", *arguments)
        assert (done.code, done.out) == (code, "")
        assert words in done.err
    assert kronos("agents", "show").code == 3


def test_a_snapshot_is_named_by_its_first_characters(kronos: Kronos) -> None:
    """As `kronos data list` prints it; one that begins otherwise is unknown."""
    assert kronos("data", "pull", "--as-of", "2026-06-30").code == 0
    done = kronos("agents", "evaluate", "--pod", "POD2", "--snapshot", "deadbeef")
    assert (done.code, done.out) == (1, "")
    assert "UnknownSnapshot at snapshot: no snapshot begins with deadbeef" in done.err
