"""Which portfolios a threshold has to be judged over: those whose state may change, all others at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activities.coarse_conditions import look
from activities.thresholds import cooldown_of
from activities.trigger_book import Trigger
from dsl import plan as p
from engines.thresholds import State
from store.partitions import Swept
from store.threshold_states import Unrested

Flags = NDArray[np.bool_]


def crossing(trigger: Trigger, swept: Swept, standing: Sequence[Unrested]) -> Flags:
    """Where the threshold may fire, rearm or end its cooldown, or cannot be judged for a reason not told yet.

    A threshold over a metric that nobody was measured by stands still.
    """
    rule, count = trigger.rule, len(swept.ids)
    assert isinstance(rule, p.ThresholdTrigger)
    metrics = swept.measured.metrics
    reads = rule.threshold.reads | (rule.rearm.reads if rule.rearm else frozenset())
    if any(path[0] != "portfolio" and path[0] not in metrics for path in reads):
        return np.zeros(count, dtype=np.bool_)
    condition = look(rule.threshold, metrics, count)
    rearm = condition.negated() if rule.rearm is None else look(rule.rearm, metrics, count)
    now = _Now(trigger, swept, standing)
    moves = np.where(now.fired, rearm.true, np.where(now.cooling, now.cooled, condition.true))
    fault = condition.fault | (now.fired & rearm.fault)
    found: Flags = moves | (fault != now.faulted)
    return found


class _Now:
    """Where the threshold stands over each portfolio; armed where nothing else is said."""

    def __init__(self, trigger: Trigger, swept: Swept, standing: Sequence[Unrested]) -> None:
        rule, ids = trigger.rule, swept.ids
        assert isinstance(rule, p.ThresholdTrigger)
        mine = [one for one in standing if (one.workflow, one.trigger) == (trigger.workflow, rule.place)]
        self.fired, self.cooling, self.faulted, self.cooled = (
            np.zeros(len(ids), dtype=np.bool_) for _ in range(4)
        )
        cooldown = cooldown_of(rule)
        for one in mine:
            place = swept.place(one.portfolio_id)
            if place is not None:
                self.fired[place] = one.state == State.FIRED
                self.cooling[place] = one.state == State.COOLING
                self.faulted[place] = one.faulted
                self.cooled[place] = one.fired_at is not None and swept.at >= one.fired_at + cooldown
