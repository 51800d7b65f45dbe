"""The control database: commits, cursors, findings and their workflow, settings, sign-in."""

from fanlight.state.state import Lease, LeaseHeld, LeaseLost, Segment, SegmentGone, State, Tick, digest_of, open_state

__all__ = ["Lease", "LeaseHeld", "LeaseLost", "Segment", "SegmentGone", "State", "Tick", "digest_of", "open_state"]
