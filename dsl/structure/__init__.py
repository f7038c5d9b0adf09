"""Reads the tree of a definition file into the classes of `dsl.definition`, checking every key."""
