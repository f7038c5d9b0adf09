"""How much the market moves, beside what is usual.

ActivityError
├── NoSnapshot   nothing was stored yet
└── NotWatched   the catalogue has no market portfolio, or not when it is shaken
"""

import numpy as np

from activities.context import Context
from activities.errors import ActivityError
from activities.reference_prices import NoSnapshot
from activities.registry import implements
from activities.snapshots import daily_returns, newest_stored
from engines.volatility_spike import shaken
from payloads.files.market import MarketFile
from payloads.market_volatility import AskVolatility, MarketVolatility


class NotWatched(ActivityError):
    """The catalogue has no market portfolio, or not when it is shaken."""


@implements("market.volatility")
def volatility(ask: AskVolatility, context: Context) -> MarketVolatility:
    """The volatility of the market portfolio, by the newest snapshot that is stored, however old."""
    rules = context.catalogue.read("market", MarketFile)
    market, watch = rules.market_portfolio, rules.volatility_watch
    if market is None or watch is None:
        raise NotWatched("market.yaml needs `market_portfolio` and `volatility_watch`")
    snapshot = newest_stored(context)
    if snapshot is None:
        raise NoSnapshot("there is no market snapshot yet; market.latest_snapshot says how to take one")
    returns = daily_returns(snapshot, context.catalogue, list(market.weights), "market_portfolio")
    found = shaken(
        returns @ np.array(list(market.weights.values())),
        recent=watch.recent_sessions,
        usual=watch.usual_sessions,
        limit=watch.spike,
        sessions_per_year=rules.estimates.sessions_per_year,
    )
    return MarketVolatility(
        volatility=found.volatility,
        usual=found.usual,
        spike=found.spike,
        snapshot=snapshot.digest,
        as_of=snapshot.as_of,
        simulated=snapshot.simulated,
    )
