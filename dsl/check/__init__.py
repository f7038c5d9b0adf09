"""Checks a definition whose structure is known: names, types and flow, each in a small module.

Every module adds its problems to the report of the file; none stops at the first.
"""
