"""Reads of the journal: entries (reading), proofs (proving), and whether anybody tampered (verifying)."""

from quanlin.journal.queries.proving import (
    consistency_proof,
    inclusion_proof,
    latest_checkpoint,
    public_keys,
)
from quanlin.journal.queries.reading import (
    Lag,
    Since,
    count_of,
    entries_of_actor,
    entry,
    lag,
    reads_of,
    since,
    timeline,
)
from quanlin.journal.queries.verifying import verify
from quanlin.journal.rules.entry import Entry

__all__ = [
    "Entry",
    "Lag",
    "Since",
    "consistency_proof",
    "count_of",
    "entries_of_actor",
    "entry",
    "inclusion_proof",
    "lag",
    "latest_checkpoint",
    "public_keys",
    "reads_of",
    "since",
    "timeline",
    "verify",
]
