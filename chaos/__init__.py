"""Faults on real processes, each on a host of its own: docs/chaos.md."""
