"""`kronos goals simulate`: what it prints, draws, and refuses."""

import json
from pathlib import Path

from tests.support.servers import REPOSITORY, Kronos

EXAMPLE = REPOSITORY / "examples" / "goals" / "retirement.json"


def test_the_example_prints_80_columns_and_draws_its_fan(kronos: Kronos, tmp_path: Path) -> None:
    """Data on stdout, where the chart is on stderr."""
    done = kronos("goals", "simulate", "--input", EXAMPLE, "--chart", tmp_path / "fan.svg", "-o", "table")
    assert done.code == 0, done.err
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert "standard error" in done.out
    assert str(tmp_path / "fan.svg") in done.err
    assert (tmp_path / "fan.svg").read_text().startswith("<svg ")


def test_piped_it_prints_what_the_activity_answers(kronos: Kronos) -> None:
    """JSON with a row of the fan a month."""
    done = kronos("goals", "simulate", "--input", EXAMPLE)
    assert (done.code, len(json.loads(done.out)["fan"])) == (0, 300)


def test_a_plan_that_cannot_be_is_refused(kronos: Kronos, tmp_path: Path) -> None:
    """Its place on one line, exit 2, and no chart; so is a chart that cannot be written."""
    plan = json.loads(EXAMPLE.read_text())
    (tmp_path / "bad.json").write_text(json.dumps(plan | {"years": 0}))
    chart = tmp_path / "fan.svg"
    done = kronos("goals", "simulate", "--input", tmp_path / "bad.json", "--chart", chart)
    assert (done.code, done.out, chart.exists()) == (2, "", False)
    assert done.err.startswith("error: InvalidInput at years: ")
    done = kronos("goals", "simulate", "--input", EXAMPLE, "--chart", tmp_path / "none" / "fan.svg")
    assert done.code == 2
    assert "cannot be written" in done.err
    done = kronos("goals", "simulate", "--input", EXAMPLE, "--chart", tmp_path / "fan.png")
    assert (done.code, list(tmp_path.glob("*.png"))) == (2, [])
    assert "does not end in .svg" in done.err
