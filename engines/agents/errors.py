"""What can be wrong with what agents are given; the tree is drawn in engines/agents/__init__.py."""

from engines.errors import EngineError


class HistoryTooShort(EngineError):
    """Too few sessions to learn from, or to be tried on."""


class UnknownAgent(EngineError):
    """No agent has that name."""
