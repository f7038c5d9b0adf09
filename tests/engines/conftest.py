"""Engines are tested on values alone; how long a draw takes says nothing of them."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
