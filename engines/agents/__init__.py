"""Agents that learn to run the pods, from simulated stretches of the past.

    EngineError
    ├── HistoryTooShort   too few sessions to learn from
    └── UnknownAgent      no agent has that name

    task          what a pod rewards and allows
    experience    stretches of history drawn in blocks
    environment   a pod held over such a stretch, many at a time
    network       small networks with gradients by hand
    products      matrix products that round alike with any number of threads
    preferences   from preferences for ETFs to weights within bounds
    alpha … delta the learners; roster has them by name
    training      rounds of learning, from a seed to a policy
    plug          the same environments by gymnasium's interface
    trial         a policy against simple baselines on days it has not seen

Nothing here knows the exact optimum or imports what finds it.
"""
