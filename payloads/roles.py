"""Roles of people who decide in a run; those of the house stand in the catalogue, in people.yaml."""

CLIENT = "client"
"""The role of the client whose run it is; nobody in people.yaml can hold it."""
