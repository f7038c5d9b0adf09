"""What a worker does with whatever an activity raises."""

from typing import Any

import pytest

from tests.support.contexts import pure_context
from worker import worker


def test_an_activity_that_runs_out_of_items_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A StopIteration cannot cross a future: the run would wait for the answer for ever."""

    def exhausted(*given: Any) -> None:
        next(iter(()))

    monkeypatch.setattr(worker, "run", exhausted)
    with pytest.raises(RuntimeError, match=r"pods\.split ran out"):
        worker._run("pods.split", {}, pure_context())
