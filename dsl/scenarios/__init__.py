"""Tests of definitions: `definitions/tests/*.yaml`, read with positions and checked before they run."""
