"""Fanlight: see what happens inside Claude Enterprise without keeping a copy of any conversation."""

__version__ = "0.1.0"
