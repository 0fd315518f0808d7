"""Proofs from the stored tree: O(log n) hashes, one look-up."""

from collections.abc import Sequence

from django.db import connection

from quanlin.journal.queries.reading import entry, lag
from quanlin.journal.rules import content, notes, proofs, tree
from quanlin.kit import sealing
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Conflict, NotFound


def public_keys() -> tuple[str, ...]:
    """The keys by which checkpoints are checked, as signed-note writes them; to be kept outside as well."""
    return tuple(str(verifier) for verifier in notes.verifiers_of(sealing.keyring().journal_keys))


def latest_checkpoint() -> str:
    """The newest signed tree head. Raises NotFound before the first."""
    return _checkpoint("TRUE", [])


def inclusion_proof(entry_id: int, *, viewer: Actor) -> proofs.Proof:
    """Proof that an entry the viewer sees is in the log. Raises NotFound; Conflict before it is sealed."""
    found = entry(entry_id, viewer=viewer)
    if found.idx is None:
        raise Conflict("not_sealed", "这条记录刚刚写入，还没有封存；请过几秒再取证明。")
    note = _checkpoint("size > %s", [found.idx])
    hashes = _hashes(tree.inclusion_ranges(found.idx, notes.read(note).size))
    return proofs.Proof(content.sealed_content(found.row(), found.idx), hashes, note, public_keys())


def consistency_proof(old: int, new: int) -> tuple[bytes, ...]:
    """Hashes that show that the log of ``new`` entries begins with the first ``old``. Raises NotFound."""
    if not 0 < old <= new <= lag().size:
        raise NotFound("no_such_size", "日志没有这么多条记录；请核对两个检查点的条数，旧的在前。")
    return _hashes(tree.consistency_ranges(old, new))


def _checkpoint(condition: str, values: Sequence[object]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT note FROM journal_checkpoint WHERE {condition} ORDER BY number DESC LIMIT 1",  # noqa: S608
            values,
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound("no_checkpoint", "日志还没有签名的检查点；请确认封存进程（quanlin relay）在运行。")
    return row[0]


def _hashes(ranges: Sequence[tree.Range]) -> tuple[bytes, ...]:
    """The hash of each range, from the stored nodes in one look-up."""
    covers = [tree.cover(span) for span in ranges]
    wanted = [node for cover in covers for node in cover]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.level, w.index, coalesce(n.hash, l.hash)"
            " FROM unnest(%s::int[], %s::bigint[]) AS w(level, index)"
            " LEFT JOIN journal_node n ON n.level = w.level AND n.index = w.index"
            " LEFT JOIN journal_leaf l ON w.level = 0 AND l.idx = w.index",
            [[level for level, _ in wanted], [index for _, index in wanted]],
        )
        stored = {(level, index): bytes(value or b"") for level, index, value in cursor.fetchall()}
    return tuple(tree.fold([stored[node] for node in cover]) for cover in covers)
