"""The relay: one process that seals entries, lets counters and jobs follow, and tells the broker."""

from quanlin.journal.jobs.relay import Fold, run_relay

__all__ = ["Fold", "run_relay"]
