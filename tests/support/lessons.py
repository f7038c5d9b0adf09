"""Small pods for agents to learn on, made here: nothing of the catalogue."""

import numpy as np

from engines.agents.experience import Experience, experience
from engines.agents.task import Aim, Dearness, PodTask
from engines.weight_grid import bounded_grid

SESSIONS_A_YEAR = 252
STEPS = 10


def small_task(aim: Aim = Aim.EXCESS_RETURN, assets: int = 3, **changes: object) -> PodTask:
    """A pod of a few ETFs on a grid of a tenth, each at most 60%."""
    highest = [6] * assets
    given = {
        "aim": aim,
        "allocations": bounded_grid([0] * assets, highest, STEPS) / STEPS,
        "lowest": np.zeros(assets),
        "highest": np.full(assets, 0.6),
        "steps": STEPS,
        "ceiling": 0.5,
        "least_share": 0.7,
        "dearness": Dearness(3, 0.75, 2),
        "trade_cost": 0.001,
        "cash_rate": 0.03,
        "income": np.linspace(0.02, 0.06, assets),
        "usual_tax_rate": 0.3,
        "variance_penalty": 3.0,
        "drawdown_penalty": 0.03,
    }
    return PodTask(**{**given, **changes})  # type: ignore[arg-type]


def daily_returns(assets: int = 3, days: int = 504, seed: int = 1) -> np.ndarray:
    """Independent normal returns, ever more volatile from the first ETF to the last."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((days, assets)) * np.linspace(0.002, 0.01, assets)


def small_experience(sessions: int = 21, assets: int = 3, **changes: object) -> Experience:
    """Two years of days whose expected returns rise from the first ETF to the last."""
    returns = daily_returns(assets)
    given = {
        "expected": np.linspace(0.04, 0.12, assets),
        "benchmark_expected": 0.05,
        "sessions": sessions,
        "sessions_a_year": SESSIONS_A_YEAR,
    }
    return experience(returns, returns.mean(axis=1), **{**given, **changes})  # type: ignore[arg-type]
