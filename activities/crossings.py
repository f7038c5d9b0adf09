"""Which portfolios a threshold has to be judged over: those whose state may change, all others at once."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from activities.coarse_conditions import look
from activities.thresholds import cooldown_of, names_of
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
    if not names_of(rule) <= {"portfolio", *metrics}:
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
        rule = trigger.rule
        assert isinstance(rule, p.ThresholdTrigger)
        mine = [one for one in standing if (one.workflow, one.trigger) == (trigger.workflow, rule.place)]
        places = swept.places([one.portfolio_id for one in mine])
        there = [(place, one) for place, one in zip(places.tolist(), mine, strict=True) if place >= 0]
        latest = swept.at - cooldown_of(rule)

        def where(holds: Callable[[Unrested], bool]) -> Flags:
            flags = np.zeros(len(swept.ids), dtype=np.bool_)
            flags[[place for place, one in there if holds(one)]] = True
            return flags

        self.fired = where(lambda one: one.state == State.FIRED)
        self.cooling = where(lambda one: one.state == State.COOLING)
        self.faulted = where(lambda one: one.faulted)
        self.cooled = where(lambda one: one.fired_at is not None and one.fired_at <= latest)
