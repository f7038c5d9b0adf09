"""Fixtures of the store's tests."""

from tests.support.databases import database, database_url, on_postgresql, postgresql, tenant

__all__ = ["database", "database_url", "on_postgresql", "postgresql", "tenant"]
