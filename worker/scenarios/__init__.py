"""Tests of definitions, run by the real interpreter on virtual time against a real Temporal server."""
