"""Definitions as pictures: an outline of a plan, drawn as Mermaid or SVG, with a run's state on it."""
