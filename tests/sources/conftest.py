"""The fixtures of the connectors' tests."""

from support.source_fixtures import clock, connect, simulator, world

__all__ = ["clock", "connect", "simulator", "world"]
