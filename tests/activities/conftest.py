"""Fixtures of the tests of activities that need a database."""

from tests.support.databases import database, database_url, on_postgresql, postgresql, tenant

__all__ = ["database", "database_url", "on_postgresql", "postgresql", "tenant"]
