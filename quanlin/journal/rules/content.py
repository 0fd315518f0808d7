"""What of an entry is authenticated: canonical JSON, the writer's code over it, and the leaf in the tree.

Canonical JSON is UTF-8, keys sorted, no spaces, nothing escaped that need not be, no floating point
numbers; times are UTC with six digits, place numbers are text since many readers cut integers at 2^53. Any
JSON library that can sort keys writes the same bytes.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from quanlin.journal.rules.tree import leaf_hash

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Any) -> bytes:
    """The one way to write plain JSON values."""
    return _encode(value).encode()


def moment(value: datetime) -> str:
    """2026-01-02T03:04:05.000006Z."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: Any) -> Any:
    """A fact's value as plain JSON. Raises TypeError for a float: its digits differ between programs."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, UUID | date):
        return str(value)
    raise TypeError(
        f"a fact cannot hold {value!r}; write a number with a point as a whole number of its parts"
    )


def written(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the writer knows before the row exists, as plain JSON; ``data`` is that already."""
    person = row["actor_person"]
    return {
        "fact": row["fact"],
        "subject": row["subject"],
        "subject_id": row["subject_id"],
        "place": str(row["place"]),
        "units": list(row["units"]),
        "persons": [str(each) for each in row["persons"]],
        "drill": row["drill"],
        "at": moment(row["at"]),
        "actor_sort": row["actor_sort"],
        "actor_account": row["actor_account"],
        "actor_role": row["actor_role"],
        "actor_grant": row["actor_grant"],
        "actor_unit": row["actor_unit"],
        "actor_person": None if person is None else str(person),
        "session": row["session"],
        "purpose": row["purpose"],
        "data": row["data"],
        "writer": str(row["writer"]),
        "writer_no": row["writer_no"],
    }


def writer_mac(text: bytes, key: bytes) -> bytes:
    """HMAC-SHA256 over canonical ``written``. Who has the database but not the key cannot make one."""
    return hmac.digest(key, text, "sha256")


def sealed_content(row: Mapping[str, Any], idx: int) -> dict[str, Any]:
    """All columns of the entry and its index in the tree, as plain JSON: what a proof shows."""
    return written(row) | {
        "idx": idx,
        "id": row["id"],
        "recorded_at": moment(row["recorded_at"]),
        "mac": bytes(row["mac"]).hex(),
    }


def entry_leaf(row: Mapping[str, Any], idx: int) -> bytes:
    """Leaf hash of the entry at ``idx``."""
    return leaf_hash(canonical(sealed_content(row, idx)))


def lost_leaf(entry_id: int, idx: int) -> bytes:
    """Leaf hash that stands for an entry which was queued and was gone when the relay came for it."""
    return leaf_hash(canonical({"idx": idx, "id": entry_id, "lost": True}))
