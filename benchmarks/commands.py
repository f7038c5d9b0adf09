"""How long commands take that need no server: whole processes, as a person waits for them.

Beside each, what its own work can never undercut: a process that starts, imports what the command
imports, and ends.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.main import get_command

from cli.main import app

ROOT = Path(__file__).parents[1]
ALLOWED = 0.3
"""Seconds in which a command that needs no server answers."""
ROUNDS = 7
FEWER_ROUNDS = 3
# What a command imports may miss a module that it did without, too.
IMPORT = """
import gc, importlib, os, sys
gc.set_threshold(50_000, 20, 20)
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
os._exit(0)
"""
COMMANDS = (
    "version",
    "config show",
    "activities list",
    "activities show portfolio.optimize",
    "definitions list",
    "definitions show onboarding",
    "definitions validate",
    "definitions validate definitions/workflows/onboarding.yaml",
    "definitions compile onboarding",
    "definitions graph onboarding",
    "definitions explain K204",
    "definitions schema",
    "definitions diff onboarding onboarding",
    "trading show",
    "events list",
    "portfolio show P-BENCH",
)
ASSET = {"expected_return": 0.085, "yield": 0.04, "franking": 0.7, "liquidity": 0.95, "exposure": "AU"}
PERSON = {
    "customer_id": "BENCH",
    "name": "Sarah Johnson",
    "date_of_birth": "1990-03-04",
    "email": "sarah@example.org",
    "income": 120000,
}
# Activities that the reference cases have no input for, or none that succeeds.
INPUTS: dict[str, Any] = {
    "customers.check_application": {
        "customer": PERSON,
        "capital": 100000,
        "goals": [],
        "as_of": "2025-11-15",
    },
    "pods.split": {"weights": {"POD1": 0.3, "POD2": 0.7}, "total_capital": 1000},
    "portfolio.investment_limits": {"cash": 100000},
    "tax.analyze_portfolio": {
        "holdings": {"VAS": 7000},
        "assets": {"VAS": ASSET},
        "marginal_rate": 0.3,
        "as_of": "2025-11-15",
    },
    "portfolio.optimize": {
        "pods": {"POD1": {"capital": 1000, "allocation": {"VAS": 0.6, "VAF": 0.4}}},
        "assets": {"VAS": ASSET, "VAF": {**ASSET, "exposure": "BONDS"}},
        "limits": {"max_etfs": 2, "max_weight": 0.7, "min_weight": 0.02},
    },
    "pods.optimize": {"pod": "POD1", "capital": 10000},
    "backtest.run": {
        "prices": {"dates": ["2024-01-02", "2024-01-03"], "columns": {"VAS": [100, 101]}},
        "weights": {"VAS": 1},
        "mode": "static",
    },
    "market.estimate": {"etfs": ["VAS", "VGS", "VAF", "GOLD"]},
    "market.detect_regime": {},
}


@dataclass(frozen=True, slots=True)
class Command:
    """One command line, and what it reads from its standard input."""

    words: tuple[str, ...]
    input: str = ""

    @property
    def shown(self) -> str:
        """As it is typed."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds on the clock and of the processor, each the best of several processes."""

    waited: float
    worked: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A command's times, and the seconds of the processor that its start and imports take."""

    command: Command
    times: Times
    floor: float


def measure() -> None:
    """Print every command with its times, the slow ones marked."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        place = {**os.environ, "KRONOS_DATA": folder}
        _prepare(place)
        bare = _best([sys.executable, "-c", "pass"], "", place, ROUNDS)
        print(f"\nCommands without a server, best of {ROUNDS}: seconds waited (at most {ALLOWED}), of the")
        print(f"processor, and of these start and imports (a start of Python alone takes {bare.worked:.3f})")
        for words in COMMANDS:
            print(_line(_measured(Command(tuple(words.split())), place)))
        for command in _calls():
            print(_line(_measured(command, {**place, "KRONOS_DATA": empty})))
        _measure_help(place)


def _calls() -> Iterator[Command]:
    """Every activity that needs neither a server nor a database."""
    for name, given in sorted(_inputs().items()):
        yield Command(("activities", "call", name, "--input", "-"), json.dumps(given))


def _inputs() -> Mapping[str, Any]:
    """An input for each activity, the first of the reference cases that is not refused."""
    cases = json.loads((ROOT / "tests" / "reference" / "cases.json").read_text())
    found = {case["activity"]: case["input"] for case in reversed(cases) if "expect_error" not in case}
    return found | INPUTS


def _prepare(place: Mapping[str, str]) -> None:
    """A client in a database of its own, for the commands that read one."""
    _answer(Command(("definitions", "publish", "--skip-tests")), place)
    words = ("activities", "call", "customers.register", "--effect", "--key", "bench", "--input", "-")
    _answer(Command(words, json.dumps({"customer": PERSON})), place)


def _measured(command: Command, place: Mapping[str, str]) -> Measured:
    _answer(command, place)  # fills the caches, and shows that the command succeeds
    times = _best([_kronos(), *command.words], command.input, place, ROUNDS)
    return Measured(command, times, _start_and_imports(command, place))


def _measure_help(place: Mapping[str, str]) -> None:
    """One line for the help of all commands: that of the slowest."""
    lines = [(*words, "--help") for words in _all_commands()]
    taken = {words: _best([_kronos(), *words], "", place, FEWER_ROUNDS).waited for words in lines}
    slowest = max(taken, key=lambda words: taken[words])
    print(_line(_measured(Command(slowest), place)), f" (the slowest of {len(taken)})")


def _all_commands() -> Iterator[tuple[str, ...]]:
    """The words of every group and command."""

    def below(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
        yield words
        for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
            yield from below((*words, name), command.get_command(None, name))

    return below((), get_command(app))


def _line(one: Measured) -> str:
    mark = "  SLOW" if one.times.waited > ALLOWED else ""
    figures = f"{one.times.waited:6.3f} {one.times.worked:6.3f} {one.floor:6.3f}"
    return f"  {one.command.shown:<62} {figures}{mark}"


def _kronos() -> str:
    return str(Path(sys.executable).with_name("kronos"))


def _answer(command: Command, place: Mapping[str, str]) -> None:
    subprocess.run(
        [_kronos(), *command.words],
        input=command.input,
        env=place,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def _best(command: Sequence[str], given: str, place: Mapping[str, str], rounds: int) -> Times:
    """The least that one process took on the clock, and the least of the processor."""
    taken = [_taken(command, given, place) for _ in range(rounds)]
    return Times(min(one.waited for one in taken), min(one.worked for one in taken))


def _taken(command: Sequence[str], given: str, place: Mapping[str, str]) -> Times:
    before, begun = _worked(), time.perf_counter()
    subprocess.run(command, input=given, env=place, cwd=ROOT, capture_output=True, check=True, text=True)
    return Times(time.perf_counter() - begun, _worked() - before)


def _worked() -> float:
    """Seconds of the processor of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _start_and_imports(command: Command, place: Mapping[str, str]) -> float:
    """Seconds of the processor of a process that does nothing but import what the command imports."""
    line = [sys.executable, "-X", "importtime", _kronos(), *command.words]
    done = subprocess.run(
        line, input=command.input, env=place, cwd=ROOT, capture_output=True, check=True, text=True
    )
    names = [line.split("|")[2].strip() for line in done.stderr.splitlines() if line.count("|") == 2]
    return _best([sys.executable, "-c", IMPORT, *names], "", place, FEWER_ROUNDS).worked
